"""The tools of one call: normalizes the arguments `tools` and `tool_choice`."""

import functools
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

from chatmodels.core._errors.classes import ConfigurationError, InvalidRequestError
from chatmodels.core._spelling import hint
from chatmodels.core._tools.tools import Tool
from chatmodels.core._values.request import ToolChoice, ToolDefinition

if TYPE_CHECKING:
    from chatmodels.core._tools.tools import ToolChoiceLike, ToolLike

# Not `isinstance` with an abstract type, which would take longer than the rest.
_PLAIN_SEQUENCES = frozenset({list, tuple})
_MODES = {mode: ToolChoice(mode) for mode in ("auto", "none", "required")}


def tool_definitions(tools: "Sequence[ToolLike] | None", /) -> tuple[ToolDefinition, ...]:
    """Convert tools in any form to their definitions.

    The definition of a plain function is cached as long as the function exists.

    Raises:
        ConfigurationError: A function cannot be a tool, or an object is not a function.
        InvalidRequestError: Two tools have the same name, or the argument is not a sequence of
            tools.
    """
    if not tools:
        return ()
    if type(tools) not in _PLAIN_SEQUENCES and (
        isinstance(tools, ToolDefinition | Tool | str | Mapping) or not isinstance(tools, Iterable)  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
    ):
        name = getattr(tools, "__name__", None) or getattr(tools, "name", "...")
        raise InvalidRequestError(
            f"tools must be a sequence of functions, Tools and ToolDefinitions, not "
            f"{type(tools).__name__}; pass tools=[{name}]"
        )
    definitions = tuple(map(_definition, tools))
    if len(definitions) > 1 and len({definition.name for definition in definitions}) < len(
        definitions
    ):
        names = [definition.name for definition in definitions]
        duplicates = sorted({repr(name) for name in names if names.count(name) > 1})
        raise InvalidRequestError(
            f"several tools are named {', '.join(duplicates)}; rename them with tool(name=...)"
        )
    return definitions


def tool_choice(
    choice: "ToolChoiceLike | None", definitions: Sequence[ToolDefinition], /
) -> ToolChoice | None:
    """Convert a tool choice in any form to a `ToolChoice`.

    Args:
        choice: "auto", "none", "required", a tool or its name, or a `ToolChoice`.
        definitions: The tools to choose from.

    Raises:
        InvalidRequestError: The choice is not among the tools, or there are no tools.
    """
    if choice is None:
        return None
    if isinstance(choice, str):
        chosen = _MODES.get(choice) or ToolChoice("tool", choice)
    elif isinstance(choice, ToolChoice):
        chosen = choice
    else:
        chosen = ToolChoice("tool", _definition(choice).name)
    names = [definition.name for definition in definitions]
    if chosen.mode == "tool" and chosen.name not in names:
        raise InvalidRequestError(_no_such_tool(chosen.name, names))
    if chosen.mode == "required" and not names:
        raise InvalidRequestError("tool_choice is 'required', but there are no tools; pass tools=")
    return chosen if names else None


def _definition(item: "ToolLike") -> ToolDefinition:
    if isinstance(item, Tool):
        return item.definition
    if isinstance(item, ToolDefinition):
        return item
    if not callable(item):  # pyright: ignore[reportUnnecessaryComparison] - untyped callers
        raise ConfigurationError(
            f"a tool must be a function, a Tool or a ToolDefinition, not {type(item).__name__}"
        )
    cache = _definition_cache()
    # A bound method is a new object on each access; its function is the same.
    key: object = getattr(item, "__func__", item)
    try:
        definition = cache.get(key)
    except TypeError:  # not hashable or without weak references, so not cached
        return Tool(item).definition
    if definition is None:
        definition = cache[key] = Tool(item).definition
    return definition


def _no_such_tool(name: str | None, names: Sequence[str]) -> str:
    modes = ", ".join(map(repr, _MODES))
    remedy = hint(name or "", names) or f"choose one of them or a mode: {modes}"
    return f"there is no tool named {name!r} (tools: {', '.join(names) or 'none'}); {remedy}"


@functools.cache
def _definition_cache() -> MutableMapping[Any, ToolDefinition]:
    """Return the cache of the definitions of plain functions, with weak keys."""
    # Imported here, since few programs pass plain functions.
    import weakref

    return weakref.WeakKeyDictionary()
