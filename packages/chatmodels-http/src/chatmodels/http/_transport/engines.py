"""The engines that all models of the process share, created at the first request."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatmodels.http._transport.engine import AsyncEngine, Engine

# By process, since a forked child must neither use nor close the connections of its parent.
_engines: "dict[tuple[int, str | None], Engine]" = {}
_async_engines: "dict[tuple[int, str | None], AsyncEngine]" = {}


def shared_engine(proxy: str | None = None, /) -> "Engine":
    """Return the engine for sync calls through a proxy; None for the proxy of the environment."""
    key = (os.getpid(), proxy)
    return _engines.get(key) or _engines.setdefault(key, create_engine(proxy))


def shared_async_engine(proxy: str | None = None, /) -> "AsyncEngine":
    """Return the engine for async calls through a proxy; None for the proxy of the environment."""
    key = (os.getpid(), proxy)
    return _async_engines.get(key) or _async_engines.setdefault(key, create_async_engine(proxy))


def create_engine(proxy: str | None) -> "Engine":
    """Return a new engine for sync calls, which closes its connections when the program ends."""
    import atexit

    from chatmodels.http._transport.socket_engine import SocketEngine

    engine = SocketEngine(proxy)
    atexit.register(engine.close)
    return engine


def create_async_engine(proxy: str | None) -> "AsyncEngine":
    """Return a new engine for async calls."""
    from chatmodels.http._transport.asyncio_engine import AsyncioEngine

    return AsyncioEngine(proxy)
