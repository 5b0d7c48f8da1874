"""The garbage collector can end a stream at any moment, within a policy that it belongs to."""

import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    RateLimitError,
    StreamEvent,
    TextDelta,
    Timeout,
    Usage,
    UsageUpdate,
    assistant,
)
from chatmodels.core.extending import CallInfo, Policy, StandardChatModel
from chatmodels.resilience import Budget, CircuitBreaker, Concurrency, RateLimit, _concurrency
from chatmodels.resilience._waiting import ThreadPlace


class Endless(StandardChatModel):  # pragma: no cover - the tests replace the tracer
    """Responds at once; its streams have no end."""

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        return ChatResponse(message=assistant("ok"), usage=Usage(input_tokens=1, output_tokens=1))

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        yield UsageUpdate(Usage(input_tokens=1, output_tokens=1))
        while True:
            yield TextDelta("more")


class Collector:  # pragma: no cover - it replaces the tracer
    """Does something at one of the moments at which a policy runs."""

    def __init__(self, moment: int, action: Callable[[], object]) -> None:
        self._remaining = moment
        self._action = action

    def __call__(self, frame: Any, event: str, argument: object) -> None:
        if frame.f_globals["__name__"].startswith(("chatmodels.resilience", "threading")):
            if self._remaining == 0:
                self._action()
            self._remaining -= 1

    @property
    def was_early(self) -> bool:
        return self._remaining < 0


def call_while_collecting(model: StandardChatModel, moment: int, held: list[Any]) -> bool:
    """Call a model, with a collection of the held streams at a moment; False if it came later."""
    collector = Collector(moment, held.clear)
    sys.setprofile(collector)
    try:
        model.generate("Hi")
    finally:
        sys.setprofile(None)
    return collector.was_early


def streaming(model: StandardChatModel) -> list[Any]:
    stream = model.stream("Hi")
    next(stream)
    return [stream]


POLICIES: dict[str, Callable[[], Policy]] = {
    "Budget": lambda: Budget(tokens=100),
    "CircuitBreaker": CircuitBreaker,
    "Concurrency": lambda: Concurrency(2),
    "RateLimit": lambda: RateLimit(requests=10, tokens=1000),
}


@pytest.mark.parametrize("policy", POLICIES)
def test_a_stream_can_be_collected_at_any_moment_of_a_call(policy: str) -> None:
    moment = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the stream was never closed
        while True:
            model = Endless("acme", "large", policies=[POLICIES[policy]()])
            if not call_while_collecting(model, moment, streaming(model)):
                break
            moment += 1

    assert moment > 5


def test_a_call_gets_the_place_of_a_stream_that_is_collected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held: list[Any] = []

    class Place(ThreadPlace):
        def wait(self, seconds: float | None) -> bool:
            held.clear()  # at the latest
            return super().wait(seconds)

    monkeypatch.setattr(_concurrency, "ThreadPlace", Place)
    moment = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        while True:
            concurrency = Concurrency(1)
            model = Endless("acme", "large", policies=[concurrency])
            held.extend(streaming(model))
            was_early = call_while_collecting(model, moment, held)
            assert concurrency.running == 0
            if not was_early:
                break
            moment += 1

    assert moment > 5


def test_a_waiting_call_can_be_collected_at_any_moment_of_another(clock: Any) -> None:
    moment = 0
    while True:
        clock.now = 0
        limit = RateLimit(requests=1, per=10, clock=clock)
        first, waiting, later = (flow_through(limit) for _ in range(3))
        with pytest.raises(RateLimitError):
            first.throw(RateLimitError("slow down", retry_after=25.0))  # all calls are planned anew
        clock.now = 20
        held = [waiting]
        del waiting
        collector = Collector(moment, held.clear)
        sys.setprofile(collector)
        try:
            wait = later.send(None).seconds
        finally:
            sys.setprofile(None)
        assert wait in {5, 15}  # with or without the other call before it
        if not collector.was_early:
            break
        moment += 1

    assert moment > 5


def flow_through(limit: RateLimit) -> Any:
    """Return a flow, which is at its first effect."""
    request = ChatRequest(messages=())
    call = CallInfo("generate", request, provider="acme", model="large", timeout=Timeout())
    flow = limit(call, request)
    next(flow)
    return flow
