"""Records calls that are over: their metrics, their span, and their events."""

from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import Span, Status, StatusCode, Tracer

from chatmodels.core import ChatResponse
from chatmodels.core.extending import HttpExchange
from chatmodels.otel._call_attributes import Attributes, call_attributes
from chatmodels.otel._call_attributes_1_41 import in_version_1_41
from chatmodels.otel._call_state import Watch
from chatmodels.otel._content.capture import Capture
from chatmodels.otel._failure import described, error_type, message, quotes
from chatmodels.otel._guard import Guard
from chatmodels.otel._metrics.measurement import finished
from chatmodels.otel._options import TelemetryOptions
from chatmodels.otel._semconv import ERROR_TYPE, OTHER

if TYPE_CHECKING:
    from chatmodels.otel._logs.events import Events
    from chatmodels.otel._metrics.instruments import Meters

_ABANDONED = "the stream was neither read to its end nor closed"


class Endings:
    """Records calls that are over, each signal whatever becomes of the others.

    Attributes:
        wants_details: Whether each call is to be an event with all its attributes.

    Args:
        options: What is recorded.
        guard: Where failures go.
        tracer: The source of spans, if there are to be any.
        meters: The instruments, if there are any.
        events: What emits events, if anything does.
    """

    def __init__(
        self,
        options: TelemetryOptions,
        guard: Guard,
        *,
        tracer: Tracer | None,
        meters: "Meters | None",
        events: "Events | None",
    ) -> None:
        self._guard = guard
        self._tracer = tracer
        self._all_http_spans = options.http_spans == "all"
        self._meters = meters
        self._cost = options.cost
        self._conventions = options.conventions
        self._capture = Capture(options, guard)
        is_detailed = options.operation_details or self._capture.on_event
        self._details = events if is_detailed else None
        self.wants_details = self._details is not None
        self._wants_more = self.wants_details or self._capture.on_span
        self._exceptions = events if options.exceptions in ("log", "both") else None
        self._exceptions_on_span = options.exceptions in ("span", "both")

    def record(
        self, watch: Watch, response: ChatResponse[Any] | None, error: BaseException | None
    ) -> None:
        """Record a call.

        Args:
            watch: What is remembered of it.
            response: The response, or the part of it that arrived.
            error: The exception that ended the call, if any.
        """
        is_described = watch.is_recorded or self._details is not None
        if not is_described and not watch.is_measured and error is None:
            if watch.span is not None:
                watch.span.end()
            return
        call = watch.call
        duration = monotonic() - call.started
        failure = None
        if error is not None:
            failure = error_type(error)
        elif call.outcome == "abandoned":
            failure = OTHER
        cost = None
        # Tokens and cost are the other model's if a policy passed the call on. They are counted
        # for a call that failed, too: the provider bills what it generated.
        if self._cost is not None and response is not None and not call.is_delegated:
            try:
                cost = _amount(self._cost(response))
            except Exception as raised:
                self._guard.failed("cost", raised)
        if watch.is_measured and self._meters is not None:
            try:
                self._meters.running.discard(watch)
                self._meters.record(finished(watch, response, duration, failure, cost))
            except Exception as raised:
                self._guard.failed("metrics", raised)
        attributes: Attributes = {}
        if is_described:
            try:
                call_attributes(attributes, watch, response, failure, cost)
                if self._conventions != "latest":
                    in_version_1_41(attributes, keep=self._conventions == "both")
                if self._wants_more:
                    self._add(attributes, watch, response)
            except Exception as raised:
                self._guard.failed("attributes", raised)
        if call.exchanges and watch.is_recorded:
            self._exchanges(watch, call.exchanges)
        if watch.span is not None:
            self._end(watch, watch.span, attributes, error, duration)
        if error is not None and self._exceptions is not None and call.outcome == "failed":
            try:
                # The attributes of the span are optional here; the span's id leads to them.
                shared = watch.plan.shared if self.wants_details else {}
                self._exceptions.exception(
                    error,
                    {**shared, ERROR_TYPE: error_type(error)},
                    watch.context,
                    content=self._capture.on_event,
                )
            except Exception as raised:
                self._guard.failed("events", raised)

    def _exchanges(self, watch: Watch, exchanges: list[HttpExchange]) -> None:
        is_smooth = len(exchanges) == 1 and exchanges[0].failure is None
        if self._tracer is None or (is_smooth and not self._all_http_spans):
            return
        try:
            from chatmodels.otel._http_spans import record_exchanges

            record_exchanges(watch, exchanges, self._tracer)
        except Exception as raised:
            self._guard.failed("http spans", raised)

    def _add(
        self, attributes: Attributes, watch: Watch, response: ChatResponse[Any] | None
    ) -> None:
        """Add the content of a call to the attributes of its span, and emit it as an event."""
        capture = self._capture
        is_on_span = capture.on_span and watch.is_recorded
        captured: Attributes = {}
        if is_on_span or capture.on_event:
            is_whole = watch.call.outcome == "completed"
            captured = capture.of_call(watch.call.request, response, watch.said, is_whole=is_whole)
        if self._details is not None:
            content = captured if capture.on_event else {}
            self._emit(self._details, {**watch.beginning, **attributes, **content}, watch)
        if is_on_span:
            attributes |= capture.for_span(captured)

    def _emit(self, details: "Events", attributes: Attributes, watch: Watch) -> None:
        try:
            details.details(attributes, watch.context)
        except Exception as raised:
            self._guard.failed("events", raised)

    def _end(
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
                    content = self._capture.on_span
                    span.set_status(Status(StatusCode.ERROR, message(error, content=content)))
                    if self._exceptions_on_span and watch.call.outcome == "failed":
                        # What is given here goes before what the SDK reads from the exception.
                        withheld = quotes(error) and not content
                        told = described(error, content=content) if withheld else None
                        span.record_exception(error, told)
                elif watch.call.outcome == "abandoned":
                    span.set_status(Status(StatusCode.ERROR, _ABANDONED))
        except Exception as raised:
            self._guard.failed("span", raised)
        try:
            # Not by the clock on the wall, which may be set while the call is running.
            span.end(watch.started + int(duration * 1e9))
        except Exception as raised:
            self._guard.failed("span", raised)


def _amount(told: float | None) -> float | None:
    """Check the result of a cost hook: one value that is not an amount would spoil the counter."""
    if told is None:
        return None
    cost = float(told)  # a Decimal, too
    if not 0 <= cost < inf:
        raise ValueError(f"a call cannot cost {cost}")
    return cost
