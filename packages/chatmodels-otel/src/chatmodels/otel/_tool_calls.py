"""Spans for tools that the program runs without core's `Tool`."""

from collections.abc import Callable
from types import TracebackType

import msgspec

from chatmodels.core import TextPart, ToolCall, ToolResult
from chatmodels.core.extending import Json, ToolDefinition
from chatmodels.otel._telemetry import Telemetry, default_telemetry


class execute_tool:  # noqa: N801 - used as a function, like the context managers of the library
    """Record a `with` block as the execution of a tool.

    Core's tools do not need it: `ChatModelsInstrumentor`, or core's `watch_tools(telemetry.tools)`,
    records their calls.

    Args:
        name: The tool's name.
        call: The tool call of the model, if there is one.
        description: The tool's description.
        telemetry: The telemetry; None for the environment's options and the global providers.

    ```python
    with execute_tool("weather", call) as note:
        note(result := weather(**call.arguments))
    ```
    """

    def __init__(
        self,
        name: str,
        call: ToolCall | None = None,
        *,
        description: str = "",
        telemetry: Telemetry | None = None,
    ) -> None:
        self._call = ToolCall("", name) if call is None else call
        definition = ToolDefinition(name, description, {})
        self._running = (telemetry or default_telemetry()).tools(definition, self._call)

    def __enter__(self) -> Callable[[Json], None]:
        """Begin the execution; call the returned function with the result."""
        record_result = self._running.__enter__()

        def note(result: Json) -> None:
            if not isinstance(result, ToolResult):
                text = result if isinstance(result, str) else _json(result)
                result = ToolResult(self._call.id, (TextPart(text),), self._call.name)
            record_result(result)

        return note

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the execution, with the exception if there is one."""
        self._running.__exit__(kind, error, traceback)


def _json(value: object) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError, RecursionError):
        return f"<{type(value).__qualname__}>"
