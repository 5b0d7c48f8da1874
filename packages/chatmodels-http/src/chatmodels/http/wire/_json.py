"""Lenient reading of parsed JSON.

The content of a response is typed, so that a defect is an error. Its metadata is parsed JSON and
read with these functions, so that a vendor's mistake in it does not discard the response.
"""

from typing import Any, TypeGuard, TypeVar

import msgspec

Json = Any
"""Parsed JSON: None, bool, int, float, str, list and dict, nested."""

T = TypeVar("T")

NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""The exceptions of decoding bytes that are not the expected JSON."""


class Wire(msgspec.Struct, frozen=True, gc=False):
    """A JSON object of a vendor; never part of a reference cycle."""


def lenient(value: Json, kind: type[T], what: str, warnings: list[str]) -> T | None:
    """Convert JSON to a type; an invalid value becomes None, with a warning.

    Args:
        value: The JSON: parsed, or a `msgspec.Raw`, which is faster if nothing else reads it.
        kind: A type that msgspec converts to.
        what: The name of the value with its verb, as in "the usage was".
        warnings: The list to which the warning is added.
    """
    try:
        if type(value) is msgspec.Raw:
            return msgspec.json.decode(value, type=kind, strict=False)
        return msgspec.convert(value, kind, strict=False)
    except NOT_JSON as error:
        warn(f"{what} omitted as unreadable: {error}", warnings)
        return None


def warn(text: str, warnings: list[str]) -> None:
    """Add a warning, unless the list contains it already."""
    if text not in warnings:
        warnings.append(text)


def text_or_none(value: Json) -> str | None:
    """Return a value if it is a text that is not empty, else None."""
    return value if isinstance(value, str) and value else None


def identifier(value: str | int | None) -> str:
    """Return an id as text: some servers send numbers."""
    return "" if value is None else str(value)


def integer_or_none(value: Json) -> int | None:
    """Return a value if it is an integer, else None."""
    return value if type(value) is int else None


def timestamp_or_none(text: str | None) -> int | None:
    """Return the Unix seconds of an ISO 8601 time; None if the text is not one."""
    from datetime import datetime

    try:
        return int(datetime.fromisoformat(text).timestamp()) if text else None
    except (ValueError, OverflowError):
        return None


def objects(value: Json) -> list[dict[str, Json]]:
    """Return the objects in a list, without other values; none if the value is not a list."""
    return [item for item in value if is_object(item)] if value and is_list(value) else []


def is_object(value: Json) -> TypeGuard[dict[str, Json]]:
    """Report whether a value is a JSON object."""
    return isinstance(value, dict)


def is_list(value: Json) -> TypeGuard[list[Json]]:
    """Report whether a value is a JSON array."""
    return isinstance(value, list)
