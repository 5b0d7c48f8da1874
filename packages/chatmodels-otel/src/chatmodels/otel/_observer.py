"""Watches calls and turns each into a span, measurements and events."""

import sys
from array import array
from collections.abc import Sequence
from time import monotonic, time_ns
from typing import Any

from opentelemetry.context import Context, attach, get_current
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context

from chatmodels.core import CallInfo, ChatResponse, HealthReport
from chatmodels.otel._attributes import Attributes, request_attributes, response_attributes
from chatmodels.otel._capture import Capture
from chatmodels.otel._context import NOTHING_SAID, Said, currently_said, restored
from chatmodels.otel._duplicates import UTIL_GENAI, is_recorded, marked
from chatmodels.otel._events import Events
from chatmodels.otel._finished import NO_USAGE, Finished, modalities
from chatmodels.otel._guard import Guard
from chatmodels.otel._meters import Meters
from chatmodels.otel._options import TelemetryOptions
from chatmodels.otel._own import error_type
from chatmodels.otel._plan import UNANSWERED, Plan, under
from chatmodels.otel._semconv import (
    COST,
    ERROR_TYPE,
    FINISH_REASONS,
    FIRST_CHUNK,
    OTHER,
    RETRY_COUNT,
)

MAX_PLANS = 1024
"""How many models are remembered; programs that make up names make them anew for each call."""

Key = tuple[str, str, str | None, str | None]
"""Provider, model, endpoint and API, which make a plan."""

_CLIENT = SpanKind.CLIENT
_ABANDONED = "the stream was neither read to its end nor closed"


class Watch:
    """What telemetry remembers of a running call."""

    # Defaults of the class, since most of them stay as they are and each call makes one of these.
    context: Context | None = None
    previous: Context | None = None
    said: Said = NOTHING_SAID
    failures: list[str] | None = None
    times: Sequence[float] = ()
    is_measured = False
    is_recorded = False

    def __init__(self, call: CallInfo, plan: Plan, span: Span | None, started: int) -> None:
        self.call = call
        self.plan = plan
        self.span = span
        self.started = started


class CallObserver:
    """Core's observer that records calls.

    Args:
        options: What is recorded.
        guard: Where failures go.
        tracer: What makes spans, if there are to be any.
        meters: The instruments, if there are to be any.
        events: What emits events, if there are to be any.
    """

    def __init__(
        self,
        options: TelemetryOptions,
        guard: Guard,
        *,
        tracer: Tracer | None,
        meters: Meters | None,
        events: Events | None,
    ) -> None:
        self._options = options
        self._guard = guard
        self._tracer = tracer
        self._meters = meters
        self._events = events
        self._capture = Capture(options, guard)
        is_detailed = options.operation_details or self._capture.on_event
        self._details = events if is_detailed else None
        self._exceptions = events if options.exceptions in ("log", "both") else None
        self._exceptions_on_span = options.exceptions in ("span", "both")
        self._plans: dict[Key, Plan] = {}

    def start(self, call: CallInfo, /) -> Watch | None:
        """Begin the span.

        Returns:
            None for a call of which nothing will be recorded: without an SDK, or because another
            instrumentation records it already.
        """
        span: Span | None = None
        started = 0
        try:
            if UTIL_GENAI in sys.modules and is_recorded():
                return None
            key = (call.provider, call.model, call.endpoint, call.api)
            plan = self._plans.get(key) or self._planned(key)
            if self._tracer is not None:
                started = time_ns()
                span = self._tracer.start_span(
                    plan.name,
                    None,
                    _CLIENT,
                    plan.streamed if call.op == "stream" else plan.whole,
                    start_time=started,
                )
            return self._watched(call, plan, span, started)
        except Exception as error:
            self._guard.failed("start", error)
            if span is not None:
                span.end()
            return None

    def _watched(self, call: CallInfo, plan: Plan, span: Span | None, started: int) -> Watch | None:
        is_recorded = span is not None and span.is_recording()
        if not is_recorded:
            # Unsampled spans are current all the same, or what is below would begin a trace of
            # its own; the API's stand-in for a span need not be.
            if span is not None and not span.get_span_context().is_valid:
                span = None
            is_logged = self._events is not None and self._events.live
            is_measured = self._meters is not None and self._meters.live
            if span is None and not is_logged and not is_measured:
                return None
        watch = Watch(call, plan, span, started)
        watch.is_recorded = is_recorded
        if is_recorded or self._details is not None:
            watch.said = currently_said()
        if span is not None:
            context = set_span_in_context(span)
            watch.context = marked(context) if UTIL_GENAI in sys.modules else context
            if plan.propagates:
                call.headers = _traceparent(context)
        meters = self._meters
        if meters is not None and meters.live:
            if self._options.chunk_times and call.op == "stream":
                if call.event_times is None:
                    call.event_times = array("d")
                watch.times = call.event_times
            watch.is_measured = True
            meters.running.add(watch)
        return watch

    def enter(self, token: object, /) -> None:
        """Make the span current: core sets to work."""
        if isinstance(token, Watch) and token.context is not None:
            token.previous = get_current()
            attach(token.context)

    def leave(self, token: object, /) -> None:
        """Make current again what was so before: core rests."""
        if isinstance(token, Watch) and token.context is not None and token.previous is not None:
            restored(token.context, token.previous)

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
        if not isinstance(token, Watch):
            return
        watch = token
        if watch.is_measured or watch.is_recorded or error is not None or self._details is not None:
            self._record(watch, response, error)
        elif watch.span is not None:
            watch.span.end()

    def _record(
        self, watch: Watch, response: ChatResponse[Any] | None, error: BaseException | None
    ) -> None:
        call = watch.call
        duration = monotonic() - call.started
        failure = error_type(error) if error is not None else None
        if call.outcome == "abandoned":
            failure = OTHER
        cost: float | None = None
        if self._options.cost is not None and response is not None and error is None:
            try:
                cost = self._options.cost(response)
            except Exception as raised:
                self._guard.failed("cost", raised)
        if watch.is_measured and self._meters is not None:
            try:
                self._meters.running.discard(watch)
                self._meters.record(self._finished(watch, response, duration, failure, cost))
            except Exception as raised:
                self._guard.failed("metrics", raised)
        attributes: Attributes = {}
        if watch.is_recorded or self._details is not None:
            try:
                attributes = self._described(watch, response, failure, cost)
            except Exception as raised:
                self._guard.failed("attributes", raised)
        if watch.span is not None:
            self._end_span(watch, watch.span, attributes, error, duration)
        if error is not None and self._exceptions is not None and call.outcome == "failed":
            try:
                self._exceptions.exception(error, dict(watch.plan.shared), watch.context)
            except Exception as raised:
                self._guard.failed("events", raised)

    def _planned(self, key: Key) -> Plan:
        plan = Plan(*key, under(key[2], self._options.propagate_to))
        if len(self._plans) < MAX_PLANS:
            plan = self._plans.setdefault(key, plan)
        return plan

    def _finished(
        self,
        watch: Watch,
        response: ChatResponse[Any] | None,
        duration: float,
        failure: str | None,
        cost: float | None,
    ) -> Finished:
        call = watch.call
        own = response if response is not None and not call.is_delegated else None
        first = call.first_event_at
        failures = watch.failures or ()
        return Finished(
            plan=watch.plan,
            streamed=call.op == "stream",
            context=watch.context if watch.is_recorded else None,
            duration=duration,
            answered=UNANSWERED if own is None else watch.plan.answered(own),
            error_type=failure,
            usage=NO_USAGE if own is None else own.usage,
            modalities=modalities(call.request, own),
            first_chunk=None if first is None else first - call.started,
            chunk_times=watch.times,
            events=call.events,
            retries=tuple(failures[: call.attempts - 1]),
            cost=cost,
        )

    def _end_span(
        self,
        watch: Watch,
        span: Span,
        attributes: Attributes,
        error: BaseException | None,
        duration: float,
    ) -> None:
        try:
            if watch.is_recorded:
                span.set_attributes(attributes)
                if error is not None:
                    span.set_status(Status(StatusCode.ERROR, str(error)))
                    if self._exceptions_on_span and watch.call.outcome == "failed":
                        span.record_exception(error)
                elif watch.call.outcome == "abandoned":
                    span.set_status(Status(StatusCode.ERROR, _ABANDONED))
        except Exception as raised:
            self._guard.failed("span", raised)
        try:
            # Not by the clock on the wall, which may be set while the call is running.
            span.end(watch.started + round(duration * 1e9))
        except Exception as raised:
            self._guard.failed("span", raised)

    def _described(
        self,
        watch: Watch,
        response: ChatResponse[Any] | None,
        failure: str | None,
        cost: float | None,
    ) -> Attributes:
        """Give the attributes of the span that are not set at its start, and emit its event."""
        call = watch.call
        plan = watch.plan
        attributes: Attributes = {}
        request_attributes(attributes, call.request, watch.said, plan.provider)
        is_whole = call.outcome == "completed"
        if response is not None and not call.is_delegated:
            response_attributes(attributes, response, plan.provider, is_whole=is_whole)
        elif not is_whole:
            attributes[FINISH_REASONS] = ("error",)
        if call.first_event_at is not None:
            attributes[FIRST_CHUNK] = call.first_event_at - call.started
        if failure is not None:
            attributes[ERROR_TYPE] = failure
        if call.attempts > 1:
            attributes[RETRY_COUNT] = call.attempts - 1
        if cost is not None:
            attributes[COST] = cost
        capture = self._capture
        on_span = capture.on_span and watch.is_recorded
        captured: Attributes = {}
        if on_span or capture.on_event:
            captured = capture.of_call(call.request, response, watch.said)
        if self._details is not None:
            common = plan.streamed if call.op == "stream" else plan.whole
            content = captured if capture.on_event else {}
            self._emit(self._details, {**common, **attributes, **content}, watch)
        if on_span:
            attributes |= capture.for_span(captured)
        return attributes

    def _emit(self, details: Events, attributes: Attributes, watch: Watch) -> None:
        try:
            details.details(attributes, watch.context)
        except Exception as error:
            self._guard.failed("events", error)


def _traceparent(context: Context) -> dict[str, str]:
    """Write the trace context of W3C, and nothing else: baggage is the program's own affair."""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    headers: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(headers, context)
    return headers
