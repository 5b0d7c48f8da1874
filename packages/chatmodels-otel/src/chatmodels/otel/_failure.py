"""Attributes of failures: a type out of a bounded number, and no content of responses."""

from typing import Any

from chatmodels.core import ChatModelError, OutputInvalidError
from chatmodels.core.extending import error_code

WITHHELD = "the response does not match the requested output; its content is not recorded"


def error_type(error: BaseException, /) -> str:
    """Return core's error code, or the class name of an exception from elsewhere."""
    if isinstance(error, ChatModelError) or not isinstance(error, Exception):
        return str(error_code(error))
    return type(error).__qualname__


def quotes_content(error: BaseException, /) -> bool:
    """Return whether the message of an exception quotes a response."""
    return isinstance(error, OutputInvalidError)


def message(error: BaseException, /, *, content: bool) -> str:
    """Return the message of an exception.

    Args:
        error: The exception.
        content: Whether the message may contain content of the response.
    """
    return WITHHELD if quotes_content(error) and not content else str(error)


def exception_attributes(error: BaseException, /, *, content: bool) -> dict[str, Any]:
    """Describe an exception by the attributes of the conventions.

    Args:
        error: The exception.
        content: Whether the attributes may contain content of the response. Otherwise the
            traceback has no messages, not even those of its causes.
    """
    from traceback import format_exception, format_tb

    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ != "builtins":
        name = f"{kind.__module__}.{name}"
    if content or not quotes_content(error):
        stack = format_exception(error)
    else:
        stack = [*format_tb(error.__traceback__), name]
    return {
        "exception.type": name,
        "exception.message": message(error, content=content),
        "exception.stacktrace": "".join(stack),
    }
