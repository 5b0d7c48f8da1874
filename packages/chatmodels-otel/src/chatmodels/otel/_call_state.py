"""What telemetry remembers of a call that is running."""

from collections.abc import Sequence
from contextvars import Token

import msgspec
from opentelemetry.context import Context
from opentelemetry.trace import Span

from chatmodels.core.extending import CallInfo
from chatmodels.otel._context import NOTHING_SAID, Said
from chatmodels.otel._model_attributes import Facts, Plan


class Watch(msgspec.Struct, eq=False):
    """What telemetry remembers of a call that is running.

    Attributes:
        call: The facts of the call, as core keeps them.
        plan: The constant attributes of its model.
        span: Its span; None if there is nobody to tell of one.
        started: When the span began, in nanoseconds of the clock on the wall.
        is_recorded: Whether the span was sampled, so that its attributes matter.
        context: Where the span is current.
        attached: How to make current again what was so before, while the span is current.
        said: What the program says about it.
        failures: The error types of the attempts that failed.
        times: When each event of a stream came, if that is measured.
        is_measured: Whether its metrics are recorded.
    """

    call: CallInfo
    plan: Plan
    span: Span | None = None
    started: int = 0
    is_recorded: bool = False
    context: Context | None = None
    attached: Token[Context] | None = None
    said: Said = NOTHING_SAID
    failures: list[str] | None = None
    times: Sequence[float] = ()
    is_measured: bool = False

    @property
    def beginning(self) -> Facts:
        """The attributes that its span begins with."""
        return self.plan.whole if self.call.op == "generate" else self.plan.streamed
