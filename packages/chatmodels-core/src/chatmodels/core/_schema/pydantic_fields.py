"""Lets pydantic validate, serialize and describe values of chatmodels.

pydantic calls the hooks of a class, so it is imported by then.
"""

import sys
from collections.abc import Mapping
from typing import Any

import msgspec

from chatmodels.core._errors.classes import ChatModelError
from chatmodels.core._schema.of_types import Schema, mapped
from chatmodels.core._schema.of_values import json_schema
from chatmodels.core._values.json import written
from chatmodels.core._values.parts import FrozenValue, Json

_REF = "#/$defs/"


def core_schema(cls: type[FrozenValue], /) -> Any:
    """Return pydantic's schema of a class: it accepts instances, and what `to_json` writes."""

    def validate(value: object) -> FrozenValue:
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            raise ValueError(f"expected a {cls.__name__} or an object, not {type(value).__name__}")
        try:
            return msgspec.json.decode(msgspec.json.encode(value), type=cls)
        except (msgspec.MsgspecError, ChatModelError, TypeError, RecursionError) as error:
            raise ValueError(str(error)) from error

    schemas: Any = sys.modules["pydantic_core.core_schema"]
    return schemas.no_info_plain_validator_function(
        validate,
        ref=f"{cls.__module__}.{cls.__qualname__}:{id(cls)}",
        serialization=schemas.plain_serializer_function_ser_schema(_plain),
    )


def inline_schema(cls: type[FrozenValue], /) -> Schema:
    """Return the JSON Schema of a class without references, for the schema of something else."""
    schema = json_schema(cls)
    definitions: dict[str, Schema] = schema.pop("$defs", {})
    return {"title": cls.__name__, **_inlined(schema, definitions, ())}


def _plain(value: Any) -> Json:
    return msgspec.json.decode(msgspec.json.encode(written(value)))


def _inlined(schema: Schema, definitions: dict[str, Schema], path: tuple[str, ...]) -> Schema:
    if "$ref" in schema:
        name: str = schema["$ref"].removeprefix(_REF)
        beside = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
        if name in path:  # a token among the likeliest tokens
            return {"type": "object", **beside}
        return {**_inlined(definitions[name], definitions, (*path, name)), **beside}
    return mapped(schema, lambda inner: _inlined(inner, definitions, path))
