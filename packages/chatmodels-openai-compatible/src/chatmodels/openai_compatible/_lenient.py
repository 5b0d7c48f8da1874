"""Reading what accompanies an answer, where a vendor's slip must not cost the answer."""

from typing import TypeGuard, TypeVar

import msgspec

from chatmodels.openai_compatible._wire import Json

T = TypeVar("T")


def lenient(value: Json, kind: type[T], what: str, warnings: list[str]) -> T | None:
    """Read parsed JSON as a type; what is not readable gives a warning and None."""
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        warn(f"{what} left out as not readable: {error}", warnings)
        return None


def warn(text: str, warnings: list[str]) -> None:
    """Add a warning, once however often its cause comes."""
    if text not in warnings:
        warnings.append(text)


def text_or_none(value: Json) -> str | None:
    """Give a text that is one and says something."""
    return value if isinstance(value, str) and value else None


def identifier(value: str | int | None) -> str:
    """Give an id as text: some servers count instead of naming."""
    return "" if value is None else str(value)


def integer_or_none(value: Json) -> int | None:
    """Give an integer that is one."""
    return value if type(value) is int else None


def objects(value: Json) -> list[dict[str, Json]]:
    """Give the objects in a list that should hold nothing else."""
    return [item for item in value if is_object(item)] if is_list(value) else []


def is_object(value: Json) -> TypeGuard[dict[str, Json]]:
    """Tell whether a value is a JSON object."""
    return isinstance(value, dict)


def is_list(value: Json) -> TypeGuard[list[Json]]:
    """Tell whether a value is a JSON array."""
    return isinstance(value, list)
