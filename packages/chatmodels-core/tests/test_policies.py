"""Policies around the calls of a model: every effect, in all four shapes of a call."""

import gc
import inspect
import logging
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import pytest
from msgspec.structs import replace

from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ChatResponse,
    NetworkError,
    OutputInvalidError,
    StreamEnd,
    StreamEvent,
    StreamInterruptedError,
    TextDelta,
    assistant,
    user,
)
from chatmodels.core.extending import CallInfo, Collect, Flow, Run, Send, StandardChatModel

SEVEN = '{"value": 7}'

SHAPES: dict[str, Callable[..., Any]] = {
    "generate": lambda model, **options: model.generate("Hi", **options),
    "agenerate": lambda model, **options: model.agenerate("Hi", **options),
    "stream": lambda model, **options: model.stream("Hi", **options).collect(),
    "astream": lambda model, **options: model.astream("Hi", **options).collect(),
}
shapes = pytest.mark.parametrize("shape", SHAPES)
streams = pytest.mark.parametrize("shape", ["stream", "astream"])


class Scripted(StandardChatModel):
    """Responds with one text after another."""

    def __init__(self, *texts: str, policies: Sequence[Any] = (), provider: str = "fake") -> None:
        super().__init__(provider, "m", policies=policies)
        self.texts = list(texts)
        self.requests: list[ChatRequest] = []

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        self.requests.append(request)
        return ChatResponse(message=assistant(self.texts.pop(0)))


class Breaking(StandardChatModel):
    """Streams a text and then breaks, or just ends."""

    def __init__(self, error: Exception | None, policies: Sequence[Any]) -> None:
        super().__init__("fake", "m", policies=policies)
        self.error = error

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        yield TextDelta("so", 0)
        yield TextDelta(" far", 0)
        if self.error is not None:
            raise self.error

    async def aevents(self, request: ChatRequest, call: CallInfo, /) -> AsyncIterator[StreamEvent]:
        for event in self.events(request, call):
            yield event


async def call(shape: str, model: StandardChatModel, **options: Any) -> ChatResponse[Any]:
    outcome = SHAPES[shape](model, **options)
    return await outcome if inspect.isawaitable(outcome) else outcome


# invalid output


def reask(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
    try:
        return (yield Collect((yield Send(request))))
    except OutputInvalidError as error:
        responses = [error.partial.message] if error.partial else []
        again = replace(request, messages=(*request.messages, *responses, user("A number!")))
        return (yield Collect((yield Send(again))))


@shapes
async def test_a_policy_sees_invalid_output_and_requests_it_again(shape: str) -> None:
    model = Scripted("seven", SEVEN, policies=[reask])

    response = await call(shape, model, output_type=int)

    assert response.parsed == 7
    assert response.timing.attempts == 2
    assert [message.text for message in model.requests[1].messages] == ["Hi", "seven", "A number!"]


@shapes
async def test_the_output_of_another_model_is_parsed_inside_the_policies_too(shape: str) -> None:
    fallback = Scripted("seven", SEVEN, provider="fallback")

    def elsewhere(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        try:
            return (yield Collect((yield Send(request, fallback))))
        except OutputInvalidError:
            return (yield Collect((yield Send(request, fallback))))

    response = await call(shape, Scripted(policies=[elsewhere]), output_type=int)

    assert (response.parsed, response.provider) == (7, "fallback")


@shapes
async def test_a_response_that_a_policy_makes_is_parsed(shape: str) -> None:
    def own(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return ChatResponse(message=assistant(SEVEN))
        yield

    assert (await call(shape, Scripted(policies=[own]), output_type=int)).parsed == 7


@shapes
async def test_observers_learn_of_each_attempt_with_invalid_output(shape: str) -> None:
    failed: list[Exception] = []

    class Watching:
        def start(self, call: CallInfo, /) -> object:
            return call

        def first_event(self, token: object, /) -> None: ...

        def attempt_failed(self, token: object, error: Exception, /) -> None:
            failed.append(error)

        def end(
            self, token: object, response: ChatResponse | None, error: BaseException | None, /
        ) -> None: ...

    model = Scripted("seven", SEVEN, policies=[reask]).with_observers(Watching())
    await call(shape, model, output_type=int)

    assert [type(error) for error in failed] == [OutputInvalidError]


# streams and whole responses


@shapes
async def test_a_policy_can_return_a_response_without_calling_the_provider(shape: str) -> None:
    cached = ChatResponse(message=assistant("stored"), provider="other", model="m-1", id="r1")

    def stored(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return cached
        yield

    response = await call(shape, Scripted(policies=[stored]))

    assert response == cached


@streams
async def test_a_response_is_streamed_as_events(shape: str) -> None:
    def collected(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return (yield Collect((yield Send(request))))

    stream = getattr(Scripted("some text", policies=[collected]), shape)("Hi")

    if shape == "stream":
        types = [event.type for event in stream]
    else:
        types = [event.type async for event in stream]
    assert types == ["stream_start", "text_delta", "part_end", "stream_end"]
    assert stream.response.text == "some text"


@streams
@pytest.mark.parametrize("error", [None, NetworkError("lost")], ids=["ended", "lost"])
async def test_a_stream_that_breaks_while_it_is_collected_is_an_error_for_the_policy(
    shape: str, error: Exception | None
) -> None:
    seen: list[ChatModelError] = []

    def collected(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        try:
            return (yield Collect((yield Send(request))))
        except ChatModelError as raised:
            seen.append(raised)
            return ChatResponse(message=assistant("instead"))

    response = await call(shape, Breaking(error, [collected]))

    assert response.text == "instead"
    expected = StreamInterruptedError if error is None else NetworkError
    assert [type(each) for each in seen] == [expected]
    assert seen[0].partial is not None
    assert seen[0].partial.text == "so far"


# functions that wait


@shapes
@pytest.mark.parametrize("twin", [True, False], ids=["async twin", "no twin"])
async def test_a_function_runs_blocking_or_awaited(shape: str, twin: bool) -> None:
    ran: list[tuple[str, bool]] = []

    def function() -> int:
        ran.append(("blocking", threading.current_thread() is threading.main_thread()))
        return 5

    async def afunction() -> int:
        ran.append(("awaited", True))
        return 5

    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        assert (yield Run(function, afunction if twin else None)) == 5
        return (yield Send(request))

    main = threading.current_thread() is threading.main_thread()
    assert (await call(shape, Scripted("Hello", policies=[policy]))).text == "Hello"
    if shape in {"generate", "stream"}:
        assert ran == [("blocking", main)]
    else:
        assert ran == ([("awaited", True)] if twin else [("blocking", False)])


@shapes
async def test_an_error_of_a_function_is_thrown_into_the_policy(shape: str) -> None:
    def broken() -> None:
        raise LookupError("no store")

    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        with pytest.raises(LookupError, match="no store"):
            yield Run(broken)
        return (yield Send(request))

    assert (await call(shape, Scripted("Hello", policies=[policy]))).text == "Hello"


# the end of a call


class Endings:
    """A policy that records the ends of calls."""

    def __init__(self) -> None:
        self.ends: list[tuple[str | None, str | None]] = []

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        call.on_end(self.note)
        return (yield Send(request))

    def note(self, response: ChatResponse | None, error: BaseException | None, /) -> None:
        self.ends.append((response and response.text, error and type(error).__name__))


@shapes
async def test_a_policy_learns_of_the_end_of_a_call_once(shape: str) -> None:
    endings = Endings()

    await call(shape, Scripted("Hello", policies=[endings]))

    assert endings.ends == [("Hello", None)]


@shapes
async def test_a_policy_learns_of_a_failure(shape: str) -> None:
    endings = Endings()

    with pytest.raises(OutputInvalidError):
        await call(shape, Scripted("seven", policies=[endings]), output_type=int)

    assert endings.ends == [("seven", "OutputInvalidError")]


async def test_a_policy_learns_of_a_stream_that_is_left_early() -> None:
    endings = Endings()
    model = Breaking(None, [endings])

    with model.stream("Hi") as stream:
        next(stream)
    async with model.astream("Hi") as astream:
        await anext(astream)

    assert endings.ends == [("so", None), ("so", None)]


def test_an_error_at_the_end_is_logged_and_suppressed(caplog: pytest.LogCaptureFixture) -> None:
    endings = Endings()

    def broken(response: object, error: object, /) -> None:
        raise LookupError("no store")

    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        call.on_end(broken)
        return (yield Send(request))

    with caplog.at_level(logging.WARNING, "chatmodels.calls"):
        Scripted("Hello", policies=[policy, endings]).generate("Hi")

    assert endings.ends == [("Hello", None)]
    assert caplog.messages == ["a policy's function for the end of generate of 'fake:m' failed"]


@shapes
async def test_inner_policies_learn_of_the_end_of_each_attempt(shape: str) -> None:
    inner, outer = Endings(), Endings()
    before: list[int] = []

    def counted(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        before.append(len(inner.ends))
        return (yield Send(request))

    model = Scripted("seven", SEVEN, policies=[outer, reask, counted, inner])
    await call(shape, model, output_type=int)

    assert inner.ends == [("seven", "OutputInvalidError"), (SEVEN, None)]
    assert before == [0, 1]  # the first attempt was over when the second began
    assert outer.ends == [(SEVEN, None)]


@shapes
async def test_an_inner_policy_does_not_learn_of_the_response_of_another_model(shape: str) -> None:
    endings = Endings()
    backup = Scripted("backup")

    def elsewhere(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        try:
            return (yield Send(request))
        except ChatModelError:
            return (yield Send(request, backup))

    def refuse(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        raise NetworkError("lost")
        yield

    response = await call(shape, Scripted(policies=[elsewhere, endings, refuse]))

    assert response.text == "backup"
    assert endings.ends == [(None, "NetworkError")]


@streams
async def test_an_open_stream_is_not_at_its_end_while_policies_do_other_things(shape: str) -> None:
    endings = Endings()
    ended: list[int] = []

    def busy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        outcome = yield Send(request)
        yield Run(lambda: ChatResponse(message=assistant("from a store")))
        ended.append(len(endings.ends))
        return outcome

    await call(shape, Scripted("Hello", policies=[busy, endings]))

    assert ended == [0]
    assert endings.ends == [("Hello", None)]


# the streams that policies open


class Closing(StandardChatModel):
    """Streams a text and records when the stream is closed."""

    def __init__(self, policies: Sequence[Any]) -> None:
        super().__init__("fake", "m", policies=policies)
        self.log: list[str] = []
        self.opened: list[object] = []  # so that garbage collection closes nothing

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        self.opened.append(events := self._events())
        return events

    def _events(self) -> Iterator[StreamEvent]:
        try:
            yield TextDelta("some text", 0)
            yield StreamEnd()
        finally:
            self.log.append("closed")

    def aevents(self, request: ChatRequest, call: CallInfo, /) -> AsyncIterator[StreamEvent]:
        self.opened.append(events := self._aevents())
        return events

    async def _aevents(self) -> AsyncIterator[StreamEvent]:
        try:
            yield TextDelta("some text", 0)
            yield StreamEnd()
        finally:
            self.log.append("closed")


@streams
async def test_a_stream_is_closed_when_it_has_been_collected(shape: str) -> None:
    def collected(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        response = yield Collect((yield Send(request)))
        model.log.append("collected")
        return response

    model = Closing([collected])

    await call(shape, model)

    assert model.log == ["closed", "collected"]


@streams
async def test_a_stream_is_closed_if_the_policy_returns_a_response_of_its_own(shape: str) -> None:
    def own(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        yield Send(request)
        return ChatResponse(message=assistant("own"))

    model = Closing([own])

    assert (await call(shape, model)).text == "own"
    assert model.log == ["closed"]


@shapes
async def test_a_policy_can_collect_the_response_of_an_inner_policy(shape: str) -> None:
    assert (
        await call(shape, Scripted("seven", SEVEN, policies=[reask, reask]), output_type=int)
    ).parsed == 7


@shapes
async def test_the_output_of_a_response_that_a_policy_made_is_parsed_when_it_is_collected(
    shape: str,
) -> None:
    made = ["seven", SEVEN]
    seen: list[Any] = []

    def own(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return ChatResponse(message=assistant(made.pop(0)))
        yield

    def again(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        with suppress(OutputInvalidError):
            yield Collect((yield Send(request)))
        response = yield Collect((yield Send(request)))
        seen.append(response.parsed)
        return response

    response = await call(shape, Scripted(policies=[again, own]), output_type=int)

    assert (seen, response.parsed) == ([7], 7)


# errors


@shapes
async def test_the_error_of_a_call_with_policies_forms_no_cycle(shape: str) -> None:
    def retried(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        try:
            return (yield Send(request))
        except ChatModelError:
            return (yield Send(request))

    class Failing(StandardChatModel):
        def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
            raise NetworkError("lost")

        async def arespond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
            raise NetworkError("lost")

    async def failed() -> weakref.ref[Exception]:
        # Not `pytest.raises`: what it returns would keep the error in a cycle of its own.
        reference = None
        try:
            await call(shape, Failing("fake", "m", policies=[retried]))
        except NetworkError as error:
            reference = weakref.ref(error)
        assert reference is not None
        return reference

    gc.collect()
    gc.disable()
    try:
        assert (await failed())() is None
    finally:
        gc.enable()
