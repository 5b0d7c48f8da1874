"""Decoding of whole responses of the Responses API."""

import base64
import json
from decimal import Decimal
from typing import Any

import pytest

from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ChatResponse,
    Citation,
    ContentFilteredError,
    ErrorCode,
    ImagePart,
    InvalidRequestError,
    ProviderPart,
    QuotaExceededError,
    ReasoningPart,
    RefusalPart,
    ResponseInvalidError,
    TextPart,
    TokenLogprob,
    ToolCall,
    Usage,
    user,
)
from chatmodels.core.extending import ProviderState
from chatmodels.http import Codec, HttpFailure, HttpRequest, SseFramer
from chatmodels.openai_compatible.responses import (
    RESPONSES_SETTINGS,
    ResponsesDialect,
    responses_codec,
)

CODEC = responses_codec(ResponsesDialect(name="vendor"))
REQUEST = ChatRequest(messages=(user("Hello"),))
TEXT = {"type": "output_text", "text": "Hi."}


def message(*content: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": "message", "id": "msg_1", "role": "assistant", "content": content, **fields}


def read(*output: dict[str, Any], **fields: Any) -> ChatResponse:
    body = {"id": "resp_1", "model": "m", "status": "completed", "output": output, **fields}
    return CODEC.decode(json.dumps(body).encode(), REQUEST)


def part(item: dict[str, Any]) -> Any:
    (found,) = read(item).message.parts
    return found


def test_it_is_a_chat_codec() -> None:
    assert isinstance(CODEC, Codec)
    assert isinstance(CODEC.framer(), SseFramer)
    assert CODEC.profile("m").settings is RESPONSES_SETTINGS
    assert CODEC.authorization("s3cret") == (("Authorization", "Bearer s3cret"),)
    assert CODEC.health == HttpRequest(method="GET", path="/models")


def test_a_text_is_read_with_citations_and_state() -> None:
    usage = {
        "input_tokens": 5,
        "input_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 1},
        "output_tokens": 7,
        "output_tokens_details": {"reasoning_tokens": 3},
        "total_tokens": 12,
        "cost_in_usd_ticks": 20_000_000_000,
    }
    response = read(message(TEXT), usage=usage, service_tier="flex")

    assert response == ChatResponse(
        message=response.message,
        finish_reason="stop",
        raw_finish_reason="completed",
        usage=Usage(
            input_tokens=5,
            cached_input_tokens=2,
            cache_write_tokens=1,
            output_tokens=7,
            reasoning_tokens=3,
            total_tokens=12,
            reported_cost=Decimal(2),
        ),
        model="m",
        id="resp_1",
        service_tier="flex",
    )
    assert response.message.parts == (
        TextPart("Hi.", signature=ProviderState("vendor.responses", {"id": "msg_1"})),
    )
    assert response.raw["usage"] == usage


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        pytest.param(
            message(TEXT, id=None, phase="commentary"),
            TextPart("Hi.", signature=ProviderState("vendor.responses", {"phase": "commentary"})),
            id="what is said in between",
        ),
        pytest.param(
            message(TEXT | {"annotations": [], "logprobs": []}, id=None),
            TextPart("Hi."),
            id="a text without an id",
        ),
        pytest.param(
            message({"type": "refusal", "refusal": "No."}), RefusalPart("No."), id="a refusal"
        ),
        pytest.param(
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            ToolCall("c", "f", "{}"),
            id="a call",
        ),
        pytest.param(
            {"type": "function_call", "id": "fc", "name": "f", "status": "completed"},
            ToolCall("fc", "f", "", ProviderState("vendor.responses", {"id": "fc"})),
            id="a call without arguments",
        ),
        pytest.param(
            {"type": "custom_tool_call", "call_id": "c", "name": "sql", "input": 'say "ä"\n'},
            ToolCall(
                "c",
                "sql",
                '{"input":"say \\"ä\\"\\n"}',
                ProviderState("vendor.responses", {"type": "custom_tool_call"}),
            ),
            id="a call with free text",
        ),
    ],
)
def test_items_become_parts(item: dict[str, Any], expected: Any) -> None:
    assert part(item) == expected


def test_the_input_of_a_custom_tool_is_its_argument() -> None:
    call = part({"type": "custom_tool_call", "call_id": "c", "name": "sql", "input": "SELECT 1"})
    assert call.arguments == {"input": "SELECT 1"}


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        pytest.param({"summary": [{"text": "So "}, {"text": "be it"}]}, "So be it", id="summary"),
        pytest.param({"content": [{"text": "Hm."}], "summary": []}, "Hm.", id="all of it"),
        pytest.param({"summary": [], "encrypted_content": "x"}, "", id="hidden"),
    ],
)
def test_reasoning_items_are_stored_whole(fields: dict[str, Any], text: str) -> None:
    item = {"type": "reasoning", "id": "rs_1", **fields}
    assert part(item) == ReasoningPart(text, ProviderState("vendor.responses", item))


def test_items_of_the_vendors_own_tools_are_stored_whole() -> None:
    item = {"type": "web_search_call", "id": "ws_1", "status": "completed"}
    assert part(item) == ProviderPart(ProviderState("vendor.responses", item))
    assert read(message(TEXT), {}).message.parts[0].type == "text"


def test_a_generated_image_is_an_image() -> None:
    data = base64.b64encode(b"picture").decode()
    item = {"type": "image_generation_call", "id": "ig_1", "status": "completed"}
    state = ProviderState("vendor.responses", item)
    assert part(item | {"result": data}) == ImagePart(
        data=b"picture", media_type="image/png", signature=state
    )
    assert part(item | {"result": data, "output_format": "webp"}).media_type == "image/webp"


@pytest.mark.parametrize("result", [None, "", "no base64!"])
def test_an_image_that_is_not_there_is_an_item_like_others(result: str | None) -> None:
    item = {"type": "image_generation_call", "id": "ig_1", "result": result}
    assert part(item) == ProviderPart(ProviderState("vendor.responses", item))


def test_citations_of_a_text_are_read() -> None:
    page = {"type": "url_citation", "url": "https://a", "title": "A", "start_index": 0}
    file = {"type": "file_citation", "file_id": "file-1", "filename": "a.pdf", "index": 3}
    found = part(message(TEXT | {"annotations": [page | {"end_index": 2}, file]}))
    assert found.citations == (
        Citation(url="https://a", title="A", start=0, end=2),
        Citation(title="a.pdf", source="file-1"),
    )


def test_log_probabilities_of_all_texts_are_read() -> None:
    token = {"token": "Hi", "logprob": -0.5, "top_logprobs": [{"token": "Ho", "logprob": -1}]}
    response = read({"type": "reasoning"}, message(TEXT | {"logprobs": [token]}, TEXT))
    assert response.logprobs == (TokenLogprob("Hi", -0.5, (TokenLogprob("Ho", -1.0),)),)


@pytest.mark.parametrize(
    ("fields", "word", "reason"),
    [
        pytest.param({}, "completed", "stop", id="completed"),
        pytest.param({"status": None}, None, "stop", id="not told"),
        pytest.param(
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            "max_output_tokens",
            "length",
            id="cut off",
        ),
        pytest.param(
            {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            "content_filter",
            "content_filter",
            id="filtered",
        ),
        pytest.param({"status": "in_progress"}, "in_progress", "other", id="going on"),
        pytest.param({"status": "cancelled"}, "cancelled", "other", id="cancelled"),
    ],
)
def test_the_finish_reason_is_read(fields: dict[str, Any], word: str | None, reason: str) -> None:
    response = read(message(TEXT), **fields)
    assert (response.raw_finish_reason, response.finish_reason) == (word, reason)


def test_calls_and_refusals_have_finish_reasons() -> None:
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    assert read(message(TEXT), call).finish_reason == "tool_calls"
    assert read(message({"type": "refusal", "refusal": "No."})).finish_reason == "refusal"


@pytest.mark.parametrize("status", ["queued", "in_progress", "incomplete"])
def test_a_background_run_has_an_id_before_its_output(status: str) -> None:
    response = read(status=status)
    assert (response.id, response.text, response.raw_finish_reason) == ("resp_1", "", status)


def test_unreadable_usage_does_not_discard_the_response() -> None:
    response = read(message(TEXT), usage={"input_tokens": "many"})
    assert response.usage == Usage()
    assert "the usage was omitted" in response.warnings[0]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param({"id": "resp_1"}, "it has no output", id="something else"),
        pytest.param({"status": "completed", "output": []}, "it has no output", id="empty"),
        pytest.param({"status": "ok"}, "it has no output", id="a status of another API"),
        pytest.param({"output": [{"type": "message", "content": "Hi"}]}, "", id="a defect"),
        pytest.param([], "", id="a list"),
    ],
)
def test_a_body_that_is_not_a_response_raises(body: object, why: str) -> None:
    with pytest.raises(
        ResponseInvalidError, match=f"vendor sent data that is not a response .*{why}"
    ):
        CODEC.decode(json.dumps(body).encode(), REQUEST)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param(
            {"status": "failed", "error": {"code": "insufficient_quota", "message": "Broke."}},
            QuotaExceededError,
            id="a response that failed",
        ),
        pytest.param(
            {"status": "failed", "output": [], "error": {"code": "invalid_image_format"}},
            InvalidRequestError,
            id="an image that is none",
        ),
        pytest.param(
            {"status": "failed", "output": [], "error": {"code": "invalid_prompt"}},
            ContentFilteredError,
            id="a prompt that is refused",
        ),
        pytest.param({"status": "failed", "output": []}, ChatModelError, id="for no reason"),
        pytest.param({"error": {"message": "Overloaded"}}, ChatModelError, id="an error alone"),
        pytest.param({"message": "Overloaded"}, ChatModelError, id="words alone"),
    ],
)
def test_errors_inside_a_success_are_raised(body: object, kind: type[ChatModelError]) -> None:
    with pytest.raises(kind) as caught:
        CODEC.decode(json.dumps(body).encode(), REQUEST)
    assert caught.value.status == 200


@pytest.mark.parametrize(
    ("status", "word", "code"),
    [
        (500, "vector_store_timeout", ErrorCode.TIMEOUT),
        (403, "misalignment_policy_violation", ErrorCode.CONTENT_FILTERED),
        (200, "cyber_policy", ErrorCode.CONTENT_FILTERED),
        (200, "data_residency_mismatch", ErrorCode.INVALID_REQUEST),
    ],
)
def test_failures_are_read_by_their_codes(status: int, word: str, code: ErrorCode) -> None:
    body = json.dumps({"error": {"code": word, "type": "invalid_request_error"}}).encode()
    error = CODEC.failure(HttpFailure(status=status, headers={}, body=body))
    assert (error.code, error.status) == (code, status)


def test_a_drawing_of_vectors_has_its_registered_media_type() -> None:
    item = {"type": "image_generation_call", "result": "AAA=", "output_format": "svg"}
    assert part(item).media_type == "image/svg+xml"
