"""How pydantic models are described, read and written, without importing pydantic.

Whoever has a model has imported pydantic already.
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
        """Make the JSON Schema."""
        ...

    def model_validate_json(self, data: bytes, /) -> object:
        """Make an instance."""
        ...


class _AnythingGoes(type):
    """A class that everything is an instance of: msgspec checks what a hook gives back."""

    def __instancecheck__(cls, instance: object) -> bool:
        return True


def adapted(annotation: TypeForm, /) -> type:
    """Wrap a type that only pydantic understands, as a union of models, so that msgspec takes it.

    Raises:
        TypeError: pydantic does not understand it either.
    """
    pydantic: Any = sys.modules["pydantic"]
    try:
        adapter = pydantic.TypeAdapter(annotation)
    except pydantic.PydanticUserError as error:
        reason, _, _ = str(error).partition("\n")
        raise TypeError(
            f"{named(annotation)} is not a type that pydantic can read: {reason}"
        ) from error
    return _AnythingGoes(
        named(annotation),
        (),
        {
            "model_json_schema": staticmethod(adapter.json_schema),
            "model_validate_json": staticmethod(adapter.validate_json),
        },
    )


def from_json(cls: type, value: Json, /) -> object:
    """Make an instance of a pydantic model of parsed JSON: a hook for msgspec's decoders.

    Raises:
        ValueError: The value does not fit; the message lists every problem.
    """
    foreign: Any = cls  # else there were no schema, and no reader
    try:
        # By way of JSON, since a strict model takes a date as a text only there.
        return foreign.model_validate_json(msgspec.json.encode(value))
    except ValueError as error:
        raise ValueError("; ".join(_problems(error))) from error


def _problems(error: Any) -> list[str]:
    """List what pydantic found, without its links and the input that it quotes."""
    return [
        f"{'.'.join(map(str, item['loc']))}: {item['msg']}".removeprefix(": ")
        for item in error.errors()
    ]


def to_json(value: Any, /) -> msgspec.Raw:
    """Give a pydantic model's JSON: a hook for msgspec's encoders.

    Raises:
        NotImplementedError: It is something else.
    """
    if not hasattr(value, "model_dump_json"):
        raise NotImplementedError
    dumped: str = value.model_dump_json()
    return msgspec.Raw(dumped.encode())
