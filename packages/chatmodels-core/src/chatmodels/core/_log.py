"""Structured logging through the standard library, which is imported on first use.

Loggers are named `chatmodels` and below; they write nothing unless the program configures
logging. Records have attributes (`extra`): `op`, `provider`, `model`, `code`, `request_id`,
`duration`. Neither content nor secrets are ever logged.
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
    """Return the logger of a part of chatmodels, silent unless the program configures logging."""
    existing = _loggers.get(name)
    if existing is None:
        import logging

        if not _loggers:
            logging.getLogger("chatmodels").addHandler(logging.NullHandler())
        existing = logging.getLogger(name)
        for log_filter in _filters:
            existing.addFilter(log_filter)
        _loggers[name] = existing
    return existing


def add_log_filter(log_filter: "Filter", /) -> Callable[[], None]:
    """Add a filter to all loggers of chatmodels; it can add attributes to the records.

    A filter of the standard library applies to one logger and not to its children.

    Returns:
        A function that removes the filter; calling it again does nothing.
    """
    _filters.append(log_filter)
    for existing in list(_loggers.values()):
        existing.addFilter(log_filter)

    def remove() -> None:
        if log_filter in _filters:
            _filters.remove(log_filter)
        for existing in list(_loggers.values()):
            existing.removeFilter(log_filter)

    return remove


def error_facts(error: BaseException, /) -> dict[str, Fact]:
    """Describe an error as attributes of a log record, without its message."""
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
