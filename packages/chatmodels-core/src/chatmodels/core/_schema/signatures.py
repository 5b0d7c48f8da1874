"""The parameters of a function that is to be a tool, and all that stands in the way of it."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

from chatmodels.core._schema.annotations import hints
from chatmodels.core._values.parts import FrozenValue

REQUIRED: Any = inspect.Parameter.empty
"""Stands for a default that there is none of."""

_IMPOSSIBLE = {
    inspect.Parameter.POSITIONAL_ONLY: "is positional-only, and a model passes arguments by name",
    inspect.Parameter.VAR_POSITIONAL: "takes any number of arguments; take a list instead",
    inspect.Parameter.VAR_KEYWORD: "takes arguments of any name; take a dict instead",
}


class ToolParameter(FrozenValue, frozen=True):
    """A parameter that a model can give an argument for."""

    name: str
    annotation: Any
    default: Any = REQUIRED


def parameters(function: Callable[..., object], /) -> tuple[list[ToolParameter], list[str]]:
    """List a function's parameters, and the problems that keep it from being a tool."""
    if isinstance(function, type):
        return [], ["it is a class; decorate a function that makes one"]
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        return [], ["it is a generator; return a list or a text"]
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
    found: list[ToolParameter] = []
    problems: list[str] = []
    for position, (name, parameter) in enumerate(signature.parameters.items()):
        annotation = annotations.get(name, parameter.annotation)
        if parameter.kind in _IMPOSSIBLE:
            problems.append(f"{parameter} {_IMPOSSIBLE[parameter.kind]}")
        elif annotation is not REQUIRED:
            found.append(ToolParameter(name, annotation, parameter.default))
        elif position == 0 and name in {"self", "cls"}:
            problems.append("it is a method; make the tool of a bound one: tool(instance.method)")
        else:
            problems.append(f"{name} has no type annotation")
    return found, problems


def is_async(function: Callable[..., object], /) -> bool:
    """Tell whether calling it gives a coroutine."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 - the method is wanted, not the answer
    )


def _annotated(function: Callable[..., object]) -> object:
    """Find what bears the type hints."""
    while isinstance(function, functools.partial):
        function = function.func
    return function if inspect.isroutine(function) else type(function).__call__
