"""Codes and phrases of failures that several vendors, servers and gateways use.

The same model is available from its vendor, from gateways and from servers that copy an API. They
pass its errors on, so that the same codes and phrases apply to every address.
"""

from collections.abc import Mapping, Sequence

from chatmodels.core import ErrorCode

CODES: Mapping[str, ErrorCode] = {
    word: code
    for code, words in {
        ErrorCode.AUTHENTICATION: (
            "invalid_api_key authentication_error unauthenticated api_key_invalid "
            "access_token_expired "
            "auth_error expired_key no_db_connection"  # LiteLLM; the last for any unknown key
        ),
        ErrorCode.PERMISSION_DENIED: (
            "permission_denied permission_error permissiondenied "
            "unsupported_country_region_territory "
            "key_model_access_denied team_model_access_denied"  # LiteLLM, with 401
        ),
        ErrorCode.QUOTA_EXCEEDED: (
            "insufficient_quota insufficientquota quota_exceeded billing_hard_limit_reached "
            "billing_not_active billing_error insufficient_balance "
            "budget_exceeded "  # LiteLLM
            "enforced_spend_limit_reached contract_spend_limit_reached"  # Anthropic
        ),
        ErrorCode.RATE_LIMITED: (
            "rate_limit_exceeded rate_limit_error rate_limited resource_exhausted throttling_error"
        ),
        ErrorCode.CONTEXT_LENGTH_EXCEEDED: (
            "context_length_exceeded exceed_context_size_error too_many_prompt_tokens "
            "too_many_tokens tokens_limit_reached"
        ),
        ErrorCode.CONTENT_FILTERED: (
            "content_filter content_policy_violation responsibleaipolicyviolation "
            "data_inspection_failed"  # DashScope
        ),
        ErrorCode.MODEL_NOT_FOUND: (
            "model_not_found unknown_model invalid_model model_not_available deploymentnotfound "
            "model_decommissioned"  # Groq
        ),
        ErrorCode.UNSUPPORTED: "unsupported_parameter unsupported_value operationnotsupported",
        ErrorCode.TOOL_ARGUMENTS_INVALID: "tool_use_failed",
        ErrorCode.OUTPUT_INVALID: "json_validate_failed",
        ErrorCode.PROVIDER_UNAVAILABLE: (
            "overloaded_error server_error api_error internal_server_error service_unavailable "
            "engine_overloaded unavailable"
        ),
        ErrorCode.TIMEOUT: "timeout_error deadline_exceeded",
    }.items()
    for word in words.split()
}
"""Machine-readable codes and types, in lower case."""

_AUTHENTICATION = (
    r"(incorrect|invalid) api key",
    r"api key (is )?(not valid|not found|invalid|expired)",
)
_CONTENT_FILTERED = (
    r"content management policy",
    r"content filter",
    r"responsible ai practices",
    r"(input|prompt) was flagged",
)
_CONTEXT_LENGTH_EXCEEDED = (
    r"context (length|limit|size|window)",
    r"context[_ ]length[_ ]exceeded",
    r"context the overflows",  # LM Studio
    r"max(imum )?[_ ]?model[_ ]len",  # vLLM
    r"maximum prompt length",  # xAI
    r"prompt (is )?too long|prompt exceeds max length",
    r"prompt token count\b.*exceeds the limit",  # GitHub Copilot
    r"exceeds the maximum number of tokens|token count\b.*exceeds the maximum",  # Gemini
    r"input is too long|input tokens exceed|too many (input )?tokens|too many total text bytes",
    r"total length of all messages is too long",
    r"exceeded model token limit|token limit exceeded",  # Moonshot
    r"range of input length",  # DashScope
    r"must have less than \d+ tokens",  # TGI
    r"max_new_tokens`? must be <=",  # TGI, Together
    r"reduce (the length of the|your) (messages?|prompt)",  # Groq, Cerebras
)
_MODEL_NOT_FOUND = (
    r"model.*(not found|(does )?not exist)",  # DeepSeek: "Model Not Exist"
    r"not found:? (the )?model",  # Moonshot
    r"(not a valid|no such|unknown) model",
    r"invalid model( name| id|:)",
    r"no endpoints found for",  # OpenRouter
    r"no healthy deployments for this model",  # LiteLLM
    r"not_found_error.*model:",  # Anthropic behind LiteLLM
    r"model identifier is invalid|model.*end of its life",  # Bedrock
    r"only .* allowed now, your model",  # FastChat
    r"server is pinned to",  # transformers serve
    r"try pulling it first|pull model manifest",  # Ollama
)
_QUOTA_EXCEEDED = (
    # Gemini sends the same for limits per minute, with the URL of a page.
    r"exceeded your current quota(?!.*(ai\.google\.dev|retry in))",
    r"insufficient (balance|credits|funds|quota)",
    r"credit balance is too low",
    # Anthropic's spend limits, which end at the end of the month at the earliest ("Rate limits").
    r"reached your .*usage limit",
)
_UNSUPPORTED = (
    r"\bdoes not support\b",
    r"(image|audio) input is not supported",  # llama-server, for a model without an encoder
    r"no endpoints found that support",  # OpenRouter
)
_INVALID_REQUEST = (
    r"failed to parse tool call arguments",  # llama-server
    r"'messages' is required",
    r"roles must alternate",  # a chat template
    r"\d validation errors? for|'loc': \('body'",  # pydantic, in llama-cpp-python
    r"can only concatenate str",
)
"""Mistakes of the caller that servers report as a 500; a retry would fail again."""

PHRASES: Sequence[tuple[str, ErrorCode]] = tuple(
    ("|".join(patterns), code)
    for code, patterns in {
        ErrorCode.AUTHENTICATION: _AUTHENTICATION,
        ErrorCode.CONTENT_FILTERED: _CONTENT_FILTERED,
        ErrorCode.CONTEXT_LENGTH_EXCEEDED: _CONTEXT_LENGTH_EXCEEDED,
        ErrorCode.QUOTA_EXCEEDED: _QUOTA_EXCEEDED,
        ErrorCode.MODEL_NOT_FOUND: _MODEL_NOT_FOUND,
        ErrorCode.CONFIGURATION_INVALID: (r"requires more system memory",),  # Ollama
        ErrorCode.UNSUPPORTED: _UNSUPPORTED,
        ErrorCode.INVALID_REQUEST: _INVALID_REQUEST,
    }.items()
)
"""Regular expressions and their codes; the first that matches a message wins."""
