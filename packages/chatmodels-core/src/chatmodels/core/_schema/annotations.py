"""The structure of a type: nested classes, the order of its choices, descriptions."""

import types
import typing
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any

TypeForm = Any
"""Any annotation; `typing` has no name for this type before 3.15."""

_TRANSPARENT = (typing.Union, types.UnionType, typing.Required, typing.NotRequired)


class Anatomy:
    """The structure of a type, including nested types and the fields of classes.

    Attributes:
        records: Dataclasses, TypedDicts, NamedTuples and Structs, with their type arguments.
        models: The pydantic models.
        choices: The values of each `Literal` and `Enum` in declared order, by the set of them.
    """

    def __init__(self, annotation: TypeForm, /) -> None:
        """Inspect a type.

        Raises:
            TypeError: A class has type hints that cannot be resolved.
        """
        self.records: list[TypeForm] = []
        self.models: list[TypeForm] = []
        self.choices: dict[frozenset[object], list[object]] = {}
        self._seen: list[TypeForm] = []
        self._inspect(annotation)

    def _inspect(self, annotation: TypeForm) -> None:
        if any(annotation is seen for seen in self._seen):
            return
        self._seen.append(annotation)
        origin = typing.get_origin(annotation)
        if origin is typing.Literal:
            self._add_choices(typing.get_args(annotation))
            return
        for argument in typing.get_args(annotation):
            self._inspect(argument)
        # A `type` statement of 3.12, or a NewType.
        for inner in ("__value__", "__supertype__"):
            self._inspect(getattr(annotation, inner, None))
        cls: TypeForm = origin or annotation
        if not isinstance(cls, type):
            return
        if is_model(cls):
            self.models.append(cls)
        elif issubclass(cls, Enum):
            self._add_choices([member.value for member in cls])
        elif _is_record(cls):
            self.records.append(annotation)
            for hint in hints(cls).values():
                self._inspect(hint)

    def _add_choices(self, values: Iterable[object]) -> None:
        ordered = list(values)
        self.choices[frozenset(ordered)] = ordered


def is_model(cls: TypeForm, /) -> bool:
    """Report whether something is a pydantic model, without importing pydantic."""
    return (
        isinstance(cls, type)
        and hasattr(cls, "model_json_schema")
        and hasattr(cls, "model_validate_json")
    )


def hints(of: TypeForm, /) -> dict[str, TypeForm]:
    """Resolve the type hints of a class or function, including `Annotated`.

    Raises:
        TypeError: A name in them is not defined in their module.
    """
    try:
        return typing.get_type_hints(of, include_extras=True)
    except (AttributeError, NameError, SyntaxError) as error:
        raise TypeError(
            f"the type hints of {named(of)} cannot be resolved ({error}); "
            "define the types that they use at the top level of the module, above it"
        ) from error


def described(annotation: TypeForm, /) -> str | None:
    """Read the description in `Annotated[int, "a description"]`, or in metadata that has one."""
    for metadata in getattr(annotation, "__metadata__", ()):
        text = metadata if isinstance(metadata, str) else getattr(metadata, "description", None)
        if isinstance(text, str):
            from inspect import cleandoc  # it takes long to import

            return cleandoc(text)
    texts = (described(inner) for inner in _inner(annotation))
    return next((text for text in texts if text is not None), None)


def named(annotation: TypeForm, /) -> str:
    """Format a type as in source code."""
    if isinstance(annotation, type) and not typing.get_args(annotation):
        return annotation.__name__
    name = getattr(annotation, "__name__", None)
    if isinstance(name, str) and callable(annotation) and not typing.get_args(annotation):
        return name
    return str(annotation).replace("typing.", "")


def _inner(annotation: TypeForm) -> Iterator[TypeForm]:
    if typing.get_origin(annotation) in _TRANSPARENT:
        yield from typing.get_args(annotation)


def _is_record(cls: TypeForm) -> bool:
    return (
        hasattr(cls, "__dataclass_fields__")
        or hasattr(cls, "__struct_fields__")
        or hasattr(cls, "__attrs_attrs__")
        or typing.is_typeddict(cls)
        or (tuple in cls.__mro__ and hasattr(cls, "_fields"))
    )
