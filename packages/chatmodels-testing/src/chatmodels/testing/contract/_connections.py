"""Checks of connections: closed when a stream is abandoned, reused by later calls."""

import gc
import math
import warnings
from collections.abc import Awaitable, Callable

import anyio
import anyio.to_thread

from chatmodels.core import ChatModel, TextDelta
from chatmodels.testing._faults import FAULTS
from chatmodels.testing._simulated_response import SimulatedResponse
from chatmodels.testing.contract._contract import PROMPT, CheckContext

_TIMEOUT = 120.0
"""Seconds within which the simulator must observe that the client has left."""


def a_stream_left_early_closes_its_connection(context: CheckContext) -> None:
    """Leaving the block stops the provider, so that the rest is not billed."""
    with _stalled(context).stream(PROMPT) as stream:
        next(event for event in stream if isinstance(event, TextDelta))
    assert_left(context)


def an_async_stream_left_early_closes_its_connection(context: CheckContext) -> None:
    """Leaving the async block stops the provider."""

    async def leave() -> None:
        async with _stalled(context).astream(PROMPT) as stream:
            async for event in stream:
                if isinstance(event, TextDelta):
                    break
        await _wait_until_left(context)

    anyio.run(leave)


def a_cancelled_stream_closes_its_connection(context: CheckContext) -> None:
    """A cancellation ends the stream, is propagated unchanged, and stops the provider."""

    async def listen(arrived: Callable[[], None]) -> None:
        async with _stalled(context).astream(PROMPT) as stream:
            async for event in stream:
                if isinstance(event, TextDelta):
                    arrived()

    anyio.run(_cancel, context, listen)


def a_cancelled_call_closes_its_connection(context: CheckContext) -> None:
    """A cancellation ends a whole call, is propagated unchanged, and stops the provider."""

    async def generate(arrived: Callable[[], None]) -> None:
        model = context.model()
        context.simulator.queue(SimulatedResponse(latency=math.inf))
        async with anyio.create_task_group() as group:
            group.start_soon(_notify, context, arrived)
            await model.agenerate(PROMPT)

    anyio.run(_cancel, context, generate)


def a_forgotten_stream_closes_its_connection(context: CheckContext) -> None:
    """The garbage collector closes an unreferenced stream, with a warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        stream = _stalled(context).stream(PROMPT)
        next(event for event in stream if isinstance(event, TextDelta))
        del stream
        gc.collect()
    assert_left(context)
    assert any(warning.category is ResourceWarning for warning in caught), (
        "a stream that was neither read to its end nor closed was collected without a "
        "ResourceWarning; return the stream of StandardChatModel"
    )


def connections_are_reused(context: CheckContext) -> None:
    """Consecutive calls share a connection, including streamed calls."""
    model = context.model()
    for _ in range(3):
        model.generate("?")
        model.stream("?").collect()
    assert context.simulator.accepted == 1, (
        f"six consecutive calls used {context.simulator.accepted} connections instead of one; keep "
        "the client between calls, and read each response to its end"
    )


def async_connections_are_reused(context: CheckContext) -> None:
    """Consecutive async calls share a connection, including streamed calls."""

    async def calls() -> None:
        model = context.model()
        for _ in range(3):
            await model.agenerate("?")
            await model.astream("?").collect()

    anyio.run(calls)
    assert context.simulator.accepted == 1, (
        f"six consecutive calls used {context.simulator.accepted} connections instead of one; keep "
        "the client between calls, and read each response to its end"
    )


def _stalled(context: CheckContext) -> ChatModel:
    """Create a model whose next stream stalls in the middle."""
    model = context.model()
    context.simulator.queue(FAULTS["stall-in-body"])
    return model


def assert_left(context: CheckContext) -> None:
    """Check that the client has abandoned the last exchange.

    Raises:
        AssertionError: The client has not left.
    """
    assert context.simulator.exchanges, (
        "no request was received; `connect` of the ProviderContract leads requests to the simulator"
    )
    outcome = context.simulator.exchanges[-1].wait(_TIMEOUT)
    assert outcome == "abandoned", (
        f"the connection of an abandoned response is still open ({outcome}), so that the provider "
        "goes on and bills the rest; close the response when the generator of events is closed"
    )


async def _wait_until_left(context: CheckContext) -> None:
    """Wait in a thread, because the event loop can be needed to close the connection."""
    await anyio.to_thread.run_sync(assert_left, context)


async def _notify(context: CheckContext, arrived: Callable[[], None]) -> None:
    """Call `arrived` when the simulator has received the request."""
    await anyio.to_thread.run_sync(context.simulator.wait)
    arrived()


async def _cancel(
    context: CheckContext, run: Callable[[Callable[[], None]], Awaitable[None]]
) -> None:
    """Cancel a call after its start, and check that the cancellation ends it."""
    with anyio.CancelScope() as scope:
        await run(scope.cancel)
    assert scope.cancelled_caught, (
        "a cancelled call did not end with its cancellation; do not catch BaseException"
    )
    await _wait_until_left(context)


HTTP_CHECKS = (
    a_stream_left_early_closes_its_connection,
    an_async_stream_left_early_closes_its_connection,
    a_forgotten_stream_closes_its_connection,
    a_cancelled_stream_closes_its_connection,
    a_cancelled_call_closes_its_connection,
    connections_are_reused,
    async_connections_are_reused,
)
