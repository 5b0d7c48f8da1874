"""Structured records through the standard library's logging, which is imported when first needed.

Loggers are called `chatmodels` and below; they write nothing unless the program configures
logging. Facts travel in the record's attributes (`extra`): `op`, `provider`, `model`, `code`,
`request_id`, `duration`. Neither content nor secrets are ever logged.
"""

from typing import TYPE_CHECKING

from chatmodels.core._error_rules import error_code
from chatmodels.core._errors import ChatModelError

if TYPE_CHECKING:
    from logging import Logger

_loggers: "dict[str, Logger]" = {}

Fact = str | int | float | bool | None


def logger(name: str = "chatmodels", /) -> "Logger":
    """Give the logger of a part of chatmodels, silent unless the program configures logging."""
    found = _loggers.get(name)
    if found is None:
        import logging

        if not _loggers:
            logging.getLogger("chatmodels").addHandler(logging.NullHandler())
        found = _loggers[name] = logging.getLogger(name)
    return found


def error_facts(error: BaseException, /) -> dict[str, Fact]:
    """Tell an error in the attributes that a log record carries; the message is not among them."""
    if not isinstance(error, ChatModelError):
        return {"code": str(error_code(error)), "error_type": type(error).__qualname__}
    return {
        "op": error.op,
        "code": str(error.code),
        "provider": error.provider,
        "model": error.model,
        "status": error.status,
        "request_id": error.request_id,
        "retry_after": error.retry_after,
        "error_type": type(error).__qualname__,
    }
