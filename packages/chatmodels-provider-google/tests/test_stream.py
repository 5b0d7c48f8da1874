"""Chunks are decoded to events that equal the whole response."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import (
    AudioDelta,
    ChatModelError,
    ChatRequest,
    ChatResponse,
    ErrorCode,
    LogprobsDelta,
    PartEnd,
    ReasoningDelta,
    ResponseInvalidError,
    StreamEnd,
    StreamEvent,
    StreamStart,
    TextDelta,
    TextPart,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    UsageUpdate,
    user,
)
from chatmodels.core.extending import Accumulator, OutputSchema
from chatmodels.http import Frame
from chatmodels.providers.google._codec import Paths, gemini_codec
from chatmodels.providers.google._encode import GEMINI_SETTINGS

CODEC = gemini_codec("google", GEMINI_SETTINGS, Paths("/v1beta"))
REQUEST = ChatRequest(messages=(user("?"),))
SIGNED = {"thoughtSignature": "c2ln"}


def chunk(*parts: Any, finish: str | None = None, **candidate: Any) -> dict[str, Any]:
    if parts:
        candidate["content"] = {"parts": list(parts), "role": "model"}
    if finish is not None:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "responseId": "r-1", "modelVersion": "m-1"}


def stream(*chunks: Any, request: ChatRequest = REQUEST) -> list[StreamEvent]:
    decoder = CODEC.reader(request)
    events: list[StreamEvent] = []
    for item in chunks:
        events += decoder.feed(Frame(json.dumps(item).encode()))
    return [*events, *decoder.close()]


def whole(events: list[StreamEvent]) -> ChatResponse[Any]:
    accumulator = Accumulator()
    for event in events:
        accumulator.add(event)
    return accumulator.response()


def call(**fields: Any) -> dict[str, Any]:
    return {"functionCall": fields}


def some(path: str, **value: Any) -> dict[str, Any]:
    more = {"willContinue": value.pop("more")} if "more" in value else {}
    return {"jsonPath": path, **value, **more}


def test_a_response_is_streamed_as_it_arrives() -> None:
    events = stream(
        chunk({"text": "Hm", "thought": True}),
        chunk({"text": "A"}),
        chunk({"text": "B"}) | {"usageMetadata": {"candidatesTokenCount": 2}},
        chunk({"text": "", **SIGNED}, finish="STOP"),
    )
    assert events[:-2] == [
        StreamStart("r-1", "m-1"),
        ReasoningDelta("Hm", 0),
        TextDelta("A", 1),
        TextDelta("B", 1),
        UsageUpdate(Usage(output_tokens=2)),
    ]
    end = events[-2]
    assert isinstance(end, PartEnd)
    assert end.index == 1
    assert isinstance(end.part, TextPart)
    assert end.part.text == "AB"
    assert end.part.signature is not None


@pytest.mark.parametrize(
    "events",
    [
        stream(),
        stream(chunk({"text": "A"})),
        stream({"usageMetadata": {"promptTokenCount": 1}}),
        stream(chunk({"text": "A"}, finish="FINISH_REASON_UNSPECIFIED")),
    ],
    ids=["nothing", "a text", "usage", "an unspecified end"],
)
def test_a_stream_without_a_finish_reason_is_interrupted(events: Any) -> None:
    assert not any(isinstance(event, StreamEnd) for event in events)


def test_a_stream_can_continue_after_a_finish_reason() -> None:
    events = stream(
        chunk({"text": "A"}, {"executableCode": {"code": "1"}}, finish="STOP"),
        chunk({"text": "B"}, finish="MAX_TOKENS"),
        {"usageMetadata": {"totalTokenCount": 9}},
    )
    response = whole(events)
    assert [part.type for part in response.message.parts] == ["text", "provider", "text"]
    assert (response.raw_finish_reason, response.usage.total_tokens) == ("MAX_TOKENS", 9)


def test_events_after_the_end_are_ignored() -> None:
    decoder = CODEC.reader(REQUEST)
    first = json.dumps(chunk({"text": "A"}, finish="STOP")).encode()
    events = [*decoder.feed(Frame(first)), *decoder.feed(Frame(b"[DONE]"))]
    assert isinstance(events[-1], StreamEnd)
    assert [*decoder.feed(Frame(b"nonsense")), *decoder.feed(Frame(b"")), *decoder.close()] == []


def test_the_payload_is_the_list_of_chunks() -> None:
    chunks = [chunk({"text": "A"}), chunk(finish="STOP")]
    assert whole(stream(*chunks)).raw == chunks


def test_log_probabilities_and_audio_are_deltas() -> None:
    result = {"chosenCandidates": [{"token": "A", "logProbability": -1}]}
    audio = {"inlineData": {"mimeType": "audio/pcm", "data": "AAE="}}
    other = {"inlineData": {"mimeType": "audio/wav", "data": "AgM="}}
    events = stream(
        chunk({"text": "A"}, logprobsResult=result),
        chunk(audio, audio, other),
        chunk(finish="STOP"),
    )
    assert [type(event) for event in events[2:]] == [
        LogprobsDelta,
        AudioDelta,
        AudioDelta,
        PartEnd,
        AudioDelta,
        PartEnd,
        StreamEnd,
    ]
    response = whole(events)
    assert [getattr(part, "data", None) for part in response.message.parts] == [
        None,
        b"\0\1\0\1",
        b"\2\3",
    ]


def test_a_service_tier_that_was_reported_once_is_kept() -> None:
    first = chunk({"text": "A"}) | {"usageMetadata": {"trafficType": "ON_DEMAND"}}
    last = chunk(finish="STOP") | {"usageMetadata": {"totalTokenCount": 9}}
    assert whole(stream(first, last)).service_tier == "ON_DEMAND"


def test_citations_are_reported_at_the_end() -> None:
    metadata = {
        "groundingChunks": [{"web": {"uri": "https://a"}}],
        "groundingSupports": [{"groundingChunkIndices": [0], "segment": {"endIndex": 3}}],
    }
    last = chunk(finish="STOP", groundingMetadata=metadata)
    events = stream(chunk({"text": "O"}), chunk({"text": "slo"}), last, last)
    [end] = [event for event in events if isinstance(event, PartEnd)]
    assert isinstance(end.part, TextPart)
    assert end.part.text == "Oslo"
    assert [found.end for found in end.part.citations] == [3]


def test_calls_are_reported_whole() -> None:
    events = stream(chunk(call(name="f", args={"a": 1}), call(name="g")), chunk(finish="STOP"))
    assert events[1:-1] == [
        ToolCallStart("call_r-1_0", "f", 0),
        ToolCallDelta('{"a": 1}', 0),
        ToolCallEnd(ToolCall("call_r-1_0", "f", '{"a": 1}'), 0),
        ToolCallStart("call_r-1_1", "g", 1),
        ToolCallDelta("{}", 1),
        ToolCallEnd(ToolCall("call_r-1_1", "g"), 1),
    ]


def partial(*more: Any, last: Any = None) -> list[Any]:
    chunks = [chunk(call(name="f", id="c1", willContinue=True) | SIGNED)]
    chunks += [
        chunk(call(partialArgs=[partial_values], willContinue=True)) for partial_values in more
    ]
    return [*chunks, chunk(*([call()] if last is None else last), finish="STOP")]


@pytest.mark.parametrize(
    "last",
    [
        [call()],
        [{"text": ""}],
        [{"text": "B"}],
        [call(partialArgs=[some("$.z", boolValue=True)])],
        [call(name="g")],
        [],
    ],
    ids=["an empty call", "no text", "a text", "a last value", "another call", "nothing"],
)
def test_streamed_arguments_can_end_in_several_ways(last: Any) -> None:
    events = stream(
        *partial(
            some("$.list[0].name", stringValue="Os", more=True),
            some("$.list[0].name", stringValue="lo", more=True),
            some("$.list[0].name", stringValue=""),
            some("$.list[1]", numberValue=7),
            some("$['a b'][\"c\"]", boolValue=False),
            some("$.nothing", nullValue="NULL_VALUE"),
            last=last,
        )
    )
    assert events[1] == ToolCallStart("c1", "f", 0)
    first = whole(events).tool_calls[0]
    assert first.signature is not None
    arguments = first.arguments
    assert arguments.pop("z", True) is True
    assert arguments == {
        "list": [{"name": "Oslo"}, 7],
        "a b": {"c": False},
        "nothing": None,
    }


@pytest.mark.parametrize("signed", [0, 1, 2])
def test_a_signature_can_arrive_with_any_chunk_of_a_call(signed: int) -> None:
    pieces = [
        call(name="f", willContinue=True),
        call(partialArgs=[some("$.a", numberValue=1)], willContinue=True),
        call(),
    ]
    pieces[signed] |= SIGNED
    [made] = whole(stream(*map(chunk, pieces), chunk(finish="STOP"))).tool_calls
    assert made.signature is not None
    assert made.signature.data == SIGNED


def test_arguments_may_begin_with_some() -> None:
    first = chunk(call(name="f", args={"a": 1}, willContinue=True))
    more = chunk(call(partialArgs=[some("$.b", numberValue=2)]), finish="STOP")
    events = stream(first, more)
    deltas = [event.arguments_json for event in events if isinstance(event, ToolCallDelta)]
    assert deltas == ['{"a":1', ',"b":2', "}"]
    assert whole(events).tool_calls[0].arguments == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    "partial_values",
    [
        some("city", stringValue="Oslo"),
        some("$", stringValue="Oslo"),
        some("$..city", stringValue="Oslo"),
        some("$[0]", stringValue="Oslo"),
        some("$.text.city", stringValue="Oslo"),
        some("$.text[0]", stringValue="Oslo"),
        some("$.number.city.name", stringValue="Oslo"),
        some("$" + ".a" * 101, stringValue="Oslo"),
    ],
    ids=lambda partial_values: partial_values["jsonPath"][:20],
)
def test_values_without_a_place_are_refused(partial_values: Any) -> None:
    before = (some("$.text", stringValue="A"), some("$.number", numberValue=1))
    with pytest.raises(ResponseInvalidError):
        stream(*partial(*before, partial_values))


def test_a_delta_without_a_call_is_refused_except_an_empty_end() -> None:
    with pytest.raises(ResponseInvalidError, match="has not started"):
        stream(chunk(call(partialArgs=[some("$.a", numberValue=1)])))
    assert whole(stream(chunk(call(), finish="STOP"))).tool_calls == ()


def test_a_call_of_the_output_tool_is_the_output() -> None:
    request = ChatRequest(messages=(user("?"),), output=OutputSchema("f", None))
    response = whole(stream(*partial(some("$.a", numberValue=1)), request=request))
    assert (response.text, response.tool_calls, response.finish_reason) == ('{"a":1}', (), "stop")
    assert "arguments of a tool" in response.warnings[0]


def test_an_error_in_the_middle_is_raised() -> None:
    error = {"error": {"code": 499, "message": "Cancelled.", "status": "CANCELLED"}}
    with pytest.raises(ChatModelError, match=r"Cancelled\.") as caught:
        stream(chunk({"text": "A"}, finish="STOP"), error)
    assert caught.value.code is ErrorCode.PROVIDER_UNAVAILABLE


def test_an_error_that_is_not_an_event_is_raised() -> None:
    error = {"error": {"code": 503, "message": "Overloaded.", "status": "UNAVAILABLE"}}
    first = json.dumps(chunk({"text": "A"}, finish="STOP"))
    text = f"data: {first}\r\n\r\n{json.dumps(error, indent=2)}"
    framer, decoder = CODEC.framer(), CODEC.reader(REQUEST)
    frames = [*framer.feed(text.encode()), *framer.close()]
    assert len(frames) == 2
    decoder.feed(frames[0])
    with pytest.raises(ChatModelError, match="Overloaded"):
        decoder.feed(frames[1])


KINDS = st.sampled_from([{}, {"thought": True}, SIGNED, {"thought": True, **SIGNED}])
PARTS = st.lists(
    st.one_of(
        st.tuples(st.text(max_size=9), KINDS).map(lambda made: {"text": made[0], **made[1]}),
        st.just(call(name="f", args={"a": [1]})),
        st.just({"inlineData": {"mimeType": "image/png", "data": "cG5n"}}),
        st.just({"executableCode": {"code": "1"}}),
    ),
    max_size=8,
)


def cut(parts: list[Any], cuts: list[int]) -> Iterator[Any]:
    """Give the chunks in which parts may come: signatures come with the end of a text."""
    for number, part in enumerate(parts):
        place = cuts[number % len(cuts)]
        if "text" in part and 0 < place < len(part["text"]):
            thought = {name: value for name, value in part.items() if name == "thought"}
            yield chunk({"text": part["text"][:place], **thought})
            part = part | {"text": part["text"][place:]}
        yield chunk(part)
    yield chunk(finish="STOP")


@given(PARTS, st.lists(st.integers(0, 8), min_size=1))
def test_a_streamed_response_equals_the_whole_one(parts: list[Any], cuts: list[int]) -> None:
    body = json.dumps(chunk(*parts, finish="STOP")).encode()
    assert whole(stream(*cut(parts, cuts))) == CODEC.decode(body, REQUEST)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-99, 99), st.text(max_size=5)),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.text("abc d", min_size=1), inner, min_size=1, max_size=3)
    ),
    max_leaves=9,
)


def partial_values(value: Any, path: str) -> Iterator[Any]:
    match value:
        case dict():
            for name, inner in value.items():
                yield from partial_values(inner, f"{path}['{name}']")
        case list():
            for number, inner in enumerate(value):
                yield from partial_values(inner, f"{path}[{number}]")
        case str():
            for letter in value:
                yield some(path, stringValue=letter, more=True)
            yield some(path, stringValue="")
        case bool():
            yield some(path, boolValue=value)
        case None:
            yield some(path, nullValue="NULL_VALUE")
        case _:
            yield some(path, numberValue=value)


@given(st.dictionaries(st.text("abc d", min_size=1), VALUES, max_size=4))
def test_piecemeal_arguments_are_put_together(arguments: Any) -> None:
    events = stream(*partial(*partial_values(arguments, "$")))
    [made] = whole(events).tool_calls
    deltas = [event.arguments_json for event in events if isinstance(event, ToolCallDelta)]
    assert made.arguments == arguments
    assert "".join(deltas) == made.arguments_json


def test_partial_arguments_are_streamed_as_they_arrive() -> None:
    name = some("$.list[0].name", stringValue="Os", more=True)
    more = some("$.list[0].name", stringValue='"lo')
    events = stream(*partial(name, more, some("$.list[1]", numberValue=7)))
    deltas = [event.arguments_json for event in events if isinstance(event, ToolCallDelta)]
    assert deltas == ['{"list":[{"name":"Os', '\\"lo', '"},7', "]}"]


def test_a_text_beyond_the_end_of_an_array_is_its_next_value() -> None:
    pieces = (some("$.list[5]", stringValue=text) for text in ("A", "B"))
    [made] = whole(stream(*partial(*pieces, some("$.n", numberValue=1)))).tool_calls
    assert made.arguments == {"list": ["AB"], "n": 1}


def test_values_in_another_order_are_reported_at_the_end() -> None:
    paths = ("$.a.b", "$.c", "$.a.d")
    events = stream(*partial(*(some(path, numberValue=1) for path in paths)))
    deltas = [event.arguments_json for event in events if isinstance(event, ToolCallDelta)]
    assert deltas == ['{"a":{"b":1', '},"c":1']
    assert whole(events).tool_calls[0].arguments == {"a": {"b": 1, "d": 1}, "c": 1}
