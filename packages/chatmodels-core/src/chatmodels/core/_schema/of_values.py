"""The JSON Schema of the values of chatmodels, in the form in which `to_json` writes them."""

from functools import reduce
from typing import Any

import msgspec

from chatmodels.core._errors.classes import InvalidRequestError
from chatmodels.core._schema.annotations import TypeForm
from chatmodels.core._schema.of_types import Schema
from chatmodels.core._schema.of_types import json_schema as schema_of_type
from chatmodels.core._values.events import StreamEnd
from chatmodels.core._values.json import branches, is_value_type
from chatmodels.core._values.parts import FrozenValue
from chatmodels.core._values.response import ChatResponse
from chatmodels.core._values.tool_events import ToolEnd


def json_schema(value_type: TypeForm, /) -> Schema:
    """Return the JSON Schema of a value: of the "value" in what `to_json` writes.

    Args:
        value_type: A type of this library, a union of such, as `Part` and `StreamEvent` are, or
            `tuple[Message, ...]` for a conversation.

    Raises:
        InvalidRequestError: It is another type.

    Examples:
        >>> from chatmodels.core import Message
        >>> json_schema(Message)["required"]
        ['role', 'parts']
    """
    types = branches(value_type)
    if not all(map(is_value_type, types)):
        raise InvalidRequestError(
            f"json_schema() describes the values of chatmodels, not {value_type!r}; pass a type "
            "that from_json() accepts"
        )
    written: list[Any] = [_WRITTEN.get(each, each) for each in types]
    return schema_of_type(reduce(lambda union, each: union | each, written))


def _as_written(cls: type[FrozenValue], changed: dict[str, tuple[Any, Any] | None]) -> Any:
    """Return a class with the fields that `to_json` writes.

    msgspec cannot describe a field whose default is the JSON of a vendor.
    """
    fields: list[Any] = []
    for field in msgspec.structs.fields(cls):
        change = changed.get(field.name, (field.type, field.default))
        if change is None:
            continue
        kind, default = change
        required = default is msgspec.NODEFAULT
        fields.append((field.name, kind) if required else (field.name, kind, default))
    config = cls.__struct_config__
    return msgspec.defstruct(
        cls.__name__,
        fields,
        namespace={"__doc__": cls.__doc__},
        tag_field=config.tag_field,
        tag=config.tag,
        kw_only=True,
    )


_JSON = (Any, None)
_RESPONSE = _as_written(ChatResponse, {"payload": _JSON, "parsed": None})
_END = _as_written(StreamEnd, {"payload": _JSON, "response": (_RESPONSE | None, None)})
_WRITTEN: dict[Any, Any] = {
    ChatResponse: _RESPONSE,
    StreamEnd: _END,
    ToolEnd: _as_written(ToolEnd, {"error": None}),
}
