"""Error rules of the Messages API, in addition to those of all APIs."""

from chatmodels.core import ChatModelError, ErrorCode
from chatmodels.http import FailureRules, HttpFailure, standard_failure
from chatmodels.providers.anthropic._blocks import PROVIDER_NAME

_RULES = FailureRules(
    codes={
        "request_too_large": ErrorCode.INVALID_REQUEST,  # 413: too many bytes, not tokens
        "conflict_error": ErrorCode.PROVIDER_UNAVAILABLE,
    },
    phrases=(("^model:", ErrorCode.MODEL_NOT_FOUND),),
)


def read_failure(failure: HttpFailure) -> ChatModelError:
    """Convert a failed response, or an error inside a successful one, to an exception."""
    return standard_failure(failure, PROVIDER_NAME, rules=_RULES)
