"""The failed attempts of a call, on its response and on its error."""

import inspect
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ChatResponse,
    ErrorCode,
    FailedAttempt,
    NetworkError,
    OutputInvalidError,
    RateLimitError,
    StreamEvent,
    TextDelta,
    assistant,
    from_json,
    to_json,
)
from chatmodels.core.extending import CallInfo, Collect, Flow, Send, StandardChatModel

SHAPES: dict[str, Callable[..., Any]] = {
    "generate": lambda model, **options: model.generate("Hi", **options),
    "agenerate": lambda model, **options: model.agenerate("Hi", **options),
    "stream": lambda model, **options: model.stream("Hi", **options).collect(),
    "astream": lambda model, **options: model.astream("Hi", **options).collect(),
}
shapes = pytest.mark.parametrize("shape", SHAPES)


class Scripted(StandardChatModel):
    """Raises one error after another, then responds."""

    def __init__(self, model: str, *errors: Exception, policies: Sequence[Any] = ()) -> None:
        super().__init__("acme", model, policies=policies)
        self.errors = list(errors)

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        if self.errors:
            raise self.errors.pop(0)
        return ChatResponse(message=assistant("Hello"))


class Breaking(StandardChatModel):
    """Breaks after its first event."""

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        yield TextDelta("so far")
        raise NetworkError("lost")


def again(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
    try:
        return (yield Send(request))
    except ChatModelError:
        return (yield Send(request))


async def call(shape: str, model: StandardChatModel, **options: Any) -> ChatResponse[Any]:
    outcome = SHAPES[shape](model, **options)
    return await outcome if inspect.isawaitable(outcome) else outcome


def limited() -> RateLimitError:
    return RateLimitError("slow down", status=429, request_id="req_1", retry_after=2.0)


LIMITED = FailedAttempt(
    code=ErrorCode.RATE_LIMITED,
    message="slow down",
    provider="acme",
    model="large",
    status=429,
    request_id="req_1",
    retry_after=2.0,
)
LOST = FailedAttempt(code=ErrorCode.NETWORK, message="lost", provider="acme", model="large")


@shapes
async def test_a_response_has_the_attempts_that_failed_before_it(shape: str) -> None:
    response = await call(shape, Scripted("large", limited(), policies=[again]))

    assert response.failed_attempts == (LIMITED,)
    assert from_json(to_json(response), ChatResponse).failed_attempts == (LIMITED,)


@shapes
async def test_an_error_has_all_attempts_its_own_included(shape: str) -> None:
    with pytest.raises(NetworkError) as raised:
        await call(shape, Scripted("large", limited(), NetworkError("lost"), policies=[again]))

    assert raised.value.failed_attempts == (LIMITED, LOST)
    assert pickle.loads(pickle.dumps(raised.value)).failed_attempts == (LIMITED, LOST)


@shapes
async def test_a_call_without_failures_has_none(shape: str) -> None:
    assert (await call(shape, Scripted("large"))).failed_attempts == ()
    assert ChatModelError("not of a call").failed_attempts == ()


@shapes
@pytest.mark.parametrize("succeeds", [True, False], ids=["success", "failure"])
async def test_the_attempts_of_another_model_follow_those_of_the_first(
    shape: str, succeeds: bool
) -> None:
    errors = [NetworkError("lost")] if succeeds else [NetworkError("lost"), NetworkError("lost")]
    fallback = Scripted("fallback", *errors, policies=[again])

    def elsewhere(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        try:
            return (yield Send(request))
        except ChatModelError:
            return (yield Send(request, fallback))

    model = Scripted("large", limited(), policies=[elsewhere])
    try:
        attempts = (await call(shape, model)).failed_attempts
    except NetworkError as error:
        attempts = error.failed_attempts

    expected = [("large", "rate_limited"), ("fallback", "network"), ("fallback", "network")]
    assert [(each.model, each.code) for each in attempts] == expected[: 2 if succeeds else 3]


@shapes
async def test_invalid_output_of_another_model_is_an_attempt_of_that_model(shape: str) -> None:
    backup = Scripted("backup")

    def elsewhere(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        try:
            return (yield Collect((yield Send(request, backup))))
        except OutputInvalidError:
            return (yield Collect((yield Send(request))))

    with pytest.raises(OutputInvalidError) as raised:
        await call(shape, Scripted("large", policies=[elsewhere]), output_type=int)

    assert raised.value.model == "large"
    assert [each.model for each in raised.value.failed_attempts] == ["backup", "large"]


@shapes
async def test_an_error_names_the_model_whose_output_is_invalid(shape: str) -> None:
    backup = Scripted("backup")

    def elsewhere(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return (yield Send(request, backup))

    with pytest.raises(OutputInvalidError) as raised:
        await call(shape, Scripted("large", policies=[elsewhere]), output_type=int)

    assert raised.value.model == "backup"
    assert [each.model for each in raised.value.failed_attempts] == ["backup"]


@pytest.mark.parametrize("shape", ["stream", "astream"])
async def test_a_stream_that_breaks_is_a_failed_attempt(shape: str) -> None:
    with pytest.raises(NetworkError) as raised:
        await call(shape, Breaking("acme", "large"))

    assert raised.value.failed_attempts == (LOST,)


def test_equal_responses_can_have_taken_different_attempts() -> None:
    response = ChatResponse(message=assistant("Hello"))

    assert response == ChatResponse(message=assistant("Hello"), failed_attempts=(LIMITED,))
