"""Whole responses, listings and failures are decoded."""

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
    FilePart,
    ImagePart,
    ProviderPart,
    ReasoningPart,
    ResponseInvalidError,
    TextPart,
    TokenLogprob,
    ToolCall,
    Usage,
    user,
)
from chatmodels.core.extending import Capability, OutputSchema, ProviderState
from chatmodels.http import HttpFailure
from chatmodels.http.wire import NO_REASON
from chatmodels.providers.google._codec import Paths, gemini_codec
from chatmodels.providers.google._encode import GEMINI_SETTINGS
from chatmodels.providers.google._listing import read_models

CODEC = gemini_codec("google", GEMINI_SETTINGS, Paths("/v1beta"))
REQUEST = ChatRequest(messages=(user("?"),))
SIGNED = ProviderState("google", {"thoughtSignature": "c2ln"})


def read(*candidates: Any, request: ChatRequest = REQUEST, **body: Any) -> ChatResponse[Any]:
    if candidates:
        body["candidates"] = list(candidates)
    return CODEC.decode(json.dumps(body).encode(), request)


def candidate_with(*parts: Any, **candidate: Any) -> dict[str, Any]:
    return {"content": {"role": "model", "parts": list(parts)}, "finishReason": "STOP", **candidate}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([{"text": "A"}, {"text": "B"}], (TextPart("AB"),)),
        ([{"text": "A", "thoughtSignature": "c2ln"}], (TextPart("A", signature=SIGNED),)),
        (
            [{"text": "A"}, {"text": "", "thoughtSignature": "c2ln"}, {"text": "B"}],
            (TextPart("A", signature=SIGNED), TextPart("B")),
        ),
        ([{"thoughtSignature": "c2ln"}], (TextPart("", signature=SIGNED),)),
        ([{"text": "Hm", "thought": True}, {"text": "A"}], (ReasoningPart("Hm"), TextPart("A"))),
        (
            [{"text": "Hm", "thought": True, "thoughtSignature": "c2ln"}],
            (ReasoningPart("Hm", SIGNED),),
        ),
        ([{"text": ""}], ()),
        ([{}], ()),
        (
            [{"inlineData": {"mimeType": "image/png", "data": "cG5n"}, "thoughtSignature": "c2ln"}],
            (ImagePart(data=b"png", media_type="image/png", signature=SIGNED),),
        ),
        (
            [
                {"inlineData": {"mimeType": "audio/L16;rate=24000", "data": data}}
                for data in ("AAE=", "AgM=")
            ],
            (AudioPart(data=b"\0\1\2\3", media_type="audio/L16;rate=24000"),),
        ),
        (
            [{"inlineData": {"mimeType": "video/mp4", "data": "AA=="}}],
            (FilePart(data=b"\0", media_type="video/mp4"),),
        ),
        (
            [{"inlineData": {"mimeType": "image/png", "data": "cG5n"}, "thought": True}],
            (
                ProviderPart(
                    ProviderState(
                        "google",
                        {"inlineData": {"mimeType": "image/png", "data": "cG5n"}, "thought": True},
                    )
                ),
            ),
        ),
        (
            [{"executableCode": {"code": "1"}}, {"text": "1"}],
            (
                ProviderPart(ProviderState("google", {"executableCode": {"code": "1"}})),
                TextPart("1"),
            ),
        ),
    ],
)
def test_parts_are_read(parts: Any, message: Any) -> None:
    assert read(candidate_with(*parts)).message.parts == message


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ({"name": "f", "args": {"a": 1}, "id": "x"}, ToolCall("x", "f", '{"a": 1}')),
        ({"name": "f", "args": None}, ToolCall("call_r-1_0", "f", "{}")),
        ({"name": "f"}, ToolCall("call_r-1_0", "f", "{}")),
    ],
)
def test_calls_are_read(call: Any, expected: ToolCall) -> None:
    response = read(candidate_with({"functionCall": call}), responseId="r-1")
    assert response.tool_calls == (expected,)
    assert (response.finish_reason, response.raw_finish_reason) == ("tool_calls", "STOP")


def test_calls_without_ids_get_different_ones() -> None:
    call = {"functionCall": {"name": "f"}}
    first, second = read(candidate_with(call, call)).tool_calls
    assert (first.id, second.id) == ("call_0", "call_1")


def test_a_call_of_the_output_tool_is_the_output() -> None:
    request = ChatRequest(messages=(user("?"),), output=OutputSchema("City", None))
    call = {"functionCall": {"name": "City", "args": {"city": "Oslo"}}}
    response = read(candidate_with(call), request=request)
    assert (response.text, response.tool_calls) == ('{"city": "Oslo"}', ())
    assert response.finish_reason == "stop"
    assert "arguments of a tool" in response.warnings[0]


@pytest.mark.parametrize(
    ("word", "raw", "reason"),
    [
        ("MAX_TOKENS", "MAX_TOKENS", "length"),
        ("SAFETY", "SAFETY", "content_filter"),
        ("ESCALATION", "ESCALATION", "content_filter"),
        ("PUP_LIMITED_DISABLED", "PUP_LIMITED_DISABLED", "content_filter"),
        ("MALFORMED_FUNCTION_CALL", "MALFORMED_FUNCTION_CALL", "error"),
        ("A_NEW_ONE", "A_NEW_ONE", "other"),
        (2, "MAX_TOKENS", "length"),
        (77, "77", "other"),
        ("FINISH_REASON_UNSPECIFIED", None, "other"),
        (0, None, "other"),
    ],
)
def test_reasons_of_the_end(word: Any, raw: str | None, reason: str) -> None:
    response = read(candidate_with({"text": "A"}, finishReason=word))
    assert (response.raw_finish_reason, response.finish_reason) == (raw, reason)


def test_the_message_of_an_unusual_finish_reason_is_a_warning() -> None:
    blocked = {"finishReason": "SAFETY", "finishMessage": "Hate speech."}
    assert read(blocked).warnings == ("google ended the response (SAFETY): Hate speech.",)
    assert read(candidate_with({"text": "A"}, finishMessage="Done.")).warnings == ()


@pytest.mark.parametrize(
    ("feedback", "raw", "warning"),
    [
        ({"blockReason": "OTHER"}, "OTHER", "google blocked the prompt (OTHER)"),
        (
            {"blockReason": "SAFETY", "blockReasonMessage": "No."},
            "SAFETY",
            "google blocked the prompt (SAFETY): No.",
        ),
        ({"blockReason": 1}, "1", "google blocked the prompt (1)"),
    ],
)
def test_a_blocked_prompt_is_a_response_without_parts(
    feedback: Any, raw: str, warning: str
) -> None:
    response = read(promptFeedback=feedback, usageMetadata={"promptTokenCount": 5})
    assert response.message.parts == ()
    assert (response.finish_reason, response.raw_finish_reason) == ("content_filter", raw)
    assert response.warnings == (warning,)
    assert response.usage.input_tokens == 5


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"candidates": []},
        {"candidates": [{}]},
        {"candidates": [{"content": {}, "index": 0}]},
        {"promptFeedback": {}},
        {"promptFeedback": "odd"},
        {"usageMetadata": {"promptTokenCount": 1}},
        {"candidates": [{"content": {"parts": ["odd"]}}]},
        {"candidates": [{"index": 1, "finishReason": "STOP"}]},
    ],
    ids=json.dumps,
)
def test_an_invalid_response_is_refused(body: Any) -> None:
    with pytest.raises(ResponseInvalidError, match="google sent data that is not a response"):
        read(**body)


@pytest.mark.parametrize("body", [b"", b"[", b"[1]", b"nonsense", b"[]"])
def test_a_body_that_is_not_an_object_is_refused(body: bytes) -> None:
    with pytest.raises(ResponseInvalidError):
        CODEC.decode(body, REQUEST)


@pytest.mark.parametrize("wrap", [lambda error: error, lambda error: [error]], ids=["", "array"])
def test_an_error_inside_a_success_is_raised(wrap: Any) -> None:
    body = wrap({"error": {"code": 503, "message": "Overloaded.", "status": "UNAVAILABLE"}})
    with pytest.raises(ChatModelError, match="Overloaded") as caught:
        CODEC.decode(json.dumps(body).encode(), REQUEST)
    assert caught.value.code is ErrorCode.PROVIDER_UNAVAILABLE


def test_an_array_of_chunks_is_one_response() -> None:
    chunks = [
        {"candidates": [candidate_with({"text": text})], "responseId": "r"} for text in ("A", "B")
    ]
    body = json.dumps(chunks).encode()
    response = CODEC.decode(body, REQUEST)
    assert (response.text, response.id) == ("AB", "r")
    assert response.raw == chunks


def test_only_the_first_candidate_is_read() -> None:
    response = read(candidate_with({"text": "A"}, index=0), candidate_with({"text": "B"}, index=1))
    assert response.text == "A"


@pytest.mark.parametrize(
    ("reported", "usage"),
    [
        (
            {
                "promptTokenCount": 10,
                "toolUsePromptTokenCount": 3,
                "cachedContentTokenCount": 4,
                "candidatesTokenCount": 5,
                "thoughtsTokenCount": 6,
                "totalTokenCount": 24,
                "promptTokensDetails": [
                    {"modality": "TEXT", "tokenCount": 2},
                    {"modality": "AUDIO", "tokenCount": 8},
                ],
                "candidatesTokensDetails": [{"modality": "AUDIO"}],
            },
            Usage(
                input_tokens=13,
                output_tokens=11,
                total_tokens=24,
                cached_input_tokens=4,
                reasoning_tokens=6,
                input_audio_tokens=8,
            ),
        ),
        ({"trafficType": "ON_DEMAND"}, Usage()),
        (None, Usage()),
    ],
)
def test_usage_is_normalised(reported: Any, usage: Usage) -> None:
    assert read(candidate_with({"text": "A"}), usageMetadata=reported).usage == usage


@pytest.mark.parametrize(
    ("reported", "tier"),
    [
        ({"serviceTier": "flex"}, "flex"),
        ({"trafficType": "ON_DEMAND"}, "ON_DEMAND"),
        ({"trafficType": 1}, None),
        ({}, None),
    ],
)
def test_the_service_tier_is_reported(reported: Any, tier: str | None) -> None:
    assert read(candidate_with({"text": "A"}), usageMetadata=reported).service_tier == tier


def test_invalid_metadata_does_not_fail_the_response() -> None:
    odd = read(
        candidate_with(
            {"text": "A"},
            logprobsResult="odd",
            groundingMetadata={
                "groundingSupports": [{"groundingChunkIndices": 7}],
                "groundingChunks": 1,
            },
            citationMetadata=7,
            finishMessage={},
        ),
        usageMetadata={"promptTokenCount": "many"},
        promptFeedback=7,
    )
    assert odd.text == "A"
    assert [warning.split(" were ")[0].split(" was ")[0] for warning in odd.warnings] == [
        "the usage",
        "log probabilities",
    ]


def test_log_probabilities_are_read() -> None:
    chosen = [{"token": "A", "logProbability": -0.5}, {"token": "B", "logProbability": -1}]
    top = [{"candidates": [{"token": "A", "logProbability": -0.5}]}]
    result = {"chosenCandidates": chosen, "topCandidates": top}
    assert read(candidate_with({"text": "AB"}, logprobsResult=result)).logprobs == (
        TokenLogprob("A", -0.5, (TokenLogprob("A", -0.5),)),
        TokenLogprob("B", -1.0),
    )


def cited(text: str | list[str], **candidate: Any) -> list[tuple[Citation, ...]]:
    texts = [text] if isinstance(text, str) else text
    parts: list[Any] = []
    for piece in texts:
        parts += [{"text": piece}, {"executableCode": {}}]
    message = read(candidate_with(*parts, **candidate)).message
    return [part.citations for part in message.parts if isinstance(part, TextPart)]


WEB = {"web": {"uri": "https://a", "title": "A"}}


def support(*numbers: int, **segment: Any) -> dict[str, Any]:
    return {"groundingChunkIndices": list(numbers), "segment": segment}


@pytest.mark.parametrize(
    ("texts", "segment", "places"),
    [
        ("Größe zählt", {"endIndex": 7, "text": "Größe"}, [(0, 5)]),
        ("Größe zählt", {"startIndex": 8, "endIndex": 14, "text": "zählt"}, [(6, 11)]),
        ("Größe zählt", {"startIndex": 99, "endIndex": 104, "text": "zählt"}, [(6, 11)]),
        ("Größe zählt", {"startIndex": 8, "endIndex": 14}, [(6, 11)]),
        ("Größe zählt", {"startIndex": 8, "endIndex": 14, "text": "gone"}, [(6, 11)]),
        ("Größe", {"startIndex": 90, "endIndex": 99}, [(None, None)]),
        ("Größe", {}, [(None, None)]),
        (["Größe", "zählt"], {"endIndex": 6, "text": "zählt"}, [None, (0, 5)]),
        (["Größe", "zählt"], {"startIndex": 7, "endIndex": 13}, [None, (0, 5)]),
    ],
)
def test_citation_positions_are_in_characters(texts: Any, segment: Any, places: Any) -> None:
    metadata = {"groundingChunks": [WEB], "groundingSupports": [support(0, **segment)]}
    found = cited(texts, groundingMetadata=metadata)
    assert found == [
        ()
        if place is None
        else (Citation(url="https://a", title="A", start=place[0], end=place[1]),)
        for place in places
    ]


@pytest.mark.parametrize(
    ("chunk", "citation"),
    [
        (
            {"retrievedContext": {"text": "So.", "title": "t", "fileSearchStore": "s"}},
            Citation(title="t", quote="So.", source="s"),
        ),
        (
            {"retrievedContext": {"uri": "gs://b", "documentName": "d"}},
            Citation(url="gs://b", source="d"),
        ),
        ({"maps": {"uri": "https://m", "placeId": "p"}}, Citation(url="https://m", source="p")),
        (
            {"image": {"sourceUri": "https://i", "imageUri": "https://i/1.png", "title": "I"}},
            Citation(url="https://i", title="I"),
        ),
        ({"another": {}}, Citation()),
    ],
)
def test_sources_of_several_kinds(chunk: Any, citation: Citation) -> None:
    assert cited("A", groundingMetadata={"groundingChunks": [chunk]}) == [(citation,)]


def test_a_support_may_have_several_sources_and_odd_ones() -> None:
    other = {"web": {"uri": "https://b"}}
    supports = [support(0, 1, 0, 7, -1, endIndex=1), {"groundingChunkIndices": [0], "segment": 7}]
    metadata = {"groundingChunks": [WEB, other], "groundingSupports": supports}
    [citations] = cited("A", groundingMetadata=metadata)
    assert [(found.url, found.end) for found in citations] == [
        ("https://a", 1),
        ("https://b", 1),
        ("https://a", None),
    ]


@pytest.mark.parametrize("field", ["citationSources", "citations"])
def test_recited_texts_are_cited(field: str) -> None:
    sources = [{}, {"uri": "https://a", "startIndex": 0, "endIndex": 2}, {"title": "T"}]
    assert cited("Größe", citationMetadata={field: sources}) == [
        (Citation(url="https://a", start=0, end=2), Citation(title="T"))
    ]


def test_citations_without_a_text_are_left_out() -> None:
    metadata = {"groundingChunks": [WEB]}
    assert (
        read(candidate_with({"functionCall": {"name": "f"}}, groundingMetadata=metadata)).text == ""
    )


def failure(
    status: int, word: str, text: str = "", *details: Any, **headers: str
) -> ChatModelError:
    error = {"code": status, "message": text, "status": word, "details": list(details)}
    body = json.dumps({"error": error}).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return CODEC.failure(HttpFailure(status=status, headers=names, body=body))


@pytest.mark.parametrize(
    ("status", "word", "text", "code"),
    [
        (400, "INVALID_ARGUMENT", "API key not valid. Please pass one.", ErrorCode.AUTHENTICATION),
        (400, "INVALID_ARGUMENT", "Bad value.", ErrorCode.INVALID_REQUEST),
        (
            400,
            "INVALID_ARGUMENT",
            "The input token count, 9, exceeds the maximum of 8.",
            ErrorCode.CONTEXT_LENGTH_EXCEEDED,
        ),
        (
            400,
            "FAILED_PRECONDITION",
            "The user location is not supported.",
            ErrorCode.PERMISSION_DENIED,
        ),
        (401, "UNAUTHENTICATED", "", ErrorCode.AUTHENTICATION),
        (403, "PERMISSION_DENIED", "", ErrorCode.PERMISSION_DENIED),
        (404, "NOT_FOUND", "models/x is not found", ErrorCode.MODEL_NOT_FOUND),
        (404, "NOT_FOUND", "Not found: cache content 1.", ErrorCode.INVALID_REQUEST),
        (429, "RESOURCE_EXHAUSTED", "Slow down.", ErrorCode.RATE_LIMITED),
        (499, "CANCELLED", "", ErrorCode.PROVIDER_UNAVAILABLE),
        (500, "INTERNAL", "", ErrorCode.PROVIDER_UNAVAILABLE),
        (503, "UNAVAILABLE", "The model is overloaded.", ErrorCode.PROVIDER_UNAVAILABLE),
        (504, "DEADLINE_EXCEEDED", "", ErrorCode.TIMEOUT),
    ],
)
def test_failures_have_codes(status: int, word: str, text: str, code: ErrorCode) -> None:
    error = failure(status, word, text)
    assert (error.code, error.status, error.details["provider_type"]) == (code, status, word)


def test_the_wait_is_read_from_the_details() -> None:
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "48.9s"}
    help_ = {"@type": "type.googleapis.com/google.rpc.Help"}
    assert failure(429, "RESOURCE_EXHAUSTED", "", help_, info).retry_after == 48.9
    assert failure(429, "RESOURCE_EXHAUSTED", "", info, retry_after="2").retry_after == 2
    odd = {"retryDelay": "soon"}
    assert failure(429, "RESOURCE_EXHAUSTED", "", odd).retry_after is None


def test_the_reason_in_the_details_is_the_code() -> None:
    info = {"reason": "API_KEY_INVALID", "domain": "googleapis.com"}
    error = failure(400, "INVALID_ARGUMENT", "Bad key.", {"violations": 7}, info)
    assert error.code is ErrorCode.AUTHENTICATION
    assert error.details["provider_code"] == "API_KEY_INVALID"


def test_quoted_json_in_a_message_is_not_a_detail() -> None:
    quoted = '{"quotaId": "RequestsPerDay", "retryDelay": "9s"}'
    error = failure(429, "RESOURCE_EXHAUSTED", quoted, {"violations": 7}, {"retryDelay": "later"})
    assert (error.code, error.retry_after) == (ErrorCode.RATE_LIMITED, None)


def test_a_phrase_outside_the_message_does_not_change_the_code() -> None:
    info = {"metadata": {"prompt": "my billing account"}}
    error = failure(400, "INVALID_ARGUMENT", "Unknown field.", info)
    assert error.code is ErrorCode.INVALID_REQUEST


def test_an_escaped_message_is_read_as_text() -> None:
    message = "".join(f"\\u{ord(letter):04x}" for letter in "API key not valid.")
    body = b'{"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "%b"}}'
    failed = HttpFailure(status=400, headers={}, body=body % message.encode())
    assert CODEC.failure(failed).code is ErrorCode.AUTHENTICATION


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"[" * 100_000, b'{"error": "\xff"}'])
def test_a_failure_with_any_body_is_a_failure(body: bytes) -> None:
    error = CODEC.failure(HttpFailure(status=503, headers={}, body=body))
    assert error.code is ErrorCode.PROVIDER_UNAVAILABLE


def test_failures_in_arrays_are_read() -> None:
    error = {"message": "Slow.", "status": "UNAVAILABLE", "details": [{"retryDelay": "3s"}]}
    body = json.dumps([{"error": error}]).encode()
    failed = CODEC.failure(HttpFailure(status=503, headers={}, body=body))
    assert (failed.retry_after, failed.details["provider_message"]) == (3, "Slow.")


def test_a_quota_of_the_day_is_not_waited_for() -> None:
    violation = {"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}
    error = failure(429, "RESOURCE_EXHAUSTED", "", {"violations": [violation]})
    assert error.code is ErrorCode.QUOTA_EXCEEDED


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b"[]", b"7", b'{"error": "no"}'])
def test_failures_of_proxies_are_reported(body: bytes) -> None:
    error = CODEC.failure(HttpFailure(status=502, headers={}, body=body))
    assert error.code is ErrorCode.PROVIDER_UNAVAILABLE


def test_the_listing_of_the_gemini_api_is_read() -> None:
    listing = {
        "models": [
            {
                "name": "models/gemini-3.8-flash",
                "inputTokenLimit": 1_048_576,
                "outputTokenLimit": 65_536,
                "supportedGenerationMethods": ["generateContent", "countTokens"],
                "thinking": True,
            },
            {"name": "models/gemma-3", "supportedGenerationMethods": ["generateContent"]},
            {"name": "models/embedding-1", "supportedGenerationMethods": ["embedContent"]},
        ]
    }
    first, second = read_models(json.dumps(listing).encode(), "google")
    assert (first.name, first.provider) == ("gemini-3.8-flash", "google")
    assert (first.context_window, first.max_output_tokens) == (1_048_576, 65_536)
    assert Capability.REASONING in first.capabilities
    assert first.raw == listing["models"][0]
    assert (second.name, second.capabilities) == ("gemma-3", frozenset())


def test_the_listing_of_vertex_is_read() -> None:
    body = b'{"publisherModels": [{"name": "publishers/google/models/gemini-3.8-flash"}]}'
    assert [info.name for info in read_models(body, "google")] == ["gemini-3.8-flash"]
    assert read_models(b"{}", "google") == []


@pytest.mark.parametrize("body", [b"[]", b'{"models": 7}', b'{"models": [{}]}', b"nonsense"])
def test_an_invalid_listing_is_refused(body: bytes) -> None:
    with pytest.raises(ResponseInvalidError, match="not a list"):
        read_models(body, "google")


def test_a_call_of_a_server_tool_is_a_provider_part() -> None:
    run = {"functionCall": {"name": "tide", "args": {"port": "Brest"}}}
    result = {"functionResponse": {"name": "tide", "response": {"metres": 6}}}
    mine = {"functionCall": {"name": "moon", "args": {}, "id": "c"}}
    stray = {"functionResponse": {"name": "sun", "response": {}}}
    response = read(candidate_with(run, mine, result, stray, {"text": "Six."}))
    provider_parts = [ProviderPart(ProviderState("google", part)) for part in (run, result, stray)]
    assert response.message.parts == (
        provider_parts[0],
        ToolCall("c", "moon", "{}"),
        provider_parts[1],
        provider_parts[2],
        TextPart("Six."),
    )
    assert response.finish_reason == "tool_calls"
    assert read(candidate_with(run, result)).finish_reason == "stop"


def test_results_find_their_calls_by_id() -> None:
    calls = [{"functionCall": {"name": "tide", "id": name}} for name in ("a", "b")]
    result = {"functionResponse": {"name": "tide", "id": "b"}}
    assert [call.id for call in read(candidate_with(*calls, result)).tool_calls] == ["a"]


def test_calls_of_server_tools_are_sent_back_unchanged() -> None:
    run = {"functionCall": {"name": "tide", "args": {}}}
    result = {"functionResponse": {"name": "tide", "response": {}}}
    message = read(candidate_with(run, result, {"text": "Six."})).message
    request = ChatRequest(messages=(user("?"), message, user("!")))
    body = json.loads(CODEC.encode("gemini-3.8-flash", request, stream=False).body)
    assert body["contents"][1]["parts"][1:] == [result, {"text": "Six."}]
    assert read(candidate_with(run, result, {"text": "Six."})).message == message


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("image/png", ImagePart(url="https://f.example/1", media_type="image/png")),
        ("audio/wav", AudioPart(url="https://f.example/1", media_type="audio/wav")),
        ("video/mp4", FilePart(url="https://f.example/1", media_type="video/mp4")),
        (None, FilePart(url="https://f.example/1")),
    ],
)
def test_media_by_uri_are_parts(kind: str | None, part: Any) -> None:
    file = {"fileUri": "https://f.example/1", "mimeType": kind}
    assert read(candidate_with({"fileData": file})).message.parts == (part,)


def test_a_long_response_that_was_interrupted_can_be_continued() -> None:
    response = read(
        candidate_with({"text": "A"}, finishReason="CONTINUATION", continuationToken="dG9r")
    )
    assert response.finish_reason == "length"
    (warning,) = response.warnings
    assert 'provider_options={"continuationToken": "dG9r"}' in warning


def test_sources_of_a_response_without_text_are_kept() -> None:
    image = {"inlineData": {"mimeType": "image/png", "data": "eA=="}}
    grounding = {"groundingChunks": [{"web": {"uri": "https://t.example", "title": "T"}}]}
    parts = read(candidate_with(image, groundingMetadata=grounding)).message.parts
    assert parts == (
        ImagePart(data=b"x", media_type="image/png"),
        TextPart("", (Citation(url="https://t.example", title="T"),)),
    )


def test_a_response_without_a_finish_reason_has_a_warning() -> None:
    assert read({"content": {"parts": [{"text": "A"}]}}).warnings == (NO_REASON,)
