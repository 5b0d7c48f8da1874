"""Functions of the program, of every kind, with spans and measurements."""

import asyncio
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.trace import StatusCode

from chatmodels.otel import metered, traced


def current() -> int:
    return trace.get_current_span().get_span_context().span_id


async def drained(steps: Any) -> list[Any]:
    return [item async for item in steps]


def plain(log: list[int]) -> str:
    log.append(current())
    return "done"


async def coroutine(log: list[int]) -> str:
    log.append(current())
    await asyncio.sleep(0)
    log.append(current())
    return "done"


def generator(log: list[int]) -> Any:
    log.append(current())
    got = yield 1
    log.append(current())
    yield got
    return "done"


async def async_generator(log: list[int]) -> Any:
    log.append(current())
    got = yield 1
    await asyncio.sleep(0)
    log.append(current())
    yield got


async def run(function: Any, log: list[int], outside: list[int]) -> Any:
    if function.__name__ == "plain":
        return function(log)
    if function.__name__ == "coroutine":
        return await function(log)
    items = []
    if function.__name__ == "generator":
        for item in function(log):
            outside.append(current())
            items.append(item)
    else:
        async for item in function(log):
            outside.append(current())
            items.append(item)
    return items


KINDS = pytest.mark.parametrize("function", [plain, coroutine, generator, async_generator])


@KINDS
async def test_a_span_is_current_within_the_function_and_nowhere_else(recorder, function) -> None:
    log: list[int] = []
    outside: list[int] = []
    watched = traced(name="work", attributes={"team": "a"}, telemetry=recorder.telemetry())(
        function
    )

    with recorder.tracer.start_as_current_span("program") as program:
        assert await run(watched, log, outside) in ("done", [1, None])

    span = next(span for span in recorder.spans if span.name == "work")
    assert set(log) == {span.context.span_id}
    assert set(outside) <= {program.get_span_context().span_id}
    assert span.attributes["team"] == "a"
    assert span.attributes["code.function.name"].endswith(function.__name__)
    assert span.status.status_code is StatusCode.UNSET
    assert watched.__wrapped__ is function


@KINDS
async def test_each_call_is_measured(recorder, function) -> None:
    watched = metered(telemetry=recorder.telemetry())(function)

    await run(watched, [], [])
    await run(watched, [], [])

    (point,) = recorder.points("chatmodels.function.duration")
    assert point.count == 2
    assert point.attributes["code.function.name"].endswith(function.__name__)


def failing() -> None:
    raise KeyError("x")


async def afailing() -> None:
    raise KeyError("x")


def failing_generator() -> Any:
    yield 1
    raise KeyError("x")


async def failing_async_generator() -> Any:
    yield 1
    raise KeyError("x")


@pytest.mark.parametrize(
    "function", [failing, afailing, failing_generator, failing_async_generator]
)
async def test_an_exception_is_recorded_and_raised(recorder, function) -> None:
    telemetry = recorder.telemetry()
    watched = traced(telemetry=telemetry)(metered(name="it", telemetry=telemetry)(function))

    with pytest.raises(KeyError):
        await consumed(watched)

    (span,) = recorder.spans
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes["error.type"] == "KeyError"
    (point,) = recorder.points("chatmodels.function.duration")
    assert dict(point.attributes) == {"code.function.name": "it", "error.type": "KeyError"}


async def consumed(function: Any) -> None:
    match function.__name__:
        case "failing":
            function()
        case "afailing":
            await function()
        case "failing_generator":
            list(function())
        case _:
            await drained(function())


def echo(log: list[Any]) -> Any:
    """Accept sent values and thrown exceptions."""
    got = None
    while True:
        try:
            got = yield got
        except ValueError as error:
            got = error
        except GeneratorExit:
            log.append("closed")
            raise


async def aecho(log: list[Any]) -> Any:
    got = None
    while True:
        try:
            got = yield got
        except ValueError as error:
            got = error
        except GeneratorExit:
            log.append("closed")
            raise


def test_a_traced_generator_is_a_whole_generator(recorder) -> None:
    log: list[Any] = []
    steps = traced(telemetry=recorder.telemetry())(echo)(log)
    thrown = ValueError("in")

    assert next(steps) is None
    assert steps.send(5) == 5
    assert steps.throw(thrown) is thrown
    steps.close()

    (span,) = recorder.spans
    assert log == ["closed"]
    assert span.status.status_code is StatusCode.UNSET


async def test_a_traced_async_generator_is_a_whole_one(recorder) -> None:
    log: list[Any] = []
    steps = traced(telemetry=recorder.telemetry())(aecho)(log)
    thrown = ValueError("in")

    assert await anext(steps) is None
    assert await steps.asend(5) == 5
    assert await steps.athrow(thrown) is thrown
    await steps.aclose()

    (span,) = recorder.spans
    assert log == ["closed"]
    assert span.status.status_code is StatusCode.UNSET


def test_the_result_of_a_generator_is_returned(recorder) -> None:
    results: list[str] = []

    def outer() -> Any:
        results.append((yield from traced(telemetry=recorder.telemetry())(generator)([])))

    steps = outer()
    assert list(steps) == [1, None]
    assert results == ["done"]


def test_without_arguments_the_defaults_hold() -> None:
    @traced
    @metered
    def add(a: int, b: int) -> int:
        return a + b

    assert add(1, b=2) == 3


def test_the_level_off_records_nothing(recorder) -> None:
    telemetry = recorder.telemetry(level="off")

    assert traced(telemetry=telemetry)(metered(telemetry=telemetry)(plain))([]) == "done"
    assert recorder.spans == ()
    assert recorder.metrics == {}
