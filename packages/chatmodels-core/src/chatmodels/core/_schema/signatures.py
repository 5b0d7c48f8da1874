"""The parameters of a function, and the problems that prevent its use as a tool."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

from chatmodels.core._schema.annotations import hints
from chatmodels.core._values.parts import FrozenValue

REQUIRED: Any = inspect.Parameter.empty
"""Marks a parameter without a default."""

_IMPOSSIBLE = {
    inspect.Parameter.POSITIONAL_ONLY: "is positional-only, and a model passes arguments by name",
    inspect.Parameter.VAR_POSITIONAL: "accepts any number of arguments; accept a list instead",
    inspect.Parameter.VAR_KEYWORD: "accepts arguments of any name; accept a dict instead",
}


class ToolParameter(FrozenValue, frozen=True):
    """A parameter that a model can pass an argument for."""

    name: str
    annotation: Any
    default: Any = REQUIRED


def parameters(function: Callable[..., object], /) -> tuple[list[ToolParameter], list[str]]:
    """List a function's parameters, and the problems that prevent its use as a tool."""
    if isinstance(function, type):
        return [], ["it is a class; decorate a function that makes one"]
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        return [], ["it is a generator; return a list or a string"]
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError) as error:
        return [], [f"its signature cannot be read: {error}"]
    try:
        annotations = hints(_annotated(function))
    except TypeError as error:
        return [], [str(error)]
    except RecursionError:
        return [], ["a parameter's type is nested too deeply; use a flatter one"]
    usable: list[ToolParameter] = []
    problems: list[str] = []
    for position, (name, parameter) in enumerate(signature.parameters.items()):
        annotation = annotations.get(name, parameter.annotation)
        if parameter.kind in _IMPOSSIBLE:
            problems.append(f"{parameter} {_IMPOSSIBLE[parameter.kind]}")
        elif annotation is not REQUIRED:
            usable.append(ToolParameter(name, annotation, parameter.default))
        elif position == 0 and name in {"self", "cls"}:
            problems.append("it is a method; make the tool of a bound one: tool(instance.method)")
        else:
            problems.append(f"{name} has no type annotation")
    return usable, problems


def is_async(function: Callable[..., object], /) -> bool:
    """Report whether a call returns a coroutine."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 - the method itself is needed
    )


def _annotated(function: Callable[..., object]) -> object:
    """Find the function or method that has the type hints."""
    while isinstance(function, functools.partial):
        function = function.func
    return function if inspect.isroutine(function) else type(function).__call__
