"""Selects, redacts and truncates the recorded content."""

from typing import TYPE_CHECKING

import msgspec

from chatmodels.core import ChatRequest, ChatResponse, ToolCall, ToolResult
from chatmodels.core.extending import Json
from chatmodels.otel._call_attributes import Attributes
from chatmodels.otel._context import NO_ANNOTATIONS, Annotations
from chatmodels.otel._finish_reason import finish_reason
from chatmodels.otel._guard import Guard
from chatmodels.otel._options import TelemetryOptions
from chatmodels.otel._semconv import (
    INPUT_MESSAGES,
    OUTPUT_MESSAGES,
    PROMPT_VARIABLE,
    TOOL_ARGUMENTS,
    TOOL_DEFINITIONS,
    TOOL_RESULT,
)

if TYPE_CHECKING:
    from chatmodels.otel._content.truncation import Budget

STRUCTURED_SINCE = (1, 45)
"""The first version of the API with structured attributes of spans; earlier ones drop them."""


class Capture:
    """Captures the content of messages, tools and tool calls.

    Args:
        options: The options, which contain the limits.
        guard: Receives failures; content that cannot be recorded is left out.
    """

    def __init__(self, options: TelemetryOptions, guard: Guard) -> None:
        self._options = options
        self._guard = guard
        self.on_span = options.content in ("span", "both")
        self.on_event = options.content in ("event", "both")
        if options.content_format == "auto":
            self._structured = api_version() >= STRUCTURED_SINCE
        else:
            self._structured = options.content_format == "structured"

    def of_call(
        self,
        request: ChatRequest,
        response: ChatResponse[object] | None,
        annotations: Annotations = NO_ANNOTATIONS,
        *,
        is_whole: bool = True,
    ) -> Attributes:
        """Return the structured content of a call.

        Args:
            request: The request.
            response: The response, or the part of it that arrived.
            annotations: The facts that the program adds to the call.
            is_whole: Whether the response is complete.
        """
        from chatmodels.otel._content.messages import (
            input_messages,
            output_messages,
            tool_definitions,
        )
        from chatmodels.otel._content.truncation import Budget

        options = self._options
        budget = Budget(options.max_part_chars, options.max_content_chars)
        captured: Attributes = {}
        # The response first: it is short, and the previous call has recorded the conversation.
        if response is not None and response.message.parts:
            self._add(
                captured,
                OUTPUT_MESSAGES,
                output_messages(
                    response.message,
                    finish_reason(response, is_whole=is_whole),
                    options.max_part_chars,
                ),
                budget,
            )
        if request.messages:  # a call with an invalid prompt has none
            self._add(
                captured,
                INPUT_MESSAGES,
                input_messages(request.messages, options.max_part_chars),
                budget,
            )
        if request.tools and options.tool_definitions != "none":
            definitions = tool_definitions(request.tools, full=options.tool_definitions == "full")
            self._add(captured, TOOL_DEFINITIONS, definitions, budget)
        for name, value in annotations.prompt_variables.items():
            self._add(captured, f"{PROMPT_VARIABLE}.{name}", str(value), budget)
        return captured

    def of_tool_call(self, call: ToolCall, result: ToolResult | None) -> Attributes:
        """Return the structured arguments and the result of a tool call."""
        from chatmodels.otel._content.messages import arguments, result_object
        from chatmodels.otel._content.truncation import Budget

        options = self._options
        budget = Budget(options.max_part_chars, options.max_content_chars)
        captured: Attributes = {}
        self._add(captured, TOOL_ARGUMENTS, arguments(call), budget)
        if result is not None:
            self._add(captured, TOOL_RESULT, result_object(result, options.max_part_chars), budget)
        return captured

    def for_span(self, captured: Attributes) -> Attributes:
        """Return content as attributes of a span: structured if possible, else as JSON."""
        if self._structured:
            return captured
        return {
            name: value
            if name.startswith(PROMPT_VARIABLE)  # texts by definition
            else msgspec.json.encode(value).decode()
            for name, value in captured.items()
        }

    def _add(self, captured: Attributes, name: str, value: Json, budget: "Budget") -> None:
        if self._options.redact is not None:
            try:
                value = self._options.redact(name, value)
            except Exception as error:
                # Content must not be recorded without its redaction.
                self._guard.record_failure("redact", error)
                return
        if value is None:
            return
        many = isinstance(value, list) and name in (INPUT_MESSAGES, OUTPUT_MESSAGES)
        captured[name] = budget.newest(value) if many else budget.shorten(value)  # pyright: ignore[reportUnknownArgumentType] # plain JSON


def api_version() -> tuple[int, int]:
    """Return the major and minor version of the installed API."""
    from opentelemetry.version import __version__

    major, minor = __version__.split(".")[:2]
    return int(major), int(minor)
