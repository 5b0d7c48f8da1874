"""Takes secrets out of errors: vendors like to repeat the key that they reject."""

from collections.abc import Iterable, Mapping
from typing import TypeGuard, TypeVar

from chatmodels.core import ChatModelError

_MASK = "***"
_SHORTEST = 4  # characters; shorter texts are no secrets, and masking them would garble words

Error = TypeVar("Error", bound=ChatModelError)


def masked(error: Error, secrets: Iterable[str], /) -> Error:
    """Replace secrets in an error's message and details, and return it."""
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            error.message = error.message.replace(secret, _MASK)
            error.args = (error.message,)
            error.details = {name: _cleaned(fact, secret) for name, fact in error.details.items()}
    return error


def _cleaned(fact: object, secret: str) -> object:
    if isinstance(fact, str):
        return fact.replace(secret, _MASK)
    if _is_mapping(fact):
        return {name: _cleaned(value, secret) for name, value in fact.items()}
    return fact


def _is_mapping(fact: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(fact, Mapping)
