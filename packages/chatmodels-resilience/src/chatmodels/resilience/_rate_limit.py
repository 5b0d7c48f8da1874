"""Limits requests and tokens per time."""

import time
from collections import deque
from collections.abc import Callable
from threading import RLock
from typing import Any

from chatmodels.core import ChatRequest, ChatResponse, ConfigurationError, RateLimitError
from chatmodels.core.extending import CallInfo, Flow, Send, Sleep, estimated_tokens
from chatmodels.resilience._validation import number_problems


class RateLimit:
    """A policy that limits requests and tokens per time, so that the vendor need not refuse them.

    In any period of `per` seconds, no more than `requests` attempts begin and no more than `tokens`
    tokens are used. A call that comes too early waits. If the wait would exceed the total time
    limit of the call, it raises `RateLimitError` at once, with the wait as `retry_after`.

    The tokens of a call are estimated before it: those of the input as by `estimated_tokens`, and
    `max_output_tokens`. When the call ends, its usage takes the place of the estimate. If the
    vendor refuses a call and advises a wait, calls that begin later wait for as long.

    A `Retry` inside of this policy makes attempts that are not counted. Put it outside.

    The limits apply to the models of one process that share the policy.

    >>> limit = RateLimit(requests=500, tokens=200_000)  # for model.with_policies(limit)

    Args:
        requests: The number of attempts; None for any number.
        tokens: The number of tokens, of input and output together; None for any number.
        per: The period in seconds.
        clock: Returns the time in seconds, on the scale of `CallInfo.deadline`.

    Raises:
        ConfigurationError: A number is out of range, or there is no limit.
    """

    def __init__(
        self,
        *,
        requests: int | None = None,
        tokens: int | None = None,
        per: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        limits = {"requests": requests, "tokens": tokens}
        given = {name: (value, 1, True) for name, value in limits.items() if value is not None}
        problems = number_problems(**given, per=(per, 0, False))
        if not given:
            problems = "pass requests=... or tokens=..."
        if problems:
            raise ConfigurationError(f"RateLimit: {problems}", op="configure")
        self.requests = requests
        self.tokens = tokens
        self.per = per
        self._clock = clock
        self._requests = None if requests is None else _Window(requests, per)
        self._tokens = None if tokens is None else _Window(tokens, per)
        self._resumes_at = 0.0
        self._lock = RLock()  # the garbage collector can end a call within `with`

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        """Return the flow of one call."""
        entry, attempt = self._reserve(call, request)
        try:
            if (wait := entry.time - self._clock()) > 0:
                yield Sleep(wait)
        except BaseException:
            self._cancel(entry, attempt)
            raise
        try:
            outcome = yield Send(request)
        except RateLimitError as error:
            if error.retry_after:
                with self._lock:
                    self._resumes_at = max(self._resumes_at, self._clock() + error.retry_after)
            raise
        call.on_end(lambda response, error: self._correct(entry, response))
        return outcome

    def _reserve(self, call: CallInfo, request: ChatRequest) -> "tuple[_Entry, _Entry]":
        """Plan a call: return the entry of its tokens, and that of its attempt."""
        estimate = 0
        if self._tokens is not None:
            estimate = estimated_tokens(request) + (request.settings.max_output_tokens or 0)
        with self._lock:
            now = self._clock()
            start = max(now, self._resumes_at)
            if self._requests is not None:
                start = self._requests.earliest(start, 1)
            if self._tokens is not None:
                # More than the limit never fits: such a call waits for an empty window.
                start = self._tokens.earliest(start, min(estimate, self._tokens.limit))
            if call.deadline is not None and start >= call.deadline:
                raise RateLimitError(
                    f"waiting {start - now:.1f} s for the rate limit of {self._described()} would "
                    f"exceed the total timeout of {call.timeout.total} s; call again later, or "
                    "raise Timeout(total=...)",
                    retry_after=start - now,
                )
            entry, attempt = _Entry(start, estimate), _Entry(start, 1)
            if self._requests is not None:
                self._requests.add(attempt, now)
            if self._tokens is not None:
                self._tokens.add(entry, now)
            return entry, attempt

    def _cancel(self, entry: "_Entry", attempt: "_Entry") -> None:
        with self._lock:
            if self._requests is not None:
                self._requests.cancel(attempt)
            if self._tokens is not None:
                self._tokens.cancel(entry)

    def _correct(self, entry: "_Entry", response: ChatResponse[Any] | None) -> None:
        if response is not None and response.usage.total_tokens is not None:
            with self._lock:
                entry.amount = response.usage.total_tokens

    def _described(self) -> str:
        limits = {"requests": self.requests, "tokens": self.tokens}
        parts = [f"{value:,} {name}" for name, value in limits.items() if value is not None]
        return f"{' and '.join(parts)} per {self.per:g} s"

    def __repr__(self) -> str:
        return f"<RateLimit: {self._described()}>"

    def __reduce__(self) -> Any:
        """Pickle the configuration; another process counts for itself."""
        return _rate_limit, (self.requests, self.tokens, self.per, self._clock)


def _rate_limit(
    requests: int | None, tokens: int | None, per: float, clock: Callable[[], float]
) -> RateLimit:
    return RateLimit(requests=requests, tokens=tokens, per=per, clock=clock)


class _Entry:
    """An amount that is used at a time."""

    __slots__ = ("amount", "time")

    def __init__(self, time: float, amount: int) -> None:
        self.time = time
        self.amount = amount


class _Window:
    """The amounts that were used within a period, and those that are planned."""

    def __init__(self, limit: int, period: float) -> None:
        self.limit = limit
        self._period = period
        self._entries: deque[_Entry] = deque()

    def earliest(self, start: float, amount: int) -> float:
        """Return the earliest time from `start` on at which the amount fits into the period.

        Entries are in the order of their times, and a new one comes last: first come, first served.
        """
        if self._entries:
            start = max(start, self._entries[-1].time)
        oldest = start - self._period
        used = sum(each.amount for each in self._entries if each.time > oldest)
        for each in self._entries:
            if used + amount <= self.limit:
                break
            if each.time > oldest:
                used -= each.amount
                start = max(start, each.time + self._period)
        return start

    def add(self, entry: _Entry, now: float) -> None:
        """Add an entry, and forget those that are too old to matter."""
        while self._entries and self._entries[0].time <= now - self._period:
            self._entries.popleft()
        self._entries.append(entry)

    def cancel(self, entry: _Entry) -> None:
        """Remove an entry, so that later calls do not wait for its time."""
        if entry in self._entries:  # else it is too old to matter
            self._entries.remove(entry)
