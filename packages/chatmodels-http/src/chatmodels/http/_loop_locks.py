"""Locks of objects that event loops share: one for each object and event loop."""

from weakref import WeakKeyDictionary

from anyio import Lock
from anyio.lowlevel import RunVar

_locks: RunVar[WeakKeyDictionary[object, Lock]] = RunVar("chatmodels.http locks")


def loop_lock(owner: object, /) -> Lock:
    """Return the lock of an object in the event loop that runs."""
    locks = _locks.get(None)
    if locks is None:
        locks = WeakKeyDictionary[object, Lock]()
        _locks.set(locks)
    return locks.setdefault(owner, Lock())
