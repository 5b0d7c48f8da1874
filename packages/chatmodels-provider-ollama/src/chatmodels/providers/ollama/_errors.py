"""Errors of Ollama, with a remedy for missing models.

The API does not report error codes. The rules shared by all APIs contain its phrases, because its
models are also available at OpenAI's paths.
"""

import re
from typing import NoReturn

from chatmodels.core import ChatModelError, ModelNotFoundError
from chatmodels.http import HttpFailure, read_error_body, standard_failure
from chatmodels.http.wire import raise_for_body
from chatmodels.providers.ollama._metadata import PROVIDER_NAME

_MISSING = re.compile(r"""model ["']([^"']+)["'] not found""")


def read_failure(failure: HttpFailure) -> ChatModelError:
    """Convert a failed response, or an error inside a successful one, to an exception."""
    body = read_error_body(failure.body)
    error = standard_failure(failure, PROVIDER_NAME, body=body)
    missing = _MISSING.search(body.message)
    if missing and isinstance(error, ModelNotFoundError):
        name = missing[1]
        remedy = f"`ollama pull {name}` or chatmodels.providers.ollama.pull({name!r})"
        error.message += f"; fetch it with {remedy}"
        error.args = (error.message,)
    return error


def reject(data: bytes, why: object, what: str = "a response") -> NoReturn:
    """Raise the error that a body reports, or report that the body is invalid.

    Raises:
        ChatModelError: Always.
    """
    raise_for_body(data, PROVIDER_NAME, what, why, read_failure)
