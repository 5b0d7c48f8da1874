"""Exceptions as they are pickled: our own whole, of others the type and the masked text.

An exception of an HTTP library holds its request, and so the key and the prompt. A decoder's holds
the document. None of that may reach a queue, a cache or another process with an error of ours.
"""

import re
from typing import Any, NamedTuple, TypeGuard

_MASK = "***"
_LONGEST = 8_000  # characters of one text: enough for the traceback of another process

_CREDENTIALS = re.compile(
    r"(?P<scheme>\b(?:bearer|basic)\s+)[^\s'\",;]+"
    r"|(?P<field>(?:key|token|secret|password|authorization|signature)['\"]?\s*[=:]\s*(?:b?['\"])?)"
    r"(?!bearer\b|basic\b)[^\s'\",;&]+"
    r"|(?P<user>://[^\s/:@]{0,200}:)[^\s/@]+(?=@)"
    r"|\b(?:sk|pk|rk|csk|gsk|xai|hf|pplx|nvapi|r8|tgp)[-_][\w-]{6,}"
    r"|\b(?:AIza|AKIA|ASIA|eyJ|ya29\.)[\w.-]{12,}",
    re.IGNORECASE,
)
_OPAQUE = re.compile(r"[\w+-]{32,}")


class Description(NamedTuple):
    """The parts of a foreign exception that are pickled, as a tuple; 0.1.0 pickled this class.

    Attributes:
        text: The name of its type and its masked text.
        cause: Its cause: an error of ours, or the parts of another one in turn.
        members: The exceptions of a group likewise; None if it is no group.
    """

    text: str
    cause: Exception | tuple[Any, ...] | None
    members: list[Exception | tuple[Any, ...]] | None


def described(
    error: BaseException, own: type[Exception], seen: tuple[BaseException, ...] = (), /
) -> Exception | tuple[object, ...]:
    """Return what to pickle for an exception: itself if it is ours, else its description.

    Args:
        error: The exception.
        own: The class of the errors that are pickled whole.
        seen: The exceptions that led to it, for causes that form a circle.
    """
    if isinstance(error, own):
        return error
    seen = (*seen, error)
    cause = error.__cause__
    if cause is not None and any(cause is each for each in seen):
        cause = None
    members: list[Exception | tuple[object, ...]] | None = None
    if _is_group(error):
        members = [described(member, own, seen) for member in error.exceptions]
    reason = None if cause is None else described(cause, own, seen)
    return _words(error), reason, members  # a pickle that names no private class


def restored(described: Exception | tuple[Any, ...], /) -> Exception:
    """Return the exception that stands for a description."""
    if isinstance(described, Exception):
        return described
    description = Description(*described)
    error: Exception
    if description.members is None:
        error = RuntimeError(description.text)
    else:
        error = ExceptionGroup(description.text, [restored(each) for each in description.members])
    if description.cause is not None:
        error.__cause__ = restored(description.cause)
    return error


def masked_text(text: str, /) -> str:
    """Mask the parts of a foreign text that look like credentials, and bound its length."""
    text = _CREDENTIALS.sub(_masked, text[: 2 * _LONGEST])
    text = _OPAQUE.sub(lambda match: _MASK if _is_opaque(match[0]) else match[0], text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _is_group(error: BaseException) -> TypeGuard[BaseExceptionGroup[BaseException]]:
    return isinstance(error, BaseExceptionGroup)


def _words(error: BaseException) -> str:
    name = type(error).__qualname__
    try:
        text = masked_text(error.message if _is_group(error) else str(error))
    except Exception:  # a `__str__` that fails must not hide the error that it belongs to
        return name
    return f"{name}: {text}" if text else name


def _masked(match: re.Match[str]) -> str:
    kept = match["scheme"] or match["field"] or match["user"] or ""
    return f"{kept}{_MASK}"


def _is_opaque(word: str) -> bool:
    """Tell a random word from a long identifier, which rarely has a digit."""
    return any(map(str.isdigit, word)) and any(map(str.isalpha, word))
