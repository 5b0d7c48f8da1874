"""The limits of a provider, learned from the headers of its responses."""

import math
from collections.abc import Collection

from chatmodels.core.extending import RateLimitStatus
from chatmodels.resilience._amounts import Amounts
from chatmodels.resilience._reported_limit import ReportedLimit


class LearnedLimits:
    """The limits of one model, by their names in the headers; its user locks it.

    Args:
        learns: Whether limits can be learned.

    Attributes:
        statuses: The last report.
        counts_tokens: Whether tokens count: if the provider reports a limit of them, and until it
            has responded.
    """

    __slots__ = ("_caps", "_limits", "_sent", "counts_tokens", "statuses")

    def __init__(self, *, learns: bool) -> None:
        self.statuses: tuple[RateLimitStatus, ...] = ()
        self._limits: dict[str, ReportedLimit] = {}
        self._caps: dict[str, RateLimitStatus] = {}
        self._sent: SentMark = (0, 0, 0, 0)
        self.counts_tokens = learns

    @property
    def has_limits(self) -> bool:
        """True if a limit is known."""
        return bool(self._limits)

    def cap(self, unit: str, period: float) -> float:
        """Return the most of a unit that the provider accepts in a period; infinite if unknown."""
        caps = [
            each.limit * max(period / each.period, 1.0)
            for each in self._caps.values()
            if each.unit == unit and each.limit and each.period
        ]
        return math.floor(min(caps)) if caps else math.inf

    def earliest(
        self, start: float, amounts: Amounts, planned: Collection[ReportedLimit] = ()
    ) -> float:
        """Return the earliest time from `start` on for a call, by limits that are not `planned`."""
        for limit in self._limits.values():
            if limit not in planned:
                start = max(start, limit.earliest(start, amounts[limit.unit]))
        return start

    def plan(self, start: float, amounts: Amounts) -> tuple[ReportedLimit, ...]:
        """Plan a call at its earliest time, and return the limits that it is planned in."""
        limits = tuple(self._limits.values())
        for limit in limits:
            limit.plan(start, amounts[limit.unit])
        return limits

    def send(self, now: float, amounts: Amounts, planned: Collection[ReportedLimit]) -> "SentMark":
        """Count a call that is sent, and return its place among those that were sent."""
        for limit in self._limits.values():
            amount = amounts[limit.unit]
            if limit not in planned:
                limit.plan(now, amount)
            limit.send(now, amount)
        requests, tokens, given, output = self._sent
        if self.counts_tokens:
            tokens += amounts["tokens"]
            given += amounts["input_tokens"]
            output += amounts["output_tokens"]
        self._sent = requests + 1, tokens, given, output
        return self._sent

    def learn(self, statuses: tuple[RateLimitStatus, ...], mark: "SentMark", now: float) -> bool:
        """Learn from the response to a call, and return whether it reports anything.

        Responses can arrive in another order than that in which the provider counted the calls.
        That of a call that was sent earlier is ignored. One that was sent later is not contained
        in the report.
        """
        order = mark[0]
        for status in statuses:
            if status.unit == "other":
                continue
            if status.limit and status.period:
                self._caps[status.name] = status
            known = self._limits.get(status.name)
            if status.remaining is None or status.reset is None or (known and known.order > order):
                continue
            index = _UNITS.index(status.unit)
            used = self._sent[index] - mark[index]
            self._limits[status.name] = ReportedLimit(status, now, order, used)
        self.counts_tokens = any(limit.unit != "requests" for limit in self._limits.values())
        if statuses:
            self.statuses = statuses
        return bool(statuses)

    def restart(self) -> None:
        """Forget the calls that are planned and not sent."""
        for limit in self._limits.values():
            limit.restart()


_UNITS = ("requests", "tokens", "input_tokens", "output_tokens")

SentMark = tuple[int, int, int, int]
"""The amounts of the calls that were sent up to one, in the order of the units."""
