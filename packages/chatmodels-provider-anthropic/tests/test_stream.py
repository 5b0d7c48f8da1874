"""Streams are decoded, beyond the cases in the exchanges."""

import json
from typing import Any

import pytest

from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ChatResponse,
    PartEnd,
    ProviderPart,
    ReasoningPart,
    ResponseInvalidError,
    StreamEvent,
    TextDelta,
    TextPart,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    UsageUpdate,
    user,
)
from chatmodels.core.extending import Accumulator, OutputSchema, ProviderState
from chatmodels.http import Frame
from chatmodels.providers.anthropic._codec import messages_codec

CODEC = messages_codec()
REQUEST = ChatRequest(messages=(user("?"),))
START = {"type": "message_start", "message": {"id": "msg_1", "model": "claude", "content": []}}
ENDED = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}
STOP = {"type": "message_stop"}


def block_start(index: int, **block: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def block_delta(index: int, **delta: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": delta}


def over(index: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def events(*sent: Any, request: ChatRequest = REQUEST) -> list[StreamEvent]:
    decoder = CODEC.reader(request)
    found: list[StreamEvent] = []
    for item in sent:
        data = item if isinstance(item, bytes) else json.dumps(item).encode()
        found += decoder.feed(Frame(data))
    return [*found, *decoder.close()]


def accumulated(found: list[StreamEvent]) -> Accumulator:
    accumulator = Accumulator()
    for event in found:
        accumulator.add(event)
    return accumulator


def read(*sent: Any, request: ChatRequest = REQUEST) -> ChatResponse:
    accumulator = accumulated(events(*sent, request=request))
    assert accumulator.complete
    return accumulator.response()


@pytest.mark.parametrize("last", [(), (b"[DONE]",)], ids=["the end of the bytes", "done"])
def test_a_block_with_invalid_json_is_refused_at_the_end_of_the_stream(
    last: tuple[bytes, ...],
) -> None:
    block = b'{"type": "tool_use", "id": "a", "name": "n", "input": {"a": "\xff"}}'
    start = b'{"type": "content_block_start", "index": 0, "content_block": %b}' % block
    with pytest.raises(ResponseInvalidError, match="anthropic sent data that is not a message"):
        events(START, ENDED, start, *last)


def test_usage_at_the_end_corrects_that_at_the_start() -> None:
    first = {"input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": 1}
    start = {"type": "message_start", "message": {"content": [], "usage": first}}
    last = {"input_tokens": 12, "output_tokens": 9, "cache_read_input_tokens": None}
    found = events(start, ENDED | {"usage": last}, STOP)
    updates = [event.usage for event in found if isinstance(event, UsageUpdate)]
    assert [(usage.input_tokens, usage.output_tokens) for usage in updates] == [(15, 1), (17, 9)]


def test_a_tool_call_is_streamed_in_chunks() -> None:
    found = events(
        START,
        block_start(0, type="tool_use", id="a", name="weather", input={}),
        block_delta(0, type="input_json_delta", partial_json=""),
        block_delta(0, type="input_json_delta", partial_json='{"city": '),
        block_delta(0, type="input_json_delta", partial_json='"Oslo"}'),
        over(0),
        block_start(1, type="tool_use", id="b", name="wait", input={}),
        over(1),
        ENDED | {"delta": {"stop_reason": "tool_use"}},
        STOP,
    )
    assert found[1:7] == [
        ToolCallStart("a", "weather", 0),
        ToolCallDelta('{"city": ', 0),
        ToolCallDelta('"Oslo"}', 0),
        ToolCallEnd(ToolCall("a", "weather", '{"city": "Oslo"}'), 0),
        ToolCallStart("b", "wait", 1),
        ToolCallDelta("{}", 1),
    ]
    assert accumulated(found).response().finish_reason == "tool_calls"


def test_blocks_may_be_in_the_beginning_already() -> None:
    call = {"type": "tool_use", "id": "a", "name": "roll", "input": {"n": 1}}
    content = [{"type": "text", "text": "So:"}, {"type": "thinking", "thinking": "Hm."}, call]
    message = {"id": "msg_1", "content": content, "stop_reason": "tool_use"}
    response = read({"type": "message_start", "message": message}, STOP)
    assert response.message.parts == (
        TextPart("So:"),
        ReasoningPart("Hm."),
        ToolCall("a", "roll", '{"n": 1}'),
    )
    assert response.finish_reason == "tool_calls"


def test_provider_blocks_are_assembled() -> None:
    response = read(
        START,
        block_start(0, type="server_tool_use", id="s", name="web_search", input={}),
        block_delta(0, type="input_json_delta", partial_json='{"query": "x"}'),
        over(0),
        block_start(1, type="server_tool_use", id="t", name="web_search", input={}),
        block_delta(1, type="input_json_delta", partial_json='{"query": "cut o'),
        over(1),
        block_start(2, type="compaction", content=None),
        block_delta(2, type="compaction_delta", content="All ", tokens=1),
        block_delta(2, type="compaction_delta", content="of it.", tokens=2),
        over(2),
        ENDED,
        STOP,
    )
    assert [part.signature.data for part in response.message.parts if part.type == "provider"] == [
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "x"}},
        {"type": "server_tool_use", "id": "t", "name": "web_search", "input": {}},
        {"type": "compaction", "content": "All of it.", "tokens": 2},
    ]


def test_citations_and_signatures_have_separate_deltas() -> None:
    found = events(
        START,
        block_start(0, type="thinking", thinking="", signature=""),
        block_delta(0, type="thinking_delta", thinking="Hm."),
        block_delta(0, type="signature_delta", signature="sig"),
        over(0),
        block_start(1, type="text", text="", citations=[]),
        block_delta(1, type="text_delta", text="Rain."),
        block_delta(1, type="citations_delta", citation={"url": "u"}),
        over(1),
        block_start(2, type="text", text=""),
        block_delta(2, type="text_delta", text="Sun."),
        over(2),
        ENDED,
        STOP,
    )
    ended = [event.part for event in found if isinstance(event, PartEnd)]
    thinking = ProviderState("anthropic", {"type": "thinking", "signature": "sig"})
    assert ended[0] == ReasoningPart("Hm.", thinking)
    assert isinstance(ended[1], TextPart)
    assert ended[1].citations[0].url == "u"
    assert len(ended) == 2, "a plain text is told by its deltas"


def test_a_call_of_the_output_tool_is_streamed_as_text() -> None:
    request = ChatRequest(messages=(user("?"),), output=OutputSchema("city", None))
    found = events(
        START,
        block_start(0, type="tool_use", id="a", name="city", input={}),
        block_delta(0, type="input_json_delta", partial_json='{"city": '),
        block_delta(0, type="input_json_delta", partial_json='"Oslo"}'),
        over(0),
        ENDED | {"delta": {"stop_reason": "tool_use"}},
        STOP,
        request=request,
    )
    assert [event.text for event in found if isinstance(event, TextDelta)] == [
        '{"city": ',
        '"Oslo"}',
    ]
    response = accumulated(found).response()
    assert (response.text, response.finish_reason) == ('{"city": "Oslo"}', "stop")
    assert "a tool that the model had to call" in response.warnings[0]


def test_open_blocks_end_with_the_response() -> None:
    call = block_start(0, type="tool_use", id="a", name="weather", input={})
    cut = block_delta(0, type="input_json_delta", partial_json='{"city": "Os')
    delta = ENDED | {"delta": {"stop_reason": "max_tokens"}}
    response = read(START, call, cut, delta, STOP)
    assert response.message.parts == (ToolCall("a", "weather", '{"city": "Os'),)
    assert response.finish_reason == "length"
    again = read(
        START, block_start(0, type="text", text="a"), block_start(0, type="text", text="b"), STOP
    )
    assert again.text == "ab"
    assert again.finish_reason == "other"


@pytest.mark.parametrize("end", [(STOP,), (b"[DONE]",), (), (STOP, b"[DONE]", STOP)])
def test_a_stream_with_a_stop_reason_is_complete(end: tuple[Any, ...]) -> None:
    sent = (START, {"type": "ping"}, block_start(0, type="text", text="Hi"), ENDED, b"", *end)
    found = events(*sent)
    assert [event.type for event in found].count("stream_end") == 1
    assert accumulated(found).response().text == "Hi"


@pytest.mark.parametrize("end", [(), (b"[DONE]",)])
def test_a_stream_without_a_stop_reason_is_incomplete(end: tuple[Any, ...]) -> None:
    assert not accumulated(events(START, block_start(0, type="text", text="Hi"), *end)).complete


@pytest.mark.parametrize(
    "sent",
    [
        (b"{",),
        (b"[]",),
        (START, STOP),
        (START, block_delta(0, type="text_delta", text="x")),
        (START, block_start(0, type="text"), {"type": "content_block_delta", "index": 0}),
        (START, {"type": "content_block_start", "index": 0}),
        (START, block_start(0, type="text"), block_delta(0, type="text_delta", text=7)),
        ({"type": "error"},),
    ],
)
def test_an_invalid_stream_is_refused(sent: tuple[Any, ...]) -> None:
    with pytest.raises(ResponseInvalidError):
        events(*sent)


def test_an_error_in_mid_stream_is_raised() -> None:
    with pytest.raises(ChatModelError) as caught:
        events(START, {"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}})
    assert caught.value.code == "provider_unavailable"


def test_the_payload_is_the_list_of_events() -> None:
    response = read(START, block_start(0, type="redacted_thinking", data="x"), ENDED, STOP)
    assert [event["type"] for event in response.raw] == [
        "message_start",
        "content_block_start",
        "message_delta",
        "message_stop",
    ]
    assert not any(isinstance(part, ProviderPart) for part in response.message.parts)
