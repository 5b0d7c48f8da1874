"""The idle connections of each event loop, which the end of the loop closes."""

from collections.abc import AsyncGenerator, Callable
from typing import Generic, Protocol, TypeVar
from weakref import WeakKeyDictionary

from chatmodels.http._transport.pool import IdleConnections


class Abortable(Protocol):
    """A connection that can be closed without waiting."""

    def abort(self) -> None:
        """Close the connection, if there is one."""
        ...


Connection = TypeVar("Connection", bound=Abortable)


class LoopConnections(Generic[Connection]):
    """The connections of one event loop.

    At its end, an event loop closes the asynchronous generators that were started in it:
    `asyncio.run` and `trio.run` both do so. A suspended generator closes the connections then.
    """

    __slots__ = ("__weakref__", "by_address", "lifetime")

    def __init__(self) -> None:
        self.by_address: dict[str, IdleConnections[Connection]] = {}
        self.lifetime = _close_at_loop_end(self.by_address)

    def open(self, address: str, create: Callable[[], Connection]) -> IdleConnections[Connection]:
        """Return the connections to an origin, of which there are none yet."""
        idle = self.by_address[address] = IdleConnections(create)
        return idle


class PerLoop(Generic[Connection]):
    """Maps event loops to their connections, without keeping the loops alive."""

    def __init__(self) -> None:
        self.by_loop: WeakKeyDictionary[object, LoopConnections[Connection]] = WeakKeyDictionary()

    async def of(self, loop: object) -> LoopConnections[Connection]:
        """Return the connections of the running event loop."""
        connections = self.by_loop.get(loop)
        return await self._register(loop) if connections is None else connections

    async def _register(self, loop: object) -> LoopConnections[Connection]:
        # Connections of loops that were closed without a shutdown would keep these loops alive.
        # By reference, since other threads can add their loops meanwhile.
        for reference in self.by_loop.keyrefs():
            other = reference()
            if getattr(other, "is_closed", _never)():
                self.by_loop.pop(other, None)
        connections: LoopConnections[Connection] = LoopConnections()
        self.by_loop[loop] = connections
        await anext(connections.lifetime)
        return connections


async def _close_at_loop_end(
    by_address: dict[str, IdleConnections[Connection]],
) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        for idle in by_address.values():
            for connection in idle.drain():
                connection.abort()
        by_address.clear()


def _never() -> bool:
    return False
