"""One rate limit of a provider, as its last response reported it."""

import math

from chatmodels.core.extending import RateLimitStatus

_PERIOD = 60.0  # if the provider reports none


class ReportedLimit:
    """A limit of a provider, with the calls that are sent and planned since the report.

    Args:
        status: The report, with `remaining` and `reset`.
        now: The time of the report.
        order: The number of the call that the report belongs to.
        used: The amount of the calls that were sent after it: the report does not contain them.

    Attributes:
        unit: The unit that the limit counts.
        order: As passed.
    """

    __slots__ = ("_planned", "_sent", "order", "unit")

    def __init__(self, status: RateLimitStatus, now: float, order: int, used: int) -> None:
        self.unit = status.unit
        self.order = order
        self._sent = _State(status, now)
        self._sent.rest -= used
        self._planned = _State(status, now)
        self.restart()

    def earliest(self, start: float, amount: int) -> float:
        """Return the earliest time from `start` on for a call that uses an amount."""
        return self._planned.earliest(start, amount)

    def plan(self, start: float, amount: int) -> None:
        """Plan a call at its earliest time; the times of calls do not decrease."""
        self._planned.use(start, amount)

    def send(self, now: float, amount: int) -> None:
        """Count a call that was planned and is sent."""
        self._sent.use(now, amount)

    def restart(self) -> None:
        """Forget the calls that are planned and not sent."""
        sent, planned = self._sent, self._planned
        planned.rest, planned.time, planned.reset_at = sent.rest, sent.time, sent.reset_at


class _State:
    """The rest of a limit at a time; the rest grows continuously, or at once at the reset."""

    __slots__ = ("limit", "period", "rate", "reset_at", "rest", "time")

    def __init__(self, status: RateLimitStatus, now: float) -> None:
        remaining, reset = status.remaining or 0, status.reset or 0.0
        self.limit = math.inf if status.limit is None else max(status.limit, 1)
        self.period = status.period or _PERIOD
        self.time = now
        self.rest: float = remaining
        self.reset_at = now + reset
        self.rate = 0.0
        if status.refills and status.limit is not None:
            missing = status.limit - remaining
            self.rate = missing / reset if missing > 0 and reset else self.limit / self.period

    def earliest(self, start: float, amount: int) -> float:
        needed = min(max(amount, 1), self.limit)  # if nothing remains, nothing is accepted
        if self.rate:
            return max(start, self.time + (needed - self.rest) / self.rate)
        if needed <= self.rest:
            return start
        return max(start, self.reset_at)

    def use(self, start: float, amount: int) -> None:
        if self.rate:
            self.rest = min(self.rest + self.rate * (start - self.time), self.limit)
            self.time = start
        elif start >= self.reset_at:
            self.rest = self.limit
            self.reset_at += ((start - self.reset_at) // self.period + 1) * self.period
        self.rest -= amount
