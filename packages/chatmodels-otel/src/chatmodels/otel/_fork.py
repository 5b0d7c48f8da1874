"""Resets telemetry in a forked child process.

A fork copies locks in their state. A lock that another thread of the parent holds would never be
released in the child. A fork also copies pending measurements, which the parent records, and the
calls in flight, which continue only in the parent.
"""

import os
from contextlib import suppress
from typing import Protocol
from weakref import WeakSet


class ForkAware(Protocol):
    """An object that has to be reset after a fork."""

    def after_fork(self) -> None:
        """Reset the state, in a child process."""
        ...


_inherited: WeakSet[ForkAware] = WeakSet()


def reset_after_forks(holder: ForkAware, /) -> None:
    """Call `after_fork` of an object in each child process, as long as the object exists."""
    _inherited.add(holder)


def _in_child() -> None:
    for holder in _inherited:
        holder.after_fork()


with suppress(AttributeError):  # Windows has no fork
    os.register_at_fork(after_in_child=_in_child)
