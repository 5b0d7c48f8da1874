"""Watches calls and turns each into a span, measurements and events."""

from array import array
from collections.abc import Sequence
from contextlib import AbstractContextManager
from time import time_ns
from typing import Any

from opentelemetry.context import Context, get_current
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context

from chatmodels.core import CallInfo, ChatResponse, Usage
from chatmodels.otel._attributes import Attributes, request_attributes, response_attributes
from chatmodels.otel._capture import Capture
from chatmodels.otel._context import Attached, current_conversation
from chatmodels.otel._duplicates import is_recorded, marked
from chatmodels.otel._events import Events
from chatmodels.otel._finished import NO_USAGE, Finished, modalities
from chatmodels.otel._guard import Guard
from chatmodels.otel._meters import Meters
from chatmodels.otel._options import TelemetryOptions
from chatmodels.otel._own import error_type
from chatmodels.otel._plan import Plan, under
from chatmodels.otel._semconv import COST, ERROR_TYPE, OTHER, RETRY_COUNT

MAX_PLANS = 1024
"""How many models are remembered; programs that make up names make them anew for each call."""

_ABANDONED = "the stream was neither read to its end nor closed"


class Watch:
    """What telemetry remembers of a running call."""

    __slots__ = ("call", "context", "conversation", "failures", "plan", "span", "started", "times")

    def __init__(self, call: CallInfo, plan: Plan) -> None:
        self.call = call
        self.plan = plan
        self.span: Span | None = None
        self.context: Context | None = None
        self.started = 0
        self.conversation: str | None = None
        self.failures: list[str] | None = None
        self.times: Sequence[float] = ()


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
        self._details = events is not None and (
            options.operation_details or self._capture.on_event
        )
        self._plans: dict[tuple[str, str, str | None], Plan] = {}

    def start(self, call: CallInfo, /) -> Watch | None:
        """Begin the span; None for a call that another instrumentation records already."""
        try:
            key = (call.provider, call.model, call.endpoint)
            plan = self._plans.get(key) or self._planned(key)
            context = get_current()
            if is_recorded(context):
                return None
            watch = Watch(call, plan)
            meters = self._meters
            if meters is not None and meters.live:
                meters.began(plan)
                if self._options.chunk_times and call.op == "stream":
                    watch.times = call.event_times = array("d")
            else:
                watch.plan = plan
        except Exception as error:
            self._guard.failed("start", error)
            return None
        if self._tracer is not None:
            try:
                watch.started = time_ns()
                span = self._tracer.start_span(
                    plan.name,
                    context,
                    SpanKind.CLIENT,
                    plan.streamed if call.op == "stream" else plan.whole,
                    start_time=watch.started,
                )
                watch.span = span
                if span.is_recording():
                    watch.context = set_span_in_context(span, context)
                    watch.conversation = current_conversation()
            except Exception as error:
                self._guard.failed("span", error)
        return watch
