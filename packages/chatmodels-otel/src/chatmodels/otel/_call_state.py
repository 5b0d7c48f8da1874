"""The state of telemetry for a running call."""

from collections.abc import Sequence
from contextvars import Token

import msgspec
from opentelemetry.context import Context
from opentelemetry.trace import Span

from chatmodels.core.extending import CallInfo, ToolRunInfo
from chatmodels.otel._context import NO_ANNOTATIONS, Annotations
from chatmodels.otel._model_attributes import Facts, ModelAttributes


class CallState(msgspec.Struct, eq=False):
    """The state of telemetry for a running call.

    Attributes:
        call: The facts of the call, from core.
        model: The constant attributes of its model.
        span: Its span; None without a tracer.
        started: The start of the span, in nanoseconds of the wall clock.
        is_recorded: Whether the span is sampled, so that its attributes are recorded.
        context: The context in which the span is current.
        attached: The token that restores the previous context, while the span is current.
        annotations: The facts that the program adds to the call.
        failures: The error types of the attempts that failed.
        times: The time of each event of a stream, if it is measured.
        is_measured: Whether its metrics are recorded.
    """

    call: CallInfo
    model: ModelAttributes
    span: Span | None = None
    started: int = 0
    is_recorded: bool = False
    context: Context | None = None
    attached: Token[Context] | None = None
    annotations: Annotations = NO_ANNOTATIONS
    failures: list[str] | None = None
    times: Sequence[float] = ()
    is_measured: bool = False

    @property
    def beginning(self) -> Facts:
        """The initial attributes of its span."""
        return self.model.whole if self.call.op == "generate" else self.model.streamed


class RunState(msgspec.Struct, eq=False):
    """The state of a run that telemetry records.

    Attributes:
        info: The facts of the run, as core updates them.
        span: The span; None if there is no tracer.
        started: The start of the span, in nanoseconds of the wall clock.
        began: The start of the run, in seconds of the monotonic clock.
        context: The context in which the span is current.
        attached: The token that restores the previous context, while the span is current.
    """

    info: ToolRunInfo
    span: Span | None
    started: int
    began: float
    context: Context | None
    attached: Token[Context] | None = None
