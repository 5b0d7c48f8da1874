"""The observer of tool calls, which records `execute_tool` spans."""

from collections.abc import Callable
from time import monotonic, time_ns
from types import TracebackType

from opentelemetry.metrics import Histogram
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context

from chatmodels.core import ToolCall, ToolResult
from chatmodels.core.extending import ToolDefinition
from chatmodels.otel._call_attributes import Attributes
from chatmodels.otel._content.capture import Capture
from chatmodels.otel._context import Attached, current_agent, current_annotations
from chatmodels.otel._failure import error_type, message
from chatmodels.otel._guard import Guard
from chatmodels.otel._metrics.cardinality import BoundedNames
from chatmodels.otel._metrics.instruments import Meters
from chatmodels.otel._semconv import (
    AGENT_NAME,
    CONVERSATION_ID,
    ERROR_TYPE,
    EXECUTE_TOOL,
    OPERATION_NAME,
    TOOL_CALL_ID,
    TOOL_DESCRIPTION,
    TOOL_NAME,
    TOOL_TYPE,
)

TOOL_ERROR = "tool_error"
"""The `error.type` of a tool that reports its failure to the model."""

FUNCTION = "function"

MAX_TOOLS = 256
"""The largest number of tool names in metrics: models can invent names."""


class ToolSpans:
    """A `ToolWatcher` of core.

    Args:
        capture: Captures arguments and results.
        guard: Receives failures.
        tracer: The source of spans, if spans are recorded.
        meters: The instruments, if metrics are recorded.
    """

    def __init__(
        self, capture: Capture, guard: Guard, *, tracer: Tracer | None, meters: Meters | None
    ) -> None:
        self._capture = capture
        self._guard = guard
        self._tracer = tracer
        self._names = BoundedNames(MAX_TOOLS)
        self._duration: Histogram | None = None if meters is None else meters.tool_duration

    def __call__(self, definition: ToolDefinition, call: ToolCall, /) -> "RunningToolCall":
        """Return the context manager for the execution of a tool."""
        return RunningToolCall(self, definition, call)

    def begin(self, definition: ToolDefinition, call: ToolCall, started: int) -> Span | None:
        """Begin the span of a tool call."""
        if self._tracer is None:
            return None
        span: Span | None = None
        try:
            span = self._tracer.start_span(
                f"{EXECUTE_TOOL} {definition.name}",
                kind=SpanKind.INTERNAL,
                attributes={
                    OPERATION_NAME: EXECUTE_TOOL,
                    TOOL_NAME: definition.name,
                    TOOL_TYPE: FUNCTION,
                },
                start_time=started,
            )
            if span.is_recording():
                attributes: Attributes = {}
                if call.id:
                    attributes[TOOL_CALL_ID] = call.id
                if definition.description:
                    attributes[TOOL_DESCRIPTION] = definition.description
                conversation = current_annotations().conversation
                if conversation is not None:
                    attributes[CONVERSATION_ID] = conversation
                attributes |= _agent()
                span.set_attributes(attributes)
        except Exception as error:
            self._guard.record_failure("tools", error)
        return span

    def attached(self, span: Span | None) -> Attached | None:
        """Make a span current; None if there is no valid span."""
        try:
            if span is None or not span.get_span_context().is_valid:
                return None
            attached = Attached(set_span_in_context(span))
            attached.__enter__()
        except Exception as error:
            self._guard.record_failure("tools", error)
            return None
        return attached

    def end(
        self,
        definition: ToolDefinition,
        call: ToolCall,
        span: Span | None,
        result: ToolResult | None,
        error: BaseException | None,
        started: int,
        duration: float,
    ) -> None:
        """End the span and record the duration."""
        failure: str | None = None
        if error is not None:
            failure = error_type(error)
        elif result is not None and result.is_error:
            failure = TOOL_ERROR
        try:
            if span is not None and span.is_recording():
                self._describe(span, call, result, failure, error)
        except Exception as raised:
            self._guard.record_failure("tools", raised)
        try:
            if span is not None:
                span.end(started + round(duration * 1e9))
            if self._duration is not None:
                name = self._names.limit(definition.name)
                attributes: Attributes = {TOOL_NAME: name, TOOL_TYPE: FUNCTION, **_agent()}
                if failure is not None:
                    attributes[ERROR_TYPE] = failure
                context = None if span is None else set_span_in_context(span)
                self._duration.record(duration, attributes, context)
        except Exception as raised:
            self._guard.record_failure("tools", raised)

    def _describe(
        self,
        span: Span,
        call: ToolCall,
        result: ToolResult | None,
        failure: str | None,
        error: BaseException | None,
    ) -> None:
        if failure is not None:
            span.set_attribute(ERROR_TYPE, failure)
            text = None if error is None else message(error, content=self._capture.on_span)
            span.set_status(Status(StatusCode.ERROR, text))
        if self._capture.on_span:
            captured = self._capture.of_tool_call(call, result)
            span.set_attributes(self._capture.for_span(captured))


def _agent() -> Attributes:
    name = current_agent()
    return {} if name is None else {AGENT_NAME: name}


class RunningToolCall:
    """The execution of a tool, whose span is current in the `with` block."""

    __slots__ = (
        "_attached",
        "_began",
        "_call",
        "_definition",
        "_result",
        "_span",
        "_spans",
        "_started",
    )

    def __init__(self, spans: ToolSpans, definition: ToolDefinition, call: ToolCall) -> None:
        self._spans = spans
        self._definition = definition
        self._call = call
        self._result: ToolResult | None = None

    def __enter__(self) -> Callable[[ToolResult], None]:
        self._started = time_ns()
        self._began = monotonic()
        self._span = self._spans.begin(self._definition, self._call, self._started)
        self._attached = self._spans.attached(self._span)
        return self._note

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        duration = monotonic() - self._began
        if self._attached is not None:
            self._attached.__exit__(kind, error, traceback)
        self._spans.end(
            self._definition, self._call, self._span, self._result, error, self._started, duration
        )

    def _note(self, result: ToolResult) -> None:
        self._result = result
