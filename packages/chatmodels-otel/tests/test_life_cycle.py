"""Ways in which a stream ends, blocking, under asyncio and under trio: one span, ended once."""

import asyncio
import gc
import logging
import math
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint
from opentelemetry import trace
from opentelemetry.trace import StatusCode

from chatmodels.core import (
    NetworkError,
    RateLimitError,
    StreamEnd,
    StreamEvent,
    StreamStart,
    TextDelta,
    Usage,
    UsageUpdate,
)
from chatmodels.core.extending import StandardChatModel
from chatmodels.otel import instrument

OK = (StatusCode.UNSET, None, "stop")
LEFT = (StatusCode.UNSET, None, "error")
RAISED = (StatusCode.ERROR, "KeyError", "error")


class Streaming(StandardChatModel):
    """A model that streams some words, and can break or hang after the first."""

    def __init__(self, trouble: BaseException | None = None) -> None:
        super().__init__("acme", "large")
        self.trouble = trouble
        self.hang: Callable[[], object] | None = None
        self.parents: list[Any] = []

    def _see(self) -> None:
        self.parents.append(trace.get_current_span().get_span_context().span_id)

    def events(self, request, call) -> Iterator[StreamEvent]:
        self._see()
        yield StreamStart(model="large-1")
        yield TextDelta("one ")
        if self.trouble is not None:
            raise self.trouble
        yield TextDelta("two")
        yield UsageUpdate(Usage(input_tokens=3, output_tokens=2))
        yield StreamEnd()

    async def aevents(self, request, call) -> AsyncIterator[StreamEvent]:
        await checkpoint()
        self._see()
        yield StreamStart(model="large-1")
        yield TextDelta("one ")
        if self.hang is not None:
            self.hang()
            await anyio.sleep_forever()
        if self.trouble is not None:
            raise self.trouble
        yield TextDelta("two")
        yield UsageUpdate(Usage(input_tokens=3, output_tokens=2))
        yield StreamEnd()


def exhausted(model) -> None:
    for _ in model.stream("Hi"):
        pass


def left_and_closed(model) -> None:
    stream = model.stream("Hi")
    next(stream)
    stream.close()
    stream.close()


def left_within_with(model) -> None:
    with model.stream("Hi") as stream:
        next(stream)


def forgotten(model) -> None:
    stream = model.stream("Hi")
    next(stream)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        del stream
        gc.collect()


def consumer_raises(model) -> None:
    def consume() -> None:
        with model.stream("Hi") as stream:
            next(stream)
            raise KeyError("mine")

    with pytest.raises(KeyError):
        consume()


def breaks(model) -> None:
    model.trouble = NetworkError("the connection was reset")
    with pytest.raises(NetworkError):
        model.stream("Hi").collect()


def interrupted(model) -> None:
    model.trouble = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        model.stream("Hi").collect()


def thrown_away_on_exit(model) -> None:
    model.trouble = SystemExit(1)

    def consume() -> None:
        with model.stream("Hi") as stream:
            for _ in stream:
                pass

    with pytest.raises(SystemExit):
        consume()


def never_read(model) -> None:
    model.stream("Hi").close()


SYNC: list[tuple[Callable[[Any], None], tuple[StatusCode, str | None, str] | None]] = [
    (exhausted, OK),
    (left_and_closed, LEFT),
    (left_within_with, LEFT),
    (forgotten, (StatusCode.ERROR, "_OTHER", "error")),
    (consumer_raises, RAISED),
    (breaks, (StatusCode.ERROR, "network", "error")),
    (interrupted, (StatusCode.ERROR, "cancelled", "error")),
    (thrown_away_on_exit, (StatusCode.ERROR, "cancelled", "error")),
    (never_read, None),
]


async def aexhausted(model) -> None:
    async for _ in model.astream("Hi"):
        pass


async def aleft_and_closed(model) -> None:
    stream = model.astream("Hi")
    await anext(stream)
    await stream.aclose()
    await stream.aclose()


async def aleft_within_with(model) -> None:
    async with model.astream("Hi") as stream:
        await anext(stream)


async def aforgotten(model) -> None:
    stream = model.astream("Hi")
    await anext(stream)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        del stream
        gc.collect()
        await anyio.wait_all_tasks_blocked()
        await anyio.wait_all_tasks_blocked()


async def aconsumer_raises(model) -> None:
    async def consume() -> None:
        async with model.astream("Hi") as stream:
            await anext(stream)
            raise KeyError("mine")

    with pytest.raises(KeyError):
        await consume()


async def abreaks(model) -> None:
    model.trouble = NetworkError("the connection was reset")
    with pytest.raises(NetworkError):
        await model.astream("Hi").collect()


async def cancelled(model) -> None:
    model.hang = bool
    async with anyio.create_task_group() as group:
        group.start_soon(model.astream("Hi").collect)
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()


async def cancelled_and_held(model) -> None:
    model.hang = bool
    stream = model.astream("Hi")
    async with anyio.create_task_group() as group:
        group.start_soon(stream.collect)
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    assert stream.call.outcome == "cancelled"


async def cancelled_between_reads(model) -> None:
    with anyio.CancelScope() as scope:
        async with model.astream("Hi") as stream:
            await anext(stream)
            scope.cancel()
            await checkpoint()


async def timed_out(model) -> None:
    with anyio.move_on_after(math.inf) as scope:
        model.hang = lambda: setattr(scope, "deadline", -math.inf)
        await model.astream("Hi").collect()


async def closed_by_another_task(model) -> None:
    stream = model.astream("Hi")
    await anext(stream)
    async with anyio.create_task_group() as group:
        group.start_soon(stream.aclose)


async def read_in_one_task_and_ended_in_another(model) -> None:
    stream = model.astream("Hi")
    await anext(stream)
    async with anyio.create_task_group() as group:
        group.start_soon(stream.collect)


async def anever_read(model) -> None:
    await model.astream("Hi").aclose()


CANCELLED = (StatusCode.ERROR, "cancelled", "error")
ASYNC = [
    (aexhausted, OK),
    (aleft_and_closed, LEFT),
    (aleft_within_with, LEFT),
    (aforgotten, (StatusCode.ERROR, "_OTHER", "error")),
    (aconsumer_raises, RAISED),
    (abreaks, (StatusCode.ERROR, "network", "error")),
    (cancelled, CANCELLED),
    (cancelled_and_held, CANCELLED),
    (cancelled_between_reads, CANCELLED),
    (timed_out, CANCELLED),
    (closed_by_another_task, LEFT),
    (read_in_one_task_and_ended_in_another, OK),
    (anever_read, None),
]


def named(life: Any) -> str:
    return getattr(life, "__name__", "")


@pytest.mark.parametrize(("life", "outcome"), SYNC, ids=named)
def test_a_stream_ends_its_span_once_however_it_ends(recorder, caplog, life, outcome) -> None:
    model = Streaming()
    with recorder.tracer.start_as_current_span("program") as program:
        life(instrument(model, telemetry=recorder.telemetry()))

        assert trace.get_current_span() is program
    verify(recorder, caplog, model, outcome)


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.parametrize(("life", "outcome"), ASYNC, ids=named)
async def test_an_async_stream_ends_its_span_once_in_all_cases(
    recorder, caplog, life, outcome
) -> None:
    model = Streaming()
    with recorder.tracer.start_as_current_span("program") as program:
        await life(instrument(model, telemetry=recorder.telemetry()))

        assert trace.get_current_span() is program
    verify(recorder, caplog, model, outcome)


async def test_a_time_limit_of_asyncio_ends_the_span(recorder, caplog) -> None:
    model = Streaming()

    async def consume() -> None:
        async with asyncio.timeout(None) as limit:
            model.hang = lambda: limit.reschedule(0)
            await instrument(model, telemetry=recorder.telemetry()).astream("Hi").collect()

    with recorder.tracer.start_as_current_span("program") as program:
        with pytest.raises(TimeoutError):
            await consume()

        assert trace.get_current_span() is program
    verify(recorder, caplog, model, CANCELLED)


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_whole_call_that_is_cancelled_ends_its_span(recorder, caplog) -> None:
    class Hanging(StandardChatModel):
        def respond(self, request, call): ...

        async def arespond(self, request, call):
            await anyio.sleep_forever()

    model = instrument(Hanging("acme", "large"), telemetry=recorder.telemetry())
    with recorder.tracer.start_as_current_span("program") as program:
        async with anyio.create_task_group() as group:
            group.start_soon(model.agenerate, "Hi")
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()

        assert trace.get_current_span() is program
    assert recorder.span.attributes["error.type"] == "cancelled"
    assert recorder.total("chatmodels.calls.in_flight") == 0
    assert not complaints(caplog)  # as of a context that is left in another task


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.parametrize("is_awaited", [False, True], ids=["batch", "abatch"])
async def test_each_call_of_a_batch_is_a_span_below_the_programs(recorder, is_awaited) -> None:
    from chatmodels.providers.mock import MockChatModel

    model = MockChatModel(rules={"fail": NetworkError("reset"), ".": "two words"})
    model = instrument(model, telemetry=recorder.telemetry())
    prompts = ["one", "two", "fail", "three"]

    with recorder.tracer.start_as_current_span("program") as program:
        results = (
            await model.abatch(prompts, max_concurrency=2)
            if is_awaited
            else model.batch(prompts, max_concurrency=2)
        )

        assert trace.get_current_span() is program
    assert [isinstance(each, NetworkError) for each in results] == [False, False, True, False]
    parents = {span.parent.span_id for span in recorder.chats}
    assert parents == {program.get_span_context().span_id}
    kinds = sorted(span.attributes.get("error.type", "") for span in recorder.chats)
    assert kinds == ["", "", "", "network"]
    tokens = recorder.points("gen_ai.client.inference.usage.output_tokens")
    assert sum(point.value for point in tokens) == 6


def complaints(caplog) -> list[logging.LogRecord]:
    # Threads of exporters from an earlier test can still try to export.
    return [
        record
        for record in caplog.records
        if record.name.startswith("opentelemetry")
        and not record.name.startswith("opentelemetry.exporter")
    ]


def verify(recorder, caplog, model, outcome) -> None:
    assert not complaints(caplog)  # as of a context that is left in another task
    if outcome is None:
        assert recorder.chats == []
        return
    span = recorder.span
    (program,) = (each for each in recorder.spans if each.name == "program")
    status, kind, reason = outcome
    assert span.status.status_code is status
    assert span.attributes.get("error.type") == kind
    assert span.attributes["gen_ai.response.finish_reasons"] == (reason,)
    assert span.parent.span_id == program.context.span_id
    assert model.parents == [span.context.span_id]
    assert recorder.total("chatmodels.calls.in_flight") == 0
    assert recorder.total("gen_ai.client.inference.duration") == 1
    assert recorder.total("gen_ai.client.inference.time_to_first_chunk") == 1
    tokens = recorder.points("gen_ai.client.inference.usage.output_tokens")
    assert [(point.attributes["gen_ai.token.modality"], point.value) for point in tokens] == (
        [("text", 2)] if reason == "stop" else [("unknown", 0)]
    )


def test_spans_of_the_consumer_do_not_become_children(recorder) -> None:
    model = instrument(Streaming(), telemetry=recorder.telemetry())

    with recorder.tracer.start_as_current_span("program") as program, model.stream("Hi") as stream:
        for _ in stream:
            recorder.tracer.start_span("step").end()

    steps = [span for span in recorder.spans if span.name == "step"]
    assert {span.parent.span_id for span in steps} == {program.get_span_context().span_id}


async def test_spans_of_an_awaiting_consumer_do_not_become_children(recorder) -> None:
    model = instrument(Streaming(), telemetry=recorder.telemetry())

    with recorder.tracer.start_as_current_span("program") as program:
        async with model.astream("Hi") as stream:
            async for _ in stream:
                recorder.tracer.start_span("step").end()

    steps = [span for span in recorder.spans if span.name == "step"]
    assert {span.parent.span_id for span in steps} == {program.get_span_context().span_id}


def test_a_coroutine_that_is_thrown_away_leaves_the_context_of_its_destroyer_alone(
    recorder, caplog
) -> None:
    class Hanging(StandardChatModel):
        def respond(self, request, call): ...

        async def arespond(self, request, call):
            await asyncio.get_running_loop().create_future()

    coroutine = instrument(Hanging("acme", "large"), telemetry=recorder.telemetry()).agenerate("Hi")

    async def begin() -> None:
        asyncio.get_running_loop().create_future()
        # As far as the provider, in the context of this task, which is then gone.
        coroutine.send(None)

    asyncio.run(begin())
    with recorder.tracer.start_as_current_span("destroyer") as destroyer:
        coroutine.close()
        assert trace.get_current_span() is destroyer

    assert recorder.span.attributes["error.type"] == "cancelled"
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("mode", ["generate", "stream"])
def test_retries_are_one_span_and_counted_by_reason(recorder, mode) -> None:
    from chatmodels.providers.mock import MockChatModel
    from chatmodels.resilience import Retry

    mock = MockChatModel(
        responses=[RateLimitError("slow down"), NetworkError("reset"), "done"],
        policies=[Retry(max_retries=3, initial_delay=0)],
    )
    model = instrument(mock, telemetry=recorder.telemetry())

    assert (model.generate("Hi") if mode == "generate" else model.stream("Hi").collect()).text

    assert recorder.span.attributes["chatmodels.retry.count"] == 2
    reasons = {
        point.attributes["error.type"]: point.value
        for point in recorder.points("chatmodels.retries")
    }
    assert reasons == {"rate_limited": 1, "network": 1}


@pytest.mark.parametrize("mode", ["generate", "stream"])
async def test_a_response_of_another_model_is_counted_there(recorder, mode) -> None:
    from chatmodels.core.extending import Send
    from chatmodels.providers.mock import MockChatModel

    telemetry = recorder.telemetry()
    other = instrument(MockChatModel("other", responses=["a b c"]), telemetry=telemetry)

    def elsewhere(call, request):
        return (yield Send(request, model=other))

    model = instrument(MockChatModel("first", policies=[elsewhere]), telemetry=telemetry)

    await (model.agenerate("Hi") if mode == "generate" else model.astream("Hi").collect())

    outer, inner = sorted(recorder.chats, key=lambda span: span.name)
    assert inner.parent.span_id == outer.context.span_id
    assert inner.attributes["gen_ai.usage.output_tokens"] == 3
    assert "gen_ai.usage.output_tokens" not in outer.attributes
    assert recorder.total("gen_ai.client.inference.usage.output_tokens") == 3


def test_spans_below_an_unsampled_call_are_not_sampled() -> None:
    from opentelemetry.metrics import NoOpMeterProvider
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased

    from chatmodels.otel import Telemetry, TelemetryOptions

    telemetry = Telemetry(
        TelemetryOptions(),
        tracer_provider=TracerProvider(sampler=ParentBased(ALWAYS_OFF)),
        meter_provider=NoOpMeterProvider(),
    )
    model = Streaming()

    instrument(model, telemetry=telemetry).stream("Hi").collect()

    assert model.parents != [0]
    assert telemetry.meters.running == set()
