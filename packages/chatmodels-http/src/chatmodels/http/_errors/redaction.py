"""Masks secrets in errors: vendors often repeat the key that they reject."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeGuard, TypeVar

from chatmodels.core import ChatModelError

_MASK = "***"
_SHORTEST = 4  # characters; shorter texts are not secrets, and masking them would garble words

Error = TypeVar("Error", bound=ChatModelError)


def mask_secrets(error: Error, secrets: Iterable[str], /) -> Error:
    """Replace secrets in the message and the details of an error, and return the error."""
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            error.message = _without(secret, error.message)
            error.args = (error.message,)
            error.details = {name: _cleaned(fact, secret) for name, fact in error.details.items()}
    return error


def _cleaned(fact: object, secret: str) -> object:
    if isinstance(fact, str):
        return _without(secret, fact)
    if _is_mapping(fact):
        return {name: _cleaned(value, secret) for name, value in fact.items()}
    if _is_sequence(fact):
        return [_cleaned(value, secret) for value in fact]
    return fact


def _without(secret: str, text: str) -> str:
    text = text.replace(secret, _MASK)
    if "..." in text:  # an excerpt, which can end within the secret
        for length in range(len(secret) - 1, _SHORTEST - 1, -1):
            text = text.replace(f"{secret[:length]}...", f"{_MASK}...")
    return text


def _is_sequence(fact: object) -> TypeGuard[Sequence[object]]:
    return isinstance(fact, list | tuple)


def _is_mapping(fact: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(fact, Mapping)
