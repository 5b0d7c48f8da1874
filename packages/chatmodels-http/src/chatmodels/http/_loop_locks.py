"""Locks of objects that event loops share: one for each object and event loop."""

from contextlib import AbstractAsyncContextManager
from weakref import WeakKeyDictionary

from chatmodels.core.extending import running_library

_Locks = WeakKeyDictionary[object, AbstractAsyncContextManager[object]]

_by_loop: WeakKeyDictionary[object, _Locks] = WeakKeyDictionary()


def loop_lock(owner: object, /) -> AbstractAsyncContextManager[object]:
    """Return the lock of an object in the event loop that runs."""
    library = running_library()
    locks = _by_loop.setdefault(library.loop(), _Locks())
    return locks.setdefault(owner, library.lock())
