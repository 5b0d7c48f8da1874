"""Watches calls: begins their spans, makes them current, and hands over what is to be recorded."""

import sys
from collections.abc import Callable
from time import time_ns
from typing import TYPE_CHECKING, Any, Self

from opentelemetry.context import Context, attach, get_current
from opentelemetry.trace import (
    INVALID_SPAN,
    Span,
    SpanKind,
    Tracer,
    get_current_span,
    set_span_in_context,
)

from chatmodels.core import ChatResponse, HealthReport
from chatmodels.core.extending import CallInfo
from chatmodels.otel._call_end import Endings
from chatmodels.otel._call_state import Watch
from chatmodels.otel._context import currently_said, restored
from chatmodels.otel._failure import error_type
from chatmodels.otel._guard import Guard
from chatmodels.otel._model_attributes import Plan, under
from chatmodels.otel._options import TelemetryOptions
from chatmodels.otel._semconv import OTHER
from chatmodels.otel._spans.duplicates import UTIL_GENAI, is_recorded, marked

if TYPE_CHECKING:
    from chatmodels.otel._logs.events import Events
    from chatmodels.otel._metrics.instruments import Meters

MAX_PLANS = 1024
"""How many models are remembered and measured apart; what programs make up may be more."""

Key = tuple[str, str, str | None, str | None]
"""Provider, model, endpoint and API, which make a plan."""

_CLIENT = SpanKind.CLIENT


class CallObserver:
    """Core's observer that records calls.

    A call costs what is recorded of it: nothing but the question whether there is an SDK, or a
    span that nobody samples, or more.

    Args:
        options: What is recorded.
        guard: Where failures go.
        tracer: What makes spans, if there are to be any.
        meters: The instruments, if there are to be any.
        events: What emits events, if there are to be any.
        default: Returns the observer of the default telemetry. Pickles name this function.
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
        self._endings = Endings(options, guard, tracer=tracer, meters=meters, events=events)
        self._wants_exchanges = options.http_spans != "none"
        self._plans: dict[Key, Plan] = {}
        self._rest: dict[str, Plan] = {}

    def __deepcopy__(self, _: object, /) -> Self:
        """Stay the same: copies of a model are recorded together."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Be that of the default telemetry in another process: providers belong to this one."""
        return self._default, ()

    def start(self, call: CallInfo, /) -> Watch | None:
        """Begin the span.

        Returns:
            None for a call of which nothing will be recorded: without an SDK, or because another
            instrumentation records it already.
        """
        # Written out: most of the time of a call that nobody samples is spent here.
        span: Span | None = None
        try:
            is_shared = UTIL_GENAI in sys.modules
            if is_shared and is_recorded():
                return None
            key = (call.provider, call.model, call.endpoint, call.api)
            plan = self._plans.get(key) or self._planned(key)
            watch: Watch | None = None
            if self._tracer is not None:
                outside = get_current()
                started = time_ns()
                start = plan.streamed if call.op == "stream" else plan.whole
                span = self._tracer.start_span(plan.name, outside, _CLIENT, start, (), started)
                is_sampled = span.is_recording()
                context = outside
                if is_sampled or is_shared or not _goes_without_saying(span, outside):
                    context = set_span_in_context(span, outside)
                    if is_shared:
                        context = marked(context)
                    watch = Watch(call, plan, span, started, is_sampled, context)
                if is_sampled and self._wants_exchanges and call.exchanges is None:
                    call.exchanges = []
                if plan.propagates:
                    call.headers = _traceparent(context)
            if self._meters is not None and self._meters.live:
                watch = watch or Watch(call, plan)
                self._measure(watch, self._meters)
            elif watch is None and self._events is not None and self._events.live:
                watch = Watch(call, plan)
            if watch is not None and (watch.is_recorded or self._endings.wants_details):
                watch.said = currently_said()
        except Exception as error:
            self._guard.failed("start", error)
            if span is not None:
                span.end()
            return None
        return watch

    def enter(self, token: object, /) -> None:
        """Make the span current: core sets to work."""
        if isinstance(token, Watch) and token.context is not None:
            token.attached = attach(token.context)

    def leave(self, token: object, /) -> None:
        """Make current again what was so before: core rests."""
        if isinstance(token, Watch) and token.context is not None and token.attached is not None:
            restored(token.context, token.attached)
            token.attached = None

    def checked(self, report: HealthReport, /) -> None:
        """Record what a health check of a model found."""
        if self._meters is not None:
            self._meters.registry.checked(report)

    def attempt_failed(self, token: object, error: Exception, /) -> None:
        """Remember why an attempt failed; if the call goes on, it is a retry."""
        if isinstance(token, Watch):
            if token.failures is None:
                token.failures = []
            token.failures.append(error_type(error))

    def first_event(self, token: object, /) -> None:
        """Leave it to the call, which knows when it was."""

    def end(
        self,
        token: object,
        response: ChatResponse[Any] | None,
        error: BaseException | None,
        /,
    ) -> None:
        """End the span and record what was measured, each whatever becomes of the others."""
        if isinstance(token, Watch):
            self._endings.record(token, response, error)

    def _measure(self, watch: Watch, meters: "Meters") -> None:
        call = watch.call
        if call.op == "stream" and self._options.chunk_times:
            if call.event_times is None:
                call.event_times = []  # cheaper to append to than arrays are
            watch.times = call.event_times
        watch.is_measured = True
        meters.running.add(watch)

    def _planned(self, key: Key) -> Plan:
        plan = Plan(*key, under(key[2], self._options.propagate_to))
        if len(self._plans) < MAX_PLANS:
            return self._plans.setdefault(key, plan)
        provider = key[0]
        plan.stand_in = self._rest.setdefault(provider, Plan(provider, OTHER, None))
        return plan


def _goes_without_saying(span: Span, outside: Context) -> bool:
    """Tell whether a span that nobody samples need not be current.

    Without an SDK there is none. Within a trace that is not sampled, what is below learns as much
    from the span around the call; otherwise it would begin a trace of its own.
    """
    if span is INVALID_SPAN:
        return True
    own, around = span.get_span_context(), get_current_span(outside).get_span_context()
    return own.trace_id == around.trace_id and own.trace_flags == around.trace_flags


def _traceparent(context: Context) -> dict[str, str]:
    """Write the trace context of W3C, and nothing else: baggage is the program's own affair."""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    headers: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(headers, context)
    return headers
