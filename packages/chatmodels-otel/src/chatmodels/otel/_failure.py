"""How failures are told: by a type out of a bounded number, and without what a model said."""

from typing import Any

from chatmodels.core import ChatModelError, OutputInvalidError
from chatmodels.core.extending import error_code

WITHHELD = "the answer is not as it was asked to be; it is content, so it is not quoted here"


def error_type(error: BaseException, /) -> str:
    """Name what went wrong: core's error code, or the class of an exception that is not ours."""
    if isinstance(error, ChatModelError) or not isinstance(error, Exception):
        return str(error_code(error))
    return type(error).__qualname__


def quotes(error: BaseException, /) -> bool:
    """Tell whether the message of an exception quotes an answer."""
    return isinstance(error, OutputInvalidError)


def message(error: BaseException, /, *, content: bool) -> str:
    """Give the message of an exception.

    Args:
        error: What was raised.
        content: Whether what the model said may be in it.
    """
    return WITHHELD if quotes(error) and not content else str(error)


def described(error: BaseException, /, *, content: bool) -> dict[str, Any]:
    """Describe an exception by the attributes that the conventions have for it.

    Args:
        error: What was raised.
        content: Whether what the model said may be in it; the traceback is without messages
            otherwise, also those of what caused it.
    """
    from traceback import format_exception, format_tb

    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ != "builtins":
        name = f"{kind.__module__}.{name}"
    if content or not quotes(error):
        stack = format_exception(error)
    else:
        stack = [*format_tb(error.__traceback__), name]
    return {
        "exception.type": name,
        "exception.message": message(error, content=content),
        "exception.stacktrace": "".join(stack),
    }
