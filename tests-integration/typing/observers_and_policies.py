# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Observers and policies as users write them, without casts and without `object`.

It is read by pyright and mypy and never run.
"""

from collections.abc import Generator
from time import monotonic
from typing import Any, NamedTuple, assert_type

from chatmodels.core import ChatModel, ChatModelError, ChatRequest, ChatResponse
from chatmodels.core.extending import (
    CallInfo,
    Collect,
    Flow,
    Observer,
    Policy,
    Run,
    Send,
    Sleep,
    StandardChatModel,
)
from chatmodels.providers.mock import MockChatModel


class Began(NamedTuple):
    model: str
    at: float


class Durations:
    """An observer with a token of its own, and no more methods than it needs."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def start(self, call: CallInfo) -> Began:
        return Began(call.model, monotonic())

    def end(
        self, token: Began, response: ChatResponse[Any] | None, error: BaseException | None
    ) -> None:
        self.seconds.append(monotonic() - token.at)


class Tokens:
    """An observer that needs no token, and is interested in further events."""

    def start(self, call: CallInfo) -> None: ...

    def first_event(self, token: None) -> None: ...

    def attempt_failed(self, token: None, error: Exception) -> None: ...

    def end(
        self, token: None, response: ChatResponse[object] | None, error: BaseException | None
    ) -> None:
        if response is not None:
            assert_type(response.usage.output_tokens, int | None)


def once_more(call: CallInfo, request: ChatRequest) -> Flow:
    try:
        return (yield Send(request))
    except ChatModelError:
        yield Sleep(1.0)
        return (yield Send(request))


def shorter(call: CallInfo, request: ChatRequest) -> Flow[ChatResponse[Any]]:
    outcome = yield Send(request)
    response: ChatResponse[Any] = yield Collect(outcome)
    return response


def counted(call: CallInfo, request: ChatRequest) -> Flow[Any]:
    yield Run(lambda: call.model)
    return (yield Send(request))


def with_a_type_of_its_own(
    call: CallInfo, request: ChatRequest
) -> Generator[Send, ChatResponse[Any], ChatResponse[Any]]:
    response = yield Send(request)
    assert_type(response.text, str)
    return response


class Fallback:
    def __init__(self, backup: ChatModel) -> None:
        self.backup = backup

    def __call__(self, call: CallInfo, request: ChatRequest) -> Flow:
        try:
            return (yield Send(request))
        except ChatModelError:
            return (yield Send(request, self.backup))


def wired(model: ChatModel) -> ChatModel:
    backup = MockChatModel()
    observed = model.with_observers(Durations(), Tokens())
    assert_type(observed, ChatModel)
    policies: list[Policy] = [once_more, shorter, counted, with_a_type_of_its_own]
    assert_type(backup.with_policies(*policies), MockChatModel)
    observers: list[Observer] = [Durations(), Tokens()]
    assert_type(backup.with_observers(*observers), MockChatModel)
    timed: Observer[Began] = Durations()
    return observed.with_policies(Fallback(backup), once_more).with_observers(timed)


async def awaited(model: ChatModel) -> None:
    response = await wired(model).agenerate("Hello")
    assert_type(response, ChatResponse[None])
    async with wired(model).astream("Hello") as stream:
        assert_type(stream.partial, ChatResponse[Any])


class Echo(StandardChatModel):
    def respond(self, request: ChatRequest, call: CallInfo) -> ChatResponse[Any]:
        return ChatResponse(message=request.messages[-1])


def log(response: ChatResponse[object]) -> None:
    assert_type(response.parsed, object)


def any_response_is_a_response_of_objects(model: ChatModel) -> None:
    plain = model.generate("Hello")
    log(plain)
    parsed = model.generate("Hello", output_type=list[int])
    log(parsed)


class WithoutEnd:
    def start(self, call: CallInfo) -> None: ...


def mistakes(model: ChatModel) -> None:
    model.with_observers(WithoutEnd())  # type: ignore[arg-type]
    model.with_policies(lambda request: None)  # type: ignore[arg-type]
