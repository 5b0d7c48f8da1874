"""Values as JSON and back, without loss, under a version mark.

The text is `{"chatmodels": 1, "type": "ChatResponse", "value": {...}}`; a conversation, a sequence
of messages, has the type `"conversation"`. Fields that a later version adds are tolerated.
"""

from collections.abc import Sequence
from types import ModuleType
from typing import Any, TypeGuard, TypeVar

import msgspec

from chatmodels.core._errors.classes import InvalidRequestError
from chatmodels.core._values import (
    events,
    messages,
    metadata,
    parts,
    request,
    response,
    settings,
    timeout,
    tool_events,
)
from chatmodels.core._values.messages import Message
from chatmodels.core._values.parts import FrozenValue

FORMAT_VERSION = 1

T = TypeVar("T")


class _Written(msgspec.Struct):
    chatmodels: int
    type: str
    value: object


class _Read(msgspec.Struct):
    chatmodels: int
    type: str
    value: msgspec.Raw


def to_json(value: FrozenValue | Sequence[Message], /) -> bytes:
    """Write a value, or a conversation, as UTF-8 JSON.

    A response's `parsed` is not written: it says the same as the text, and its type belongs to
    the program. The exception of a `ToolEnd` is not written either.

    Raises:
        InvalidRequestError: The value is none of this library's, or holds something that JSON
            has no form for, as `provider_options` may.
    """
    name = _name(value)
    try:
        return msgspec.json.encode(_Written(FORMAT_VERSION, name, _without_parsed(value)))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidRequestError(
            f"the {name} cannot be written as JSON: {error}; put plain data into it"
        ) from error


def _name(value: object) -> str:
    name = type(value).__name__
    if _TYPES.get(name) is type(value):
        return name
    if _is_sequence(value) and all(isinstance(item, Message) for item in value):
        return _CONVERSATION
    raise InvalidRequestError(
        f"to_json() writes the values of chatmodels and sequences of messages, not {name}; "
        "pass one of these"
    )


def _is_sequence(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, list | tuple)


def _without_parsed(value: Any) -> object:
    if type(value) is response.ChatResponse:
        return msgspec.structs.replace(value, parsed=None)
    if isinstance(value, events.StreamEnd) and value.response is not None:
        whole = msgspec.structs.replace(value.response, parsed=None)
        return msgspec.structs.replace(value, response=whole)
    if isinstance(value, tool_events.ToolEnd):
        return msgspec.structs.replace(value, error=None)
    return value


def from_json(text: bytes | str, expected: type[T], /) -> T:
    """Read what `to_json` wrote, by this version of chatmodels or another one.

    Args:
        text: The JSON.
        expected: The type of the value: any of this library's, or `tuple[Message, ...]`.

    Raises:
        InvalidRequestError: The text is not such JSON, holds another type than expected, or was
            written by a later version in a way that this one cannot read.
    """
    try:
        read = msgspec.json.decode(text, type=_Read)
        if read.chatmodels != FORMAT_VERSION:
            raise InvalidRequestError(
                f"the JSON has format {read.chatmodels}, and this version of chatmodels-core reads "
                f"format {FORMAT_VERSION}; upgrade chatmodels-core"
            )
        found: Any = _TYPES.get(read.type)
        if found != expected:
            name = expected.__name__ if type(expected) is type(FrozenValue) else str(expected)
            hint = ": tuple[Message, ...]" if found is _TYPES[_CONVERSATION] else ""
            raise InvalidRequestError(
                f"the JSON holds a {read.type}, not a {name}; ask for what it holds{hint}"
            )
        return msgspec.json.decode(read.value, type=found)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InvalidRequestError(
            f"this is not the JSON of a value of chatmodels ({error}); pass what to_json() wrote, "
            "or upgrade chatmodels-core if a later version wrote it"
        ) from error


def _values(module: ModuleType) -> dict[str, Any]:
    return {
        name: item
        for name, item in vars(module).items()
        if isinstance(item, type) and issubclass(item, FrozenValue) and item is not FrozenValue
    }


_CONVERSATION = "conversation"
_TYPES: dict[str, Any] = {_CONVERSATION: tuple[Message, ...]}
for _module in (
    parts,
    messages,
    metadata,
    request,
    response,
    events,
    tool_events,
    settings,
    timeout,
):
    _TYPES.update(_values(_module))
