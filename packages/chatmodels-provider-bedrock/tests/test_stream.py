"""Streams are decoded frame by frame."""

import json
from typing import Any

import pytest

from chatmodels.core import (
    AudioPart,
    ChatModelError,
    ChatRequest,
    ChatResponse,
    Citation,
    ErrorCode,
    ImagePart,
    PartEnd,
    ProviderPart,
    RateLimitError,
    ReasoningPart,
    ResponseInvalidError,
    StreamEvent,
    TextDelta,
    TextPart,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    user,
)
from chatmodels.core.extending import Accumulator, OutputSchema, ProviderState
from chatmodels.http import Frame
from chatmodels.providers.bedrock._codec import converse_codec

CODEC = converse_codec()
REQUEST = ChatRequest(messages=(user("Hi"),))
FORMED = ChatRequest(messages=(user("Hi"),), output=OutputSchema("Shoe", None))
STOP = ("messageStop", {"stopReason": "end_turn"})
USED = ("metadata", {"usage": {"inputTokens": 1, "outputTokens": 2}})
Step = tuple[str, Any]


def start(block: Any, index: int = 0) -> Step:
    return "contentBlockStart", {"contentBlockIndex": index, "start": block}


def delta(block: Any, index: int = 0) -> Step:
    return "contentBlockDelta", {"contentBlockIndex": index, "delta": block}


def ended(index: int = 0) -> Step:
    return "contentBlockStop", {"contentBlockIndex": index}


def events(*steps: Step, request: ChatRequest = REQUEST) -> list[StreamEvent]:
    decoder = CODEC.reader(request)
    found: list[StreamEvent] = []
    for name, data in steps:
        found += decoder.feed(Frame(json.dumps(data).encode(), name))
    return [*found, *decoder.close()]


def response(*steps: Step, request: ChatRequest = REQUEST) -> ChatResponse[Any]:
    accumulator = Accumulator()
    for event in events(*steps, STOP, request=request):
        accumulator.add(event)
    assert accumulator.complete
    return accumulator.response()


@pytest.mark.parametrize(
    "steps",
    [(STOP, USED), (USED, STOP), (STOP, USED, ("messageStop", {}))],
    ids=["usage after the end", "usage before the end", "more after both"],
)
def test_usage_can_arrive_before_and_after_the_end(steps: Any) -> None:
    accumulator = Accumulator()
    found = events(delta({"text": "Hello"}), *steps)
    for event in found:
        accumulator.add(event)
    assert accumulator.response().usage.total_tokens == 3
    assert [event.type for event in found].count("stream_end") == 1


def test_usage_can_be_missing() -> None:
    found = response(delta({"text": "Hello"}))
    assert (found.text, found.usage.total_tokens) == ("Hello", None)
    assert found.raw == [
        {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "Hello"}}},
        {"messageStop": {"stopReason": "end_turn"}},
    ]


def test_a_stream_without_a_stop_reason_is_not_ended() -> None:
    assert [event.type for event in events(delta({"text": "Hello"}), USED)] == [
        "stream_start",
        "text_delta",
        "usage_update",
    ]


def test_a_tool_call_is_streamed_in_chunks() -> None:
    use = {"toolUse": {"toolUseId": "t1", "name": "look"}}
    steps = (
        start(use),
        delta({"toolUse": {"input": ""}}),
        delta({"toolUse": {"input": '{"a":'}}),
        delta({"toolUse": {"input": "1}"}}),
        ended(),
    )
    call = ToolCall("t1", "look", '{"a":1}')
    assert events(*steps)[1:] == [
        ToolCallStart("t1", "look"),
        ToolCallDelta('{"a":'),
        ToolCallDelta("1}"),
        ToolCallEnd(call),
    ]
    assert response(*steps).tool_calls == (call,)
    assert response(start(use), ended(), ended()).tool_calls == (ToolCall("t1", "look"),)


def test_thinking_keeps_its_signature() -> None:
    found = response(
        delta({"reasoningContent": {"text": "H"}}),
        delta({"reasoningContent": {"text": "m."}}),
        delta({"reasoningContent": {"signature": "s"}}),
        ended(),
        delta({"reasoningContent": {"redactedContent": "cmU="}}, 1),
        delta({"reasoningContent": {"redactedContent": "ZA=="}}, 1),
        delta({"text": "Yes."}, 2),
    )
    assert found.message.parts == (
        ReasoningPart("Hm.", ProviderState("bedrock", {"signature": "s"})),
        ReasoningPart("", ProviderState("bedrock", {"redactedContent": "cmVk"})),
        TextPart("Yes."),
    )


def test_blocks_of_two_kinds_may_share_an_index() -> None:
    found = response(delta({"reasoningContent": {"text": "Hm."}}), delta({"text": "Yes."}))
    assert found.message.parts == (ReasoningPart("Hm."), TextPart("Yes."))


def test_citations_are_part_of_their_text() -> None:
    cited = {"title": "Report"}
    found = response(
        delta({"text": "A"}), ended(), delta({"citation": cited}, 1), delta({"text": "b"}, 1)
    )
    citation = Citation(title="Report", start=0, end=1)
    part = TextPart("b", (citation,), ProviderState("bedrock", {"citations": [cited]}))
    assert found.message.parts == (TextPart("A"), part)


def test_server_tool_calls_of_a_stream_equal_those_of_a_whole_response() -> None:
    use = {"type": "server_tool_use", "name": "nova_grounding", "toolUseId": "t1"}
    found = response(
        start({"toolUse": use}),
        delta({"toolUse": {"input": '{"query":'}}),
        delta({"toolUse": {"input": '"sky"}'}}),
        ended(),
        start({"toolResult": {"toolUseId": "t1", "status": "success"}}, 1),
        delta({"toolResult": [{"text": "a"}]}, 1),
        delta({"toolResult": [{"text": "b"}]}, 1),
        delta({"hologram": {"size": 3}}, 3),
        delta({"hologram": 4}, 3),
        ended(3),
        delta({"mark": 4}, 3),
        ended(3),
        delta({}, 4),
    )
    assert [part.signature.data for part in found.message.parts if part.type == "provider"] == [
        {"toolUse": use | {"input": {"query": "sky"}}},
        {
            "toolResult": {
                "toolUseId": "t1",
                "status": "success",
                "content": [{"text": "a"}, {"text": "b"}],
            }
        },
        {"hologram": {"size": 3, "content": 4}},
        {"mark": 4},
    ]


@pytest.mark.parametrize("output_text", ['{"query":', None], ids=["cut off", "nothing"])
def test_truncated_arguments_are_empty(output_text: str | None) -> None:
    use = {"type": "server_tool_use", "name": "nova_grounding"}
    pieces = [] if output_text is None else [delta({"toolUse": {"input": output_text}})]
    (part,) = response(start({"toolUse": use}), *pieces).message.parts
    assert isinstance(part, ProviderPart)
    assert part.signature.data == {"toolUse": use | {"input": {}}}


def test_a_call_of_the_output_tool_is_the_output() -> None:
    steps = (
        start({"toolUse": {"toolUseId": "t", "name": "Shoe"}}),
        delta({"toolUse": {"input": '{"size":42}'}}),
    )
    found = events(*steps, ended(), STOP, request=FORMED)
    assert found[1:3] == [TextDelta('{"size":42}'), PartEnd(TextPart('{"size":42}'))]
    whole = response(*steps, request=FORMED)
    assert (whole.text, whole.tool_calls) == ('{"size":42}', ())
    assert whole.warnings[0].startswith("the output was requested as the arguments of a tool")


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ([("contentBlockDelta", {})], "a block delta without content"),
        ([("contentBlockDelta", [])], "bedrock sent data that is not"),
        ([delta({"reasoningContent": {"redactedContent": "?"}})], "bedrock sent data that is not"),
        ([start({"toolUse": 3})], "bedrock sent data that is not"),
        ([("messageStop", {}), USED], "it has no content"),
    ],
    ids=["no delta", "no object", "no base64", "no call", "nothing at all"],
)
def test_an_invalid_stream_is_refused(steps: Any, why: str) -> None:
    with pytest.raises(ResponseInvalidError, match=why):
        events(*steps)


@pytest.mark.parametrize(
    ("frame", "code", "message"),
    [
        (
            Frame(
                b'{"message": "Too many requests"}',
                "throttlingException",
                headers={":message-type": "exception"},
            ),
            ErrorCode.RATE_LIMITED,
            "Too many requests",
        ),
        (
            Frame(
                b'{"message":"Broken","originalStatusCode":500}',
                "modelStreamErrorException",
                headers={":message-type": "exception"},
            ),
            ErrorCode.PROVIDER_UNAVAILABLE,
            "Broken",
        ),
        (
            Frame(
                b"",
                "InternalFailure",
                headers={":message-type": "error", ":error-message": "Something broke"},
            ),
            ErrorCode.PROVIDER_UNAVAILABLE,
            "Something broke",
        ),
        (
            Frame(b"", "", headers={":message-type": "error"}),
            ErrorCode.PROVIDER_UNAVAILABLE,
            "",
        ),
    ],
    ids=["throttled", "broken", "error", "wordless"],
)
def test_a_message_that_is_not_an_event_is_an_error(frame: Frame, code: str, message: str) -> None:
    decoder = CODEC.reader(REQUEST)
    decoder.feed(Frame(b'{"role":"assistant"}', "messageStart"))
    with pytest.raises(ChatModelError) as caught:
        decoder.feed(frame)
    assert caught.value.code == code
    assert caught.value.details.get("provider_message", "") == message
    assert caught.value.details.get("provider_code", "") == frame.event


def test_errors_in_mid_stream_are_of_their_class() -> None:
    headers = {":message-type": "exception"}
    frame = Frame(b'{"message": "x"}', "throttlingException", headers=headers)
    with pytest.raises(RateLimitError, match="rate limited, reported in a 200 response"):
        CODEC.reader(REQUEST).feed(frame)


@pytest.mark.parametrize(
    ("steps", "part"),
    [
        pytest.param(
            (
                start({"image": {"format": "png"}}),
                delta({"image": {"source": {"bytes": "eA=="}}}),
                delta({"image": {"source": {"bytes": "eXo="}}}),
            ),
            ImagePart(data=b"xyz", media_type="image/png"),
            id="an image in pieces",
        ),
        pytest.param(
            (delta({"audio": {"format": "wav", "source": {"bytes": "eA=="}}}),),
            AudioPart(data=b"x", media_type="audio/octet-stream"),
            id="audio without a beginning",
        ),
        pytest.param(
            (start({"image": "?"}), delta({"image": {"source": {"bytes": "eA=="}}})),
            ImagePart(data=b"x", media_type="image/octet-stream"),
            id="a beginning that is not an object",
        ),
    ],
)
def test_media_are_streamed_in_chunks(steps: Any, part: Any) -> None:
    assert response(*steps, ended()).message.parts == (part,)


def test_undecodable_media_are_kept() -> None:
    (part,) = response(delta({"image": {"source": {"bytes": "A"}}})).message.parts
    assert part.type == "provider"


def test_a_beginning_that_names_only_the_kind_does_not_hide_the_reasoning() -> None:
    found = response(start({"reasoningContent": {}}), delta({"reasoningContent": {"text": "Hm."}}))
    assert found.reasoning == "Hm."
