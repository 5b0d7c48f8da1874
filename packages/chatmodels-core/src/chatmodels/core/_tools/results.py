"""Converts the return value of a tool's function to the content of a tool result."""

from typing import Any, TypeGuard

import msgspec

from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._schema.foreign import to_json
from chatmodels.core._values.parts import AudioPart, FilePart, ImagePart, ResultPart, TextPart

_PARTS = (TextPart, ImagePart, AudioPart, FilePart)


def result_content(name: str, value: object, /) -> tuple[ResultPart, ...]:
    """Convert any value to the content of a tool result.

    A str and parts are used unchanged, alone or mixed in a list. Other values are serialized as
    JSON.

    Raises:
        ConfigurationError: The value has no JSON form.
    """
    if isinstance(value, str):
        return (TextPart(value),)
    if isinstance(value, _PARTS):
        return (value,)
    if _has_parts(value):
        return tuple(TextPart(item) if isinstance(item, str) else item for item in value)
    try:
        return (TextPart(msgspec.json.encode(value, enc_hook=to_json).decode()),)
    except (NotImplementedError, RecursionError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"tool {name!r} returned an object of type {type(value).__name__} that cannot be "
            f"written as JSON ({str(error) or 'no encoder for something in it'}); return a str, "
            "parts, or plain data",
            op="tool_call",
        ) from error


def _has_parts(value: Any) -> "TypeGuard[list[str | ResultPart] | tuple[str | ResultPart, ...]]":
    return (
        type(value) in {list, tuple}  # not a NamedTuple, which is data
        and any(isinstance(item, _PARTS) for item in value)
        and all(isinstance(item, (str, *_PARTS)) for item in value)
    )
