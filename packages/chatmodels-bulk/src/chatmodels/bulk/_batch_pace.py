"""The pace of polls: it slows down while nothing happens."""

from chatmodels.bulk._clock import Clock
from chatmodels.bulk._stopping import StopConditions

_FIRST = 1 / 12  # of the longest time between polls
_SLOWER = 1.5
_JITTER = 0.2


class Pace:
    """Waits between polls of batches.

    Args:
        longest: The longest time between polls, in seconds.
        clock: The clock.
        stopping: The conditions that end the waiting.

    Attributes:
        retry_after: The seconds that the vendor advises before the next request.
    """

    def __init__(self, longest: float, clock: Clock, stopping: StopConditions) -> None:
        self._longest = longest
        self._clock = clock
        self._stopping = stopping
        self._pause = longest * _FIRST
        self.retry_after = 0.0

    async def sleep(self) -> None:
        """Wait until the next poll; the one after it is later."""
        spread = 1 + _JITTER * (2 * self._clock.share() - 1)
        seconds = max(self._pause * spread, self.retry_after)
        await self._clock.sleep(seconds, self._stopping)
        self.retry_after = 0.0
        self._pause = min(self._pause * _SLOWER, self._longest)

    def restart(self) -> None:
        """Poll soon again, after something has happened."""
        self._pause = self._longest * _FIRST
