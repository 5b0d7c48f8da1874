"""The clock of a run with batches, which tests replace."""

import asyncio
import random
import time
from contextlib import suppress
from typing import Protocol

from chatmodels.bulk._stopping import StopConditions

_STEP = 1.0  # seconds between two checks of the conditions


class Clock(Protocol):
    """Time and chance, as a run with batches sees them."""

    def now(self) -> float:
        """Return the seconds since the epoch, which are comparable after a restart."""
        ...

    async def sleep(self, seconds: float, stopping: StopConditions, /) -> None:
        """Wait for some seconds, or until the run is to stop."""
        ...

    def share(self) -> float:
        """Return a random number from 0 to 1."""
        ...


class SystemClock:
    """The clock of the machine.

    Args:
        step: The seconds between two checks of the conditions under which a run stops.
    """

    def __init__(self, step: float = _STEP) -> None:
        self._step = step

    def now(self) -> float:
        """Return the seconds since the epoch."""
        return time.time()

    async def sleep(self, seconds: float, stopping: StopConditions, /) -> None:
        """Wait for some seconds, or until the run is to stop."""
        end = time.monotonic() + seconds
        woken = asyncio.Event()
        with stopping.waking(woken):
            await asyncio.sleep(0)
            while not stopping() and (left := end - time.monotonic()) > 0:
                with suppress(TimeoutError):
                    await asyncio.wait_for(woken.wait(), min(left, self._step))

    def share(self) -> float:
        """Return a random number from 0 to 1."""
        return random.random()  # noqa: S311 - spreads polls
