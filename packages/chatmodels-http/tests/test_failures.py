import pytest

from chatmodels.core import (
    AuthenticationError,
    ChatModelError,
    ErrorCode,
    QuotaExceededError,
    RateLimitError,
)
from chatmodels.core.extending import error_class
from chatmodels.http import FailureRules, HttpFailure, read_error, standard_failure


def failed(status: int, body: str = "", **headers: str) -> ChatModelError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return standard_failure(HttpFailure(status=status, headers=named, body=body.encode()), "acme")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "invalid_request"),
        (401, "authentication"),
        (402, "quota_exceeded"),
        (403, "permission_denied"),
        (404, "invalid_request"),
        (407, "configuration_invalid"),
        (408, "timeout"),
        (409, "provider_unavailable"),
        (413, "invalid_request"),
        (425, "provider_unavailable"),
        (498, "provider_unavailable"),
        (422, "invalid_request"),
        (429, "rate_limited"),
        (500, "provider_unavailable"),
        (529, "provider_unavailable"),
    ],
)
def test_a_status_has_a_code(status: int, code: str) -> None:
    error = failed(status)
    assert (error.code, error.status) == (code, status)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        pytest.param(
            429, '{"error": {"code": "insufficient_quota"}}', "quota_exceeded", id="quota"
        ),
        pytest.param(
            400, '{"error_type": "TOO_MANY_TOKENS"}', "context_length_exceeded", id="type"
        ),
        pytest.param(400, '{"error": "prompt is too long"}', "context_length_exceeded", id="long"),
        pytest.param(404, '{"error": "model \'x\' not found"}', "model_not_found", id="no model"),
        pytest.param(404, '{"error": "not found"}', "invalid_request", id="not a model"),
        pytest.param(422, '{"error": "model: not found"}', "model_not_found", id="another status"),
        pytest.param(200, '{"error": {"code": 429}}', "rate_limited", id="a status in the body"),
        pytest.param(200, '{"error": "broken"}', "provider_unavailable", id="an error in a 200"),
        pytest.param(
            429, '{"error": "Too many tokens, please wait"}', "rate_limited", id="too many a minute"
        ),
        pytest.param(
            200,
            '{"error": {"type": "invalid_request_error"}}',
            "invalid_request",
            id="a fault told",
        ),
        pytest.param(
            200,
            '{"error": {"type": "invalid_request_error", "message": "prompt is too long"}}',
            "context_length_exceeded",
            id="a fault told inside a success",
        ),
        pytest.param(
            500, '{"error": "prompt is too long"}', "context_length_exceeded", id="a mistake as 500"
        ),
        pytest.param(501, '{"error": "prompt is too long"}', "provider_unavailable", id="501"),
        pytest.param(502, '{"error": "prompt is too long"}', "provider_unavailable", id="5xx"),
        pytest.param(
            502, '{"error": {"type": "timeout_error"}}', "timeout", id="a code refines any 5xx"
        ),
        pytest.param(
            400, "<html><title>Prompt is too long</title>", "invalid_request", id="words of a page"
        ),
        pytest.param(
            400,
            '{"error": {"code": "rate_limit_error", "message": "too many tokens"}}',
            "rate_limited",
            id="a phrase outside the class of the code",
        ),
    ],
)
def test_codes_and_phrases_refine_the_status(status: int, body: str, code: str) -> None:
    error = failed(status, body)
    assert (error.code, error.status) == (code, status)


@pytest.mark.parametrize("word", ["api_error", "rate_limit_error", "context_length_exceeded"])
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "authentication"),
        (402, "quota_exceeded"),
        (403, "permission_denied"),
        (407, "configuration_invalid"),
        (408, "timeout"),
    ],
)
def test_phrases_never_contradict_the_status(status: int, code: str, word: str) -> None:
    body = f'{{"error": {{"type": "{word}", "message": "prompt is too long"}}}}'
    assert failed(status, body).code == code


@pytest.mark.parametrize(
    ("status", "word", "code"),
    [
        (401, "permission_denied", "permission_denied"),
        (401, "insufficient_quota", "authentication"),
        (403, "authentication_error", "authentication"),
        (403, "model_not_found", "model_not_found"),
        (403, "insufficient_quota", "quota_exceeded"),
        (403, "content_filter", "content_filtered"),
        (404, "api_error", "invalid_request"),
        (404, "model_not_found", "model_not_found"),
        (404, "unsupported_value", "unsupported"),
        (404, "context_length_exceeded", "invalid_request"),
        (413, "rate_limit_exceeded", "invalid_request"),
        (413, "context_length_exceeded", "context_length_exceeded"),
        (429, "api_error", "rate_limited"),
        (429, "context_length_exceeded", "rate_limited"),
        (429, "quota_exceeded", "quota_exceeded"),
        (400, "api_error", "provider_unavailable"),
    ],
)
def test_a_code_refines_within_the_class_of_the_status(status: int, word: str, code: str) -> None:
    assert failed(status, f'{{"error": {{"code": "{word}"}}}}').code == code


@pytest.mark.parametrize(
    ("status", "code"), [(299, "provider_unavailable"), (300, "invalid_request")]
)
def test_only_a_success_makes_the_provider_responsible(status: int, code: str) -> None:
    assert FailureRules().classify(status, read_error({})) == code


def test_the_first_match_within_the_class_wins() -> None:
    rules = FailureRules(
        codes={"a": ErrorCode.TIMEOUT, "b": ErrorCode.QUOTA_EXCEEDED},
        phrases=(("slow", ErrorCode.RATE_LIMITED), ("down", ErrorCode.QUOTA_EXCEEDED)),
    )
    by_code = read_error({"code": "a", "type": "b"})
    by_phrase = read_error({"message": "Slow down"})
    vendors_first = read_error({"message": "reduce your prompt: slow"})

    assert rules.classify(400, by_code) == "timeout"
    assert rules.classify(429, by_code) == "quota_exceeded"
    assert rules.classify(429, by_phrase) == "rate_limited"
    assert rules.classify(402, by_phrase) == "quota_exceeded"
    assert rules.classify(400, vendors_first) == "rate_limited"


def test_a_rate_limit_error_has_the_delay_and_the_request_id() -> None:
    error = failed(
        429,
        '{"error": {"message": "Rate limit reached for llama-4", "type": "tokens", "param": null}}',
        retry_after="2.5",
        x_request_id="req_01a",
        x_ratelimit_limit_tokens="6000",
        x_should_retry="true",
    )
    assert isinstance(error, RateLimitError)
    assert str(error) == (
        "acme: 429 rate limited, retry after 2.5 s: "
        '"Rate limit reached for llama-4" (request req_01a)'
    )
    assert (error.retry_after, error.request_id) == (2.5, "req_01a")
    assert error.details == {
        "provider_type": "tokens",
        "provider_message": "Rate limit reached for llama-4",
        "rate_limits": {"x-ratelimit-limit-tokens": "6000"},
        "should_retry": True,
        "body": '{"error": {"message": "Rate limit reached for llama-4", "type": "tokens", '
        '"param": null}}',
    }


@pytest.mark.parametrize(
    ("status", "body", "headers", "message"),
    [
        pytest.param(
            502,
            "<html><title>502 Bad Gateway</title>",
            {},
            "acme: 502 provider unavailable; the body is a web page instead of JSON, perhaps from "
            'a proxy: "502 Bad Gateway"',
            id="a proxy's page",
        ),
        pytest.param(503, "", {}, "acme: 503 provider unavailable", id="an empty body"),
        pytest.param(
            401, '{"detail": "no"}', {}, 'acme: 401 authentication failed: "no"', id="401"
        ),
        pytest.param(
            200,
            '{"error": "broken"}',
            {},
            'acme: provider unavailable, reported in a 200 response: "broken"',
            id="an error in a 200",
        ),
        pytest.param(
            307,
            "",
            {"location": "https://user:secret@login.acme.test/v1?token=secret"},
            "acme: 307 redirect to 'https://login.acme.test', which is not followed since it would "
            "receive the API key; set base_url to the address of the API",
            id="a redirect elsewhere",
        ),
        pytest.param(
            301,
            "",
            {"location": "/v2/chat", "x-request-id": "r"},
            "acme: 301 redirect to '/v2/chat', which is not followed since it would receive the "
            "API key; set base_url to the address of the API (request r)",
            id="a redirect on the same host",
        ),
        pytest.param(
            302,
            "",
            {"location": "https://[broken"},
            "acme: 302 redirect to 'nowhere', which is not followed since it would receive the API "
            "key; set base_url to the address of the API",
            id="a broken redirect",
        ),
        pytest.param(
            300,
            "",
            {},
            "acme: 300 redirect to 'nowhere', which is not followed since it would receive the API "
            "key; set base_url to the address of the API",
            id="a redirect without an address",
        ),
        pytest.param(
            300,
            '{"error": {"code": 429}}',
            {},
            "acme: 300 redirect to 'nowhere', which is not followed since it would receive the API "
            "key; set base_url to the address of the API",
            id="a redirect with another status in the body",
        ),
        pytest.param(
            400,
            '{"error": {"message": "no", "code": 429}}',
            {},
            'acme: 400 invalid request: "no"',
            id="another status in the body",
        ),
        pytest.param(
            200,
            '{"error": {"message": "no", "code": 400}}',
            {},
            'acme: 400 invalid request: "no"',
            id="a status in the body of a success",
        ),
        pytest.param(
            429,
            "",
            {"retry-after": "1.23456"},
            "acme: 429 rate limited, retry after 1.235 s",
            id="a long fraction",
        ),
    ],
)
def test_a_message_is_a_fact_and_a_remedy(
    status: int, body: str, headers: dict[str, str], message: str
) -> None:
    error = standard_failure(
        HttpFailure(status=status, headers=headers, body=body.encode()), "acme"
    )
    assert str(error) == message
    assert (error.status, error.request_id) == (status, headers.get("x-request-id"))
    assert isinstance(error, error_class(error.code))


def test_a_redirect_is_an_invalid_response() -> None:
    error = failed(302, location="/v2")
    assert (error.code, error.status) == ("response_invalid", 302)


def test_the_code_and_the_field_of_the_vendor_are_details() -> None:
    error = failed(400, '{"error": {"message": "no", "code": "e17", "param": "seed"}}')
    assert error.details["provider_code"] == "e17"
    assert error.details["param"] == "seed"


@pytest.mark.parametrize(
    ("headers", "details"),
    [
        ({}, {}),
        ({"x_should_retry": "false"}, {"should_retry": False}),
        ({"x_should_retry": "?"}, {}),
    ],
)
def test_details_without_content_are_left_out(
    headers: dict[str, str], details: dict[str, object]
) -> None:
    assert failed(500, **headers).details == details


def test_a_long_body_is_quoted_as_a_bounded_excerpt() -> None:
    error = failed(500, "x" * 70_000)
    assert error.details["body"] == "x" * 497 + "..."
    assert len(str(error)) < 600


def test_a_codec_can_read_the_body_and_define_codes() -> None:
    failure = HttpFailure(status=400, headers={}, body=b"{}")
    error = standard_failure(
        failure,
        "acme",
        rules=FailureRules(codes={"e17": ErrorCode.QUOTA_EXCEEDED}),
        body=read_error({"message": "all gone", "code": "E17"}),
    )
    assert isinstance(error, QuotaExceededError)
    assert str(error) == 'acme: 400 quota exceeded: "all gone"'


@pytest.mark.parametrize("status", [200, 498, 503])
def test_a_codec_can_define_the_meaning_of_a_status(status: int) -> None:
    failure = HttpFailure(status=status, headers={}, body=b"{}")
    rules = FailureRules(statuses={status: ErrorCode.CONTENT_FILTERED})

    assert standard_failure(failure, "acme", rules=rules).code == "content_filtered"


def test_a_key_in_the_body_is_masked_in_the_excerpt_as_well() -> None:
    error = failed(401, '{"error": "Incorrect API key provided: sk-a****bcd."}')
    assert isinstance(error, AuthenticationError)
    assert "sk-a" not in f"{error} {error.details}"


def test_a_code_without_a_class_of_its_own_is_preserved() -> None:
    error = standard_failure(
        HttpFailure(status=499, headers={}, body=b""),
        "acme",
        rules=FailureRules(statuses={499: ErrorCode.CANCELLED}),
    )
    assert error.code == "cancelled"
