"""Describes, parses and serializes pydantic models without importing pydantic.

A program that has a model has imported pydantic already.
"""

import sys
from typing import Any, Protocol, runtime_checkable

import msgspec

from chatmodels.core._schema.annotations import TypeForm, named
from chatmodels.core._values.parts import Json


@runtime_checkable
class Foreign(Protocol):
    """A type that describes and validates itself, as pydantic's models do."""

    def model_json_schema(self, *, ref_template: str) -> dict[str, Json]:
        """Return the JSON Schema."""
        ...

    def model_validate_json(self, data: bytes, /) -> object:
        """Parse an instance."""
        ...


class _AcceptsAnything(type):
    """The metaclass of a class that has all objects as instances.

    msgspec checks that the object a hook returns is an instance.
    """

    def __instancecheck__(cls, instance: object) -> bool:
        return True


def adapted(annotation: TypeForm, /) -> type:
    """Wrap a type that only pydantic supports, such as a union of models, for msgspec.

    Raises:
        TypeError: pydantic does not support it either.
    """
    pydantic: Any = sys.modules["pydantic"]
    try:
        adapter = pydantic.TypeAdapter(annotation)
    except pydantic.PydanticUserError as error:
        reason, _, _ = str(error).partition("\n")
        raise TypeError(
            f"{named(annotation)} is not a type that pydantic can parse: {reason}"
        ) from error
    return _AcceptsAnything(
        named(annotation),
        (),
        {
            "model_json_schema": staticmethod(adapter.json_schema),
            "model_validate_json": staticmethod(adapter.validate_json),
        },
    )


def from_json(cls: type, value: Json, /) -> object:
    """Create a pydantic model from parsed JSON: a hook for msgspec's decoders.

    Raises:
        ValueError: The value does not match; the message lists every problem.
    """
    foreign: Any = cls  # other classes have no schema, so no reader
    try:
        # Through JSON, because a strict model accepts a date as a string only from JSON.
        return foreign.model_validate_json(msgspec.json.encode(value))
    except ValueError as error:
        raise ValueError("; ".join(_problems(error))) from error


def _problems(error: Any) -> list[str]:
    """List pydantic's problems, without its links and the input that it quotes."""
    return [
        f"{'.'.join(map(str, item['loc']))}: {item['msg']}".removeprefix(": ")
        for item in error.errors()
    ]


def to_json(value: Any, /) -> msgspec.Raw:
    """Serialize a pydantic model: a hook for msgspec's encoders.

    Raises:
        NotImplementedError: The value is not a pydantic model.
    """
    if not hasattr(value, "model_dump_json"):
        raise NotImplementedError
    dumped: str = value.model_dump_json()
    return msgspec.Raw(dumped.encode())
