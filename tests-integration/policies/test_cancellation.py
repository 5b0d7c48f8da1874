"""A cancellation at any await of a call through nine policies and a route frees all it held.

`CHATMODELS_CANCELLATION=full` does it at all wire formats instead of one.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import anyio
import anyio.lowlevel
import pytest
import trio

from chatmodels.resilience import RateLimit, Route
from chatmodels.testing import WIRE_FAULTS, FaultServer
from policies.cells import DIALECTS, PATIENCE
from policies.stack import Stack
from policies.stage import Clock
from policies.stepping import cancelled_scope, cancelled_task
from vendors import model_of

FULL = os.environ.get("CHATMODELS_CANCELLATION") == "full"
PROVIDERS = tuple(DIALECTS) if FULL else ("openai",)
FAILURE = "503-page"
FAILURES = 100
RESET_AFTER = 30.0
CONNECTIONS = 3
"""The most that the calls of one piece of work use at once, and leave idle."""


class Scene:
    """A route over two models with a stack of policies each, and everything that they can hold."""

    def __init__(self, provider: str, server: FaultServer) -> None:
        self.server = server
        self.clock = Clock()
        backup = model_of(DIALECTS[provider], server)
        rules: dict[str, Any] = {
            "failures": FAILURES,
            "reset_after": RESET_AFTER,
            "clock": self.clock,
        }
        self.stacks = [Stack(backup, settle=self.recover, **rules) for _ in range(2)]
        models = [stack.around(model_of(provider, server)) for stack in self.stacks]
        self.route = Route(models, **rules)
        self._number = 0

    def held(self) -> list[object]:
        """Return what calls hold."""
        members = [each for each in self.route.members if each.running or each.circuit._probing]
        return [*members, *filter(None, (stack.held() for stack in self.stacks))]

    def prompt(self) -> str:
        """Return a new prompt, whose response is not stored."""
        self._number += 1
        return f"prompt {self._number}"

    def recover(self) -> float:
        """Let the server respond again, and return the delay of a retry."""
        self.server.fault = None
        return 0.0

    def open_circuits(self) -> None:
        """Open all breakers, and leave all members out; the next call of each is its probe."""
        circuits = [stack.breaker._circuit for stack in self.stacks]
        circuits += [member.circuit for member in self.route.members]
        for circuit in circuits * FAILURES:
            circuit.settle("failure", is_probe=False)
        self.clock.ahead += RESET_AFTER


async def call(scene: Scene) -> None:
    await scene.route.agenerate(scene.prompt())


async def stream(scene: Scene) -> None:
    async with scene.route.astream(scene.prompt()) as events:
        async for _ in events:
            pass


async def broken_off(scene: Scene) -> None:
    async with scene.route.astream(scene.prompt()) as events:
        async for _ in events:
            break


async def probed(scene: Scene) -> None:
    scene.open_circuits()
    await call(scene)


async def retried(scene: Scene) -> None:
    scene.server.fault = WIRE_FAULTS[FAILURE]
    await stream(scene)


async def shared(scene: Scene) -> None:
    """Call with the same request twice at once, so that one call waits for the other."""
    prompt = scene.prompt()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(scene.route.agenerate, prompt)
        await anyio.lowlevel.checkpoint()
        await scene.route.agenerate(prompt)


async def held_up(scene: Scene) -> None:
    """Wait for a place until streams that have all places end."""

    async def read(*, task_status: Any) -> None:
        async with scene.route.astream(scene.prompt()):
            task_status.started()
            for _ in range(5):
                await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as tasks:
        for _ in scene.stacks:
            await tasks.start(read)
        await call(scene)


WORK = [call, stream, broken_off, probed, retried, shared, held_up]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("work", WORK)
@pytest.mark.parametrize(
    ("backend", "cancel"),
    [
        pytest.param("asyncio", cancelled_task, id="task"),
        pytest.param("asyncio", cancelled_scope, id="scope-asyncio"),
        pytest.param("trio", cancelled_scope, id="scope-trio"),
    ],
)
def test_a_cancellation_at_any_await_frees_all_that_the_call_held(
    provider: str,
    work: Callable[[Scene], Coroutine[Any, Any, None]],
    backend: str,
    cancel: Callable[[Coroutine[Any, Any, object], int], Awaitable[bool]],
) -> None:
    moments = 0

    async def battery() -> None:
        nonlocal moments
        tasks = living_tasks()
        scene = Scene(provider, server)
        while await cancel(work(scene), moments):
            assert scene.held() == [], f"after a cancellation at await {moments}"
            scene.recover()
            with anyio.fail_after(PATIENCE):
                while server.connections > CONNECTIONS:
                    await anyio.lowlevel.checkpoint()
            moments += 1
        assert scene.held() == []
        assert (await scene.route.agenerate("Hi")).text == "You said: Hi"
        assert living_tasks() == tasks

    with FaultServer() as server:
        anyio.run(battery, backend=backend)
    assert moments >= 3


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancelled_wait_for_a_rate_limit_frees_its_reservation(backend: str) -> None:
    clock = Clock()
    limit = RateLimit(requests=1, per=1_000, clock=clock)

    async def battery() -> None:
        model = model_of("openai", server).with_policies(limit)
        await model.agenerate("Hi")
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(model.agenerate, "Hi")
            while len(limit._calls._waiting) < 3:
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        clock.ahead += 1_000
        # if a reservation were left, the call would be refused, as it had to wait for it
        assert (await model.agenerate("Hi", timeout=500)).text == "You said: Hi"

    with FaultServer() as server:
        anyio.run(battery, backend=backend)
        assert len(server.requests) == 2


def living_tasks() -> int:
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:
        return trio.lowlevel.current_statistics().tasks_living
