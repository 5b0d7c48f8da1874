"""Pickled forms of exceptions: our own are complete, others are the type and the masked text.

An exception of an HTTP library contains its request, and so the key and the prompt. A decoder's
contains the document. Neither may reach a queue, a cache or another process with an error of ours.
"""

import re
from typing import Any, NamedTuple, TypeGuard

_MASK = "***"
_MAX_CHARACTERS = 8_000  # characters of one text, enough for the traceback of another process

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
        members: The exceptions of a group in the same form; None if it is not a group.
    """

    text: str
    cause: Exception | tuple[Any, ...] | None
    members: list[Exception | tuple[Any, ...]] | None


def described(
    error: BaseException, own: type[Exception], seen: tuple[BaseException, ...] = (), /
) -> Exception | tuple[object, ...]:
    """Return the picklable form of an exception: itself if it is ours, else its description.

    Args:
        error: The exception.
        own: The class of the errors that are pickled completely.
        seen: The exceptions that led to it, to detect cyclic causes.
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
    # A tuple, so that pickles do not refer to a private class.
    return _masked_description(error), reason, members


def restored(described: Exception | tuple[Any, ...], /) -> Exception:
    """Return an exception with the text, cause and members of a description."""
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
    """Mask the parts of a text that look like credentials, and limit its length."""
    text = _CREDENTIALS.sub(_masked, text[: 2 * _MAX_CHARACTERS])
    text = _OPAQUE.sub(lambda match: _MASK if _is_opaque(match[0]) else match[0], text)
    return text if len(text) <= _MAX_CHARACTERS else f"{text[:_MAX_CHARACTERS]}..."


def _is_group(error: BaseException) -> TypeGuard[BaseExceptionGroup[BaseException]]:
    return isinstance(error, BaseExceptionGroup)


def _masked_description(error: BaseException) -> str:
    name = type(error).__qualname__
    try:
        text = masked_text(error.message if _is_group(error) else str(error))
    except Exception:  # a `__str__` that fails must not hide the error that it belongs to
        return name
    return f"{name}: {text}" if text else name


def _masked(match: re.Match[str]) -> str:
    prefix = match["scheme"] or match["field"] or match["user"] or ""
    return f"{prefix}{_MASK}"


def _is_opaque(text: str) -> bool:
    """Distinguish random text from a long identifier, which rarely has a digit."""
    return any(map(str.isdigit, text)) and any(map(str.isalpha, text))
