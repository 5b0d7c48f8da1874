"""Structured records through the standard library's logging, which is imported when first needed.

Loggers are called `chatmodels` and below; they write nothing unless the program configures
logging. Facts travel in the record's attributes (`extra`): `op`, `provider`, `model`, `code`,
`request_id`, `duration`. Neither content nor secrets are ever logged.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from chatmodels.core._errors.classes import ChatModelError
from chatmodels.core._errors.rules import error_code

if TYPE_CHECKING:
    from logging import Filter, Logger

_loggers: "dict[str, Logger]" = {}
_filters: "list[Filter]" = []

Fact = str | int | float | bool | None


def logger(name: str = "chatmodels", /) -> "Logger":
    """Give the logger of a part of chatmodels, silent unless the program configures logging."""
    found = _loggers.get(name)
    if found is None:
        import logging

        if not _loggers:
            logging.getLogger("chatmodels").addHandler(logging.NullHandler())
        found = logging.getLogger(name)
        for each in _filters:
            found.addFilter(each)
        _loggers[name] = found
    return found


def add_log_filter(log_filter: "Filter", /) -> Callable[[], None]:
    """Have the records of all parts of chatmodels pass a filter, which may add attributes to them.

    Filters of the standard library hold for one logger and not for those below it.

    Returns:
        A function that takes the filter away; calling it again does nothing.
    """
    _filters.append(log_filter)
    for found in list(_loggers.values()):
        found.addFilter(log_filter)

    def remove() -> None:
        if log_filter in _filters:
            _filters.remove(log_filter)
        for found in list(_loggers.values()):
            found.removeFilter(log_filter)

    return remove


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
