"""Checks of connections: closed when a stream is left, kept when there is more to ask."""

import gc
import math
import warnings
from collections.abc import Awaitable, Callable

import anyio
import anyio.to_thread

from chatmodels.core import ChatModel, TextDelta
from chatmodels.testing._faults import FAULTS
from chatmodels.testing._response import Answer
from chatmodels.testing.contract._contract import PROMPT, Bench

_PATIENCE = 120.0
"""Seconds within which the simulator must have seen that the client has left."""


def a_stream_left_early_closes_its_connection(bench: Bench) -> None:
    """Leaving the block tells the provider to stop, so that it need not be paid for the rest."""
    with _stalled(bench).stream(PROMPT) as stream:
        next(event for event in stream if isinstance(event, TextDelta))
    assert_left(bench)


def an_awaited_stream_left_early_closes_its_connection(bench: Bench) -> None:
    """Leaving the asynchronous block does so as well."""

    async def leave() -> None:
        async with _stalled(bench).astream(PROMPT) as stream:
            async for event in stream:
                if isinstance(event, TextDelta):
                    break
        await _awaited_left(bench)

    anyio.run(leave)


def a_cancelled_stream_closes_its_connection(bench: Bench) -> None:
    """A cancellation ends the stream, passes through as it is, and reaches the provider."""

    async def listen(arrived: Callable[[], None]) -> None:
        async with _stalled(bench).astream(PROMPT) as stream:
            async for event in stream:
                if isinstance(event, TextDelta):
                    arrived()

    anyio.run(_cancelled, bench, listen)


def a_cancelled_call_closes_its_connection(bench: Bench) -> None:
    """A cancellation ends a whole call, passes through as it is, and reaches the provider."""

    async def ask(arrived: Callable[[], None]) -> None:
        model = bench.model()
        bench.simulator.queue(Answer(latency=math.inf))
        async with anyio.create_task_group() as group:
            group.start_soon(_told, bench, arrived)
            await model.agenerate(PROMPT)

    anyio.run(_cancelled, bench, ask)


def a_forgotten_stream_closes_its_connection(bench: Bench) -> None:
    """A stream that nobody holds any more is closed by the garbage collector, with a warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        stream = _stalled(bench).stream(PROMPT)
        next(event for event in stream if isinstance(event, TextDelta))
        del stream
        gc.collect()
    assert_left(bench)
    assert any(warning.category is ResourceWarning for warning in caught), "there is no warning"


def connections_are_used_again(bench: Bench) -> None:
    """Calls one after the other share a connection, those that stream as well."""
    model = bench.model()
    for _ in range(3):
        model.generate("?")
        model.stream("?").collect()
    assert bench.simulator.accepted == 1, f"{bench.simulator.accepted} connections for six calls"


def awaited_connections_are_used_again(bench: Bench) -> None:
    """Awaited calls one after the other share a connection, those that stream as well."""

    async def calls() -> None:
        model = bench.model()
        for _ in range(3):
            await model.agenerate("?")
            await model.astream("?").collect()

    anyio.run(calls)
    assert bench.simulator.accepted == 1, f"{bench.simulator.accepted} connections for six calls"


def _stalled(bench: Bench) -> ChatModel:
    """Make a model whose next stream stops in the middle."""
    model = bench.model()
    bench.simulator.queue(FAULTS["stall-in-body"])
    return model


def assert_left(bench: Bench) -> None:
    """Check that the client has broken off the last exchange.

    Raises:
        AssertionError: It has not.
    """
    assert bench.simulator.exchanges, "no request came"
    outcome = bench.simulator.exchanges[-1].wait(_PATIENCE)
    assert outcome == "abandoned", f"the provider saw nobody leave: {outcome}"


async def _awaited_left(bench: Bench) -> None:
    """Wait beside the event loop, which may have to close the connection."""
    await anyio.to_thread.run_sync(assert_left, bench)


async def _told(bench: Bench, arrived: Callable[[], None]) -> None:
    """Tell when the simulator has the request."""
    await anyio.to_thread.run_sync(bench.simulator.wait)
    arrived()


async def _cancelled(bench: Bench, run: Callable[[Callable[[], None]], Awaitable[None]]) -> None:
    """Cancel a call as soon as it is under way, and see that it ends by nothing else."""
    with anyio.CancelScope() as scope:
        await run(scope.cancel)
    assert scope.cancelled_caught, "the cancellation did not come back"
    await _awaited_left(bench)


HTTP_CHECKS = (
    a_stream_left_early_closes_its_connection,
    an_awaited_stream_left_early_closes_its_connection,
    a_forgotten_stream_closes_its_connection,
    a_cancelled_stream_closes_its_connection,
    a_cancelled_call_closes_its_connection,
    connections_are_used_again,
    awaited_connections_are_used_again,
)
