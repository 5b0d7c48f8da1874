"""Connects sockets for asyncio, trying the addresses of a host in parallel if one is slow."""

import asyncio
import socket

from chatmodels.http._transport.sockets import (
    HEAD_START,
    Address,
    alternating,
    numeric_addresses,
    open_socket,
)


async def connect_socket(loop: asyncio.AbstractEventLoop, host: str, port: int, /) -> socket.socket:
    """Return a connected socket.

    Raises:
        OSError: No address of the host can be reached; the error is that of the first one.
    """
    addresses = numeric_addresses(host, port)
    if not addresses:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = alternating(list(found))
    if len(addresses) == 1:
        return await _attempt(loop, addresses[0])
    return await _race(loop, addresses)


async def _attempt(loop: asyncio.AbstractEventLoop, address: Address) -> socket.socket:
    connecting = open_socket(address)
    try:
        await loop.sock_connect(connecting, address[4])
    except BaseException:
        connecting.close()
        raise
    return connecting


async def _race(loop: asyncio.AbstractEventLoop, addresses: list[Address]) -> socket.socket:
    upcoming = list(reversed(addresses))
    tasks: list[asyncio.Task[socket.socket]] = []
    racing: set[asyncio.Task[socket.socket]] = set()
    winner: asyncio.Task[socket.socket] | None = None
    try:
        while winner is None:
            if upcoming:
                racing.add(loop.create_task(_attempt(loop, upcoming.pop())))
                tasks.extend(racing.difference(tasks))
            elif not racing:
                break
            ended, racing = await asyncio.wait(
                racing,
                timeout=HEAD_START if upcoming else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            winner = next((task for task in ended if task.exception() is None), None)
    finally:
        for task in tasks:
            if task is not winner:
                _drop(task)
    return (winner or tasks[0]).result()


def _drop(task: "asyncio.Task[socket.socket]") -> None:
    if not task.cancel() and task.exception() is None:
        task.result().close()
