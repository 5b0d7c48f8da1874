"""The sockets, the thread and the event loop behind a simulator or a fault server."""

import asyncio
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from typing import Generic, TypeVar


class ServedConnection(asyncio.Protocol, ABC):
    """A connection to a service; the service aborts it when it is stopped."""

    @abstractmethod
    def abort(self) -> None:
        """Abort the connection."""


C = TypeVar("C", bound=ServedConnection)


class Service(Generic[C]):
    """A listener on loopback in a separate thread, from its creation until it is stopped.

    Args:
        connect: Creates the protocol of a new connection; the argument is the set of all
            connections, to which it adds itself.
        port: The port to listen on; 0 for a free one.

    Attributes:
        port: The port on which the service listens.
        refusing_port: A port on which connections are refused until the service is stopped.
        connections: The open connections.
        accepted: The number of connections that were accepted.

    Raises:
        OSError: The port is in use.
    """

    _loop: asyncio.AbstractEventLoop
    _stopping: asyncio.Event

    def __init__(self, connect: Callable[[set[C]], C], port: int) -> None:
        self._serve_new = connect
        self._listening = socket.create_server(("127.0.0.1", port), backlog=4096)
        self._listening.setblocking(False)
        self._refusing = socket.socket()
        self._refusing.bind(("127.0.0.1", 0))  # without listening
        self.port: int = self._listening.getsockname()[1]
        self.refusing_port: int = self._refusing.getsockname()[1]
        self.connections: set[C] = set()
        self.accepted = 0
        self._accepting: set[asyncio.Task[object]] = set()
        ready = Event()
        self._thread = Thread(
            target=self._run, args=(ready,), name="chatmodels-testing", daemon=True
        )
        self._thread.start()
        ready.wait()

    def stop(self) -> None:
        """Abort all connections and stop listening."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._listening.close()
        self._refusing.close()

    def _run(self, ready: Event) -> None:
        # The default event loop of Windows cannot watch a listening socket.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(self._serve(ready))

    async def _serve(self, ready: Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        # Accepted here, because a closing asyncio.Server loses connections that it is accepting.
        self._loop.add_reader(self._listening, self._accept)
        ready.set()
        await self._stopping.wait()
        self._loop.remove_reader(self._listening)
        this_task = {asyncio.current_task()}
        while self.connections or asyncio.all_tasks() - this_task:
            for connection in list(self.connections):
                connection.abort()
            await asyncio.sleep(0)

    def _accept(self) -> None:
        with suppress(BlockingIOError):
            while True:
                client, _ = self._listening.accept()
                # asyncio does this only for sockets with an explicit protocol. Without it, a chunk
                # is delayed until the client acknowledges the previous one.
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.accepted += 1
                connecting = self._loop.connect_accepted_socket(self._connect, client)
                task = self._loop.create_task(connecting)
                self._accepting.add(task)
                task.add_done_callback(self._accepting.discard)

    def _connect(self) -> C:
        return self._serve_new(self.connections)
