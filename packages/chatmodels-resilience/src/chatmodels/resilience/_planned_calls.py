"""The calls that are sent and those that wait, by the limits of the user and of the vendor."""

import math
from collections import deque
from collections.abc import Mapping

from chatmodels.core.extending import RateLimitStatus
from chatmodels.resilience._amounts import Amounts
from chatmodels.resilience._learned_limits import LearnedLimits, SentMark
from chatmodels.resilience._reported_limit import ReportedLimit
from chatmodels.resilience._window import Use, Window


class PlannedCall(Amounts):
    """A call with the time at which it can begin.

    Args:
        request: The request of the call.

    Attributes:
        time: The time, in seconds; it can be later when it has come.
        learned: The limits of its model.
        limits: Those of them that it is planned in.
        requests: Its use of the limit of requests; None if there is none.
        tokens: Its use of the limit of tokens; None if there is none.
        mark: Its place among the calls that were sent; None if it has not begun.
    """

    # Defaults of the class are faster than attributes of each call.
    time = 0.0
    learned: LearnedLimits
    limits: tuple[ReportedLimit, ...] = ()
    requests: Use | None = None
    tokens: Use | None = None
    mark: SentMark | None = None


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
        self._requests = self._windows.get("requests")
        self._tokens = self._windows.get("tokens")
        self._learn = learn
        self._learned: dict[str, LearnedLimits] = {}
        self._waiting: dict[PlannedCall, None] = {}  # in the order of their times
        self._ended: deque[tuple[PlannedCall, int | None]] = deque()
        self._resumes_at = -math.inf
        self._is_stale = False  # the plan: a limit was lowered, or more tokens were used

    def reported(self) -> dict[str, tuple[RateLimitStatus, ...]]:
        """Return the limits that were reported last, by model."""
        return {model: each.statuses for model, each in self._learned.items() if each.statuses}

    def plan(self, planned: PlannedCall, model: str, now: float) -> None:
        """Plan a call of a model after those that wait, and begin it if it need not wait."""
        if self._ended:
            self._count_ended()
        if self._is_stale:
            self._plan_again(now)
        learned = self._learned.get(model)
        if learned is None:
            learned = self._learned[model] = LearnedLimits(learns=self._learn)
            self._apply_caps()
        planned.learned = learned
        self._place(planned, now)
        if planned.time <= now:
            planned.mark = learned.send(now, planned, planned.limits)
        else:
            self._waiting[planned] = None

    def begin(self, planned: PlannedCall, now: float) -> float:
        """Begin a call whose time has come, and return the time; or return its later time."""
        if self._ended:
            self._count_ended()
        if planned.time <= now:
            start = planned.learned.earliest(now, planned, planned.limits)
            if self._is_stale or max(start, self._resumes_at) > now:
                self._plan_again(now)
        if planned.time > now:
            return planned.time
        del self._waiting[planned]
        planned.mark = planned.learned.send(now, planned, planned.limits)
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
            use, window = planned.tokens, self._tokens
            assert use is not None  # or its tokens would not matter
            assert window is not None
            if tokens > use.amount and self._waiting:
                self._is_stale = True
            window.change(use, tokens)

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
        learned = planned.learned
        start = max(self._resumes_at, now)
        if self._waiting:
            start = max(start, next(reversed(self._waiting)).time)
        requests, tokens, amount = self._requests, self._tokens, 0
        if requests is not None:
            start = requests.earliest(start, 1)
        if tokens is not None:
            amount = planned["tokens"]
            start = tokens.earliest(start, amount)
        if learned.has_limits:
            start = learned.earliest(start, planned)
            planned.limits = learned.plan(start, planned)
        planned.time = start
        if requests is not None:
            if start > now:
                planned.requests = requests.add(start, 1, now)
            else:  # it begins at once, so that its use is not removed
                requests.count(start, 1, now)
        if tokens is not None:
            planned.tokens = tokens.add(start, amount, now)

    def _remove(self, planned: PlannedCall) -> None:
        if self._requests is not None and planned.requests is not None:
            self._requests.remove(planned.requests)
        if self._tokens is not None and planned.tokens is not None:
            self._tokens.remove(planned.tokens)

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
