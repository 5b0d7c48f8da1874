"""Spans of runs of a model with tools, above the spans of its calls and of its tools."""

from time import monotonic, time_ns
from typing import TYPE_CHECKING, Any

from opentelemetry.context import get_current
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context

from chatmodels.core import ChatRequest, ToolRun
from chatmodels.core.extending import ToolRunInfo
from chatmodels.otel._call_attributes import Attributes
from chatmodels.otel._call_state import RunState
from chatmodels.otel._content.capture import Capture
from chatmodels.otel._context import current_annotations, name_agent
from chatmodels.otel._failure import error_type, message
from chatmodels.otel._finish_reason import finish_reason
from chatmodels.otel._guard import Guard
from chatmodels.otel._semconv import (
    AGENT_NAME,
    CONVERSATION_ID,
    ERROR_TYPE,
    FINISH_REASONS,
    INPUT_TOKENS,
    INVOKE_AGENT,
    OPERATION_NAME,
    OUTPUT_TOKENS,
    REQUEST_MODEL,
)

if TYPE_CHECKING:
    from chatmodels.otel._metrics.instruments import Meters


class RunSpans:
    """Records runs.

    Args:
        capture: The content to record.
        guard: Receives failures.
        tracer: Creates the spans; None for no spans.
        meters: The instruments; None for no measurements.
    """

    def __init__(
        self, capture: Capture, guard: Guard, *, tracer: Tracer | None, meters: "Meters | None"
    ) -> None:
        self._capture = capture
        self._guard = guard
        self._tracer = tracer
        self._meters = meters

    def start(self, info: ToolRunInfo) -> RunState | None:
        """Begin the span of a run."""
        if self._tracer is None and self._meters is None:
            return None
        span, context, started, outside = None, None, time_ns(), get_current()
        if info.name:
            context = outside = name_agent(info.name, outside)
        if self._tracer is not None:
            attributes: Attributes = {
                OPERATION_NAME: INVOKE_AGENT,
                REQUEST_MODEL: info.model,
                **_named(info),
            }
            conversation = current_annotations().conversation
            if conversation is not None:
                attributes[CONVERSATION_ID] = conversation
            span = self._tracer.start_span(
                f"{INVOKE_AGENT} {info.name}" if info.name else INVOKE_AGENT,
                outside,
                SpanKind.INTERNAL,
                attributes,
                start_time=started,
            )
            if span.get_span_context().is_valid:
                context = set_span_in_context(span, outside)
        return RunState(info, span, started, monotonic(), context)

    def end(self, state: RunState, run: ToolRun[Any], error: BaseException | None) -> None:
        """End the span and record the measurements, independent of each other's failures."""
        duration = monotonic() - state.began
        failure = None if error is None else error_type(error)
        span = state.span
        if span is not None:
            try:
                if span.is_recording():
                    self._describe(span, state.info, run, failure, error)
            except Exception as raised:
                self._guard.record_failure("runs", raised)
            span.end(state.started + round(duration * 1e9))
        if self._meters is not None:
            self._measure(self._meters, state, duration, failure)

    def _describe(
        self,
        span: Span,
        info: ToolRunInfo,
        run: ToolRun[Any],
        failure: str | None,
        error: BaseException | None,
    ) -> None:
        attributes: Attributes = {}
        usage = run.usage
        if usage.input_tokens is not None:
            attributes[INPUT_TOKENS] = usage.input_tokens
        if usage.output_tokens is not None:
            attributes[OUTPUT_TOKENS] = usage.output_tokens
        response = run.responses[-1] if run.responses else None
        if response is not None:
            attributes[FINISH_REASONS] = [finish_reason(response, is_whole=failure is None)]
        if failure is not None and error is not None:
            attributes[ERROR_TYPE] = failure
            text = message(error, content=self._capture.on_span)
            span.set_status(Status(StatusCode.ERROR, text))
        if self._capture.on_span:
            request = ChatRequest(messages=info.messages, tools=info.tools)
            captured = self._capture.of_call(request, response, is_whole=failure is None)
            attributes |= self._capture.for_span(captured)
        span.set_attributes(attributes)

    def _measure(
        self, meters: "Meters", state: RunState, duration: float, failure: str | None
    ) -> None:
        info, context = state.info, state.context
        counted: Attributes = _named(info)
        timed = counted | {REQUEST_MODEL: info.model}
        if failure is not None:
            timed[ERROR_TYPE] = failure
        meters.run_duration.record(duration, timed, context)
        meters.run_model_calls.record(info.model_calls, counted, context)
        meters.run_tool_calls.record(info.tool_calls, counted, context)


def _named(info: ToolRunInfo) -> Attributes:
    return {AGENT_NAME: info.name} if info.name else {}
