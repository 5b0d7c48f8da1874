"""A policy can forward a stream to the user, and continue it if it breaks."""

import copy
import gc
import weakref
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import anyio
import pytest

from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ChatResponse,
    ErrorCode,
    NetworkError,
    OutputInvalidError,
    PartEnd,
    StreamEnd,
    StreamEvent,
    StreamInterruptedError,
    StreamStart,
    TextDelta,
    Timeout,
    ToolCallStart,
    Usage,
    UsageUpdate,
    assistant,
)
from chatmodels.core.extending import (
    CallInfo,
    Collect,
    Flow,
    Forward,
    Join,
    Race,
    Send,
    Sleep,
    StandardChatModel,
    StartedStream,
    drive,
)

START, END = StreamStart("r1", "m"), StreamEnd()
BROKEN = NetworkError("reset")
FIRST: tuple[Any, ...] = (START, TextDelta("one "), BROKEN)
REST: tuple[Any, ...] = (StreamStart("r2", "m"), TextDelta("two"), UsageUpdate(Usage()), END)


class Streams(StandardChatModel):
    """Streams scripted events; an exception among them breaks the stream."""

    def __init__(self, *script: tuple[Any, ...], **options: Any) -> None:
        super().__init__("acme", "large", **options)
        self.script = list(script)
        self.requests: list[ChatRequest] = []
        self.open = 0

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        self.requests.append(request)
        self.open += 1
        try:
            for event in self.script.pop(0):
                if isinstance(event, BaseException):
                    raise copy.copy(event)
                yield event
        finally:
            self.open -= 1

    async def aevents(self, request: ChatRequest, call: CallInfo, /) -> AsyncIterator[StreamEvent]:
        for event in self.events(request, call):
            await anyio.lowlevel.checkpoint()
            yield event


def without_start(partial: ChatResponse[Any], index: int, /) -> Join:
    return lambda event: () if isinstance(event, StreamStart | PartEnd) else (event,)


class Continue:
    """Forwards each stream, and sends the request again when one breaks; keeps what it saw."""

    def __init__(self, times: int = 1) -> None:
        self.times = times
        self.errors: list[ChatModelError] = []
        self.indexes: list[int] = []
        self.ended = 0

    def joint(self, partial: ChatResponse[Any], index: int, /) -> Join:
        self.indexes.append(index)
        return without_start(partial, index)

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        try:
            for _ in range(self.times):
                try:
                    return (yield Forward((yield Send(request)), self.joint))
                except ChatModelError as error:
                    self.errors.append(error)
                yield Sleep(0)
            return (yield Forward((yield Send(request)), self.joint))
        finally:
            self.ended += 1


@pytest.fixture(params=["stream", "astream"])
def read(request: pytest.FixtureRequest) -> Any:
    """A function that reads a stream: `events, response = await read(model)`."""

    async def sync(model: Any, **options: Any) -> Any:
        with model.stream("Count.", **options) as stream:
            return list(stream), stream.response

    async def awaiting(model: Any, **options: Any) -> Any:
        async with model.astream("Count.", **options) as stream:
            return [event async for event in stream], stream.response

    return sync if request.param == "stream" else awaiting


@pytest.fixture(params=["stream", "astream"])
def leave(request: pytest.FixtureRequest) -> Any:
    """A function that reads the first events of a stream, and leaves it."""

    async def sync(model: Any, count: int) -> None:
        with model.stream("Count.") as stream:
            for _ in range(count):
                next(stream)

    async def awaiting(model: Any, count: int) -> None:
        async with model.astream("Count.") as stream:
            for _ in range(count):
                await anext(stream)

    return sync if request.param == "stream" else awaiting


async def test_a_stream_that_does_not_break_ends_the_policy(read: Any) -> None:
    policy = Continue()
    model = Streams((START, TextDelta("one"), END), policies=[policy])
    events, response = await read(model)
    assert [type(event) for event in events] == [StreamStart, TextDelta, StreamEnd]
    assert (response.text, response.failed_attempts) == ("one", ())
    assert (policy.ended, policy.errors, model.open) == (1, [], 0)


async def test_a_stream_with_a_single_event_is_complete(read: Any) -> None:
    policy = Continue()
    events, _ = await read(Streams((END,), policies=[policy]))
    assert len(events) == 1
    assert policy.ended == 1


async def test_the_error_of_a_broken_stream_is_raised_in_the_policy(read: Any) -> None:
    policy = Continue()
    model = Streams(FIRST, REST, policies=[policy])
    events, response = await read(model)
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["one ", "two"]
    assert sum(isinstance(event, StreamStart) for event in events) == 1
    assert (response.text, response.id, response.timing.attempts) == ("one two", "r1", 2)
    assert [attempt.code for attempt in response.failed_attempts] == [ErrorCode.NETWORK]
    (error,) = policy.errors
    assert (error.partial.text, error.provider, error.op) == ("one ", "acme", "stream")
    assert (policy.indexes, policy.ended, model.open) == ([0], 1, 0)


async def test_a_stream_continues_more_than_once(read: Any) -> None:
    policy = Continue(times=2)
    second = (START, TextDelta("two "), StreamInterruptedError("cut"))
    model = Streams(FIRST, second, (START, TextDelta("three"), END), policies=[policy])
    _, response = await read(model)
    assert response.text == "one two three"
    assert [error.partial.text for error in policy.errors] == ["one ", "one two "]
    assert [attempt.code for attempt in response.failed_attempts] == [
        ErrorCode.NETWORK,
        ErrorCode.STREAM_INTERRUPTED,
    ]


async def test_a_stream_without_its_terminal_event_is_broken(read: Any) -> None:
    policy = Continue()
    _, response = await read(Streams((START, TextDelta("one ")), REST, policies=[policy]))
    assert response.text == "one two"
    assert policy.errors[0].code is ErrorCode.STREAM_INTERRUPTED


async def test_the_last_error_is_raised_with_the_whole_text(read: Any) -> None:
    policy = Continue()
    model = Streams(FIRST, (START, TextDelta("two "), BROKEN), policies=[policy])
    with pytest.raises(NetworkError) as caught:
        await read(model)
    assert caught.value.partial.text == "one two "
    assert caught.value.partial.provider == "acme"
    assert [attempt.message for attempt in caught.value.failed_attempts] == ["reset", "reset"]
    assert (policy.ended, model.open) == (1, 0)


async def test_an_attempt_that_cannot_be_opened_fails_as_any_other(read: Any) -> None:
    model = Streams(FIRST, (NetworkError("refused"),), policies=[Continue()])
    with pytest.raises(NetworkError, match="refused") as caught:
        await read(model)
    assert caught.value.partial.text == "one "
    assert [attempt.message for attempt in caught.value.failed_attempts] == ["reset", "refused"]
    assert model.open == 0


async def test_a_defect_of_the_provider_breaks_a_stream(read: Any) -> None:
    calls = (ToolCallStart("a", "f"), ToolCallStart("b", "f"))
    policy = Continue()
    _, response = await read(Streams((START, *calls, END), REST, policies=[policy]))
    assert policy.errors[0].code is ErrorCode.INTERNAL
    assert response.text == "two"


async def test_a_whole_response_is_the_outcome_of_the_policy() -> None:
    policy = Continue()
    model = Streams(FIRST, (START, TextDelta("one"), END), REST, policies=[policy])
    assert model.generate("Count.").text == "one"
    assert (await model.agenerate("Count.")).text == "two"
    assert policy.ended == 2


async def test_a_response_of_an_inner_policy_is_forwarded_as_it_is(read: Any) -> None:
    def remembered(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return ChatResponse(message=assistant("remembered"))
        yield

    policy = Continue()
    _, response = await read(Streams(policies=[policy, remembered]))
    assert (response.text, policy.ended) == ("remembered", 1)


def test_a_driver_of_functions_returns_a_forwarded_outcome() -> None:
    policy = Continue()
    call = CallInfo("stream", ChatRequest(messages=()), provider="a", model="m", timeout=Timeout())
    assert drive((policy,), call, Send(call.request), lambda effect: "opened") == "opened"
    assert policy.ended == 1


class Counting:
    """Notes the ends that an inner policy sees."""

    def __init__(self) -> None:
        self.ends: list[tuple[str | None, str | None]] = []
        self.running = 0

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        assert self.running == 0
        self.running += 1
        call.on_end(self.end)
        return (yield Send(request))

    def end(self, response: ChatResponse[Any] | None, error: BaseException | None) -> None:
        self.running -= 1
        self.ends.append((response and response.text, error and str(error)))


async def test_inner_policies_see_the_end_of_each_stream(read: Any) -> None:
    inner, outer = Counting(), Counting()
    model = Streams(FIRST, REST, policies=[outer, Continue(), inner])
    await read(model)
    assert inner.ends == [("one ", "reset"), ("one two", None)]
    assert outer.ends == [("one two", None)]


async def test_policies_can_forward_within_each_other(read: Any) -> None:
    outer, inner, counting = Continue(), Continue(), Counting()
    streams = [FIRST, (START, TextDelta("two "), BROKEN), (START, TextDelta("three"), END)]
    _, response = await read(Streams(*streams, policies=[outer, inner, counting]))
    assert response.text == "one two three"
    assert [error.partial.text for error in inner.errors] == ["one "]
    assert [error.partial.text for error in outer.errors] == ["one two "]
    assert len(response.failed_attempts) == 2
    assert counting.ends == [("one ", "reset"), ("one two ", "reset"), ("one two three", None)]


@pytest.mark.parametrize("count", [1, 3], ids=["before the break", "after it"])
async def test_a_stream_that_is_left_is_closed_with_its_policy(leave: Any, count: int) -> None:
    policy, inner = Continue(), Counting()
    model = Streams(FIRST, REST, policies=[policy, inner])
    await leave(model, count)
    assert (model.open, policy.ended, inner.running) == (0, 1, 0)


def test_a_stream_that_is_dropped_is_freed_without_garbage_collection() -> None:
    policy = Continue()
    model = Streams(FIRST, REST, policies=[policy])
    gc.disable()
    try:
        stream = model.stream("Count.")
        assert [next(stream) for _ in range(3)][2] == TextDelta("two")
        error = weakref.ref(policy.errors[0])
        policy.errors.clear()
        with pytest.warns(ResourceWarning, match="never closed"):
            del stream
        assert (model.open, policy.ended, error()) == (0, 1, None)
    finally:
        gc.enable()


async def test_a_cancellation_ends_a_stream_that_is_being_continued() -> None:
    def waits(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        if call.attempts:
            scope.cancel()
            yield Sleep(3600)
        return (yield Send(request))

    policy = Continue()
    model = Streams(FIRST, REST, policies=[policy, waits])
    texts: list[str] = []
    with anyio.CancelScope() as scope:
        async with model.astream("Count.") as stream:
            texts += [text async for text in stream.texts()]
    assert stream.call is not None
    assert (stream.call.outcome, stream.partial.text) == ("cancelled", "one ")
    assert (texts, model.open, policy.ended) == ([], 0, 1)


async def test_an_interruption_is_no_error_of_the_policy(read: Any) -> None:
    policy = Continue()
    model = Streams((START, TextDelta("one"), KeyboardInterrupt()), policies=[policy])
    with pytest.raises(KeyboardInterrupt):
        await read(model)
    assert (policy.errors, policy.ended) == ([], 1)


async def test_the_end_of_a_stream_after_its_error_is_the_end(read: Any) -> None:
    seen: list[Any] = []

    def watch(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        opened = yield Send(request)
        seen.append(opened.events)
        return opened

    with pytest.raises(NetworkError):
        await read(Streams(FIRST, FIRST, policies=[watch, Continue()]))
    events = seen[0]
    assert events is (aiter(events) if hasattr(events, "__aiter__") else iter(events))
    if hasattr(events, "__anext__"):
        assert await anext(events, None) is None
    else:
        assert next(events, None) is None


def replaced(outcome: Any) -> Any:
    """A policy that returns an outcome of its own after a break."""

    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        try:
            return (yield Forward((yield Send(request)), without_start))
        except ChatModelError:
            return outcome

    return policy


async def test_a_policy_can_continue_with_a_response(read: Any) -> None:
    response = ChatResponse(message=assistant("two"))
    events, joined = await read(Streams(FIRST, policies=[replaced(response)]))
    assert (joined.text, joined.failed_attempts[0].code) == ("one two", ErrorCode.NETWORK)
    assert isinstance(events[-1], StreamEnd)


async def test_a_policy_that_continues_with_something_else_is_refused(read: Any) -> None:
    with pytest.raises(ChatModelError, match="str is not an opened stream") as caught:
        await read(Streams(FIRST, policies=[replaced("two")]))
    assert caught.value.partial.text == "one "


async def test_the_last_stream_of_a_policy_ends_with_its_error(read: Any) -> None:
    def once(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        try:
            return (yield Forward((yield Send(request)), without_start))
        except ChatModelError:
            return (yield Send(request))

    counting = Counting()
    model = Streams(FIRST, (START, TextDelta("two "), BROKEN), policies=[once, counting])
    with pytest.raises(NetworkError) as caught:
        await read(model)
    assert caught.value.partial.text == "one two "
    assert len(caught.value.failed_attempts) == 2
    assert counting.running == 0


async def test_streams_that_a_continuing_policy_does_not_use_are_closed(read: Any) -> None:
    def wasteful(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        try:
            return (yield Forward((yield Send(request)), without_start))
        except ChatModelError:
            yield Send(request)
            return (yield Forward((yield Send(request)), without_start))

    model = Streams(FIRST, REST, REST, policies=[wasteful])
    _, response = await read(model)
    assert (response.text, model.open) == ("one two", 0)


async def test_a_continuation_can_come_from_another_model(read: Any) -> None:
    other = Streams(REST)

    def replace(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        try:
            return (yield Forward((yield Send(request)), without_start))
        except ChatModelError:
            return (yield Forward((yield Send(request, other)), without_start))

    _, response = await read(Streams(FIRST, policies=[replace]))
    assert response.text == "one two"
    assert len(response.failed_attempts) == 1


async def test_another_model_can_be_continued(read: Any) -> None:
    other = Streams(FIRST, REST)

    def elsewhere(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return (yield Send(request, other))

    _, response = await read(Streams(policies=[Continue(), elsewhere]))
    assert (response.text, response.provider) == ("one two", "acme")
    assert [attempt.message for attempt in response.failed_attempts] == ["reset"]


async def test_a_forwarded_stream_can_be_read_by_an_outer_policy(read: Any) -> None:
    def whole(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return (yield Collect((yield Send(request))))

    watching = Watching()
    model = Streams(FIRST, REST, policies=[whole, Continue()], observers=[watching])
    _, response = await read(model)
    assert (response.text, len(response.failed_attempts)) == ("one two", 1)
    assert watching.log == ["enter", "failed", "leave"]

    model = Streams(FIRST, FIRST, policies=[whole, Continue()])
    with pytest.raises(NetworkError) as caught:
        await read(model)
    assert caught.value.partial.text == "one one "
    assert len(caught.value.failed_attempts) == 2


class Watching:
    """An observer that notes when core works, and the failed attempts."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def start(self, call: CallInfo, /) -> object:
        return self

    def end(self, token: object, response: object, error: object, /) -> None:
        assert self.log[-1] == "leave"

    def enter(self, token: object, /) -> None:
        self.log.append("enter")

    def leave(self, token: object, /) -> None:
        self.log.append("leave")

    def attempt_failed(self, token: object, error: object, /) -> None:
        self.log.append("failed")


async def test_observers_are_entered_while_a_stream_is_continued(read: Any) -> None:
    watching = Watching()
    await read(Streams(FIRST, REST, policies=[Continue()], observers=[watching]))
    assert watching.log == ["enter", "leave", "failed", "enter", "leave"]


async def test_an_invalid_output_of_a_continued_stream_is_a_failed_attempt(read: Any) -> None:
    with pytest.raises(OutputInvalidError) as caught:
        await read(Streams(FIRST, REST, policies=[Continue()]), output_type=int)
    assert [attempt.code for attempt in caught.value.failed_attempts] == [
        ErrorCode.NETWORK,
        ErrorCode.OUTPUT_INVALID,
    ]


async def test_the_winner_of_a_race_is_continued(read: Any) -> None:
    def racing(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return (yield Race([Send(request)], 0))

    counting = Counting()
    model = Streams(FIRST, REST, policies=[racing, Continue(), counting])
    _, response = await read(model)
    assert (response.text, response.timing.attempts) == ("one two", 2)
    assert [attempt.code for attempt in response.failed_attempts] == [ErrorCode.NETWORK]
    assert counting.ends == [("one ", "reset"), ("one two", None)]


async def test_a_race_can_continue_a_stream(read: Any) -> None:
    def racing(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return (yield Race([Send(request)], 0))

    model = Streams(FIRST, REST, policies=[Continue(), racing])
    _, response = await read(model)
    assert (response.text, response.timing.attempts, model.open) == ("one two", 2, 0)


async def test_a_stream_of_any_iterable_can_be_forwarded(read: Any) -> None:
    class Listed(StandardChatModel):
        def events(self, request: ChatRequest, call: CallInfo, /) -> Iterable[StreamEvent]:
            return [START, TextDelta("one"), END]

    def listed(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        opened = yield Send(request)
        if hasattr(opened.events, "__aiter__"):
            return opened
        return StartedStream(opened.first, list(opened.events))

    _, response = await read(Listed("acme", "m", policies=[Continue(), listed]))
    assert response.text == "one"
