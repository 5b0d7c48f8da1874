"""Events accumulate to the response of the non-streaming call, for any split into deltas."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatmodels.core import (
    AudioDelta,
    AudioPart,
    ChatRequest,
    ChatResponse,
    Citation,
    ImagePart,
    LogprobsDelta,
    PartEnd,
    ProviderPart,
    ReasoningDelta,
    ReasoningPart,
    RefusalDelta,
    RefusalPart,
    StreamEnd,
    StreamEvent,
    StreamStart,
    TextDelta,
    TextPart,
    TokenLogprob,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    UsageUpdate,
    assistant,
)
from chatmodels.core.extending import Accumulator, ProviderState, StandardChatModel

texts = st.text(max_size=12)
filled_texts = st.text(min_size=1, max_size=12)
signatures = st.none() | st.builds(ProviderState, texts, texts)

SPOKEN = {"text": TextDelta, "reasoning": ReasoningDelta, "refusal": RefusalDelta}

plain_parts = (
    st.builds(TextPart, filled_texts)
    | st.builds(ReasoningPart, filled_texts)
    | st.builds(RefusalPart, filled_texts)
    | st.builds(ToolCall, texts, texts, texts)
    | st.builds(AudioPart, data=st.binary(min_size=1, max_size=12), transcript=filled_texts)
)
all_parts = (
    plain_parts
    | st.builds(TextPart, texts, st.lists(st.builds(Citation, url=texts)).map(tuple), signatures)
    | st.builds(ReasoningPart, texts, signatures)
    | st.builds(RefusalPart, texts)
    | st.builds(ToolCall, texts, texts, texts, signatures)
    | st.builds(AudioPart, data=st.none() | st.binary(), media_type=st.just("audio/wav"))
    | st.builds(ImagePart, data=st.binary())
    | st.builds(ProviderPart, st.builds(ProviderState, texts, texts))
)
tokens = st.builds(TokenLogprob, texts, st.floats(-9, 0))


class Whole(StandardChatModel):
    """Returns one response; core derives its stream."""

    def __init__(self, response: ChatResponse[Any]) -> None:
        super().__init__("fake", "whole")
        self.given = response

    def respond(self, request: ChatRequest, call: object, /) -> ChatResponse[Any]:
        return self.given


def accumulated(events: list[StreamEvent]) -> ChatResponse[Any]:
    accumulator = Accumulator()
    for event in events:
        accumulator.add(event)
    return accumulator.response()


def chunks(data: st.DataObject, text: Any) -> list[Any]:
    """Cut a text anywhere, into empty chunks too."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4)))
    return [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def deltas(data: st.DataObject, part: Any, index: int) -> list[StreamEvent]:
    if isinstance(part, ToolCall):
        cut = [ToolCallDelta(chunk, index) for chunk in chunks(data, part.arguments_json)]
        return [ToolCallStart(part.id, part.name, index), *cut]
    if isinstance(part, AudioPart):
        audio = [AudioDelta(data=chunk, index=index) for chunk in chunks(data, part.data)]
        words = [
            AudioDelta(transcript=chunk, index=index) for chunk in chunks(data, part.transcript)
        ]
        return interleaved(data, [audio, words])
    return [SPOKEN[part.type](chunk, index) for chunk in chunks(data, part.text)]


def interleaved(data: st.DataObject, streams: list[list[Any]]) -> list[Any]:
    """Mix streams at random, each in its own order."""
    turns = [number for number, stream in enumerate(streams) for _ in stream]
    iterators = [iter(stream) for stream in streams]
    return [next(iterators[turn]) for turn in data.draw(st.permutations(turns))]


@given(st.lists(plain_parts, max_size=4), st.data())
def test_any_split_of_a_response_into_deltas_forms_the_same_response(
    parts: list[Any], data: st.DataObject
) -> None:
    streams = [deltas(data, part, index) for index, part in enumerate(parts)]
    streams.append([UsageUpdate(Usage(input_tokens=3))])
    end = StreamEnd("stop", "STOP", service_tier="flex", warnings=("odd",), request_id="req_1")

    response = accumulated([StreamStart("r1", "gpt"), *interleaved(data, streams), end])

    assert response == ChatResponse(
        message=assistant(*parts),
        finish_reason="stop",
        raw_finish_reason="STOP",
        usage=Usage(input_tokens=3),
        model="gpt",
        id="r1",
        request_id="req_1",
        service_tier="flex",
        warnings=("odd",),
    )


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.builds(
        ChatResponse,
        message=st.lists(all_parts, max_size=4).map(lambda parts: assistant(*parts)),
        finish_reason=st.sampled_from(["stop", "length", "other"]),
        raw_finish_reason=st.none() | texts,
        usage=st.builds(Usage, input_tokens=st.none() | st.integers(0, 9)),
        model=st.none() | texts,
        id=st.none() | texts,
        request_id=st.none() | texts,
        logprobs=st.lists(tokens, max_size=2).map(tuple),
        service_tier=st.none() | texts,
        warnings=st.lists(texts, max_size=2).map(tuple),
        payload=st.sampled_from([msgspec.Raw(b"[1]"), msgspec.Raw(b"null")]),
    )
)
def test_the_events_of_a_response_accumulate_to_the_same_response(
    response: ChatResponse[Any],
) -> None:
    *events, end = Whole(response).stream("Hi")
    assert isinstance(end, StreamEnd)

    again = accumulated([*events, msgspec.structs.replace(end, response=None)])

    assert again == response
    assert again.payload == response.payload
    assert end.response == msgspec.structs.replace(response, provider="fake")


@given(st.lists(plain_parts, max_size=3), st.data())
def test_there_is_a_response_at_any_time(parts: list[Any], data: st.DataObject) -> None:
    events = [event for index, part in enumerate(parts) for event in deltas(data, part, index)]
    accumulator = Accumulator()

    for event in events:
        assert accumulator.response().finish_reason == "other"
        assert not accumulator.complete
        accumulator.add(event)
    accumulator.add(StreamEnd())

    assert accumulator.complete
    assert accumulator.events == len(events) + 1
    assert accumulator.response().message == assistant(*parts)


def test_parts_are_ordered_by_index_and_then_by_arrival() -> None:
    response = accumulated(
        [
            TextDelta("b", 1),
            ToolCallStart("c", "weather", 2),
            ReasoningDelta("a", 0),
            RefusalDelta("no", 1),
        ]
    )

    assert response.message == assistant(
        ReasoningPart("a"), "b", RefusalPart("no"), ToolCall("c", "weather", "")
    )


def test_the_end_of_a_part_replaces_its_deltas() -> None:
    signed = ReasoningPart("Hm.", ProviderState("anthropic", "s"))
    cited = TextPart("Hi", (Citation(url="https://example.com"),))
    call = ToolCall("1", "weather", '{"city": "Oslo"}')

    response = accumulated(
        [
            ReasoningDelta("Hm", 0),
            PartEnd(signed, 0),
            TextDelta("Hi", 1),
            PartEnd(cited, 1),
            ToolCallDelta('{"city"', 2),
            ToolCallEnd(call, 2),
            PartEnd(ImagePart(data=b"x"), 3),
        ]
    )

    assert response.message == assistant(signed, cited, call, ImagePart(data=b"x"))


def test_empty_deltas_do_not_form_a_part() -> None:
    response = accumulated([TextDelta(""), ReasoningDelta(""), RefusalDelta(""), StreamEnd()])

    assert response.message.parts == ()


def test_a_call_without_a_start_keeps_its_arguments() -> None:
    assert accumulated([ToolCallDelta("{}")]).tool_calls == (ToolCall("", "", "{}"),)


def test_the_last_usage_counts_and_all_probabilities_do() -> None:
    response = accumulated(
        [
            LogprobsDelta((TokenLogprob("a", -1.0),)),
            UsageUpdate(Usage(output_tokens=1)),
            LogprobsDelta((TokenLogprob("b", -2.0),)),
            UsageUpdate(Usage(output_tokens=2)),
        ]
    )

    assert [token.token for token in response.logprobs] == ["a", "b"]
    assert response.usage == Usage(output_tokens=2)


def test_a_response_in_the_end_event_is_the_response() -> None:
    response = ChatResponse(message=assistant("Hi"), provider="other")

    assert accumulated([TextDelta("H"), StreamEnd(response=response)]) is response


def test_two_calls_with_one_index_are_refused_rather_than_merged() -> None:
    accumulator = Accumulator()
    accumulator.add(ToolCallStart("a", "weather"))
    accumulator.add(ToolCallStart("a", "weather"))  # repeated

    with pytest.raises(ValueError, match="'a' and 'b' have the same index 0"):
        accumulator.add(ToolCallStart("b", "weather"))


def test_other_values_than_events_are_refused() -> None:
    with pytest.raises(TypeError, match="str is not a stream event"):
        Accumulator().add("Hi")  # type: ignore[arg-type] - what a careless provider yields
