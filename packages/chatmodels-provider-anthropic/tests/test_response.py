"""Whole responses, failures and listings are decoded."""

import json
from typing import Any

import pytest

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    Citation,
    ErrorCode,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    ResponseInvalidError,
    TextPart,
    ToolCall,
    Usage,
    tool_result,
    user,
)
from chatmodels.core.extending import Capability, OutputSchema, ProviderState, ToolDefinition
from chatmodels.http import HttpFailure
from chatmodels.providers.anthropic._codec import messages_codec
from chatmodels.providers.anthropic._listing import read_models

CODEC = messages_codec()
REQUEST = ChatRequest(messages=(user("?"),))


def read(content: list[Any], request: ChatRequest = REQUEST, **fields: Any) -> ChatResponse:
    message = {"type": "message", "id": "msg_1", "model": "claude", "stop_reason": "end_turn"}
    body = message | {"content": content} | fields
    return CODEC.decode(json.dumps(body).encode(), request)


def test_blocks_are_parts_in_their_order() -> None:
    redacted = {"type": "redacted_thinking", "data": "opaque"}
    search = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"q": "x"}}
    response = read(
        [
            {"type": "thinking", "thinking": "Hm.", "signature": "sig"},
            {"type": "thinking", "thinking": "", "signature": ""},
            {"type": "thinking", "thinking": "Loose."},
            redacted,
            {"type": "text", "text": ""},
            search,
            {"type": "text", "text": "Rain."},
            {"type": "tool_use", "id": "c", "name": "roll", "input": {"a": 1.50}},
            {"type": "tool_use", "id": "d", "name": "roll", "caller": {"type": "direct"}},
            {"type": "tool_use", "id": "e", "name": "roll", "input": {}, "caller": {"type": "x"}},
        ],
        stop_reason="tool_use",
    )
    thinking = ProviderState("anthropic", {"type": "thinking", "signature": "sig"})
    assert response.message.parts == (
        ReasoningPart("Hm.", thinking),
        ReasoningPart("Loose."),
        ReasoningPart("", ProviderState("anthropic", redacted)),
        ProviderPart(ProviderState("anthropic", search)),
        TextPart("Rain."),
        ToolCall("c", "roll", '{"a": 1.5}'),
        ToolCall("d", "roll", "{}"),
        ToolCall("e", "roll", "{}", ProviderState("anthropic", {"caller": {"type": "x"}})),
    )
    assert (response.finish_reason, response.raw_finish_reason) == ("tool_calls", "tool_use")
    assert (response.id, response.model) == ("msg_1", "claude")


def test_texts_have_citations_that_are_kept_for_the_next_turn() -> None:
    page = {"type": "page_location", "cited_text": "It rains.", "document_title": "Weather"}
    cited = [
        page | {"document_index": 0, "start_page_number": 1},
        {"type": "char_location", "file_id": "file_1", "document_index": 1},
        {"type": "web_search_result_location", "url": "https://w.org", "title": "W"},
        {"type": "search_result_location", "source": "kb/1", "title": "KB"},
    ]
    (part,) = read([{"type": "text", "text": "Rain.", "citations": cited}]).message.parts
    assert part == TextPart(
        "Rain.",
        (
            Citation(title="Weather", quote="It rains.", start=0, end=5, source="0"),
            Citation(start=0, end=5, source="file_1"),
            Citation(url="https://w.org", title="W", start=0, end=5),
            Citation(title="KB", start=0, end=5, source="kb/1"),
        ),
        ProviderState("anthropic", {"citations": cited}),
    )


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "stop"),  # without calls there is nothing for the caller to do
        ("refusal", "refusal"),
        ("pause_turn", "paused"),
        ("never_heard", "other"),
        (None, "other"),
    ],
)
def test_stop_reasons_are_converted_to_finish_reasons(word: str | None, reason: str) -> None:
    response = read([{"type": "text", "text": "x"}], stop_reason=word)
    assert (response.finish_reason, response.raw_finish_reason) == (reason, word)


def test_a_refusal_contains_its_explanation() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "Not this."}
    response = read([], stop_reason="refusal", stop_details=details)
    assert response.message.parts == (RefusalPart("Not this."),)
    assert read([], stop_reason="refusal", stop_details="odd").refusal is None


def test_input_tokens_include_those_of_the_cache() -> None:
    response = read(
        [],
        usage={
            "input_tokens": 3,
            "cache_read_input_tokens": 20,
            "cache_creation_input_tokens": 100,
            "cache_creation": {"ephemeral_5m_input_tokens": 60, "ephemeral_1h_input_tokens": 40},
            "output_tokens": 7,
            "output_tokens_details": {"thinking_tokens": 5},
            "service_tier": "priority",
        },
    )
    assert response.usage == Usage(
        input_tokens=123,
        output_tokens=7,
        total_tokens=130,
        cached_input_tokens=20,
        cache_write_tokens=100,
        cache_write_1h_tokens=40,
        reasoning_tokens=5,
    )
    assert response.service_tier == "priority"


@pytest.mark.parametrize(("speed", "tier"), [("fast", "fast"), ("standard", "priority")])
def test_fast_responses_have_a_tier_of_their_own(speed: str, tier: str) -> None:
    usage = {"input_tokens": 3, "service_tier": "priority", "speed": speed}

    assert read([], usage=usage).service_tier == tier


@pytest.mark.parametrize("usage", [None, {}])
def test_tokens_that_are_not_reported_are_none(usage: Any) -> None:
    response = read([], usage=usage)
    assert (response.usage, response.service_tier, response.warnings) == (Usage(), None, ())


def test_an_invalid_usage_adds_a_warning_and_keeps_the_response() -> None:
    response = read([{"type": "text", "text": "x"}], usage={"input_tokens": "many"})
    assert response.text == "x"
    assert "the usage was omitted" in response.warnings[0]


def test_a_call_of_the_output_tool_is_the_output_with_a_warning() -> None:
    tools = (ToolDefinition("city", "", {"type": "object"}),)
    request = ChatRequest(messages=(user("?"),), tools=tools, output=OutputSchema("city", None))
    block = {"type": "tool_use", "id": "a", "name": "city_", "input": {"city": "Oslo"}}
    response = read([block], request, stop_reason="tool_use")
    assert response.message.parts == (TextPart('{"city": "Oslo"}'),)
    assert response.finish_reason == "stop"
    assert "a tool that the model had to call" in response.warnings[0]
    called = read([block | {"name": "city"}], request, stop_reason="tool_use")
    assert (called.finish_reason, called.warnings) == ("tool_calls", ())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"not JSON",
        b'{"content": []}',
        b'{"content": [{"text": "x"}], "stop_reason": "end_turn"}',
        b'{"content": [{"type": "text", "text": 7}], "stop_reason": "end_turn"}',
        b'{"content": "\xff"}',
    ],
)
def test_an_invalid_message_is_refused(body: bytes) -> None:
    with pytest.raises(ResponseInvalidError, match="data that is not a message"):
        CODEC.decode(body, REQUEST)


def failure(status: int, kind: str, message: str) -> ErrorCode:
    body = json.dumps({"type": "error", "error": {"type": kind, "message": message}}).encode()
    error = CODEC.failure(HttpFailure(status=status, headers={}, body=body))
    assert error.details["provider_type"] == kind
    assert error.details["provider_message"] == message
    return error.code


@pytest.mark.parametrize(
    ("status", "kind", "message", "code"),
    [
        (400, "invalid_request_error", "max_tokens: Field required", "invalid_request"),
        (
            400,
            "invalid_request_error",
            "Your credit balance is too low to access the Anthropic API.",
            "quota_exceeded",
        ),
        (
            400,
            "invalid_request_error",
            "You have reached your specified API usage limits.",
            "quota_exceeded",
        ),
        (
            400,
            "invalid_request_error",
            "prompt is too long: 200001 tokens > 200000 maximum",
            "context_length_exceeded",
        ),
        (
            400,
            "invalid_request_error",
            "input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000",
            "context_length_exceeded",
        ),
        (
            400,
            "invalid_request_error",
            "Output blocked by content filtering policy",
            "content_filtered",
        ),
        (401, "authentication_error", "invalid x-api-key", "authentication"),
        (402, "billing_error", "There is a problem with your billing.", "quota_exceeded"),
        (403, "permission_error", "Not allowed.", "permission_denied"),
        (404, "not_found_error", "model: claude-99", "model_not_found"),
        (404, "not_found_error", "Not Found", "invalid_request"),
        (413, "request_too_large", "Request exceeds the maximum size", "invalid_request"),
        (429, "rate_limit_error", "This request would exceed your limit.", "rate_limited"),
        (
            429,
            "rate_limit_error",
            "You have reached your API usage limits: you will regain access on 2026-09-01.",
            "quota_exceeded",
        ),
        (500, "api_error", "Internal server error", "provider_unavailable"),
        (504, "timeout_error", "The request timed out.", "timeout"),
        (529, "overloaded_error", "Overloaded", "provider_unavailable"),
    ],
)
def test_failures_have_a_code(status: int, kind: str, message: str, code: str) -> None:
    assert failure(status, kind, message) == code


def test_an_error_within_a_success_is_raised() -> None:
    body = b'{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}'
    with pytest.raises(Exception, match="provider unavailable") as caught:
        CODEC.decode(body, REQUEST)
    assert caught.value.details["provider_message"] == "Overloaded"  # type: ignore[attr-defined]


def test_the_listing_reports_capabilities() -> None:
    capabilities = {"image_input": {"supported": True}, "thinking": {"supported": False}, "x": 1}
    records = [
        {
            "type": "model",
            "id": "claude-a",
            "created_at": "2026-02-17T00:00:00Z",
            "max_input_tokens": 1_000_000,
            "max_tokens": 128_000,
            "capabilities": capabilities,
            "lifecycle": "deprecated",
            "retires_at": "2027-02-17T00:00:00Z",
        },
        {"id": "claude-b", "created_at": "once", "lifecycle": "retired"},
        {"id": "claude-c", "lifecycle": "active"},
    ]
    listed = read_models(json.dumps({"data": records}).encode())
    assert [model.name for model in listed] == ["claude-a", "claude-b", "claude-c"]
    assert [model.deprecated for model in listed] == ["2027-02-17", "yes", None]
    assert [model.created for model in listed] == [1_771_286_400, None, None]
    assert (listed[0].context_window, listed[0].max_output_tokens) == (1_000_000, 128_000)
    assert Capability.VISION in listed[0].capabilities
    assert Capability.REASONING not in listed[0].capabilities
    assert listed[1].capabilities == frozenset()
    assert [model.raw for model in listed] == records


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": 7}', b'{"data": [{"name": "x"}]}'])
def test_an_invalid_listing_is_refused(body: bytes) -> None:
    with pytest.raises(ResponseInvalidError, match="not a list of models"):
        read_models(body)


def test_the_toolset_of_a_call_is_kept_and_repeated_in_its_result() -> None:
    call = {"type": "tool_use", "id": "c", "name": "click", "input": {}, "toolset_name": "computer"}
    other = {"type": "tool_use", "id": "d", "name": "roll", "input": {}}
    message = read([call, other], stop_reason="tool_use").message
    results = (tool_result("c", "Done."), tool_result("d", "6"))
    request = ChatRequest(messages=(user("?"), message, *results))
    turns = json.loads(CODEC.encode("claude-sonnet-5-5", request, stream=False).body)["messages"]
    assert turns[1]["content"] == [call, other]
    assert [block.get("toolset_name") for block in turns[2]["content"]] == ["computer", None]


@pytest.mark.parametrize(
    ("iterations", "billed"),
    [
        pytest.param(
            [
                {"type": "compaction", "input_tokens": 100, "output_tokens": 7},
                {"type": "message", "input_tokens": 9, "output_tokens": 2},
            ],
            (109, 9),
            id="compaction",
        ),
        pytest.param(
            [
                {"type": "message", "input_tokens": 4, "cache_read_input_tokens": 5},
                {"type": "advisor_message", "output_tokens": 2},
                "?",
                {"output_tokens": "?"},
            ],
            (None, None),
            id="no more than the usage",
        ),
        pytest.param(None, (None, None), id="none"),
    ],
)
def test_tokens_of_iterations_are_billed(iterations: Any, billed: Any) -> None:
    usage = {"input_tokens": 9, "output_tokens": 2, "iterations": iterations}
    found = read([{"type": "text", "text": "A"}], usage=usage).usage
    assert (found.input_tokens, found.output_tokens) == (9, 2)
    assert (found.billed_input_tokens, found.billed_output_tokens) == billed


@pytest.mark.parametrize(
    ("details", "warnings"),
    [
        (
            {"category": "cyber", "recommended_model": "claude-haiku-5"},
            ("the response was refused (category: cyber; recommended model: claude-haiku-5)",),
        ),
        ({"category": "cyber", "explanation": "No."}, ()),
        ({"type": "refusal"}, ()),
        (None, ()),
    ],
)
def test_a_refusal_without_an_explanation_has_a_warning(details: Any, warnings: Any) -> None:
    response = read([], stop_reason="refusal", stop_details=details)
    assert (response.finish_reason, response.warnings) == ("refusal", warnings)
