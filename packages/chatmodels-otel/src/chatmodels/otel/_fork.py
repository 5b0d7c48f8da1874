"""What a child process makes of the telemetry that it inherits from its parent.

A fork copies locks as they are, those that another thread of the parent holds too: nobody would
ever release them in the child. It copies what waits to be recorded as well, which the parent
records, and calls in flight, which go on in the parent alone.
"""

import os
from contextlib import suppress
from typing import Protocol
from weakref import WeakSet


class Inherited(Protocol):
    """Something that has to be told of a fork."""

    def forked(self) -> None:
        """Begin anew, in a child process."""
        ...


_inherited: WeakSet[Inherited] = WeakSet()


def tell_of_forks(holder: Inherited, /) -> None:
    """Have an object told when it finds itself in a child process, for as long as it lives."""
    _inherited.add(holder)


def _in_child() -> None:
    for holder in _inherited:
        holder.forked()


with suppress(AttributeError):  # on Windows nothing forks
    os.register_at_fork(after_in_child=_in_child)
