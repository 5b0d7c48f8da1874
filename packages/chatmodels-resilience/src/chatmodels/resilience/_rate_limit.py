"""Limits requests and tokens per time."""

import time
from collections.abc import Callable, Mapping
from threading import RLock
from typing import Any

from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    RateLimitError,
)
from chatmodels.core.extending import (
    CallInfo,
    Flow,
    RateLimitStatus,
    Send,
    Sleep,
    estimated_tokens,
    read_rate_limits,
)
from chatmodels.resilience._planned_calls import PlannedCall, PlannedCalls
from chatmodels.resilience._validation import number_problems


class RateLimit:
    """A policy that limits requests and tokens per time, so that the vendor need not refuse them.

    In any period of `per` seconds, no more than `requests` attempts begin and no more than `tokens`
    tokens are used. A call that comes too early waits: first come, first served. If the wait would
    exceed the total time limit of the call, it raises `RateLimitError` at once, with the wait as
    `retry_after`. A wait can be longer by a thousandth of the period than it has to be.

    The tokens of a call are estimated before it: those of the input as by `estimated_tokens`, and
    `max_output_tokens`. When the call ends, its usage takes the place of the estimate. If the
    vendor refuses a call and advises a wait, all other calls wait for as long.

    With `learn`, the policy reads the limits that the vendor reports in the headers of its
    responses, of successes and of failures (see `read_rate_limits`):

    - If nothing remains of a limit, or less than the estimate, calls wait until enough of it is
      available again, by the time of its reset.
    - A limit of yours that is higher than the vendor's is lowered to it, unless the models that
      share the policy are several. It is never raised above yours.

    `RateLimit()` without limits of yours only observes those of the vendor.

    A `Retry` inside of this policy makes attempts that are not counted. Put it outside.

    The limits apply to the models of one process that share the policy. Limits that a vendor
    reports apply to the model that reported them.

    >>> limit = RateLimit(requests=500, tokens=200_000)  # for model.with_policies(limit)

    Args:
        requests: The number of attempts; None for any number.
        tokens: The number of tokens, of input and output together; None for any number.
        per: The period in seconds.
        learn: Whether to observe the limits that the vendor reports.
        clock: Returns the time in seconds, on the scale of `CallInfo.deadline`.

    Raises:
        ConfigurationError: A number is out of range, or there is no limit and nothing to learn.
    """

    def __init__(
        self,
        *,
        requests: int | None = None,
        tokens: int | None = None,
        per: float = 60.0,
        learn: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        limits = {"requests": requests, "tokens": tokens}
        given = {name: value for name, value in limits.items() if value is not None}
        problems = number_problems(
            **{name: (value, 1, True) for name, value in given.items()}, per=(per, 0, False)
        )
        if not given and not learn:
            problems = "pass requests=... or tokens=..., or learn=True"
        if problems:
            raise ConfigurationError(f"RateLimit: {problems}", op="configure")
        self.requests = requests
        self.tokens = tokens
        self.per = per
        self.learn = learn
        self._clock = clock
        self._calls = PlannedCalls(given, per)
        self._lock = RLock()  # the garbage collector can end a call within `with`

    @property
    def reported(self) -> Mapping[str, tuple[RateLimitStatus, ...]]:
        """The limits that the vendor reported last, by `"provider:model"`."""
        with self._lock:
            return self._calls.reported()

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        """Return the flow of one call."""
        planned = self._plan(call, request)
        try:
            while (wait := self._begin(call, planned)) > 0:
                yield Sleep(wait)  # meanwhile, the vendor can advise a longer wait
        except BaseException:
            with self._lock:
                self._calls.cancel(planned)
            raise
        before = call.response_headers
        try:
            outcome = yield Send(request)
        except ChatModelError as error:
            self._learn(call, planned, before, error)
            raise
        self._learn(call, planned, before)
        if self.tokens is not None:
            call.on_end(lambda response, error: self._correct(planned, response))
        return outcome

    def _plan(self, call: CallInfo, request: ChatRequest) -> PlannedCall:
        amounts = {"requests": 1}
        if self.learn or self.tokens is not None:
            amounts["input_tokens"] = estimated_tokens(request)
            amounts["output_tokens"] = request.settings.max_output_tokens or 0
            amounts["tokens"] = amounts["input_tokens"] + amounts["output_tokens"]
        with self._lock:
            return self._calls.plan(f"{call.provider}:{call.model}", amounts, self._clock())

    def _begin(self, call: CallInfo, planned: PlannedCall) -> float:
        """Begin a call, or return the seconds that it has to wait.

        Raises:
            RateLimitError: The wait would exceed the total time limit of the call.
        """
        with self._lock:
            now = self._clock()
            start = self._calls.begin(planned, now)
        if call.deadline is not None and start > now and start >= call.deadline:
            raise RateLimitError(
                f"waiting {start - now:.1f} s for the rate limit of {self._described()} would "
                f"exceed the total timeout of {call.timeout.total} s; call again later, or "
                "raise Timeout(total=...)",
                retry_after=start - now,
            )
        return start - now

    def _learn(
        self,
        call: CallInfo,
        planned: PlannedCall,
        before: Mapping[str, str] | None,
        error: ChatModelError | None = None,
    ) -> None:
        headers = call.response_headers
        statuses: tuple[RateLimitStatus, ...] = ()
        # The headers of a Fallback's other model are not in this call, and those before are old.
        if self.learn and headers is not None and headers is not before:
            statuses = read_rate_limits(headers)
        advised = error.retry_after if isinstance(error, RateLimitError) else None
        if statuses or advised:
            with self._lock:
                now = self._clock()
                if statuses:
                    self._calls.learn(planned, statuses, now)
                if advised:
                    self._calls.pause(now + advised)

    def _correct(self, planned: PlannedCall, response: ChatResponse[Any] | None) -> None:
        if response is not None and response.usage.total_tokens is not None:
            with self._lock:
                self._calls.correct(planned, response.usage.total_tokens)

    def _described(self) -> str:
        limits = {"requests": self.requests, "tokens": self.tokens}
        parts = [f"{value:,} {name}" for name, value in limits.items() if value is not None]
        return f"{' and '.join(parts)} per {self.per:g} s" if parts else "the provider"

    def __repr__(self) -> str:
        return f"<RateLimit: {self._described()}>"

    def __reduce__(self) -> Any:
        """Pickle the configuration; another process counts for itself."""
        return _rate_limit, (self.requests, self.tokens, self.per, self._clock, self.learn)


def _rate_limit(
    requests: int | None,
    tokens: int | None,
    per: float,
    clock: Callable[[], float],
    learn: bool = True,
) -> RateLimit:
    return RateLimit(requests=requests, tokens=tokens, per=per, learn=learn, clock=clock)
