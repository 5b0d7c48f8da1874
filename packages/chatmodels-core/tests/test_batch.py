"""Batches: results in order, errors in their places, never too many at once."""

import threading
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ChatResponse,
    InvalidRequestError,
    RateLimitError,
    assistant,
    user,
)
from chatmodels.core.extending import StandardChatModel

tenant: ContextVar[str] = ContextVar("tenant", default="nobody")


class Counting(StandardChatModel):
    """Echoes, and counts how many calls run at the same time."""

    def __init__(self, *, gate: int = 1) -> None:
        super().__init__("fake", "counting")
        self.running = self.most = 0
        self.lock = threading.Lock()
        self.barrier = threading.Barrier(gate)
        self.tenants: set[str] = set()

    def respond(self, request: ChatRequest, call: object, /) -> ChatResponse[Any]:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.tenants.add(tenant.get())
        self.barrier.wait(300)
        with self.lock:
            self.running -= 1
        return self.complete(request)

    async def arespond(self, request: ChatRequest, call: object, /) -> ChatResponse[Any]:
        self.running += 1
        self.most = max(self.most, self.running)
        self.tenants.add(tenant.get())
        await anyio.wait_all_tasks_blocked()
        self.running -= 1
        return self.complete(request)

    def complete(self, request: ChatRequest) -> ChatResponse[Any]:
        text = request.messages[0].text
        if text == "stop":
            raise KeyboardInterrupt
        if text == "fail":
            raise RateLimitError("slow down")
        return ChatResponse(message=assistant(text))


Run = Callable[..., Awaitable[list[Any]]]


@pytest.fixture(params=["sync", "asyncio", "trio"])
def shape(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def anyio_backend(shape: str) -> str:
    return "asyncio" if shape == "sync" else shape


@pytest.fixture
def run(shape: str) -> Run:
    async def batch(model: StandardChatModel, prompts: Any, **options: Any) -> list[Any]:
        if shape == "sync":
            return model.batch(prompts, **options)
        return list(await model.abatch(prompts, **options))

    return batch


def outcomes(results: list[Any]) -> list[str]:
    return [str(item.code) if isinstance(item, ChatModelError) else item.text for item in results]


async def test_results_are_in_order_and_errors_in_their_places(run: Run) -> None:
    prompts = ["a", [user("b")], "fail", ChatRequest(messages=(user("c"),)), ""]

    results = await run(Counting(), prompts)

    assert outcomes(results) == ["a", "b", "rate_limited", "c", ""]


@pytest.mark.parametrize("most", [1, 3])
async def test_no_more_than_the_limit_run_at_once(run: Run, most: int) -> None:
    model = Counting(gate=most)

    results = await run(model, (str(number) for number in range(6)), max_concurrency=most)

    assert outcomes(results) == list("012345")
    assert model.most == most


async def test_settings_are_those_of_every_call(run: Run) -> None:
    results = await run(Counting(), ["a", "b"], temperature=9)

    assert outcomes(results) == ["invalid_request"] * 2


async def test_outputs_of_a_batch_are_parsed(run: Run) -> None:
    results = await run(Counting(), ['{"value": 1}', "{}"], output_type=int)

    assert results[0].parsed == 1
    assert outcomes(results[1:]) == ["output_invalid"]


async def test_an_empty_batch_has_no_results(run: Run) -> None:
    assert await run(Counting(), []) == []


async def test_context_variables_reach_every_call(run: Run) -> None:
    model, token = Counting(gate=2), tenant.set("acme")
    try:
        await run(model, ["a", "b"], max_concurrency=2)
    finally:
        tenant.reset(token)

    assert model.tenants == {"acme"}


@pytest.mark.parametrize(
    ("prompts", "options", "words"),
    [
        pytest.param(
            "Hi", {}, "a batch accepts a sequence of prompts, not one str (pass a list", id="text"
        ),
        pytest.param(user("Hi"), {}, "not one Message", id="message"),
        pytest.param({"a": 1}, {}, "not one dict (messages_from_openai() and", id="dict"),
        pytest.param(["a"], {"max_concurrency": 0}, "max_concurrency must be at least 1", id="0"),
        pytest.param(["a"], {"max_concurrency": "2"}, "not '2'", id="str"),
        pytest.param("Hi", {"max_concurrency": -1}, "of them); max_concurrency", id="both"),
    ],
)
async def test_invalid_arguments_of_a_batch_are_refused(
    run: Run, prompts: Any, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await run(Counting(), prompts, **options)

    assert words in caught.value.message


def test_an_interruption_ends_the_batch_without_beginning_the_rest() -> None:
    model = Counting(gate=1)

    with pytest.raises(KeyboardInterrupt):
        model.batch(["stop", *"abcdefgh"], max_concurrency=2)


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_cancelled_batch_cancels_its_calls(anyio_backend: str) -> None:
    model = Counting()

    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: model.abatch(["a", "b"]))
            await anyio.lowlevel.checkpoint()
            scope.cancel()

    assert scope.cancelled_caught
