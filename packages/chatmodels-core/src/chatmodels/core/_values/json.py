"""Lossless conversion of values to and from JSON, with a format version.

The text is `{"chatmodels": 1, "type": "ChatResponse", "value": {...}}`; a conversation, a sequence
of messages, has the type `"conversation"`. Fields that a later version adds are tolerated.
"""

from collections.abc import Sequence
from functools import cache
from types import ModuleType, UnionType
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar, Union, get_args, get_origin, overload

import msgspec

from chatmodels.core._errors.classes import InvalidRequestError
from chatmodels.core._values import (
    cost,
    events,
    messages,
    metadata,
    parts,
    prices,
    request,
    response,
    settings,
    timeout,
    token_count,
    tool_events,
    usage,
)
from chatmodels.core._values.messages import Message
from chatmodels.core._values.parts import FrozenValue

if TYPE_CHECKING:
    from typing_extensions import TypeForm

FORMAT_VERSION = 1

T = TypeVar("T")


class _Envelope(msgspec.Struct):
    chatmodels: int
    type: str
    value: object


class _ReceivedEnvelope(msgspec.Struct):
    chatmodels: int
    type: str
    value: msgspec.Raw


def to_json(value: FrozenValue | Sequence[Message], /) -> bytes:
    """Serialize a value, or a conversation, as UTF-8 JSON.

    A response's `parsed` is omitted: its content is that of the text, and its type belongs to the
    program. The exception of a `ToolEnd` is omitted too.

    Raises:
        InvalidRequestError: The value is not of a type of chatmodels, or contains something that
            has no JSON form, which is possible in `provider_options`.
    """
    name = _name(value)
    try:
        return msgspec.json.encode(_Envelope(FORMAT_VERSION, name, written(value)))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidRequestError(
            f"the {name} cannot be written as JSON: {error}; put plain data into it"
        ) from error


def _name(value: object) -> str:
    name = _NAMES.get(type(value))
    if name is not None:
        return name
    if _is_sequence(value):
        for item in value:  # without a generator, which takes longer than the loop
            if not isinstance(item, Message):
                break
        else:
            return _CONVERSATION
    name = type(value).__name__
    raise InvalidRequestError(
        f"to_json() accepts the values of chatmodels and sequences of messages, not {name}; "
        "pass one of these"
    )


def _is_sequence(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, _SEQUENCES)


def written(value: Any, /) -> object:
    """Return a value without the fields that are not written."""
    if type(value) is response.ChatResponse:
        return value if value.parsed is None else msgspec.structs.replace(value, parsed=None)
    if isinstance(value, events.StreamEnd) and value.response is not None:  # pyright: ignore[reportUnnecessaryComparison] - of a provider
        copy = msgspec.structs.replace(value.response, parsed=None)
        return msgspec.structs.replace(value, response=copy)
    if isinstance(value, tool_events.ToolEnd):
        return msgspec.structs.replace(value, error=None)
    return value


@overload
def from_json(text: bytes | str, expected: type[T], /) -> T: ...
@overload
def from_json(text: bytes | str, expected: "TypeForm[T]", /) -> T: ...
def from_json(text: bytes | str, expected: Any, /) -> Any:
    """Parse the output of `to_json`, by this version of chatmodels or another.

    Args:
        text: The JSON.
        expected: The type of the value: any value of chatmodels, a union of them such as
            `StreamEvent` or `Part`, or `tuple[Message, ...]` or `list[Message]`.

    Raises:
        InvalidRequestError: The text is not such JSON, contains another type than expected, or
            was written by a later version in a form that this one cannot read.
    """
    try:
        envelope = _decoder(_ReceivedEnvelope).decode(text)
        if envelope.chatmodels != FORMAT_VERSION:
            raise InvalidRequestError(
                f"the JSON has format {envelope.chatmodels}, and this version of chatmodels-core "
                f"reads format {FORMAT_VERSION}; upgrade chatmodels-core"
            )
        type_: Any = _TYPES.get(envelope.type)
        if envelope.type == _CONVERSATION and expected == list[Message]:
            type_ = expected
        if type_ is not expected and type_ not in branches(expected):
            name = expected.__name__ if type(expected) is type(FrozenValue) else str(expected)
            hint = ": tuple[Message, ...]" if type_ is _TYPES[_CONVERSATION] else ""
            raise InvalidRequestError(
                f"the JSON contains a {envelope.type}, not a {name}; pass the type that "
                f"it contains{hint}"
            )
        return _decoder(type_).decode(envelope.value)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InvalidRequestError(
            f"this is not the JSON of a value of chatmodels ({error}); pass what to_json() wrote, "
            "or upgrade chatmodels-core if a later version wrote it"
        ) from error


@cache
def _decoder(type_: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_)


def branches(type_: Any, /) -> tuple[Any, ...]:
    """Return the types in a union; of another type, the type alone."""
    return get_args(type_) if get_origin(type_) in _UNIONS else (type_,)


def is_value_type(type_: object, /) -> bool:
    """Report whether values of a type can be written as JSON and parsed again."""
    return type_ == list[Message] or type_ in _TYPES.values()


def _values(module: ModuleType) -> dict[str, Any]:
    return {
        name: item
        for name, item in vars(module).items()
        if isinstance(item, type) and issubclass(item, FrozenValue) and item is not FrozenValue
    }


_UNIONS = frozenset({Union, UnionType})
_SEQUENCES = (list, tuple)  # since a union is built anew each time
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
    token_count,
    usage,
    prices,
    cost,
):
    _TYPES.update(_values(_module))
_NAMES: dict[type, str] = {type_: name for name, type_ in _TYPES.items() if type_.__name__ == name}
