"""Locks of objects that event loops share: one for each object and event loop."""

from contextlib import AbstractAsyncContextManager
from types import TracebackType
from weakref import WeakValueDictionary

from chatmodels.core.extending import running_library


class _LoopLock:
    """A lock, which exists while tasks hold it or wait for it.

    It refers to the objects of its key, so that no others can have their ids meanwhile. They are
    not the key itself: a lock can refer to its event loop, and would keep it forever.
    """

    def __init__(self, lock: AbstractAsyncContextManager[object], *key: object) -> None:
        self._lock = lock
        self._key = key

    async def __aenter__(self) -> None:
        await self._lock.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._lock.__aexit__(kind, error, traceback)


_locks: WeakValueDictionary[tuple[int, int], _LoopLock] = WeakValueDictionary()


def loop_lock(owner: object, /) -> AbstractAsyncContextManager[object]:
    """Return the lock of an object in the event loop that runs."""
    library = running_library()
    loop = library.loop()
    key = id(owner), id(loop)
    return _locks.get(key) or _locks.setdefault(key, _LoopLock(library.lock(), owner, loop))
