"""The calls that are sent and those that wait, by the limits of the user and of the vendor."""

import math
from collections import deque
from collections.abc import Mapping

from chatmodels.core.extending import RateLimitStatus
from chatmodels.resilience._amounts import Amounts
from chatmodels.resilience._learned_limits import LearnedLimits, SentMark
from chatmodels.resilience._reported_limit import ReportedLimit
from chatmodels.resilience._window import Use, Window


class PlannedCall:
    """A call with the time at which it can begin.

    Attributes:
        time: The time, in seconds; it can be later when it has come.
        mark: Its place among the calls that were sent; None if it has not begun.
    """

    __slots__ = ("amounts", "learned", "limits", "mark", "time", "uses")

    def __init__(self, learned: LearnedLimits, amounts: Amounts) -> None:
        self.learned = learned
        self.amounts = amounts
        self.time = 0.0
        self.uses: dict[str, Use] = {}
        self.limits: tuple[ReportedLimit, ...] = ()
        self.mark: SentMark | None = None


class PlannedCalls:
    """Plans calls at times at which all limits permit them: first come, first served.

    The user locks it, except for `end`.

    Args:
        limits: "requests" and "tokens" to their limits.
        per: The period of the limits in seconds.
        learn: Whether limits can be learned from responses.
    """

    def __init__(self, limits: Mapping[str, int], per: float, *, learn: bool) -> None:
        self._limits = limits
        self._windows = {unit: Window(limit, per) for unit, limit in limits.items()}
        self._learn = learn
        self._learned: dict[str, LearnedLimits] = {}
        self._waiting: dict[PlannedCall, None] = {}  # in the order of their times
        self._ended: deque[tuple[PlannedCall, int | None]] = deque()
        self._resumes_at = -math.inf
        self._is_stale = False  # the plan: a limit was lowered, or more tokens were used

    def reported(self) -> dict[str, tuple[RateLimitStatus, ...]]:
        """Return the limits that were reported last, by model."""
        return {model: each.statuses for model, each in self._learned.items() if each.statuses}

    def plan(self, model: str, amounts: Amounts, now: float) -> PlannedCall:
        """Plan a call of a model after those that wait, and begin it if it need not wait."""
        if self._ended:
            self._count_ended()
        if self._is_stale:
            self._plan_again(now)
        learned = self._learned.get(model)
        if learned is None:
            learned = self._learned[model] = LearnedLimits(learns=self._learn)
            self._apply_caps()
        planned = PlannedCall(learned, amounts)
        self._place(planned, now)
        if planned.time <= now:
            planned.mark = learned.send(now, amounts, planned.limits)
        else:
            self._waiting[planned] = None
        return planned

    def begin(self, planned: PlannedCall, now: float) -> float:
        """Begin a call whose time has come, and return the time; or return its later time."""
        if self._ended:
            self._count_ended()
        if planned.time <= now:
            start = planned.learned.earliest(now, planned.amounts, planned.limits)
            if self._is_stale or max(start, self._resumes_at) > now:
                self._plan_again(now)
        if planned.time > now:
            return planned.time
        del self._waiting[planned]
        planned.mark = planned.learned.send(now, planned.amounts, planned.limits)
        return now

    def end(self, planned: PlannedCall, tokens: int | None) -> None:
        """Record that a call used other tokens than estimated, or that it does not begin.

        It needs no lock: what it records is counted before the next call is planned or begins.
        Therefore, the garbage collector can end a call at any moment.

        Args:
            planned: The call.
            tokens: The tokens that it used; None if it was cancelled before it began. Later calls
                do not wait for it then.
        """
        self._ended.append((planned, tokens))

    def _count_ended(self) -> None:
        while self._ended:
            planned, tokens = self._ended.popleft()
            if tokens is None:
                self._waiting.pop(planned, None)  # an interrupt can come after the begin
                self._remove(planned)
                if planned.limits:
                    self._is_stale = True
                continue
            use = planned.uses["tokens"]
            if tokens > use.amount:
                self._is_stale = True
            self._windows["tokens"].change(use, tokens)

    def pause(self, until: float) -> None:
        """Let no call begin until a time, also of those that wait."""
        self._resumes_at = max(self._resumes_at, until)

    def learn(
        self, planned: PlannedCall, statuses: tuple[RateLimitStatus, ...], now: float
    ) -> None:
        """Learn limits from the response to a call; there are none if it reports none."""
        assert planned.mark is not None  # it has begun
        if planned.learned.learn(statuses, planned.mark, now):
            self._apply_caps()

    def _apply_caps(self) -> None:
        """Lower the limits to those of the vendor. Those of several models cannot be compared."""
        only = next(iter(self._learned.values())) if len(self._learned) == 1 else None
        for unit, window in self._windows.items():
            cap = math.inf if only is None else only.cap(unit, window.period)
            limit = min(self._limits[unit], cap)
            if limit < window.limit:
                self._is_stale = True
            window.limit = limit

    def _place(self, planned: PlannedCall, now: float) -> None:
        amounts = planned.amounts
        start = max(now, self._resumes_at)
        if self._waiting:
            start = max(start, next(reversed(self._waiting)).time)
        for unit, window in self._windows.items():
            start = window.earliest(start, amounts[unit])
        planned.time = start = planned.learned.earliest(start, amounts)
        planned.limits = planned.learned.plan(start, amounts)
        for unit, window in self._windows.items():
            planned.uses[unit] = window.add(start, amounts[unit], now)

    def _remove(self, planned: PlannedCall) -> None:
        for unit, use in planned.uses.items():
            self._windows[unit].remove(use)

    def _plan_again(self, now: float) -> None:
        self._is_stale = False
        waiting = list(self._waiting)
        self._waiting.clear()
        for planned in reversed(waiting):
            self._remove(planned)
        for learned in self._learned.values():
            learned.restart()
        for planned in waiting:
            self._place(planned, now)
            self._waiting[planned] = None
