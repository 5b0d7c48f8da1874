"""Decoding of streamed responses."""

import base64
import json
from typing import Any

import msgspec
import pytest

from chatmodels.core import (
    AudioDelta,
    ChatModelError,
    ChatRequest,
    ChatResponse,
    ErrorCode,
    LogprobsDelta,
    PartEnd,
    ProviderPart,
    ReasoningDelta,
    ReasoningPart,
    RefusalDelta,
    ResponseInvalidError,
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
    user,
)
from chatmodels.core.extending import Accumulator, ProviderState
from chatmodels.http import Frame
from chatmodels.openai_compatible import Dialect, chat_completions_codec

CODEC = chat_completions_codec(Dialect(name="vendor"))
REQUEST = ChatRequest(messages=(user("Hello"),))
DONE = b"[DONE]"


def chunk(delta: object = None, **choice: Any) -> bytes:
    return json.dumps({"id": "r1", "model": "m1", "choices": [{"delta": delta, **choice}]}).encode()


def events_of(*chunks: bytes) -> list[StreamEvent]:
    """Read a stream; the payload of its end is left out, since it is not compared by content."""
    decoder = CODEC.reader(REQUEST)
    events = [event for data in chunks for event in decoder.feed(Frame(data))]
    return [
        msgspec.structs.replace(event, payload=StreamEnd().payload)
        if isinstance(event, StreamEnd)
        else event
        for event in [*events, *decoder.close()]
    ]


def response_of(*chunks: bytes) -> ChatResponse:
    accumulator = Accumulator()
    decoder = CODEC.reader(REQUEST)
    for data in chunks:
        for event in decoder.feed(Frame(data)):
            accumulator.add(event)
    for event in decoder.close():
        accumulator.add(event)
    assert accumulator.complete
    return accumulator.response()


def whole(message: dict[str, Any], **body: Any) -> ChatResponse:
    choices = [{"message": message, "finish_reason": "stop"}]
    wire = {"id": "r1", "model": "m1", "choices": choices, **body}
    return CODEC.decode(json.dumps(wire).encode(), REQUEST)


STOP = chunk({}, finish_reason="stop")


def test_a_stream_is_a_start_deltas_and_an_end() -> None:
    assert events_of(chunk({"content": "Hi"}), STOP, DONE) == [
        StreamStart("r1", "m1"),
        TextDelta("Hi", 1),
        StreamEnd("stop", "stop"),
    ]


def test_every_kind_of_delta_has_its_index() -> None:
    delta = {
        "content": "Hi",
        "reasoning": "Hm",
        "refusal": "No",
        "audio": {"id": "a", "data": base64.b64encode(b"x").decode(), "transcript": "Hi"},
        "tool_calls": [{"index": 0, "id": "c", "function": {"name": "now", "arguments": "{}"}}],
    }
    events = events_of(chunk(delta, logprobs={"content": [{"token": "Hi", "logprob": -1}]}))
    assert events == [
        StreamStart("r1", "m1"),
        TextDelta("Hi", 1),
        ReasoningDelta("Hm", 0),
        RefusalDelta("No", 2),
        AudioDelta(b"x", "Hi", 3),
        ToolCallStart("c", "now", 4),
        ToolCallDelta("{}", 4),
        LogprobsDelta((TokenLogprob("Hi", -1),)),
    ]


@pytest.mark.parametrize(
    ("chunks", "ended"),
    [
        pytest.param([STOP, DONE], True, id="as OpenAI does it"),
        pytest.param([STOP], True, id="no [DONE]"),
        pytest.param([chunk({}), DONE], True, id="no finish reason"),
        pytest.param([chunk({}), b"[DONE] "], True, id="a blank after [DONE]"),
        pytest.param([STOP, DONE, STOP, DONE], True, id="more after [DONE]"),
        pytest.param([chunk({"content": "Hi"})], False, id="neither"),
        pytest.param([DONE], False, id="[DONE] alone"),
        pytest.param([b"", b'{"choices": []}', DONE], False, id="no choice"),
        pytest.param([], False, id="nothing"),
    ],
)
def test_a_stream_ends_when_the_vendor_ends_it(chunks: list[bytes], ended: bool) -> None:
    ends = [event for event in events_of(*chunks) if isinstance(event, StreamEnd)]
    assert len(ends) == ended


def test_the_finish_reason_can_arrive_twice_and_with_the_last_delta() -> None:
    last = chunk({"content": "Hi"}, finish_reason="length")
    response = response_of(last, chunk({"content": ""}, finish_reason="length"), DONE)
    assert (response.text, response.finish_reason) == ("Hi", "length")


def test_a_call_ends_with_the_finish_reason() -> None:
    call = {"index": 0, "id": "c", "function": {"name": "now", "arguments": "{}"}}
    events = events_of(chunk({"tool_calls": [call]}), chunk({}, finish_reason="stop"), DONE)
    assert events[-2:] == [
        ToolCallEnd(ToolCall("c", "now", "{}"), 4),
        StreamEnd("tool_calls", "stop"),
    ]


def test_the_start_waits_for_the_first_chunk_with_content() -> None:
    empty = b'{"id": "", "model": "", "choices": [], "prompt_filter_results": []}'
    assert events_of(empty, chunk({"content": "Hi"}))[0] == StreamStart("r1", "m1")


def test_usage_can_arrive_after_the_end_of_the_response() -> None:
    usage = b'{"choices": [], "usage": {"prompt_tokens": 1}}'
    assert events_of(STOP, usage, DONE)[-2:] == [
        UsageUpdate(Usage(input_tokens=1)),
        StreamEnd("stop", "stop"),
    ]


@pytest.mark.parametrize(
    ("extension", "usage"),
    [
        pytest.param({"id": "q", "usage": {"prompt_tokens": 1}}, Usage(input_tokens=1), id="there"),
        pytest.param({"id": "q"}, Usage(), id="without it"),
        pytest.param("odd", Usage(), id="odd"),
    ],
)
def test_usage_can_be_in_an_extension(extension: object, usage: Usage) -> None:
    data = json.dumps({"choices": [{"finish_reason": "stop"}], "x_groq": extension}).encode()
    assert response_of(data).usage == usage


def test_the_last_usage_is_reported() -> None:
    first, last = ({"choices": [{}], "usage": {"prompt_tokens": n}} for n in (1, 2))
    response = response_of(json.dumps(first).encode(), json.dumps(last).encode(), DONE)
    assert response.usage == Usage(input_tokens=2)


def test_the_service_tier_is_read() -> None:
    tiers = [json.dumps({"choices": [{}], "service_tier": tier}).encode() for tier in ("flex", "")]
    assert response_of(*tiers, DONE).service_tier == "flex"


def test_the_payload_is_the_list_of_the_chunks() -> None:
    assert response_of(b'{"choices":[{}], "x": 1}', b'{"x": 2}', DONE).raw == [
        {"choices": [{}], "x": 1},
        {"x": 2},
    ]


def test_other_choices_are_not_mixed_in() -> None:
    assert response_of(chunk({"content": "a"}), chunk({"content": "b"}, index=1), DONE).text == "a"


def test_a_chunk_can_have_a_message_instead_of_a_delta() -> None:
    data = b'{"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}'
    assert response_of(data).text == "Hi"


@pytest.mark.parametrize(
    ("deltas", "message"),
    [
        pytest.param(
            [
                {"reasoning": "H", "reasoning_details": [{"type": "t", "index": 0, "text": "H"}]},
                {"reasoning": "m", "reasoning_details": [{"type": "t", "index": 0, "text": "m"}]},
                {"reasoning_details": [{"type": "t", "index": 0, "signature": "s", "text": None}]},
                {"reasoning_details": [{"type": "e", "index": 0, "data": "?"}]},
                {"content": "Hi"},
            ],
            {
                "content": "Hi",
                "reasoning": "Hm",
                "reasoning_details": [
                    {"type": "t", "index": 0, "text": "Hm", "signature": "s"},
                    {"type": "e", "index": 0, "data": "?"},
                ],
            },
            id="reasoning details",
        ),
        pytest.param(
            [
                {"content": "H", "annotations": [{"type": "file", "file": {}}]},
                {"content": "i", "annotations": [{"url_citation": {"url": "u"}}]},
                {"annotations": [{"url_citation": {"url": "u"}}]},
            ],
            {
                "content": "Hi",
                "annotations": [{"type": "file", "file": {}}, {"url_citation": {"url": "u"}}],
            },
            id="annotations",
        ),
        pytest.param(
            [
                {"audio": {"id": "a", "transcript": "H"}},
                {"audio": {"data": "eHh4"}},
                {"audio": {"data": "eXl5", "transcript": "i"}},
                {"audio": {"expires_at": 5}},
            ],
            {"audio": {"id": "a", "data": "eHh4eXl5", "transcript": "Hi", "expires_at": 5}},
            id="sound",
        ),
        pytest.param([{"audio": {"id": "", "data": ""}}], {}, id="sound of empty values"),
        pytest.param(
            [
                {"function_call": {"name": "now", "arguments": ""}},
                {"function_call": {"arguments": "{"}},
                {"function_call": {"arguments": "}"}},
                {"function_call": {"name": "", "arguments": ""}},
            ],
            {"function_call": {"name": "now", "arguments": "{}"}},
            id="a function call",
        ),
        pytest.param(
            [
                {"content": [{"type": "thinking", "thinking": "Hm"}]},
                {"content": [{"type": "text", "text": "Hi"}]},
                {"content": [{"type": "refusal", "refusal": "No"}]},
            ],
            {
                "content": [
                    {"type": "thinking", "thinking": "Hm"},
                    {"type": "text", "text": "Hi"},
                    {"type": "refusal", "refusal": "No"},
                ]
            },
            id="content in parts",
        ),
        pytest.param(
            [
                {"content": [{"type": "thinking", "thinking": "H"}]},
                {"content": [{"type": "thinking", "thinking": "m", "signature": "s"}]},
                {"content": "The sky"},
                {"content": [{"type": "text", "text": " is blue"}]},
                {"content": [{"type": "reference", "reference_ids": [3]}]},
                {"content": "."},
                {"content": [{"type": "file", "file_id": "f"}]},
            ],
            {
                "content": [
                    {"type": "thinking", "thinking": "Hm", "signature": "s"},
                    {"type": "text", "text": "The sky is blue"},
                    {"type": "reference", "reference_ids": [3]},
                    {"type": "text", "text": "."},
                    {"type": "file", "file_id": "f"},
                ]
            },
            id="content now as text, now in parts",
        ),
    ],
)
def test_a_streamed_response_equals_the_whole_one(
    deltas: list[dict[str, Any]], message: dict[str, Any]
) -> None:
    assert response_of(*map(chunk, deltas), STOP, DONE) == whole(message)


def test_the_last_search_results_are_citations() -> None:
    body = {"id": "r1", "model": "m1", "choices": [{"delta": {"content": "Hi"}}]}
    sent = [
        json.dumps({**body, "citations": ["u1"]}).encode(),
        json.dumps(
            {"choices": [{"finish_reason": "stop"}], "search_results": [{"url": "u2"}]}
        ).encode(),
    ]
    assert response_of(*sent) == whole({"content": "Hi"}, search_results=[{"url": "u2"}])


def test_signed_parts_are_yielded_when_they_are_complete() -> None:
    file = {"type": "file", "file": {}}
    delta = {"content": "Hi", "reasoning_details": [{"text": "Hm"}], "annotations": [file]}
    assert events_of(chunk(delta, finish_reason="stop"))[-3:-1] == [
        PartEnd(ReasoningPart("Hm", ProviderState("vendor", [{"text": "Hm"}])), 0),
        PartEnd(ProviderPart(ProviderState("vendor", {"annotations": [file]})), 3),
    ]


def test_citations_without_text_are_left_out() -> None:
    data = b'{"choices": [{"finish_reason": "stop"}], "citations": ["u"]}'
    assert response_of(data).message.parts == ()


def test_invalid_metadata_never_breaks_a_stream() -> None:
    odd = chunk({"content": "Hi", "audio": {"id": "a", "data": "abc"}}, logprobs=[5])
    usage = b'{"choices": [], "usage": {"prompt_tokens": "many"}}'
    response = response_of(odd, odd, usage, STOP)
    assert response.text == "HiHi"
    assert len(response.warnings) == 3


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(
            b'{"error": {"message": "slow down", "code": "rate_limit_exceeded"}}',
            ErrorCode.RATE_LIMITED,
            id="an object",
        ),
        pytest.param(b'{"error": "gone"}', ErrorCode.PROVIDER_UNAVAILABLE, id="a text"),
        pytest.param(b'{"message": "gone", "code": 401}', ErrorCode.AUTHENTICATION, id="flat"),
        pytest.param(
            b'{"choices": [{"delta": {}, "error": {"message": "upstream", "code": 502}}]}',
            ErrorCode.PROVIDER_UNAVAILABLE,
            id="in a choice",
        ),
        pytest.param(
            b'{"choices": [], "x_groq": {"error": "over capacity"}}',
            ErrorCode.PROVIDER_UNAVAILABLE,
            id="in an extension",
        ),
    ],
)
def test_an_error_in_mid_stream_is_an_error(data: bytes, code: ErrorCode) -> None:
    decoder = CODEC.reader(REQUEST)
    assert decoder.feed(Frame(chunk({"content": "Hi"})))
    with pytest.raises(ChatModelError) as caught:
        decoder.feed(Frame(data, "error"))
    assert caught.value.code is code


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b'{"choices": [{"delta": {"content": "H', id="cut off"),
        pytest.param(b'{"choices": [{"delta": 5}]}', id="another type"),
        pytest.param(b"upstream connect error", id="text"),
    ],
)
def test_a_frame_that_is_not_a_chunk_is_an_error(data: bytes) -> None:
    with pytest.raises(ResponseInvalidError, match="not a chat completion"):
        events_of(chunk({"content": "Hi"}), data)


def test_a_text_with_citations_is_yielded_when_it_is_complete() -> None:
    data = chunk({"content": "Hi", "annotations": [{"url_citation": {"url": "u"}}]})
    ends = [event for event in events_of(data, DONE) if isinstance(event, PartEnd)]
    assert [type(event.part) for event in ends] == [TextPart]


def test_the_tier_can_be_in_the_usage() -> None:
    last = {"choices": [{"finish_reason": "stop"}], "usage": {"service_tier": "standard"}}
    assert response_of(json.dumps(last).encode(), DONE).service_tier == "standard"


def test_the_steps_of_a_vendors_own_tools_are_neither_calls_nor_text() -> None:
    draw = {"name": "draw", "arguments": "{}"}
    call = {"id": "a", "function": draw, "metadata": {"type": "image"}}
    response = response_of(
        chunk({"role": "assistant", "content": "One moment.", "index": 0}),
        chunk({"tool_calls": [call], "index": 0}),
        chunk({"role": "tool", "tool_call_id": "a", "content": "done", "index": 1}),
        chunk({"content": " Here.", "index": 2}),
        STOP,
        DONE,
    )
    result = {"role": "tool", "tool_call_id": "a", "content": "done"}
    assert response.message.parts == (
        TextPart("One moment. Here."),
        ProviderPart(ProviderState("vendor", {"steps": [call, result]})),
    )
    assert response.finish_reason == "stop"


def test_a_custom_call_without_text_has_an_empty_input() -> None:
    start = {"tool_calls": [{"index": 0, "id": "c", "custom": {"name": "now"}}]}
    events = events_of(chunk(start), chunk({}, finish_reason="tool_calls"), DONE)
    custom = ProviderState("vendor", {"type": "custom"})
    assert events[1:-1] == [
        ToolCallStart("c", "now", 4),
        ToolCallDelta('{"input":""}', 4),
        ToolCallEnd(ToolCall("c", "now", '{"input":""}', custom), 4),
    ]


def test_thinking_without_a_signature_is_only_text() -> None:
    blocks = [{"type": "thinking", "thinking": "Hm."}, {"type": "thinking", "thinking": "Oh."}]
    response = response_of(chunk({"thinking_blocks": blocks}, finish_reason="stop"), DONE)
    assert response.message.parts == (ReasoningPart("Hm.Oh."),)
