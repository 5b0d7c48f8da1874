"""What a class or function asks for: its parameters, read as the types that shall fill them."""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Union, get_args, get_origin, get_type_hints

import msgspec

if TYPE_CHECKING:
    from inspect import Parameter


class Dependency(msgspec.Struct, frozen=True):
    """One parameter of a maker.

    Attributes:
        name: The parameter's name.
        key: The type that it asks for, without `Annotated` and `| None`.
        required: Whether it has no default.
        positional: Whether it can be passed by position only.
        problem: Why it cannot be filled, whatever is registered; usually empty.
    """

    name: str
    key: object = None
    required: bool = False
    positional: bool = False
    problem: str = ""


def read_dependencies(make: Callable[..., object], /) -> tuple[Dependency, ...]:
    """Read the parameters that a container is to fill; problems are part of the answer.

    Left out are `*args`, `**kwargs`, what a `partial` has settled by name and, where they have a
    default, parameters without annotation and parameters that are passed by position only.
    """
    import inspect

    inner: Callable[..., object] = make
    settled: set[str] = set()
    if isinstance(inner, partial):
        inner, settled = inner.func, set(inner.keywords)
    owner = type_name(inner)
    try:
        parameters = inspect.signature(make).parameters.values()
    except (NameError, TypeError, ValueError) as error:
        problem = f"the parameters of {owner} cannot be read ({error}); wrap it in a function"
        return (Dependency("", problem=problem),)
    writers = inner.__mro__ if isinstance(inner, type) else (inspect.unwrap(inner),)
    names = dict(_names_around(writers))
    return tuple(
        _read(parameter, owner, names)
        for parameter in parameters
        if parameter.name not in settled and _fillable(parameter)
    )


def type_name(key: object, /) -> str:
    """Name a type, or what stands for one, as people write it."""
    name = getattr(key, "__name__", None)
    return name if isinstance(name, str) and not get_args(key) else str(key)


def _fillable(parameter: "Parameter") -> bool:
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        return False
    named = parameter.kind is not parameter.POSITIONAL_ONLY
    annotated = parameter.annotation is not parameter.empty
    return (named and annotated) or parameter.default is parameter.empty


def _names_around(writers: tuple[object, ...]) -> Iterator[tuple[str, object]]:
    """Yield the names that annotations can use: a class inherits some from other modules."""
    for writer in reversed(writers):
        module = sys.modules.get(getattr(writer, "__module__", None) or "")
        yield from vars(module).items() if module else ()


def _read(parameter: "Parameter", owner: str, names: dict[str, object]) -> Dependency:
    name = parameter.name
    if parameter.annotation is parameter.empty:
        problem = (
            f"parameter {name!r} of {owner} has neither an annotation nor a default;"
            " annotate it, or register a function that needs no such parameter"
        )
        return Dependency(name, problem=problem)

    def holder() -> None: ...  # get_type_hints reads functions; one parameter at a time here.

    holder.__annotations__ = {name: parameter.annotation}
    try:
        hint = get_type_hints(holder, names)[name]
    except Exception as error:  # An annotation is code: it can raise anything.
        problem = (
            f"the annotation of parameter {name!r} of {owner} cannot be evaluated ({error});"
            " import what it names at run time, at the top of the module"
        )
        return Dependency(name, problem=problem)
    return Dependency(
        name,
        key=_without_none(hint),
        required=parameter.default is parameter.empty,
        positional=parameter.kind is parameter.POSITIONAL_ONLY,
    )


def _without_none(hint: object) -> object:
    if get_origin(hint) in (Union, UnionType):
        members = [member for member in get_args(hint) if member is not NoneType]
        if len(members) == 1:
            return members[0]
    return hint
