"""Interceptors replace the engine of each request, to record its response or to replay another."""

from collections.abc import Generator
from contextlib import contextmanager
from threading import Lock
from typing import Protocol

from chatmodels.core.extending import CallInfo
from chatmodels.http._transport.engine import AsyncEngine, Engine


class Interceptor(Protocol):
    """Replaces the engines of requests; shared by threads and event loops."""

    def intercept(self, engine: Engine, provider: str, /) -> Engine:
        """Return the engine that sends one request of a sync call.

        Args:
            engine: The engine that would send it: that of chatmodels, or of an injected client.
            provider: The provider's registered name.
        """
        ...

    def aintercept(self, engine: AsyncEngine, provider: str, /) -> AsyncEngine:
        """Async version of `intercept`."""
        ...


_lock = Lock()
_installed: list[Interceptor] = []


@contextmanager
def intercept(interceptor: Interceptor, /) -> Generator[None]:
    """Intercept all requests of the process, also those of models that exist already.

    It is made for tests. For the calls of some models, pass an observer to them that sets
    `CallInfo.interceptor`. The interceptor that was installed last is the outermost, and that of a
    call is outside of all others. A request that is being sent keeps its engine.
    """
    with _lock:
        _installed.append(interceptor)
    try:
        yield
    finally:
        with _lock:
            _installed[:] = [each for each in _installed if each is not interceptor]


def intercepted(engine: Engine, provider: str, call: CallInfo | None, /) -> Engine:
    """Return the engine for a request; the interceptor of its call is the outermost."""
    if _installed:  # nearly always empty
        for each in tuple(_installed):
            engine = each.intercept(engine, provider)
    if call is not None and call.interceptor is not None:
        interceptor: Interceptor = call.interceptor
        engine = interceptor.intercept(engine, provider)
    return engine


def async_intercepted(engine: AsyncEngine, provider: str, call: CallInfo | None, /) -> AsyncEngine:
    """Async version of `intercepted`."""
    if _installed:
        for each in tuple(_installed):
            engine = each.aintercept(engine, provider)
    if call is not None and call.interceptor is not None:
        interceptor: Interceptor = call.interceptor
        engine = interceptor.aintercept(engine, provider)
    return engine
