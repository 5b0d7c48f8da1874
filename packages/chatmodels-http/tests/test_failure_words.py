"""The codes and phrases of failures that are understood at every address."""

import pytest

from chatmodels.http import ErrorBody, FailureRules, read_error

WORDS = {
    "authentication": (
        "invalid_api_key authentication_error unauthenticated api_key_invalid access_token_expired "
        "auth_error expired_key no_db_connection"
    ),
    "permission_denied": (
        "permission_denied permission_error permissiondenied unsupported_country_region_territory "
        "key_model_access_denied team_model_access_denied"
    ),
    "quota_exceeded": (
        "insufficient_quota insufficientquota quota_exceeded billing_hard_limit_reached "
        "billing_not_active billing_error insufficient_balance budget_exceeded "
        "enforced_spend_limit_reached contract_spend_limit_reached"
    ),
    "rate_limited": (
        "rate_limit_exceeded rate_limit_error rate_limited resource_exhausted throttling_error"
    ),
    "context_length_exceeded": (
        "context_length_exceeded exceed_context_size_error too_many_prompt_tokens too_many_tokens "
        "tokens_limit_reached"
    ),
    "content_filtered": (
        "content_filter content_policy_violation responsibleaipolicyviolation "
        "data_inspection_failed"
    ),
    "model_not_found": (
        "model_not_found unknown_model invalid_model model_not_available deploymentnotfound "
        "model_decommissioned"
    ),
    "unsupported": "unsupported_parameter unsupported_value operationnotsupported",
    "tool_arguments_invalid": "tool_use_failed",
    "output_invalid": "json_validate_failed",
    "provider_unavailable": (
        "overloaded_error server_error api_error internal_server_error service_unavailable "
        "engine_overloaded unavailable"
    ),
    "timeout": "timeout_error deadline_exceeded",
}


@pytest.mark.parametrize(
    ("word", "code"), [(word, code) for code, words in WORDS.items() for word in words.split()]
)
def test_codes_and_types_are_matched_in_any_case(word: str, code: str) -> None:
    for named in (word, word.upper()):
        assert FailureRules().classify(400, ErrorBody("no", code=named)) == code
        assert FailureRules().classify(400, ErrorBody("no", type=named)) == code


PHRASES = {
    "authentication": [
        "Incorrect API key provided",
        "invalid api key",
        "API key not valid.",
        "the api key is not found",
        "API key is invalid",
        "api key expired",
    ],
    "content_filtered": [
        "violates the content management policy",
        "blocked by our content filtering policy",
        "stopped by the content filters",
        "against responsible AI practices",
        "Your input was flagged",
        "the prompt was flagged",
    ],
    "context_length_exceeded": [
        "exceeds the context length",
        "above the context limit",
        "the context size (8 tokens)",
        "exceeds the context window",
        "context_length_exceeded",
        "context the overflows",
        "greater than max_model_len",
        "the maximum model length of 8",
        "maximum prompt length is 8",
        "prompt is too long",
        "Prompt too long",
        "prompt exceeds max length",
        "prompt token count of 9 exceeds the limit of 8",
        "exceeds the maximum number of tokens",
        "input token count (9) exceeds the maximum",
        "input is too long",
        "input tokens exceed 8",
        "too many tokens",
        "too many input tokens",
        "too many total text bytes",
        "the total length of all messages is too long",
        "exceeded model token limit",
        "token limit exceeded",
        "range of input length should be [1, 8]",
        "must have less than 8 tokens",
        "`max_new_tokens` must be <= 8",
        "reduce the length of the messages",
        "reduce your prompt",
        "reduce your message",
    ],
    "model_not_found": [
        "model 'x' not found",
        "the model x does not exist",
        "model not exist",
        "not found: model x",
        "Not found the model x",
        "x is not a valid model",
        "no such model",
        "unknown model x",
        "invalid model name",
        "invalid model id",
        "invalid model: x",
        "no endpoints found for x",
        "no healthy deployments for this model",
        '"type": "not_found_error", "message": "model: x"',
        "the model identifier is invalid",
        "this model has reached the end of its life",
        "only a&&b allowed now, your model x",
        "the server is pinned to x",
        "try pulling it first",
        "pull model manifest: no",
    ],
    "quota_exceeded": [
        "You exceeded your current quota",
        "insufficient balance",
        "insufficient credits",
        "insufficient funds",
        "insufficient quota",
        "your credit balance is too low",
        "reached your weekly usage limit",
    ],
    "unsupported": [
        "x does not support tools",
        "image input is not supported",
        "audio input is not supported",
        "no endpoints found that support tools",
    ],
    "configuration_invalid": ["requires more system memory"],
}


@pytest.mark.parametrize(
    ("words", "code"), [(words, code) for code, many in PHRASES.items() for words in many]
)
def test_a_phrase_has_a_code_in_any_case(words: str, code: str) -> None:
    for text in (words, words.upper()):
        assert FailureRules().classify(400, read_error({"message": f"Oh: {text}."})) == code


@pytest.mark.parametrize(
    "words",
    [
        "failed to parse tool call arguments",
        "'messages' is required",
        "roles must alternate",
        "2 validation errors for Request",
        "1 validation error for Request",
        "'loc': ('body', 'x')",
        "can only concatenate str",
    ],
)
def test_servers_can_report_a_mistake_of_the_caller_as_an_outage(words: str) -> None:
    assert FailureRules().classify(500, read_error({"message": words})) == "invalid_request"


@pytest.mark.parametrize(
    "words",
    [
        "You exceeded your current quota. See ai.google.dev.",
        "You exceeded your current quota. Please retry in 9.5s.",
        "You exceeded your current speed",
    ],
)
def test_a_limit_per_minute_is_not_a_quota(words: str) -> None:
    assert FailureRules().classify(429, read_error({"message": words})) == "rate_limited"


def test_the_first_matching_phrase_wins() -> None:
    both = read_error({"message": "x does not support a prompt that is too long: too many tokens"})
    assert FailureRules().classify(400, both) == "context_length_exceeded"
