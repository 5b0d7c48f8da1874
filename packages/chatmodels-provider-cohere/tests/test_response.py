"""Responses are decoded, whole and streamed, beyond the cases in the exchanges."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ChatResponse,
    Citation,
    ErrorCode,
    Message,
    Part,
    ReasoningPart,
    StreamEvent,
    TextPart,
    TokenLogprob,
    ToolCall,
    Usage,
    user,
)
from chatmodels.core.extending import Accumulator, OutputSchema, ProviderState
from chatmodels.http import Frame
from chatmodels.http.wire import OUTPUT_FROM_TOOL
from chatmodels.providers.cohere._codec import CODEC
from chatmodels.testing._protocols.cohere_chat import CohereChat
from chatmodels.testing._protocols.protocol import ParsedRequest

PLAIN = ChatRequest(messages=(user("?"),))
FORMED = ChatRequest(messages=(user("?"),), output=OutputSchema("place", None))
Json = dict[str, Any]


def whole(request: ChatRequest = PLAIN, **body: Any) -> ChatResponse[Any]:
    body = {"id": "r-1", "message": {"content": []}, "finish_reason": "COMPLETE"} | body
    return CODEC.decode(json.dumps(body).encode(), request)


def text(words: str = "Hello.", **message: Any) -> Json:
    return {"content": [{"type": "text", "text": words}], **message}


def call(name: str = "weather", arguments: str | None = '{"city": "Oslo"}') -> Json:
    return {"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}


def read(*events: Json, request: ChatRequest = PLAIN) -> ChatResponse[Any]:
    decoder, accumulator = CODEC.reader(request), Accumulator()
    found: list[StreamEvent] = []
    for event in events:
        found += decoder.feed(Frame(json.dumps(event).encode()))
    found += decoder.close()
    for event in found:
        accumulator.add(event)
    assert accumulator.complete
    return accumulator.response()


def event(kind: str, index: int | None = None, /, **message: Any) -> Json:
    return {"type": kind, "index": index, "delta": {"message": message}}


START = {"type": "message-start", "id": "r-1", "delta": {"message": {"content": []}}}
END = {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}}
CALLED = {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL"}}
SOURCES = [
    {"type": "document", "id": "doc-0", "document": {"id": "doc-0", "snippet": "Blue."}},
    {
        "type": "tool",
        "id": "weather:0",
        "tool_output": {"url": "https://example.com", "title": "Sky", "text": "The sky is blue."},
    },
    {"type": "tool", "id": "clock:0", "tool_output": "noon"},
]
CITED = {"start": 0, "end": 5, "text": "Hello", "sources": SOURCES, "type": "TEXT_CONTENT"}
CITATIONS = (
    Citation(start=0, end=5, source="doc-0", quote="Blue."),
    Citation(
        start=0,
        end=5,
        source="weather:0",
        url="https://example.com",
        title="Sky",
        quote="The sky is blue.",
    ),
    Citation(start=0, end=5, source="clock:0"),
)

PARTS = st.lists(
    st.builds(TextPart, st.text())
    | st.builds(ReasoningPart, st.text())
    | st.builds(ToolCall, st.text(), st.sampled_from(["weather", "place"]), st.just('{"a": 1}')),
    max_size=5,
)


@given(PARTS, st.sampled_from([PLAIN, FORMED]))
def test_whole_and_streamed_responses_are_equal(parts: list[Part], request: ChatRequest) -> None:
    original = ChatResponse(message=Message("assistant", tuple(parts)), id="1", model="m")
    server = CohereChat()
    made = CODEC.decode(server.write(original, ParsedRequest(model="m")).content, request)
    streamed = server.write(original, ParsedRequest(model="m", streamed=True)).content
    events = [json.loads(line[6:]) for line in streamed.split(b"\n") if line[:7] == b"data: {"]

    assert made == read(*events, request=request)


def test_each_source_of_a_statement_is_a_citation() -> None:
    planned = CITED | {"type": "PLAN"}
    response = whole(message=text(citations=[CITED, planned]))

    assert response.message.parts == (TextPart("Hello.", CITATIONS),)


def test_a_citation_can_lack_a_source() -> None:
    response = whole(message=text(citations=[{"start": 0, "end": 5}]))

    assert response.message.parts == (TextPart("Hello.", (Citation(start=0, end=5),)),)


def test_citations_of_a_stream_belong_to_the_text_that_they_name() -> None:
    parts = read(
        START,
        event("content-start", 0, content={"type": "thinking", "thinking": "Hm"}),
        event("content-delta", 0, content={"thinking": "."}),
        event("content-start", 1, content={"type": "text", "text": ""}),
        event("content-delta", 1, content={"text": "Hello."}),
        event("citation-start", 0, citations=CITED | {"content_index": 1}),
        {"type": "debug"},
        END,
    ).message.parts

    assert parts == (
        ReasoningPart("Hm.", ProviderState("cohere", {"type": "thinking"})),
        TextPart("Hello.", CITATIONS),
    )


def test_a_plan_precedes_the_calls_and_is_reasoning() -> None:
    plan = ReasoningPart("I look.", ProviderState("cohere", {"type": "tool_plan"}))
    response = whole(message={"tool_plan": "I look.", "tool_calls": [call()]})
    again = read(
        START,
        event("tool-plan-delta"),
        event("tool-plan-delta", tool_plan="I "),
        event("tool-plan-delta", tool_plan="look."),
        event("tool-call-start", 0, tool_calls=call(arguments='{"city":')),
        event("tool-call-delta", 0, tool_calls={"function": {"arguments": ' "Oslo"}'}}),
        event("tool-call-delta", 7, tool_calls={"function": {"arguments": "lost"}}),
        event("tool-call-end", 0),
        event("tool-call-end", 0),
        CALLED,
    )

    assert response.message.parts == (plan, ToolCall("1", "weather", '{"city": "Oslo"}'))
    assert again.message == response.message
    assert response.text == ""


@pytest.mark.parametrize("arguments", ["", None])
def test_no_arguments_are_an_empty_object(arguments: str | None) -> None:
    message = {"tool_calls": [call(arguments=arguments), {}]}
    start = event("tool-call-start", 0, tool_calls=call(arguments=arguments))

    assert whole(message=message).tool_calls == (ToolCall("1", "weather"), ToolCall("", ""))
    assert read(START, start, CALLED).tool_calls == (ToolCall("1", "weather"),)


def test_a_call_of_the_output_tool_is_the_output() -> None:
    made = whole(FORMED, message={"tool_calls": [call("place")]}, finish_reason="TOOL_CALL")
    again = read(
        START,
        event("tool-call-start", 0, tool_calls=call("place", "")),
        event("tool-call-delta", 0, tool_calls={"function": {"arguments": '{"city": '}}),
        event("tool-call-delta", 0, tool_calls={"function": {"arguments": '"Oslo"}'}}),
        event("tool-call-end", 0),
        CALLED,
        request=FORMED,
    )

    for response in (made, again):
        assert response.text == '{"city": "Oslo"}'
        assert response.finish_reason == "stop"
        assert response.warnings == (OUTPUT_FROM_TOOL,)


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("COMPLETE", "stop"),
        ("STOP_SEQUENCE", "stop"),
        ("MAX_TOKENS", "length"),
        ("ERROR_TOXIC", "content_filter"),
        ("USER_CANCEL", "other"),
    ],
)
def test_provider_reasons_are_converted_to_finish_reasons(word: str, reason: str) -> None:
    response = whole(message=text(), finish_reason=word)

    assert (response.finish_reason, response.raw_finish_reason) == (reason, word)


def test_used_tokens_are_the_usage_and_billed_ones_stand_beside() -> None:
    usage = {
        "billed_units": {"input_tokens": 13, "output_tokens": 5, "search_units": 1},
        "tokens": {"input_tokens": 693.0, "output_tokens": 42, "reasoning_tokens": 30},
        "cached_tokens": 600,
    }

    assert whole(message=text(), usage=usage).usage == Usage(
        input_tokens=693,
        output_tokens=42,
        cached_input_tokens=600,
        reasoning_tokens=30,
        billed_input_tokens=13,
        billed_output_tokens=5,
    )


def test_billed_tokens_are_the_usage_if_no_others_are_reported() -> None:
    usage = {"billed_units": {"input_tokens": 13, "output_tokens": 5}}
    found = whole(message=text(), usage=usage).usage

    assert (found.input_tokens, found.output_tokens) == (13, 5)


def test_nulls_in_the_usage_are_none() -> None:
    billed = {"tokens": None, "billed_units": {"input_tokens": 13, "output_tokens": 5}}
    used = {"tokens": {"input_tokens": 7}, "billed_units": None, "cached_tokens": None}

    assert whole(message=text(), usage=billed).usage.input_tokens == 13
    assert whole(message=text(), usage=used).usage == Usage(input_tokens=7)


def test_an_invalid_usage_adds_a_warning_and_keeps_the_response() -> None:
    response = whole(message=text(), usage={"tokens": "many"})

    assert response.usage == Usage()
    assert "the usage was omitted" in response.warnings[0]


def test_log_probabilities_are_those_of_text_chunks() -> None:
    hello = {"text": "Hello", "token_ids": [1, 2], "logprobs": [-0.5, -0.25]}
    empty = {"text": ".", "token_ids": []}
    expected = (TokenLogprob("Hello", -0.75),)
    start = event("content-start", 0, content={"type": "text", "text": "Hello"})

    assert whole(message=text(), logprobs=[hello, empty]).logprobs == expected
    assert read(START, start | {"logprobs": hello}, END).logprobs == expected


def test_unknown_content_is_left_out() -> None:
    message = {"content": [{"type": "hologram"}, {"type": "text", "text": "Hello."}]}

    assert whole(message=message).message.parts == (TextPart("Hello."),)


@pytest.mark.parametrize(
    ("word", "code"),
    [("ERROR", ErrorCode.PROVIDER_UNAVAILABLE), ("TIMEOUT", ErrorCode.TIMEOUT)],
)
def test_a_failed_generation_is_an_error_with_the_partial_response(
    word: str, code: ErrorCode
) -> None:
    with pytest.raises(ChatModelError, match="the generation failed") as caught:
        whole(message=text("Hel"), finish_reason=word)

    assert caught.value.code == code
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hel"


def test_a_generation_that_fails_in_a_stream_is_an_error_with_the_reported_message() -> None:
    failed = {"type": "message-end", "delta": {"finish_reason": "ERROR", "error": "out of luck"}}
    with pytest.raises(ChatModelError, match="out of luck") as caught:
        read(START, failed)

    assert caught.value.code == ErrorCode.PROVIDER_UNAVAILABLE


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"id": "1", "message": "too many tokens"}, ErrorCode.CONTEXT_LENGTH_EXCEEDED),
        ({"error": {"message": "oops"}}, ErrorCode.PROVIDER_UNAVAILABLE),
        ({"id": "1"}, ErrorCode.RESPONSE_INVALID),
        ({"id": "1", "message": {"content": []}}, ErrorCode.RESPONSE_INVALID),
    ],
)
def test_an_invalid_response_is_an_error(body: Json, code: ErrorCode) -> None:
    with pytest.raises(ChatModelError) as caught:
        CODEC.decode(json.dumps(body).encode(), PLAIN)

    assert caught.value.code == code


@pytest.mark.parametrize("data", [b"{}", b"nonsense", b'{"message": "too many tokens"}'])
def test_an_invalid_event_is_an_error(data: bytes) -> None:
    with pytest.raises(ChatModelError):
        CODEC.reader(PLAIN).feed(Frame(data))


def test_events_after_the_end_are_ignored() -> None:
    decoder = CODEC.reader(PLAIN)
    decoder.feed(Frame(json.dumps(END).encode()))

    assert decoder.feed(Frame(b"nonsense")) == ()
    assert CODEC.reader(PLAIN).feed(Frame(b"[DONE]")) == ()
