"""Limits requests and tokens per time."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from threading import RLock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

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
    Run,
    Send,
    Sleep,
    read_rate_limits,
)
from chatmodels.resilience._amounts import Amounts
from chatmodels.resilience._planned_calls import PlannedCall, PlannedCalls
from chatmodels.resilience._validation import is_response, number_problems

if TYPE_CHECKING:
    from chatmodels.resilience._redis_limits import Place, RedisLimits, Slot


class RateLimit:
    """A policy that limits requests and tokens per time, so that the vendor need not refuse them.

    In any period of `per` seconds, no more than `requests` attempts begin and no more than `tokens`
    tokens are used. A call that comes too early waits: first come, first served. If the wait would
    exceed the total time limit of the call, it raises `RateLimitError` at once, with the wait as
    `retry_after`. A wait can be longer by a thousandth of the period than it has to be.

    If there is a limit of tokens, those of a call are estimated before it: those of the input as by
    `estimated_tokens`, and `max_output_tokens`. When the call ends, its usage takes the place of
    the estimate. If the vendor refuses a call and advises a wait, all other calls wait for as long.

    With `learn`, the policy reads the limits that the vendor reports in the headers of its
    responses, of successes and of failures (see `read_rate_limits`):

    - If nothing remains of a limit, or less than the estimate, calls wait until enough of it is
      available again, by the time of its reset.
    - A limit of yours that is higher than the vendor's is lowered to it, unless the models that
      share the policy are several. It is never raised above yours.

    `RateLimit()` without limits of yours only observes those of the vendor.

    A `Retry` inside of this policy makes attempts that are not counted. Put it outside.

    The limits apply to the models of one process that share the policy. With `shared`, they apply
    to all processes and machines that use the same server and `key`, for all of them together.
    Limits that a vendor reports apply to the model that reported them.

    >>> limit = RateLimit(requests=500, tokens=200_000)  # for model.with_policies(limit)

    Args:
        requests: The number of attempts; None for any number.
        tokens: The number of tokens, of input and output together; None for any number.
        per: The period in seconds.
        learn: Whether to observe the limits that the vendor reports.
        shared: The server by which processes share the limits.
        key: The name of the limits on that server, such as that of the account.
        clock: Returns the time in seconds, on the scale of `CallInfo.deadline`.

    Raises:
        ConfigurationError: A number is out of range, there is no limit and nothing to learn, or
            there is a `shared` without a `key`.
    """

    def __init__(
        self,
        *,
        requests: int | None = None,
        tokens: int | None = None,
        per: float = 60.0,
        learn: bool = True,
        shared: "RedisLimits | None" = None,
        key: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        limits = {"requests": requests, "tokens": tokens}
        given = {name: value for name, value in limits.items() if value is not None}
        problems = number_problems(
            **{name: (value, 1, True) for name, value in given.items()}, per=(per, 0, False)
        )
        if not given and (shared is not None or not learn):
            problems = "pass requests=... or tokens=..., or learn=True without shared=..."
        elif (shared is None) is not (not key):
            problems = "pass both shared=... and key=..., the name of the limits on the server"
        if problems:
            raise ConfigurationError(f"RateLimit: {problems}", op="configure")
        self.requests = requests
        self.tokens = tokens
        self.per = per
        self.learn = learn
        self.shared = shared
        self.key = key
        self._clock = clock
        self._limits = given
        self._calls = PlannedCalls(given, per, learn=learn)
        self._lock = RLock()  # a signal handler can make a call within `with`

    @property
    def reported(self) -> Mapping[str, tuple[RateLimitStatus, ...]]:
        """The limits that the vendor reported last, by `"provider:model"`."""
        with self._lock:
            return self._calls.reported()

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        """Return the flow of one call."""
        planned = PlannedCall(request)
        is_planned = False
        slot: Slot | None = None
        place = None if self.shared is None else self._place(self.shared, planned)
        try:
            while True:  # while a call waits, the time at which it can begin can become later
                if place is not None:
                    patience = None if call.deadline is None else call.deadline - self._clock()
                    slot = yield Run(partial(place.reserve, patience))
                    if slot is not None and slot.wait > 0:
                        self._check_wait(call, slot.wait)
                        yield Sleep(slot.wait)
                        continue
                if not is_planned:
                    with self._lock:
                        self._calls.plan(planned, f"{call.provider}:{call.model}", self._clock())
                    is_planned = True
                if planned.mark is not None or (wait := self._begin(call, planned)) <= 0:
                    break
                yield Sleep(wait)
        except BaseException:
            if is_planned:
                self._calls.end(planned, None)
            if place is not None:
                place.leave()
            raise
        before = call.response_headers
        try:
            outcome = yield Send(request)
        except ChatModelError as error:
            if self.learn:
                self._learn(call, planned, before, responded=False)
            if isinstance(error, RateLimitError) and error.retry_after:
                yield from self._pause(error.retry_after)
            raise
        if self.learn and (planned.learned.counts_tokens or call.response_headers is not before):
            self._learn(call, planned, before, responded=True)
        if self.tokens is not None:
            if is_response(outcome):
                self._correct(planned, slot, outcome)
            else:
                call.on_end(lambda response, error: self._correct(planned, slot, response))
        return outcome

    def _place(self, shared: "RedisLimits", amounts: Amounts) -> "Place":
        """Return the place of a call in the shared limits."""
        from chatmodels.resilience._redis_limits import Place

        uses = [(amounts[unit], limit) for unit, limit in self._limits.items()]
        return Place(shared, self.key, self.per, uses)

    def _begin(self, call: CallInfo, planned: PlannedCall) -> float:
        """Begin a call, or return the seconds that it has to wait.

        Raises:
            RateLimitError: The wait would exceed the total time limit of the call.
        """
        with self._lock:
            now = self._clock()
            start = self._calls.begin(planned, now)
        if start > now:
            self._check_wait(call, start - now)
        return start - now

    def _check_wait(self, call: CallInfo, wait: float) -> None:
        """Raise a RateLimitError if a wait would exceed the total time limit of the call."""
        if call.deadline is not None and wait >= call.deadline - self._clock():
            raise RateLimitError(
                f"waiting {wait:.1f} s for the rate limit of {self._described()} would exceed the "
                f"total timeout of {call.timeout.total} s; call again later, or raise "
                "Timeout(total=...)",
                retry_after=wait,
            )

    def _learn(
        self,
        call: CallInfo,
        planned: PlannedCall,
        before: Mapping[str, str] | None,
        *,
        responded: bool,
    ) -> None:
        """Learn from the headers of a response; without any, that the vendor reports no limits."""
        statuses: tuple[RateLimitStatus, ...] = ()
        headers = call.response_headers
        # The headers of a Fallback's other model are not in this call, and those before are old.
        if headers is not None and headers is not before:
            statuses = read_rate_limits(headers)
        if statuses or (responded and planned.learned.counts_tokens):
            with self._lock:
                self._calls.learn(planned, statuses, self._clock())

    def _pause(self, seconds: float) -> Flow[None]:
        """Let all calls wait, because the vendor advises it."""
        with self._lock:
            self._calls.pause(self._clock() + seconds)
        if (shared := self.shared) is not None:
            yield Run(lambda: shared.pause(self.key, self.per, seconds))

    def _correct(
        self, planned: PlannedCall, slot: "Slot | None", response: ChatResponse[Any] | None
    ) -> None:
        if response is None or (tokens := response.usage.total_tokens) is None:
            return
        self._calls.end(planned, tokens)
        if slot is not None and self.shared is not None:
            used = {"requests": 1, "tokens": tokens}
            self.shared.change(slot, [used[unit] for unit in self._limits])

    def _described(self) -> str:
        limits = {"requests": self.requests, "tokens": self.tokens}
        parts = [f"{value:,} {name}" for name, value in limits.items() if value is not None]
        return f"{' and '.join(parts)} per {self.per:g} s" if parts else "the provider"

    def __repr__(self) -> str:
        return f"<RateLimit: {self._described()}>"

    def __reduce__(self) -> Any:
        """Pickle the configuration; another process counts for itself, unless it is shared."""
        options = {"learn": self.learn, "shared": self.shared, "key": self.key}
        return _rate_limit, (self.requests, self.tokens, self.per, self._clock, options)


def _rate_limit(
    requests: int | None,
    tokens: int | None,
    per: float,
    clock: Callable[[], float],
    options: Mapping[str, Any] = MappingProxyType({}),
) -> RateLimit:
    return RateLimit(requests=requests, tokens=tokens, per=per, clock=clock, **options)
