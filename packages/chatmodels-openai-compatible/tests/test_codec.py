"""The codec: its parts, listings, health, failures."""

import json

import pytest

from chatmodels.core import ErrorCode, ModelInfo, ResponseInvalidError
from chatmodels.http import Codec, HttpFailure, HttpRequest, SseFramer
from chatmodels.openai_compatible import COMMON_SETTINGS, Dialect, chat_completions_codec
from chatmodels.openai_compatible._listing import read_models

CODEC = chat_completions_codec(Dialect(name="vendor"))


def test_it_is_a_chat_codec() -> None:
    assert isinstance(CODEC, Codec)
    assert isinstance(CODEC.framer(), SseFramer)
    assert CODEC.profile("m").settings is COMMON_SETTINGS


@pytest.mark.parametrize(
    ("dialect", "header"),
    [
        pytest.param(Dialect(name="v"), ("Authorization", "Bearer s3cret"), id="bearer"),
        pytest.param(
            Dialect(name="v", key_header="api-key", key_prefix=""),
            ("api-key", "s3cret"),
            id="other",
        ),
    ],
)
def test_the_secret_is_sent_in_a_header(dialect: Dialect, header: tuple[str, str]) -> None:
    assert chat_completions_codec(dialect).authorization("s3cret") == (header,)


@pytest.mark.parametrize(
    ("dialect", "models", "health"),
    [
        pytest.param(Dialect(name="v"), "/models", "/models", id="by default"),
        pytest.param(Dialect(name="v", health_path="/key"), "/models", "/key", id="cheaper"),
        pytest.param(Dialect(name="v", models_path=None), None, "/models", id="no listing"),
    ],
)
def test_listing_and_health_are_gets(dialect: Dialect, models: str | None, health: str) -> None:
    codec = chat_completions_codec(dialect)
    listing = None if models is None else HttpRequest(method="GET", path=models)
    assert (codec.models and codec.models.request) == listing
    assert codec.health == HttpRequest(method="GET", path=health)


RECORDS = [
    {"id": "m-1", "object": "model", "created": 5, "owned_by": "v", "shutdown_date": "2030-01-01"},
    {"id": "m-2", "context_length": 8, "max_completion_tokens": 4, "created": None},
]
MODELS = [
    ModelInfo(
        name="m-1",
        provider="vendor",
        created=5,
        owner="v",
        deprecated="2030-01-01",
        raw=RECORDS[0],
    ),
    ModelInfo(name="m-2", provider="vendor", context_window=8, max_output_tokens=4, raw=RECORDS[1]),
]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"object": "list", "data": RECORDS}, id="as OpenAI does it"),
        pytest.param(RECORDS, id="the bare list"),
    ],
)
def test_models_are_listed(body: object) -> None:
    assert read_models(json.dumps(body).encode(), "vendor") == MODELS


def test_the_context_of_a_slot_of_llama_cpp_is_listed() -> None:
    body = {"data": [{"id": "m", "meta": {"n_ctx": 2048, "n_ctx_train": 8192}}]}

    (model,) = read_models(json.dumps(body).encode(), "vendor")

    assert model.context_window == 2048


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html>", id="a web page"),
        pytest.param(b'{"models": []}', id="another object"),
        pytest.param(b'[{"name": "x"}]', id="a record without an id"),
        pytest.param(b"[" * 100_000, id="too deep"),
        pytest.param(b'["\xff"]', id="no UTF-8"),
    ],
)
def test_a_body_that_is_not_a_list_of_models_is_an_error(body: bytes) -> None:
    with pytest.raises(ResponseInvalidError, match="not a list of models"):
        read_models(body, "vendor")


@pytest.mark.parametrize(
    ("status", "word", "code"),
    [
        pytest.param(401, "invalid_api_key", ErrorCode.AUTHENTICATION, id="key"),
        pytest.param(429, "insufficient_quota", ErrorCode.QUOTA_EXCEEDED, id="quota"),
        pytest.param(429, "rate_limit_exceeded", ErrorCode.RATE_LIMITED, id="rate"),
        pytest.param(404, "model_not_found", ErrorCode.MODEL_NOT_FOUND, id="model"),
        pytest.param(
            400, "context_length_exceeded", ErrorCode.CONTEXT_LENGTH_EXCEEDED, id="context"
        ),
        pytest.param(400, "content_filter", ErrorCode.CONTENT_FILTERED, id="content"),
        pytest.param(400, "unsupported_parameter", ErrorCode.UNSUPPORTED, id="parameter"),
        pytest.param(400, "tool_use_failed", ErrorCode.TOOL_ARGUMENTS_INVALID, id="tool"),
        pytest.param(400, "something_new", ErrorCode.INVALID_REQUEST, id="anything else"),
    ],
)
def test_the_vendors_code_classifies_a_failure(status: int, word: str, code: ErrorCode) -> None:
    body = json.dumps({"error": {"message": "No.", "code": word}}).encode()
    error = CODEC.failure(HttpFailure(status=status, headers={}, body=body))
    assert (error.code, error.status, error.details["provider_code"]) == (code, status, word)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html><title>Bad gateway</title>", id="a web page"),
        pytest.param(b"[" * 100_000, id="too deep"),
        pytest.param(b'{"error": "\xff"}', id="no UTF-8"),
    ],
)
def test_a_failure_with_any_body_is_a_failure(body: bytes) -> None:
    error = CODEC.failure(HttpFailure(status=502, headers={}, body=body))
    assert error.code is ErrorCode.PROVIDER_UNAVAILABLE


FOUND = {"hate": {"filtered": True}}


@pytest.mark.parametrize(
    ("error", "results"),
    [
        pytest.param({"innererror": {"content_filter_result": FOUND}}, FOUND, id="Azure's"),
        pytest.param({"innererror": {"content_filter_results": FOUND}}, FOUND, id="as in answers"),
        pytest.param(
            {
                "content_filters": [{"blocked": False}, {"content_filter_results": FOUND}],
                "innererror": {"code": "ContentFiltered"},
            },
            FOUND,
            id="in the Responses API",
        ),
        pytest.param({"innererror": None}, None, id="none"),
    ],
)
def test_filter_results_are_in_the_details(error: dict[str, object], results: object) -> None:
    body = json.dumps({"error": {"code": "content_filter"} | error}).encode()
    error = CODEC.failure(HttpFailure(status=400, headers={}, body=body))
    assert error.details.get("content_filter_result") == results


def test_filter_results_of_a_wrong_type_are_ignored() -> None:
    error = CODEC.failure(
        HttpFailure(status=400, headers={}, body=b'[{"error": {"code": "content_filter"}}]')
    )
    assert error.code is ErrorCode.CONTENT_FILTERED
