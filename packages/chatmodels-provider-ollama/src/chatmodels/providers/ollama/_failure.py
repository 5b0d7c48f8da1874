"""What Ollama's failures mean: there are no codes, and the words are all there is."""

import re
from typing import NoReturn

from chatmodels.core import ChatModelError, ErrorCode, ModelNotFoundError
from chatmodels.http import STATUS_CODES, HttpFailure, read_error_body, standard_failure
from chatmodels.http.wire import reject_body
from chatmodels.providers.ollama._metadata import PROVIDER_NAME

_PHRASES = (
    ("try pulling it first", ErrorCode.MODEL_NOT_FOUND),
    ("pull model manifest", ErrorCode.MODEL_NOT_FOUND),
    ("does not support", ErrorCode.UNSUPPORTED),
    ("usage limit", ErrorCode.QUOTA_EXCEEDED),  # of ollama.com
    ("context length", ErrorCode.CONTEXT_LENGTH_EXCEEDED),
    ("requires more system memory", ErrorCode.CONFIGURATION_INVALID),
)
_MISSING = re.compile(r"""model ["']([^"']+)["'] not found""")


def read_failure(failure: HttpFailure) -> ChatModelError:
    """Translate a failure, or an error inside a success."""
    said = read_error_body(failure.body)
    text = said.message.lower()
    missing = _MISSING.search(said.message)
    statuses = dict(STATUS_CODES)
    if missing:
        statuses[failure.status] = ErrorCode.MODEL_NOT_FOUND
    for phrase, code in _PHRASES:
        if phrase in text:
            statuses[failure.status] = code
    error = standard_failure(failure, PROVIDER_NAME, statuses=statuses, body=said)
    if missing and isinstance(error, ModelNotFoundError):
        name = missing[1]
        remedy = f"`ollama pull {name}` or chatmodels.providers.ollama.pull({name!r})"
        error.message += f"; fetch it with {remedy}"
        error.args = (error.message,)
    return error


def reject(data: bytes, why: object, what: str = "an answer") -> NoReturn:
    """Refuse what is not of this API, or raise the error that it tells.

    Raises:
        ChatModelError: Always.
    """
    reject_body(data, PROVIDER_NAME, what, why, read_failure)
