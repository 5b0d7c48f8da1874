"""The engines that all models of the process share, made when the first request needs them."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatmodels.http._transport.engine import AsyncEngine, Engine

# By process, since the connections of a parent are not ours to use, nor to close.
_engines: "dict[tuple[int, str | None], Engine]" = {}
_async_engines: "dict[tuple[int, str | None], AsyncEngine]" = {}


def shared_engine(proxy: str | None = None, /) -> "Engine":
    """Give the engine for blocking calls through a proxy (None: what the environment says)."""
    key = (os.getpid(), proxy)
    found = _engines.get(key)
    if found is None:
        import atexit

        from chatmodels.http._transport.httpcore_engine import HttpcoreEngine

        engine = HttpcoreEngine(proxy)
        atexit.register(engine.close)
        found = _engines.setdefault(key, engine)
    return found


def shared_async_engine(proxy: str | None = None, /) -> "AsyncEngine":
    """Give the engine for awaited calls through a proxy (None: what the environment says)."""
    key = (os.getpid(), proxy)
    found = _async_engines.get(key)
    if found is None:
        from chatmodels.http._transport.httpcore_async_engine import AsyncHttpcoreEngine

        found = _async_engines.setdefault(key, AsyncHttpcoreEngine(proxy))
    return found
