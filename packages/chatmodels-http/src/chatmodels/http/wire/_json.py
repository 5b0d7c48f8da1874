"""Reading JSON of which a part may be other than it should be.

What carries an answer is typed, so that a defect is an error; what accompanies it is parsed JSON
and read with these functions, so that a vendor's slip does not cost the answer.
"""

from typing import Any, TypeGuard, TypeVar

import msgspec

Json = Any
"""Parsed JSON: None, bool, int, float, str, list and dict, nested."""

T = TypeVar("T")

NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding bytes raises that are not the JSON expected."""


class Wire(msgspec.Struct, frozen=True, gc=False):
    """A JSON object of a vendor; never part of a reference cycle."""


def lenient(value: Json, kind: type[T], what: str, warnings: list[str]) -> T | None:
    """Read JSON as a type; return None and add a warning if it is not readable.

    Args:
        value: The JSON: parsed, or a `msgspec.Raw`, which is faster if nothing else reads it.
        kind: A type that msgspec converts to.
        what: What it is, with its verb, as in "the usage was".
        warnings: A warning is added here.
    """
    try:
        if type(value) is msgspec.Raw:
            return msgspec.json.decode(value, type=kind, strict=False)
        return msgspec.convert(value, kind, strict=False)
    except NOT_JSON as error:
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


def timestamp_or_none(text: str | None) -> int | None:
    """Give the Unix seconds of an ISO 8601 time that is one."""
    from datetime import datetime

    try:
        return int(datetime.fromisoformat(text).timestamp()) if text else None
    except (ValueError, OverflowError):
        return None


def objects(value: Json) -> list[dict[str, Json]]:
    """Give the objects in a list that should hold nothing else."""
    return [item for item in value if is_object(item)] if value and is_list(value) else []


def is_object(value: Json) -> TypeGuard[dict[str, Json]]:
    """Tell whether a value is a JSON object."""
    return isinstance(value, dict)


def is_list(value: Json) -> TypeGuard[list[Json]]:
    """Tell whether a value is a JSON array."""
    return isinstance(value, list)
