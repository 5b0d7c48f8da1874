"""The observer of calls: it begins their spans, makes them current, and records their end."""

import sys
from collections.abc import Callable
from time import time_ns
from typing import TYPE_CHECKING, Any, Self

from opentelemetry.context import Context, attach, get_current
from opentelemetry.trace import (
    INVALID_SPAN,
    NonRecordingSpan,
    Span,
    SpanKind,
    Tracer,
    get_current_span,
    set_span_in_context,
)

from chatmodels.core import ChatResponse, HealthReport, ToolRun
from chatmodels.core.extending import CallInfo, ToolRunInfo
from chatmodels.otel._call_end import CallRecorder
from chatmodels.otel._call_state import CallState, RunState
from chatmodels.otel._context import current_annotations, restore_context
from chatmodels.otel._failure import error_type
from chatmodels.otel._guard import Guard
from chatmodels.otel._model_attributes import ModelAttributes, is_below_any
from chatmodels.otel._options import TelemetryOptions
from chatmodels.otel._semconv import OTHER
from chatmodels.otel._spans.duplicates import UTIL_GENAI, is_recorded, mark_context

if TYPE_CHECKING:
    from chatmodels.otel._logs.events import Events
    from chatmodels.otel._metrics.instruments import Meters
    from chatmodels.otel._spans.runs import RunSpans

MAX_MODELS = 1024
"""The largest number of models with attributes and metrics of their own."""

Key = tuple[str, str, str | None, str | None]
"""Provider, model, endpoint and API, which determine the attributes of a model."""

_CLIENT = SpanKind.CLIENT

# For half of the cost of `get_current_span` and of the properties of a span's context. The API does
# not publish the key.
_SPAN = next(iter(set_span_in_context(INVALID_SPAN, Context())))
_TRACE_ID, _FLAGS = 0, 3


class CallObserver:
    """An `Observer` of core that records calls.

    The cost of a call depends on the recorded data: without an SDK, only the check for one; without
    sampling, a span; or more.

    Args:
        options: The options.
        guard: Receives failures.
        tracer: The source of spans, if spans are recorded.
        meters: The instruments, if metrics are recorded.
        events: Emits log events, if events are recorded.
        default: Returns the observer of the default telemetry. Pickles contain its name.
    """

    def __init__(
        self,
        options: TelemetryOptions,
        guard: Guard,
        *,
        tracer: Tracer | None,
        meters: "Meters | None",
        events: "Events | None",
        default: "Callable[[], CallObserver]",
    ) -> None:
        self._default = default
        self._options = options
        self._guard = guard
        self._tracer = tracer
        self._meters = meters
        self._events = events
        self._recorder = CallRecorder(options, guard, tracer=tracer, meters=meters, events=events)
        self._runs: RunSpans | None = None
        self._wants_exchanges = options.http_spans != "none"
        self._models: dict[Key, ModelAttributes] = {}
        self._rest: dict[str, ModelAttributes] = {}

    def __deepcopy__(self, _: object, /) -> Self:
        """Return the same object: copies of a model share their telemetry."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the observer of the default telemetry: providers belong to one process."""
        return self._default, ()

    def start(self, call: CallInfo, /) -> CallState | None:
        """Begin the span of a call.

        Returns:
            None if nothing is recorded: without an SDK, or if another instrumentation records the
            call already.
        """
        # Without helper functions: most of the overhead of a call without sampling is here.
        span: Span | None = None
        try:
            is_shared = UTIL_GENAI in sys.modules
            if is_shared and is_recorded():
                return None
            key = (call.provider, call.model, call.endpoint, call.api)
            model = self._models.get(key) or self._model_attributes(key)
            state: CallState | None = None
            if self._tracer is not None:
                outside = get_current()
                started = time_ns()
                start = model.streamed if call.op == "stream" else model.whole
                span = self._tracer.start_span(
                    model.span_name, outside, _CLIENT, start, (), started
                )
                # The type is known without a call.
                is_sampled = type(span) is not NonRecordingSpan and span.is_recording()
                context = outside
                if is_sampled or is_shared or not _needs_no_context(span, outside):
                    context = set_span_in_context(span, outside)
                    if is_shared:
                        context = mark_context(context)
                    state = CallState(call, model, span, started, is_sampled, context)
                if is_sampled and self._wants_exchanges and call.exchanges is None:
                    call.exchanges = []
                if model.propagates:
                    call.headers = _traceparent(context)
            if self._meters is not None and self._meters.is_live():
                state = state or CallState(call, model)
                self._measure(state, self._meters)
            elif state is None and self._events is not None and self._events.is_live():
                state = CallState(call, model)
            if state is not None and (state.is_recorded or self._recorder.wants_details):
                state.annotations = current_annotations()
        except Exception as error:
            self._guard.record_failure("start", error)
            if span is not None:
                span.end()
            return None
        return state

    def enter(self, token: CallState | RunState, /) -> None:
        """Make the span current while core works on the call, or on the run."""
        if token.context is not None:
            token.attached = attach(token.context)

    def leave(self, token: CallState | RunState, /) -> None:
        """Restore the previous context while core does not work on the call, or on the run."""
        if token.context is not None and token.attached is not None:
            restore_context(token.context, token.attached)
            token.attached = None

    def checked(self, report: HealthReport, /) -> None:
        """Record the report of a health check."""
        if self._meters is not None:
            self._meters.registry.checked(report)

    def attempt_failed(self, token: CallState | None, error: Exception, /) -> None:
        """Store the error type of a failed attempt; if another attempt follows, it is a retry."""
        if token is not None:
            if token.failures is None:
                token.failures = []
            token.failures.append(error_type(error))

    def first_event(self, token: object, /) -> None:
        """Do nothing: `CallInfo` contains the time of the first event."""

    def end(
        self,
        token: CallState | None,
        response: ChatResponse[Any] | None,
        error: BaseException | None,
        /,
    ) -> None:
        """End the span and record the measurements, independent of each other's failures."""
        if token is not None:
            self._recorder.record(token, response, error)

    def start_run(self, info: ToolRunInfo, /) -> RunState | None:
        """Begin the span of a run with tools.

        Returns:
            None if nothing is recorded.
        """
        try:
            if self._runs is None:
                self._runs = self._run_spans()
            return self._runs.start(info)
        except Exception as error:
            self._guard.record_failure("runs", error)
            return None

    def end_run(
        self, token: RunState | None, run: ToolRun[Any], error: BaseException | None, /
    ) -> None:
        """End the span of a run and record its measurements."""
        if token is not None and self._runs is not None:
            self._runs.end(token, run, error)

    def _run_spans(self) -> "RunSpans":
        # Imported here, since many programs have no tools.
        from chatmodels.otel._content.capture import Capture
        from chatmodels.otel._spans.runs import RunSpans

        capture = Capture(self._options, self._guard)
        return RunSpans(capture, self._guard, tracer=self._tracer, meters=self._meters)

    def _measure(self, state: CallState, meters: "Meters") -> None:
        call = state.call
        if call.op == "stream" and self._options.chunk_times:
            if call.event_times is None:
                call.event_times = []  # cheaper to append to than arrays are
            state.times = call.event_times
        state.is_measured = True
        meters.running.add(state)

    def _model_attributes(self, key: Key) -> ModelAttributes:
        model = ModelAttributes(*key, is_below_any(key[2], self._options.propagate_to))
        if len(self._models) < MAX_MODELS:
            return self._models.setdefault(key, model)
        provider = key[0]
        model.substitute = self._rest.setdefault(provider, ModelAttributes(provider, OTHER, None))
        return model


def _needs_no_context(span: Span, outside: Context) -> bool:
    """Return whether a span that is not sampled need not be current.

    Without an SDK, there is no span. In a trace that is not sampled, spans below the call get the
    same information from the span around it. In all other cases, they would begin a new trace.
    """
    if span is INVALID_SPAN:
        return True
    around = outside.get(_SPAN)
    if type(around) is not NonRecordingSpan:
        around = get_current_span(outside)
    own, other = span.get_span_context(), around.get_span_context()
    return own[_TRACE_ID] == other[_TRACE_ID] and own[_FLAGS] == other[_FLAGS]


def _traceparent(context: Context) -> dict[str, str]:
    """Return the headers of the W3C trace context, without baggage, which is left to programs."""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    headers: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(headers, context)
    return headers
