"""Whole responses and model listings are decoded."""

import json
from typing import Any

import pytest

from chatmodels.core import (
    AudioPart,
    ChatRequest,
    ChatResponse,
    Citation,
    ErrorCode,
    FilePart,
    ImagePart,
    ProviderPart,
    ProviderUnavailableError,
    ReasoningPart,
    ResponseInvalidError,
    TextPart,
    ToolCall,
    user,
)
from chatmodels.core.extending import Capability, OutputSchema, ProviderState
from chatmodels.http import HttpFailure
from chatmodels.http.wire import NO_REASON, OUTPUT_FROM_TOOL
from chatmodels.providers.bedrock._codec import converse_codec
from chatmodels.providers.bedrock._listing import read_models

CODEC = converse_codec()
REQUEST = ChatRequest(messages=(user("Hi"),))
FORMED = ChatRequest(messages=(user("Hi"),), output=OutputSchema("Shoe", None))


def response_with(*content: Any, request: ChatRequest = REQUEST, **more: Any) -> ChatResponse[Any]:
    body = {"output": {"message": {"role": "assistant", "content": list(content)}}}
    return CODEC.decode(json.dumps(body | {"stopReason": "end_turn"} | more).encode(), request)


def test_blocks_are_parts() -> None:
    reasoning = {"text": "Hm.", "signature": "s"}
    server = {"toolUse": {"type": "server_tool_use", "name": "nova_grounding", "input": {}}}
    found = response_with(
        {"reasoningContent": {"reasoningText": reasoning}},
        {"reasoningContent": {"reasoningText": {"text": "Loud."}}},
        {"reasoningContent": {"redactedContent": "cg=="}},
        {"reasoningContent": {}},
        {"text": "Hello"},
        {"text": ""},
        {"toolUse": {"toolUseId": "t1", "name": "look", "input": {"a": 1}}},
        {"toolUse": {"toolUseId": "t2", "name": "look"}},
        server,
        {"hologram": {"size": 3}},
        {},
    )
    assert found.message.parts == (
        ReasoningPart("Hm.", ProviderState("bedrock", {"signature": "s"})),
        ReasoningPart("Loud."),
        ReasoningPart("", ProviderState("bedrock", {"redactedContent": "cg=="})),
        TextPart("Hello"),
        ToolCall("t1", "look", '{"a": 1}'),
        ToolCall("t2", "look", "{}"),
        ProviderPart(ProviderState("bedrock", server)),
        ProviderPart(ProviderState("bedrock", {"hologram": {"size": 3}})),
    )


@pytest.mark.parametrize(
    ("cited", "expected"),
    [
        (
            {
                "title": "Report",
                "sourceContent": [{"text": "Blue "}, {"text": "light."}],
                "location": {"documentPage": {"documentIndex": 0, "start": 1, "end": 2}},
            },
            Citation(title="Report", quote="Blue light.", start=0, end=4, source="0"),
        ),
        (
            {"location": {"web": {"url": "https://x.example", "domain": "x.example"}}},
            Citation(url="https://x.example", start=0, end=4),
        ),
        (
            {"source": "s3://b/k", "location": {"searchResultLocation": {"searchResultIndex": 2}}},
            Citation(start=0, end=4, source="s3://b/k"),
        ),
        ({"location": "odd", "title": 3}, Citation(start=0, end=4)),
    ],
    ids=["document", "web", "search result", "odd"],
)
def test_citations_are_decoded(cited: Any, expected: Citation) -> None:
    content = {"content": [{"text": "Blue"}], "citations": [cited]}
    (part,) = response_with({"citationsContent": content}).message.parts
    assert part == TextPart("Blue", (expected,), ProviderState("bedrock", {"citations": [cited]}))


def test_citations_may_be_without_text_and_text_without_citations() -> None:
    cited = {"citations": [{"title": "T"}]}
    found = response_with(
        {"citationsContent": cited},
        {"citationsContent": {"content": [{"text": "Bare."}]}},
        {"citationsContent": {}},
    )
    first = TextPart("", (Citation(title="T", start=0, end=0),), ProviderState("bedrock", cited))
    assert found.message.parts == (first, TextPart("Bare."))


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("guardrail_intervened", "content_filter"),
        ("content_filtered", "content_filter"),
        ("refusal", "refusal"),
        ("malformed_tool_use", "error"),
        ("tool_use", "stop"),  # without a call
        ("unheard_of", "other"),
    ],
)
def test_the_reason_of_the_end_is_normalised(word: str, reason: str) -> None:
    found = response_with({"text": "Hello"}, stopReason=word)
    assert (found.finish_reason, found.raw_finish_reason) == (reason, word)


def test_a_call_of_the_output_tool_is_the_output() -> None:
    call = {"toolUse": {"toolUseId": "t", "name": "Shoe", "input": {"size": 42}}}
    found = response_with(call, request=FORMED, stopReason="tool_use")
    assert (found.text, found.tool_calls, found.finish_reason) == ('{"size": 42}', (), "stop")
    assert found.warnings == (OUTPUT_FROM_TOOL,)


def test_usage_and_tier_are_normalised() -> None:
    usage = {
        "inputTokens": 3,
        "outputTokens": 4,
        "cacheReadInputTokens": 10,
        "cacheWriteInputTokens": 20,
        "cacheDetails": [{"ttl": "1h", "inputTokens": 15}, {"ttl": "5m", "inputTokens": 5}],
        "totalTokens": 37,
    }
    found = response_with({"text": "Hello"}, usage=usage, serviceTier={"type": "flex"})
    reported_usage = found.usage
    assert (
        reported_usage.input_tokens,
        reported_usage.output_tokens,
        reported_usage.total_tokens,
    ) == (33, 4, 37)
    assert (reported_usage.cached_input_tokens, reported_usage.cache_write_tokens) == (10, 20)
    assert reported_usage.cache_write_1h_tokens == 15
    assert found.service_tier == "flex"


def test_usage_that_is_not_readable_costs_a_warning() -> None:
    found = response_with({"text": "Hello"}, usage={"inputTokens": "many"})
    assert found.usage.input_tokens is None
    assert found.warnings[0].startswith("the usage was omitted as unreadable")


def test_an_empty_response_with_a_stop_reason_is_valid() -> None:
    assert response_with().text == ""


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"output": {}}',
        b'{"output": {"message": {"content": []}}}',
        b'{"output": {"message": {"content": [3]}}, "message": "x"}',
    ],
)
def test_an_invalid_response_is_refused(body: bytes) -> None:
    with pytest.raises(ResponseInvalidError, match="bedrock sent data that is not a response"):
        CODEC.decode(body, REQUEST)


@pytest.mark.parametrize("name", ["message", "Message"])
def test_an_error_inside_a_success_is_raised(name: str) -> None:
    with pytest.raises(ProviderUnavailableError, match="reported in a 200 response"):
        CODEC.decode(json.dumps({name: "down"}).encode(), REQUEST)


@pytest.mark.parametrize(
    ("status", "kind", "message", "code"),
    [
        (400, "ValidationException:http://amazon/", "Malformed", "invalid_request"),
        (
            400,
            "ValidationException",
            "Input is too long for requested model.",
            "context_length_exceeded",
        ),
        (400, "", "prompt is too long: 3 tokens > 2 maximum", "context_length_exceeded"),
        (
            400,
            "ValidationException",
            "input length and `max_tokens` exceed context limit: 9 + 2 > 10",
            "context_length_exceeded",
        ),
        (
            400,
            "ValidationException",
            "Input Tokens Exceeded: 9 of 8.",
            "context_length_exceeded",
        ),
        (400, "ValidationException", "too many total text bytes", "context_length_exceeded"),
        (403, "AccessDeniedException", "Bearer Token has expired", "authentication"),
        (
            400,
            "ValidationException",
            "The provided model identifier is invalid.",
            "model_not_found",
        ),
        (400, "ValidationException", "blocked by our content filters", "content_filtered"),
        (400, "ServiceQuotaExceededException", "Enough.", "quota_exceeded"),
        (403, "AccessDeniedException", "You don't have access", "permission_denied"),
        (403, "", "Authentication failed: make sure your API Key is valid.", "authentication"),
        (403, "ExpiredTokenException", "expired", "authentication"),
        (403, "com.amazon#UnrecognizedClientException", "invalid", "authentication"),
        (404, "ResourceNotFoundException", "Gone.", "model_not_found"),
        (
            404,
            "ResourceNotFoundException",
            "This version has reached the end of its life.",
            "model_not_found",
        ),
        (408, "ModelTimeoutException", "Slow.", "timeout"),
        (424, "ModelErrorException", "Broken.", "provider_unavailable"),
        (429, "ThrottlingException", "Too many tokens, please wait", "rate_limited"),
        (429, "ThrottlingException", "Too many tokens per day, please wait", "quota_exceeded"),
        (429, "", "Too many tokens, please wait before trying again.", "rate_limited"),
        (429, "ModelNotReadyException", "Warming up.", "rate_limited"),
        (500, "InternalServerException", "Oh.", "provider_unavailable"),
        (503, "", "", "provider_unavailable"),
    ],
)
def test_failures_have_distinct_codes(status: int, kind: str, message: str, code: str) -> None:
    headers = {"x-amzn-errortype": kind} if kind else {}
    body = json.dumps({"message": message}).encode()
    error = CODEC.failure(HttpFailure(status=status, headers=headers, body=body))
    assert (error.code, error.status) == (ErrorCode(code), status)
    assert error.details.get("provider_message", "") == message
    name = kind.partition(":")[0].rpartition("#")[2]
    assert error.details.get("provider_code", "") == name


def test_the_kind_of_a_failure_may_be_in_its_body() -> None:
    body = b'{"__type": "com.amazon.coral#ThrottlingException", "Message": "Slow down"}'
    error = CODEC.failure(HttpFailure(status=400, headers={}, body=body))
    assert error.code is ErrorCode.RATE_LIMITED
    assert error.details["provider_message"] == "Slow down"


def test_models_are_listed_with_their_reported_fields() -> None:
    record = {
        "modelId": "amazon.nova-lite-v1:0",
        "providerName": "Amazon",
        "inputModalities": ["TEXT", "IMAGE", "VIDEO", "ODD", 3],
        "outputModalities": ["TEXT"],
        "responseStreamingSupported": True,
        "modelLifecycle": {"status": "LEGACY", "endOfLifeTime": "2027-01-31T00:00:00Z"},
    }
    old = {"modelId": "a.old", "modelLifecycle": {"status": "LEGACY"}, "inputModalities": "TEXT"}
    new = {"modelId": "a.new", "modelLifecycle": {"status": "ACTIVE"}}
    listing = {"modelSummaries": [record, old, new, {"modelId": "a.bare"}]}
    first, second, third, bare = read_models(json.dumps(listing).encode())
    assert (first.name, first.owner) == ("amazon.nova-lite-v1:0", "Amazon")
    assert first.input_modalities == ("text", "image", "file")
    assert first.capabilities == {Capability.STREAMING, Capability.VISION}
    assert first.raw == record
    assert [info.deprecated for info in (first, second, third, bare)] == [
        "2027-01-31",
        "yes",
        None,
        None,
    ]


@pytest.mark.parametrize("body", [b"{}", b"[]", b"{", b'{"modelSummaries": [{}]}'])
def test_an_invalid_listing_is_refused(body: bytes) -> None:
    with pytest.raises(ResponseInvalidError, match="not a list of models"):
        read_models(body)


@pytest.mark.parametrize(
    ("block", "part"),
    [
        ({"image": {"format": "jpeg"}}, ImagePart(data=b"x", media_type="image/jpeg")),
        ({"audio": {"format": "flac"}}, AudioPart(data=b"x", media_type="audio/flac")),
        ({"video": {"format": "mov"}}, FilePart(data=b"x", media_type="video/quicktime")),
        (
            {"document": {"format": "pdf", "name": "Tides"}},
            FilePart(data=b"x", media_type="application/pdf", name="Tides"),
        ),
        ({"document": {"format": "txt"}}, FilePart(data=b"x", media_type="text/plain")),
        ({"document": {}}, FilePart(data=b"x", media_type="application/octet-stream")),
    ],
)
def test_media_are_parts(block: dict[str, Any], part: Any) -> None:
    ((kind, medium),) = block.items()
    assert response_with({kind: medium | {"source": {"bytes": "eA=="}}}).message.parts == (part,)


def test_a_medium_may_lie_in_s3() -> None:
    place = {"s3Location": {"uri": "s3://tides/1.png"}}
    (part,) = response_with({"image": {"format": "png", "source": place}}).message.parts
    assert part == ImagePart(url="s3://tides/1.png", media_type="image/png")


@pytest.mark.parametrize(
    "image", [{"error": {"message": "No."}}, {"source": {}}, {"source": {"bytes": "A"}}, "none"]
)
def test_a_block_that_is_not_media_is_kept(image: Any) -> None:
    (part,) = response_with({"image": image}).message.parts
    assert part == ProviderPart(ProviderState("bedrock", {"image": image}))


def test_a_response_without_a_stop_reason_has_a_warning() -> None:
    response = response_with({"text": "Hi"}, stopReason=None)
    assert (response.finish_reason, response.warnings) == ("other", (NO_REASON,))
