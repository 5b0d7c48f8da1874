"""The idle connections of each event loop, which the end of the loop closes."""

from collections.abc import AsyncGenerator
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary, ref

from chatmodels.http._transport.pool import Abortable, IdleConnections, Pools, close_all

Connection = TypeVar("Connection", bound=Abortable)


class LoopConnections(Pools[Connection]):
    """The connections of one event loop.

    At its end, an event loop closes the asynchronous generators that were started in it:
    `asyncio.run` and `trio.run` both do so. A suspended generator closes the connections then.
    """

    __slots__ = ("__weakref__", "lifetime")

    def __init__(self) -> None:
        super().__init__()
        self.lifetime: AsyncGenerator[None] | None = _close_at_loop_end(self.by_address, ref(self))


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
        assert connections.lifetime is not None
        await anext(connections.lifetime)
        return connections


async def _close_at_loop_end(
    by_address: dict[str, IdleConnections[Connection]],
    connections: ref[LoopConnections[Connection]],
) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        _end(by_address, connections())


def _end(
    by_address: dict[str, IdleConnections[Connection]],
    connections: LoopConnections[Connection] | None,
) -> None:
    close_all(by_address)
    by_address.clear()
    if connections is not None:
        connections.lifetime = None  # a generator refers to its event loop, also after its end


def _never() -> bool:
    return False
