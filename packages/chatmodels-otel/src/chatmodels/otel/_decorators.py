"""Decorators that record spans and durations of functions."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from time import monotonic
from typing import ParamSpec, TypeVar, overload

from opentelemetry.metrics import Histogram
from opentelemetry.trace import Span, Status, StatusCode, set_span_in_context

from chatmodels.otel._context import Attached
from chatmodels.otel._failure import error_type, message
from chatmodels.otel._guard import Guard
from chatmodels.otel._semconv import ERROR_TYPE
from chatmodels.otel._telemetry import Telemetry, default_telemetry

P = ParamSpec("P")
R = TypeVar("R")

FUNCTION_NAME = "code.function.name"

_NOTHING = nullcontext()


@overload
def traced(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def traced(
    *,
    name: str | None = None,
    attributes: Mapping[str, str | int | float | bool] | None = None,
    telemetry: Telemetry | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def traced(
    function: Callable[P, R] | None = None,
    /,
    *,
    name: str | None = None,
    attributes: Mapping[str, str | int | float | bool] | None = None,
    telemetry: Telemetry | None = None,
) -> Callable[P, R] | Callable[[Callable[P, R]], Callable[P, R]]:
    """Record a span for each call of a function, with or without arguments to the decorator.

    Args:
        function: A function or method: plain, async, a generator, or an async generator. A
            generator's span is current in the generator, but not in its consumer.
        name: The span's name; the function's qualified name by default.
        attributes: Attributes of each span.
        telemetry: The telemetry; None for the environment's options and the global providers.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        title = name or function.__qualname__
        fixed = {FUNCTION_NAME: _full_name(function), **(attributes or {})}
        from chatmodels.otel._spans.wrapping import observe_calls

        return observe_calls(
            function, lambda: _Traced(telemetry or default_telemetry(), title, fixed)
        )

    return decorate if function is None else decorate(function)


@overload
def metered(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def metered(
    *, name: str | None = None, telemetry: Telemetry | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def metered(
    function: Callable[P, R] | None = None,
    /,
    *,
    name: str | None = None,
    telemetry: Telemetry | None = None,
) -> Callable[P, R] | Callable[[Callable[P, R]], Callable[P, R]]:
    """Measure each call of a function, with or without arguments to the decorator.

    The duration is recorded in the histogram `chatmodels.function.duration`, with the attributes
    `code.function.name` and, for a failure, `error.type`.

    Args:
        function: A function or method: plain, async, a generator, or an async generator.
        name: The recorded name; the module and the qualified name by default.
        telemetry: The telemetry; None for the environment's options and the global providers.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        title = name or _full_name(function)
        from chatmodels.otel._spans.wrapping import observe_calls

        return observe_calls(function, lambda: _Metered(telemetry or default_telemetry(), title))

    return decorate if function is None else decorate(function)


class _Traced:
    """One call of a traced function."""

    __slots__ = ("_content", "_guard", "_span", "scope")

    def __init__(
        self, telemetry: Telemetry, name: str, attributes: dict[str, str | int | float | bool]
    ) -> None:
        self._guard: Guard = telemetry.guard
        self._content = telemetry.options.content in ("span", "both")
        self._span: Span | None = None
        self.scope: AbstractContextManager[None] = _NOTHING
        if telemetry.tracer is None:
            return
        try:
            self._span = telemetry.tracer.start_span(name, attributes=attributes)
            if self._span.get_span_context().is_valid:
                self.scope = Attached(set_span_in_context(self._span))
        except Exception as error:
            self._guard.record_failure("traced", error)

    def end(self, error: BaseException | None, /) -> None:
        if self._span is None:
            return
        try:
            if error is not None:
                self._span.set_attribute(ERROR_TYPE, error_type(error))
                self._span.set_status(
                    Status(StatusCode.ERROR, message(error, content=self._content))
                )
            self._span.end()
        except Exception as failure:
            self._guard.record_failure("traced", failure)


class _Metered:
    """One call of a metered function."""

    __slots__ = ("_began", "_guard", "_histogram", "_name", "scope")

    def __init__(self, telemetry: Telemetry, name: str) -> None:
        self._guard: Guard = telemetry.guard
        meters = telemetry.meters
        self._histogram: Histogram | None = None if meters is None else meters.function_duration
        self._name = name
        self.scope: AbstractContextManager[None] = _NOTHING
        self._began = monotonic()

    def end(self, error: BaseException | None, /) -> None:
        if self._histogram is None:
            return
        try:
            attributes = {FUNCTION_NAME: self._name}
            if error is not None:
                attributes[ERROR_TYPE] = error_type(error)
            self._histogram.record(monotonic() - self._began, attributes)
        except Exception as failure:
            self._guard.record_failure("metered", failure)


def _full_name(function: Callable[..., object]) -> str:
    return f"{function.__module__}.{function.__qualname__}"
