"""The clock of a run with batches, which tests replace."""

import asyncio
import random
import time
from typing import Protocol


class Clock(Protocol):
    """Time and chance, as a run with batches sees them."""

    def now(self) -> float:
        """Return the seconds since the epoch, which are comparable after a restart."""
        ...

    async def sleep(self, seconds: float, /) -> None:
        """Wait for some seconds."""
        ...

    def share(self) -> float:
        """Return a random number from 0 to 1."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> float:
        """Return the seconds since the epoch."""
        return time.time()

    async def sleep(self, seconds: float, /) -> None:
        """Wait for some seconds."""
        await asyncio.sleep(seconds)

    def share(self) -> float:
        """Return a random number from 0 to 1."""
        return random.random()  # noqa: S311 - spreads polls
