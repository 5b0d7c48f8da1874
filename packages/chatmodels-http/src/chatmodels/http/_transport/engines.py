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
    shared = _engines.get(key)
    if shared is None:
        import atexit

        from chatmodels.http._transport.httpcore_engine import HttpcoreEngine

        engine = HttpcoreEngine(proxy)
        atexit.register(engine.close)
        shared = _engines.setdefault(key, engine)
    return shared


def shared_async_engine(proxy: str | None = None, /) -> "AsyncEngine":
    """Return the engine for async calls through a proxy; None for the proxy of the environment."""
    key = (os.getpid(), proxy)
    shared = _async_engines.get(key)
    if shared is None:
        from chatmodels.http._transport.httpcore_async_engine import AsyncHttpcoreEngine

        shared = _async_engines.setdefault(key, AsyncHttpcoreEngine(proxy))
    return shared
