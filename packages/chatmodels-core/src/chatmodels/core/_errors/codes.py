"""The codes of errors: a closed set of reasons."""

from enum import StrEnum


class ErrorCode(StrEnum):
    """The reason for a failure: a closed set that programs and dashboards can rely on."""

    PROVIDER_NOT_FOUND = "provider_not_found"
    PROVIDER_CONFLICT = "provider_conflict"
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    CONFIGURATION_INVALID = "configuration_invalid"
    AUTHENTICATION = "authentication"
    PERMISSION_DENIED = "permission_denied"
    QUOTA_EXCEEDED = "quota_exceeded"
    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    NETWORK = "network"
    CANCELLED = "cancelled"
    INVALID_REQUEST = "invalid_request"
    CONTEXT_LENGTH_EXCEEDED = "context_length_exceeded"
    CONTENT_FILTERED = "content_filtered"
    MODEL_NOT_FOUND = "model_not_found"
    UNSUPPORTED = "unsupported"
    TOOL_ARGUMENTS_INVALID = "tool_arguments_invalid"
    TOOL_FAILED = "tool_failed"
    TOOL_LIMIT_REACHED = "tool_limit_reached"
    OUTPUT_INVALID = "output_invalid"
    RESPONSE_INVALID = "response_invalid"
    STREAM_INTERRUPTED = "stream_interrupted"
    CIRCUIT_OPEN = "circuit_open"
    INTERNAL = "internal"


RETRYABLE = frozenset(
    {
        ErrorCode.PROVIDER_UNAVAILABLE,
        ErrorCode.RATE_LIMITED,
        ErrorCode.TIMEOUT,
        ErrorCode.NETWORK,
        ErrorCode.STREAM_INTERRUPTED,
    }
)
"""The codes of errors after which the same call can succeed if it is repeated."""
