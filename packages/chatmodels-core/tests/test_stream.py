"""The life of a stream, in every way that it may end: sync, under asyncio and under trio.

A stream ends once for its observers, closes what the provider opened, and warns only when it was
forgotten.
"""

import asyncio
import gc
import logging
import warnings
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from chatmodels.core import (
    AsyncChatStream,
    ChatModelError,
    ChatRequest,
    ChatStream,
    ErrorCode,
    InternalError,
    InvalidRequestError,
    OutputInvalidError,
    RateLimitError,
    StreamEnd,
    StreamEvent,
    StreamInterruptedError,
    StreamStart,
    TextDelta,
    Usage,
    UsageUpdate,
)
from chatmodels.core.extending import CallInfo, Flow, Send, StandardChatModel, StartedStream

START, USAGE, END = StreamStart("r1", "gpt"), UsageUpdate(Usage(output_tokens=2)), StreamEnd()
TEXTS = (TextDelta("Hel"), TextDelta("lo"))
WHOLE = (START, *TEXTS, USAGE, END)

Stream = ChatStream[Any] | AsyncChatStream[Any]


class Watcher:
    """Records the notifications of an observer."""

    def __init__(self) -> None:
        self.calls: list[CallInfo] = []
        self.first: list[object] = []
        self.ends: list[tuple[Any, Any, Any]] = []

    def start(self, call: CallInfo, /) -> object:
        self.calls.append(call)
        return len(self.calls)

    def first_event(self, token: object, /) -> None:
        self.first.append(token)

    def end(self, token: object, response: Any, error: BaseException | None, /) -> None:
        self.ends.append((token, response, error))

    @property
    def outcome(self) -> str:
        """The outcome of the only call."""
        assert len(self.calls) == len(self.ends) == 1
        assert self.ends[0][0] == 1
        return self.calls[0].outcome

    @property
    def text(self) -> str:
        """The response of the only call at its end."""
        return self.ends[0][1].text


class Scripted(StandardChatModel):
    """Streams a script: events are yielded, errors raised, functions called."""

    def __init__(self, *script: Any, closing: Exception | None = None, name: str = "m") -> None:
        self.watcher = Watcher()
        super().__init__("fake", name, observers=[self.watcher])
        self.script = script
        self.closing = closing
        self.opened = self.closed = 0

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        self.opened += 1
        try:
            for step in self.script:
                if isinstance(step, BaseException):
                    raise step
                if callable(step):
                    step()
                else:
                    yield step
        finally:
            self.closed += 1
            if self.closing:
                raise self.closing

    async def aevents(self, request: ChatRequest, call: CallInfo, /) -> AsyncIterator[StreamEvent]:
        self.opened += 1
        try:
            for step in self.script:
                if isinstance(step, BaseException):
                    raise step
                if callable(step):
                    await step()
                else:
                    yield step
        finally:
            self.closed += 1
            if self.closing:
                raise self.closing


class Shape:
    """The same steps with a synchronous and with an asynchronous stream."""

    def __init__(self, name: str) -> None:
        self.sync = name == "sync"

    def begin(self, model: StandardChatModel, **options: Any) -> Any:
        return model.stream("Hi", **options) if self.sync else model.astream("Hi", **options)

    async def enter(self, stream: Any) -> None:
        if self.sync:
            stream.__enter__()
        else:
            await stream.__aenter__()

    async def next(self, stream: Any) -> Any:
        return next(stream, None) if self.sync else await anext(stream, None)

    async def read(self, stream: Any) -> list[Any]:
        return list(stream) if self.sync else [event async for event in stream]

    async def texts(self, stream: Any) -> list[str]:
        texts = stream.texts()
        return list(texts) if self.sync else [text async for text in texts]

    async def collect(self, stream: Any) -> Any:
        return stream.collect() if self.sync else await stream.collect()

    async def close(self, stream: Any) -> None:
        if self.sync:
            stream.close()
        else:
            await stream.aclose()

    async def within(self, stream: Any, body: Callable[[Any], Any]) -> None:
        """Enter the stream by `with`, and let each event pass the body until it raises."""
        if self.sync:
            with stream:
                while True:
                    body(next(stream))
        else:
            async with stream:
                while True:
                    body(await anext(stream))

    async def settle(self) -> None:
        """Let the garbage collector and what it leaves to the event loop finish."""
        gc.collect()
        if not self.sync:
            await anyio.wait_all_tasks_blocked()
            await anyio.wait_all_tasks_blocked()


@pytest.fixture(params=["sync", "asyncio", "trio"])
def shape(request: pytest.FixtureRequest) -> Shape:
    return Shape(request.param)


@pytest.fixture
def anyio_backend(request: pytest.FixtureRequest) -> str:
    params = getattr(request.node, "callspec", None)
    name = params.params.get("shape", "asyncio") if params else "asyncio"
    return "asyncio" if name == "sync" else name


class LeaveError(Exception):
    """An exception of the consumer."""


def leave(event: StreamEvent) -> None:
    if event == TEXTS[0]:
        raise LeaveError


# read to the end


@pytest.mark.parametrize("entered", [True, False], ids=["entered", "iterated"])
async def test_a_stream_read_to_its_end_has_a_response_and_ends_once(
    shape: Shape, entered: bool
) -> None:
    model = Scripted(*WHOLE)
    stream = shape.begin(model)

    if entered:
        await shape.enter(stream)
    *events, end = await shape.read(stream)
    await shape.close(stream)

    assert tuple(events) == WHOLE[:-1]
    assert end.response is stream.response
    assert stream.response.text == "Hello"
    assert stream.response.provider == "fake"
    assert stream.response.id == "r1"
    assert stream.response.usage == Usage(output_tokens=2)
    assert stream.response.timing.events == len(WHOLE)
    assert stream.response.timing.first_event <= stream.response.timing.total
    watcher = model.watcher
    assert watcher.outcome == "completed"
    assert watcher.first == [1]
    assert watcher.ends == [(1, stream.response, None)]
    assert model.closed == model.opened == 1


async def test_a_stream_of_nothing_but_its_end_is_read(shape: Shape) -> None:
    for entered in (True, False):
        stream = shape.begin(Scripted(END))
        if entered:
            await shape.enter(stream)

        (end,) = await shape.read(stream)

        assert end.response == stream.response
        assert stream.response.message.parts == ()


async def test_events_after_the_end_event_are_not_read(shape: Shape) -> None:
    model = Scripted(*WHOLE, RateLimitError("too late"))

    response = await shape.collect(shape.begin(model))

    assert response.text == "Hello"
    assert (model.closed, model.watcher.outcome) == (1, "completed")


async def test_texts_are_iterated_alone(shape: Shape) -> None:
    stream = shape.begin(Scripted(*WHOLE))

    assert await shape.texts(stream) == ["Hel", "lo"]
    assert stream.response.text == "Hello"


async def test_leaving_the_texts_early_leaves_the_stream_open(shape: Shape) -> None:
    stream = shape.begin(Scripted(*WHOLE))
    await shape.enter(stream)
    texts = stream.texts()

    assert await shape.next(texts) == "Hel"
    del texts
    await shape.settle()
    rest = await shape.read(stream)

    assert rest[0] == TEXTS[1]
    assert stream.response.text == "Hello"


async def test_iterating_a_stream_again_yields_nothing(shape: Shape) -> None:
    model = Scripted(*WHOLE)
    stream = shape.begin(model)
    await shape.read(stream)

    assert await shape.read(stream) == []
    await shape.enter(stream)
    assert await shape.read(stream) == []
    assert (await shape.collect(stream)).text == "Hello"
    assert model.opened == 1
    assert model.watcher.outcome == "completed"


async def test_entering_a_stream_that_is_being_read_goes_on_reading(shape: Shape) -> None:
    model = Scripted(*WHOLE)
    stream = shape.begin(model)

    first = await shape.next(stream)
    await shape.enter(stream)
    await shape.enter(stream)
    rest = await shape.read(stream)

    assert (first, *rest[:-1]) == WHOLE[:-1]
    assert model.opened == 1


async def test_entering_sends_the_request_and_waits_for_the_first_event(shape: Shape) -> None:
    model = Scripted(*WHOLE)
    stream = shape.begin(model)
    assert (model.opened, stream.call) == (0, None)

    await shape.enter(stream)

    assert model.opened == 1
    assert model.watcher.first == [1]
    assert stream.call is model.watcher.calls[0]
    assert stream.partial.id == "r1"
    await shape.close(stream)


async def test_the_partial_response_is_available_before_the_end(shape: Shape) -> None:
    stream = shape.begin(Scripted(*WHOLE))
    await shape.next(stream)
    await shape.next(stream)

    assert stream.partial.text == "Hel"
    assert stream.partial.finish_reason == "other"
    with pytest.raises(InvalidRequestError, match="not been read to its end") as caught:
        _ = stream.response
    assert caught.value.op == "stream"
    await shape.read(stream)
    assert stream.partial is stream.response


# left early


async def test_leaving_the_block_early_closes_the_stream(shape: Shape) -> None:
    model = Scripted(*WHOLE)
    stream = shape.begin(model)

    with pytest.raises(LeaveError):
        await shape.within(stream, leave)

    assert model.watcher.outcome == "closed"
    assert model.watcher.text == "Hel"
    assert isinstance(model.watcher.ends[0][2], LeaveError)
    assert model.watcher.calls[0].events == 2
    assert model.closed == 1
    assert await shape.read(stream) == []
    assert stream.partial.text == "Hel"


async def test_exceptions_in_the_block_are_reported_to_observers_and_not_logged(
    shape: Shape, caplog: pytest.LogCaptureFixture
) -> None:
    model = Scripted(*WHOLE)
    stream = shape.begin(model)

    with pytest.raises(LeaveError) as raised:
        await shape.within(stream, leave)

    assert model.watcher.ends[0][2] is raised.value
    assert stream._state.raised is None
    assert caplog.records == []


def test_a_program_that_is_stopped_within_the_block_cancels_the_stream() -> None:
    model = Scripted(*WHOLE)

    def stop() -> None:
        with model.stream("Hi"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop()

    assert model.watcher.outcome == "cancelled"


async def test_a_generator_that_is_closed_within_the_block_leaves_it_by_will() -> None:
    sync, awaited = Scripted(*WHOLE), Scripted(*WHOLE)

    def texts() -> Iterator[StreamEvent]:
        with sync.stream("Hi") as stream:
            yield next(stream)

    async def atexts() -> AsyncIterator[StreamEvent]:
        async with awaited.astream("Hi") as stream:
            yield await anext(stream)

    steps, asteps = texts(), atexts()
    next(steps)
    await anext(asteps)
    steps.close()
    await asteps.aclose()

    for model in (sync, awaited):
        assert model.watcher.outcome == "closed"
        assert model.watcher.ends[0][2] is None


async def test_leaving_before_any_iteration_preserves_the_partial_response(shape: Shape) -> None:
    model = Scripted(TEXTS[0], END)
    stream = shape.begin(model)

    await shape.enter(stream)
    await shape.close(stream)
    await shape.close(stream)

    assert (model.watcher.outcome, model.watcher.text, model.closed) == ("closed", "Hel", 1)


@pytest.mark.parametrize("entered", [True, False], ids=["entered", "iterated"])
async def test_a_forgotten_stream_is_ended_by_the_garbage_collector_with_a_warning(
    shape: Shape, entered: bool
) -> None:
    model = Scripted(*WHOLE)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        stream = shape.begin(model)
        if entered:
            await shape.enter(stream)
        await shape.next(stream)
        await shape.next(stream)
        del stream
        await shape.settle()

    ours = [str(item.message) for item in caught if "fake:m" in str(item.message)]
    assert ours == [
        "a stream of fake:m was never closed; use it in a `with` block or read it to its end"
    ]
    assert all(item.category is ResourceWarning for item in caught)
    assert (model.watcher.outcome, model.watcher.text, model.closed) == ("abandoned", "Hel", 1)


async def test_breaking_out_of_a_bare_loop_is_such_a_case(shape: Shape) -> None:
    model = Scripted(*WHOLE)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if shape.sync:
            for _ in model.stream("Hi"):  # pragma: no branch - it is left at once
                break
        else:
            async for _ in model.astream("Hi"):  # pragma: no branch - likewise
                break
        await shape.settle()

    assert any("never closed" in str(item.message) for item in caught)
    assert (model.watcher.outcome, model.closed) == ("abandoned", 1)


@pytest.mark.parametrize("entered", [True, False], ids=["in a block", "bare"])
def test_a_generator_that_yields_from_a_stream_closes_it_when_it_is_closed(entered: bool) -> None:
    model = Scripted(*WHOLE)

    def relayed() -> Generator[StreamEvent]:
        stream = model.stream("Hi")
        if entered:
            with stream:
                yield from stream
        else:
            yield from stream

    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        events = relayed()
        next(events)
        events.close()

    assert (model.watcher.outcome, model.closed) == ("closed", 1)


async def test_the_iterator_of_a_stream_can_be_closed_instead_of_the_stream(shape: Shape) -> None:
    model = Scripted(*WHOLE)
    stream = shape.begin(model)
    await shape.next(stream)

    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        # The types promise an iterator only; the generator that it is can be closed.
        events: Any = iter(stream) if isinstance(stream, ChatStream) else aiter(stream)
        if shape.sync:
            events.close()
        else:
            await events.aclose()

    assert (model.watcher.outcome, model.closed) == ("closed", 1)


def test_a_stream_whose_event_loop_is_gone_still_ends_once() -> None:
    model = Scripted(*WHOLE)
    loop = asyncio.new_event_loop()
    stream = model.astream("Hi")
    loop.run_until_complete(anext(stream))
    loop.close()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del stream
        gc.collect()

    assert [item.category for item in caught] == [ResourceWarning]
    assert model.watcher.outcome == "abandoned"


async def test_a_stream_that_is_never_begun_sends_nothing(shape: Shape) -> None:
    model = Scripted(*WHOLE)
    stream = shape.begin(model)

    del stream
    await shape.settle()

    assert (model.opened, model.watcher.calls) == (0, [])


async def test_a_stream_closed_before_it_began_cannot_be_entered(shape: Shape) -> None:
    model = Scripted(*WHOLE)
    stream = shape.begin(model)
    await shape.close(stream)

    with pytest.raises(InvalidRequestError, match="closed before it was entered; create a new one"):
        await shape.enter(stream)
    assert await shape.read(stream) == []
    assert (model.opened, model.watcher.calls) == (0, [])


# broken


async def test_an_error_in_mid_stream_contains_the_partial_response(shape: Shape) -> None:
    error = RateLimitError("slow down", request_id="req_1")
    model = Scripted(START, TEXTS[0], error)
    stream = shape.begin(model)

    with pytest.raises(RateLimitError) as caught:
        await shape.read(stream)

    assert caught.value is error
    assert (error.op, error.provider, error.model) == ("stream", "fake", "m")
    assert error.partial is not None
    assert (error.partial.text, error.partial.id) == ("Hel", "r1")
    assert model.watcher.outcome == "failed"
    assert model.watcher.ends == [(1, error.partial, error)]
    assert model.closed == 1
    assert stream.partial.text == "Hel"
    assert await shape.read(stream) == []


async def test_a_partial_response_of_the_provider_is_preserved(shape: Shape) -> None:
    partial = Scripted(*WHOLE).stream("Hi").collect()
    model = Scripted(START, RateLimitError("slow down", partial=partial))

    with pytest.raises(RateLimitError) as caught:
        await shape.collect(shape.begin(model))

    assert caught.value.partial is partial
    assert model.watcher.ends[0][1] is partial


@pytest.mark.parametrize("entered", [True, False], ids=["entered", "iterated"])
async def test_an_error_before_the_first_event_has_no_partial_response(
    shape: Shape, entered: bool
) -> None:
    model = Scripted(RateLimitError("slow down"))
    stream = shape.begin(model)

    with pytest.raises(RateLimitError) as caught:
        await (shape.enter(stream) if entered else shape.next(stream))

    assert caught.value.partial is None
    assert model.watcher.ends == [(1, None, caught.value)]
    assert model.watcher.first == []
    assert model.closed == 1


@pytest.mark.parametrize("script", [(), (START, TEXTS[0])], ids=["at-once", "in-mid-stream"])
async def test_a_foreign_exception_becomes_an_internal_error(
    shape: Shape, script: tuple[Any, ...]
) -> None:
    model = Scripted(*script, KeyError("x"))

    with pytest.raises(InternalError) as caught:
        await shape.read(shape.begin(model))

    error = caught.value
    assert isinstance(error.__cause__, KeyError)
    assert error.message.startswith("fake:m failed with KeyError: 'x'; this is a defect of its")
    assert (error.op, error.provider, error.model) == ("stream", "fake", "m")
    assert (error.partial.text if error.partial else None) == ("Hel" if script else None)
    assert model.watcher.outcome == "failed"


async def test_other_values_than_events_become_an_internal_error(shape: Shape) -> None:
    with pytest.raises(InternalError, match="TypeError: str is not a stream event"):
        await shape.read(shape.begin(Scripted(START, "Hello", END)))


@pytest.mark.parametrize(
    "script", [(START,), (START, *TEXTS)], ids=["after-its-start", "in-mid-stream"]
)
async def test_a_stream_without_its_terminal_event_is_interrupted(
    shape: Shape, script: tuple[Any, ...]
) -> None:
    model = Scripted(*script)

    with pytest.raises(StreamInterruptedError, match="without its terminal event; try") as caught:
        await shape.read(shape.begin(model))

    assert caught.value.partial is not None
    assert caught.value.partial.id == "r1"
    assert (model.watcher.outcome, model.closed) == ("failed", 1)


async def test_a_stream_without_any_event_is_interrupted(shape: Shape) -> None:
    model = Scripted()

    with pytest.raises(StreamInterruptedError, match="ended without any event") as caught:
        await shape.read(shape.begin(model))

    assert caught.value.partial is None
    assert (model.watcher.outcome, model.closed) == ("failed", 1)


@pytest.mark.parametrize("cls", [KeyboardInterrupt, SystemExit], ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("script", [(), (START, TEXTS[0])], ids=["at-once", "in-mid-stream"])
def test_an_interruption_passes_untouched(
    cls: type[BaseException], script: tuple[Any, ...]
) -> None:
    error = cls()
    model = Scripted(*script, error)

    with pytest.raises(cls) as caught:
        model.stream("Hi").collect()

    assert caught.value is error
    assert (model.watcher.outcome, model.closed) == ("cancelled", 1)
    assert model.watcher.ends[0][2] is error


async def test_an_output_that_cannot_be_parsed_is_an_error_with_the_whole_response(
    shape: Shape,
) -> None:
    model = Scripted(*WHOLE)
    stream = shape.begin(model, output_type=int)

    with pytest.raises(OutputInvalidError) as caught:
        await shape.read(stream)

    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hello"
    assert model.watcher.ends == [(1, caught.value.partial, caught.value)]
    assert model.watcher.outcome == "failed"


async def test_the_output_is_parsed_at_the_end(shape: Shape) -> None:
    stream = shape.begin(Scripted(TextDelta('{"value": 3}'), END), output_type=int)

    assert (await shape.collect(stream)).parsed == 3


# cancelled


asynchronous = pytest.mark.parametrize("shape", ["asyncio", "trio"], indirect=True)


@asynchronous
@pytest.mark.parametrize("script", [(), (START, TEXTS[0])], ids=["at-once", "in-mid-stream"])
async def test_a_cancellation_during_a_read_ends_the_stream_and_passes_through(
    shape: Shape, script: tuple[Any, ...]
) -> None:
    model = Scripted(*script, anyio.sleep_forever)

    async def read() -> None:
        async with model.astream("Hi") as stream:
            await shape.read(stream)

    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(read)
            await anyio.wait_all_tasks_blocked()
            scope.cancel()

    assert scope.cancelled_caught
    assert (model.watcher.outcome, model.closed) == ("cancelled", 1)
    assert not isinstance(model.watcher.ends[0][2], Exception)
    if script:
        assert model.watcher.text == "Hel"


async def test_a_time_limit_of_asyncio_ends_the_stream() -> None:
    model = Scripted(START, TEXTS[0], anyio.sleep_forever)

    async def read() -> None:
        async with asyncio.timeout(0), model.astream("Hi") as stream:
            async for _ in stream:
                pass

    with pytest.raises(TimeoutError):
        await read()

    assert (model.watcher.outcome, model.watcher.text) == ("cancelled", "Hel")
    assert model.closed == 1


@asynchronous
async def test_a_cancellation_between_reads_ends_and_closes_the_stream(shape: Shape) -> None:
    model = Scripted(*WHOLE)

    with anyio.CancelScope() as scope:
        async with model.astream("Hi") as stream:
            await anext(stream)
            scope.cancel()
            await anyio.lowlevel.checkpoint()

    assert (model.watcher.outcome, model.closed) == ("cancelled", 1)


@asynchronous
async def test_a_stream_that_another_task_reads_cannot_be_closed_but_cancelled(
    shape: Shape,
) -> None:
    go = anyio.Event()
    model = Scripted(START, go.wait, *TEXTS, END)
    stream = model.astream("Hi")

    async with anyio.create_task_group() as group:
        group.start_soon(stream.collect)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(InvalidRequestError, match=r"read by another task .* cancel it"):
            await stream.aclose()
        go.set()

    assert stream.response.text == "Hello"
    assert model.watcher.outcome == "completed"


def test_a_stream_that_another_thread_reads_cannot_be_closed() -> None:
    errors: list[str] = []

    def close() -> None:  # as from another thread: while the stream waits for the next event
        try:
            stream.close()
        except InvalidRequestError as error:
            errors.append(error.message)

    stream = Scripted(START, close, *TEXTS, END).stream("Hi")

    assert stream.collect().text == "Hello"
    assert len(errors) == 1
    assert "read by another thread" in errors[0]


# closing fails


@pytest.mark.parametrize("early", [True, False], ids=["left-early", "at-the-end"])
async def test_a_provider_that_fails_to_close_spoils_nothing(
    shape: Shape, early: bool, caplog: pytest.LogCaptureFixture
) -> None:
    model = Scripted(*WHOLE, closing=ValueError("my diary"))
    stream = shape.begin(model)

    await shape.enter(stream)
    if early:
        await shape.close(stream)
    else:
        assert (await shape.collect(stream)).text == "Hello"

    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert record.getMessage() == "a stream of 'fake:m' could not be closed: ValueError"
    assert vars(record)["op"] == "stream"
    assert model.watcher.outcome == ("closed" if early else "completed")


class Steps:
    """An iterator that is no generator, with and without a way to close it."""

    def __init__(self, *events: StreamEvent) -> None:
        self.rest = iter(events)
        self.closed = 0

    def __iter__(self) -> Iterator[StreamEvent]:
        return self

    def __next__(self) -> StreamEvent:
        return next(self.rest)

    def __aiter__(self) -> AsyncIterator[StreamEvent]:
        return self

    async def __anext__(self) -> StreamEvent:
        try:
            return next(self.rest)
        except StopIteration:
            raise StopAsyncIteration from None


class ClosableSteps(Steps):
    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        self.closed += 1


class Handing(StandardChatModel):
    """Streams whatever iterator it is given."""

    def __init__(self, steps: Steps) -> None:
        super().__init__("fake", "m")
        self.steps = steps

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        return self.steps

    def aevents(self, request: ChatRequest, call: CallInfo, /) -> AsyncIterator[StreamEvent]:
        return self.steps


@pytest.mark.parametrize("steps", [Steps, ClosableSteps], ids=["open", "closable"])
async def test_any_iterator_will_do(shape: Shape, steps: type[Steps]) -> None:
    whole, cut, empty = steps(*WHOLE), steps(START), steps()

    assert (await shape.collect(shape.begin(Handing(whole)))).text == "Hello"
    for broken in (cut, empty):
        with pytest.raises(StreamInterruptedError):
            await shape.collect(shape.begin(Handing(broken)))

    closable = steps is ClosableSteps
    assert [bool(made.closed) for made in (whole, cut, empty)] == [closable] * 3


# policies


def elsewhere(other: StandardChatModel) -> Any:
    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return (yield Send(request, other))

    return policy


async def test_a_policy_streams_from_another_model(shape: Shape) -> None:
    other = Scripted(*WHOLE, name="other")
    other.provider = "backup"
    model = Scripted().with_policies(elsewhere(other))

    response = await shape.collect(shape.begin(model))

    assert (response.text, response.provider) == ("Hello", "backup")
    assert (model.opened, other.opened, other.closed) == (0, 1, 1)
    assert (model.watcher.outcome, other.watcher.outcome) == ("completed", "completed")
    assert model.watcher.calls[0].attempts == 1


async def test_leaving_early_closes_the_other_models_stream_without_a_warning(
    shape: Shape,
) -> None:
    other = Scripted(*WHOLE, name="other")
    model = Scripted().with_policies(elsewhere(other))

    with pytest.raises(LeaveError):
        await shape.within(shape.begin(model), leave)
    await shape.settle()

    assert (model.watcher.outcome, other.watcher.outcome) == ("closed", "closed")
    assert other.closed == 1


async def test_an_error_of_the_other_model_keeps_its_place(shape: Shape) -> None:
    other = Scripted(START, TEXTS[0], RateLimitError("slow down"), name="other")
    model = Scripted().with_policies(elsewhere(other))

    with pytest.raises(RateLimitError) as caught:
        await shape.collect(shape.begin(model))

    assert caught.value.model == "other"
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hel"
    assert (model.watcher.outcome, other.watcher.outcome) == ("failed", "failed")


async def test_a_policy_can_recover_from_a_failure_before_the_first_event(shape: Shape) -> None:
    outcomes = [(RateLimitError("slow down"),), WHOLE]

    def again(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        model.script = outcomes.pop(0)
        try:
            return (yield Send(request))
        except ChatModelError:
            model.script = outcomes.pop(0)
            return (yield Send(request))

    model = Scripted().with_policies(again)
    response = await shape.collect(shape.begin(model))

    assert response.text == "Hello"
    assert response.timing.attempts == 2
    assert model.watcher.outcome == "completed"
    assert model.watcher.first == [1]


async def test_a_stream_that_a_policy_opened_in_vain_is_closed(shape: Shape) -> None:
    other = Scripted(*WHOLE, name="other")

    def second(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        yield Send(request, other)
        return (yield Send(request))

    def refuse(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        yield Send(request)
        raise RateLimitError("on second thoughts")

    model = Scripted(*WHOLE).with_policies(second)
    refusing = Scripted(*WHOLE).with_policies(refuse)
    response = await shape.collect(shape.begin(model))
    with pytest.raises(RateLimitError, match="on second thoughts"):
        await shape.collect(shape.begin(refusing))

    assert response.provider == "fake"
    assert (other.closed, other.watcher.outcome) == (1, "closed")
    assert (model.closed, refusing.closed) == (1, 1)
    assert refusing.watcher.outcome == "failed"


async def test_a_stream_that_a_policy_derives_from_another_stays_open(shape: Shape) -> None:
    def upper(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        opened = yield Send(request)
        return StartedStream(StreamStart("changed"), opened.events)

    stream = shape.begin(Scripted(*WHOLE).with_policies(upper))

    assert (await shape.collect(stream)).id == "changed"
    assert stream.response.text == "Hello"


async def test_a_policy_that_fails_is_named_as_a_possible_culprit(shape: Shape) -> None:
    def broken(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        raise KeyError("mine")
        yield

    with pytest.raises(InternalError, match="or of a policy") as caught:
        await shape.collect(shape.begin(Scripted().with_policies(broken)))

    assert caught.value.code is ErrorCode.INTERNAL
