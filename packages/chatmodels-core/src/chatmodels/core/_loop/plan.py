"""The plan of a run: its checked arguments, which are the same in every round."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import msgspec

from chatmodels.core._errors.classes import ChatModelError, ConfigurationError, InvalidRequestError
from chatmodels.core._tools.toolbox import tool_choice, tool_definitions
from chatmodels.core._tools.tools import Tool
from chatmodels.core._values.request import ToolChoice, ToolDefinition

Hook = Callable[..., Any]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments of a run; see `ToolLoopOptions`.

    Attributes:
        tools: The tools that can be run, by their names.
        definitions: The definitions of all tools.
        tool_choice: The tool choice of the first round.
        output_type: The type of the final response.
        call_options: The other options of each call of the model.
        context: The value of the `ToolContext` parameters of tools.
        before_tool: The hook before a tool runs.
        after_tool: The hook after it.
    """

    tools: Mapping[str, Tool[..., Any]]
    definitions: tuple[ToolDefinition, ...]
    tool_choice: ToolChoice | None
    output_type: Any
    call_options: Mapping[str, Any]
    context: Any = None
    before_tool: Hook | None = None
    after_tool: Hook | None = None
    max_rounds: int = 10
    max_tool_calls: int | None = None
    max_total_tokens: int | None = None
    max_seconds: float | None = None
    max_concurrency: int = 8
    on_tool_error: Literal["return", "raise"] = "return"
    on_limit: Literal["raise", "return"] = "raise"
    name: str | None = None
    clock: Callable[[], float] = time.monotonic

    @property
    def external(self) -> set[str]:
        """The names of the tools that the caller runs itself, because they have no function."""
        return {each.name for each in self.definitions} - self.tools.keys()


def plan_of(options: Mapping[str, Any], output_type: Any, *, is_async: bool) -> Plan:
    """Check the arguments of a run.

    Raises:
        InvalidRequestError: Options are out of range or of a wrong type; the message lists them
            all.
        ConfigurationError: A tool cannot be used: it is async in a sync run, or needs a context.
    """
    call_options = dict(options)
    own = {name: call_options.pop(name) for name in _RULES if name in call_options}
    problems = [
        f"{name} must be {expected}, not {own[name]!r}"
        for name, (is_valid, expected) in _RULES.items()
        if name in own and not is_valid(own[name])
    ]
    if problems:
        raise InvalidRequestError("; ".join(problems), op="run_tools")
    try:
        given = call_options.pop("tools", None)
        tools = _listed(given)
        definitions = tool_definitions(tools or given)
        choice = tool_choice(call_options.pop("tool_choice", None), definitions)
    except ChatModelError as error:
        raise error.located(op="run_tools")
    runnable = {
        definition.name: _runnable(item)
        for definition, item in zip(definitions, tools, strict=True)
        if not isinstance(item, ToolDefinition)
    }
    for tool in runnable.values():
        tool.check_context(own.get("context"))
    if not is_async and (async_tools := [name for name, tool in runnable.items() if tool.is_async]):
        raise ConfigurationError(
            f"tools are async: {', '.join(async_tools)}; use arun_tools or astream_tools",
            op="run_tools",
        )
    return Plan(
        tools=runnable,
        definitions=definitions,
        tool_choice=choice,
        output_type=output_type,
        call_options=call_options,
        **own,
    )


def _listed(tools: object) -> tuple[Any, ...]:
    """Return the tools as a tuple; an iterator of them can be read only once."""
    return tuple(tools) if isinstance(tools, Iterable) else ()  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - of any values


def _runnable(tool: Any) -> Tool[..., Any]:
    return tool if isinstance(tool, Tool) else Tool(tool)  # pyright: ignore[reportUnknownVariableType] - of any parameters


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_limit(value: object) -> bool:
    return value is None or _is_count(value)


def _is_duration(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


_Rule = tuple[Callable[[object], bool], str]

_COUNT: _Rule = (_is_count, "an integer of at least 1")
_LIMIT: _Rule = (_is_limit, "an integer of at least 1, or None")
_HOOK: _Rule = (lambda value: value is None or callable(value), "a function or None")
_RULES: dict[str, _Rule] = {
    "context": (lambda _: True, "any value"),
    "before_tool": _HOOK,
    "after_tool": _HOOK,
    "max_rounds": _COUNT,
    "max_tool_calls": _LIMIT,
    "max_total_tokens": _LIMIT,
    "max_seconds": (_is_duration, "a number of seconds above 0, or None"),
    "max_concurrency": _COUNT,
    "on_tool_error": (lambda value: value in ("return", "raise"), '"return" or "raise"'),
    "on_limit": (lambda value: value in ("raise", "return"), '"raise" or "return"'),
    "name": (lambda value: value is None or isinstance(value, str), "a text or None"),
    "clock": (callable, "a function that returns seconds"),
}
