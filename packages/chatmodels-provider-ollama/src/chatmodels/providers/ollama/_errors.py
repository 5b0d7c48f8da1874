"""The remedy in failures of Ollama.

The API has no codes. The rules that all APIs share hold its phrases, since its models are reached
at OpenAI's paths as well.
"""

import re
from typing import NoReturn

from chatmodels.core import ChatModelError, ModelNotFoundError
from chatmodels.http import HttpFailure, read_error_body, standard_failure
from chatmodels.http.wire import raise_for_body
from chatmodels.providers.ollama._metadata import PROVIDER_NAME

_MISSING = re.compile(r"""model ["']([^"']+)["'] not found""")


def read_failure(failure: HttpFailure) -> ChatModelError:
    """Translate a failure, or an error inside a success."""
    said = read_error_body(failure.body)
    error = standard_failure(failure, PROVIDER_NAME, body=said)
    missing = _MISSING.search(said.message)
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
    raise_for_body(data, PROVIDER_NAME, what, why, read_failure)
