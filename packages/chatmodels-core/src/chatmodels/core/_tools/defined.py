"""Tools with a definition from elsewhere, such as that of an MCP server."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._tools.tools import Tool
from chatmodels.core._values.parts import ToolCall
from chatmodels.core._values.request import ToolDefinition

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


class DefinedTool(Tool[P, R_co]):
    """A function that receives the arguments of calls as the model wrote them."""

    def __init__(self, definition: ToolDefinition, function: Callable[P, R_co], /) -> None:
        """Connect a definition with a function; see `Tool.from_definition`."""
        if not isinstance(definition, ToolDefinition) or not callable(function):  # pyright: ignore[reportUnnecessaryIsInstance, reportUnnecessaryComparison] - untyped callers
            raise ConfigurationError(
                "Tool.from_definition() accepts a ToolDefinition and a function, not "
                f"{type(definition).__name__} and {type(function).__name__}",
                op="tool",
            )
        self._adopt(function, definition)

    def validate(self, call: ToolCall, /) -> dict[str, Any]:
        """Parse a call's arguments, which can be any JSON object."""
        return call.arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return DefinedTool, (self.definition, self.function)
