"""Records the end of calls: metrics, span, and log events."""

from decimal import Decimal
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import Span, Status, StatusCode, Tracer

from chatmodels.core import ChatResponse, Cost
from chatmodels.core.extending import HttpExchange
from chatmodels.otel._call_attributes import Attributes, call_attributes
from chatmodels.otel._call_attributes_1_41 import add_former_names
from chatmodels.otel._call_state import CallState
from chatmodels.otel._content.capture import Capture
from chatmodels.otel._failure import error_type, exception_attributes, message, quotes_content
from chatmodels.otel._guard import Guard
from chatmodels.otel._metrics.measurement import measure
from chatmodels.otel._options import TelemetryOptions, cost_hook
from chatmodels.otel._semconv import ERROR_TYPE, OTHER

if TYPE_CHECKING:
    from chatmodels.otel._logs.events import Events
    from chatmodels.otel._metrics.instruments import Meters

_ABANDONED = "the stream was neither read to its end nor closed"


class CallRecorder:
    """Records the end of calls; a failure in one signal does not affect the others.

    Attributes:
        wants_details: Whether each call is recorded as an event with all its attributes.

    Args:
        options: The options.
        guard: Receives failures.
        tracer: The source of spans, if spans are recorded.
        meters: The instruments, if metrics are recorded.
        events: Emits log events, if events are recorded.
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
        self._cost = cost_hook(options)
        self._conventions = options.conventions
        self._capture = Capture(options, guard)
        is_detailed = options.operation_details or self._capture.on_event
        self._details = events if is_detailed else None
        self.wants_details = self._details is not None
        self._wants_more = self.wants_details or self._capture.on_span
        self._exceptions = events if options.exceptions in ("log", "both") else None
        self._exceptions_on_span = options.exceptions in ("span", "both")

    def record(
        self, state: CallState, response: ChatResponse[Any] | None, error: BaseException | None
    ) -> None:
        """Record the end of a call.

        Args:
            state: The state of the call.
            response: The response, or the part of it that arrived.
            error: The exception that ended the call, if any.
        """
        is_described = state.is_recorded or self._details is not None
        if not is_described and not state.is_measured and error is None:
            if state.span is not None:
                state.span.end()
            return
        call = state.call
        duration = monotonic() - call.started
        failure = None
        if error is not None:
            failure = error_type(error)
        elif call.outcome == "abandoned":
            failure = OTHER
        cost = None
        # If a policy delegated the call, tokens and cost belong to the other model. They are
        # recorded for a failed call, too, since the provider bills the generated tokens.
        if self._cost is not None and response is not None and not call.is_delegated:
            try:
                cost = _amount(self._cost(response))
            except Exception as raised:
                self._guard.record_failure("cost", raised)
        if state.is_measured and self._meters is not None:
            try:
                self._meters.running.discard(state)
                self._meters.record(measure(state, response, duration, failure, cost))
            except Exception as raised:
                self._guard.record_failure("metrics", raised)
        attributes: Attributes = {}
        if is_described:
            try:
                call_attributes(attributes, state, response, failure, cost)
                if self._conventions != "latest":
                    add_former_names(attributes, keep=self._conventions == "both")
                if self._wants_more:
                    self._add(attributes, state, response)
            except Exception as raised:
                self._guard.record_failure("attributes", raised)
        if call.exchanges and state.is_recorded:
            self._exchanges(state, call.exchanges)
        if state.span is not None:
            self._end(state, state.span, attributes, error, duration)
        if error is not None and self._exceptions is not None and call.outcome == "failed":
            try:
                # The attributes of the span are optional here; the event contains the span's id.
                shared = state.model.shared if self.wants_details else {}
                self._exceptions.exception(
                    error,
                    {**shared, ERROR_TYPE: error_type(error)},
                    state.context,
                    content=self._capture.on_event,
                )
            except Exception as raised:
                self._guard.record_failure("events", raised)

    def _exchanges(self, state: CallState, exchanges: list[HttpExchange]) -> None:
        is_plain = len(exchanges) == 1 and exchanges[0].failure is None
        if self._tracer is None or (is_plain and not self._all_http_spans):
            return
        try:
            from chatmodels.otel._http_spans import record_exchanges

            record_exchanges(state, exchanges, self._tracer)
        except Exception as raised:
            self._guard.record_failure("http spans", raised)

    def _add(
        self, attributes: Attributes, state: CallState, response: ChatResponse[Any] | None
    ) -> None:
        """Add the content of a call to the attributes of its span, and emit it as an event."""
        capture = self._capture
        is_on_span = capture.on_span and state.is_recorded
        captured: Attributes = {}
        if is_on_span or capture.on_event:
            is_whole = state.call.outcome == "completed"
            captured = capture.of_call(
                state.call.request, response, state.annotations, is_whole=is_whole
            )
        if self._details is not None:
            content = captured if capture.on_event else {}
            self._emit(self._details, {**state.beginning, **attributes, **content}, state)
        if is_on_span:
            attributes |= capture.for_span(captured)

    def _emit(self, details: "Events", attributes: Attributes, state: CallState) -> None:
        try:
            details.details(attributes, state.context)
        except Exception as raised:
            self._guard.record_failure("events", raised)

    def _end(
        self,
        state: CallState,
        span: Span,
        attributes: Attributes,
        error: BaseException | None,
        duration: float,
    ) -> None:
        try:
            if state.is_recorded:
                span.set_attributes(attributes)
                if error is not None:
                    content = self._capture.on_span
                    span.set_status(Status(StatusCode.ERROR, message(error, content=content)))
                    if self._exceptions_on_span and state.call.outcome == "failed":
                        # These attributes override those that the SDK reads from the exception.
                        replaced = (
                            exception_attributes(error, content=content)
                            if quotes_content(error) and not content
                            else None
                        )
                        span.record_exception(error, replaced)
                elif state.call.outcome == "abandoned":
                    span.set_status(Status(StatusCode.ERROR, _ABANDONED))
        except Exception as raised:
            self._guard.record_failure("span", raised)
        try:
            # Not by the wall clock, which can be set while the call is running.
            span.end(state.started + int(duration * 1e9))
        except Exception as raised:
            self._guard.record_failure("span", raised)


def _amount(cost: Cost | Decimal | float | None) -> float | None:
    """Check the result of a cost hook, since one invalid amount would corrupt the counter."""
    if isinstance(cost, Cost):
        if cost.amount is not None and cost.currency != "USD":
            raise ValueError(
                f"the cost is in {cost.currency}; pass a function that returns US dollars"
            )
        cost = cost.amount
    if cost is None:
        return None
    amount = float(cost)  # a Decimal, too
    if not 0 <= amount < inf:
        raise ValueError(f"the cost hook returned {amount}; return a finite number of at least 0")
    return amount
