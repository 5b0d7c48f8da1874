"""A stack of nine policies, in the documented order, and the resources that calls hold in it."""

import time
from collections.abc import Callable

from chatmodels.core import ChatModel
from chatmodels.resilience import (
    Budget,
    Cache,
    CircuitBreaker,
    Concurrency,
    Deadline,
    Fallback,
    RateLimit,
    Reask,
    Retry,
    RetryBudget,
)

MUCH = 10**12
SECONDS = 3_600.0
"""The limit of a call: longer than any test."""


class Stack:
    """The policies of one model.

    Args:
        backup: The model of the `Fallback`.
        places: The number of concurrent calls; the limit of requests in an hour is far above it.
        failures: The number of failures after which the breaker opens.
        reset_after: Seconds until the probe of the breaker.
        clock: The clock of the policies.
        settle: Called before a retry; returns its delay, 0.
    """

    def __init__(
        self,
        backup: ChatModel,
        *,
        places: int = 1,
        failures: int = 5,
        reset_after: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
        settle: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.cache = Cache()
        self.budget = Budget(tokens=MUCH)
        self.retries = RetryBudget(MUCH)
        self.breaker = CircuitBreaker(failures, reset_after=reset_after, clock=clock)
        self.concurrency = Concurrency(places)
        self.limit = RateLimit(requests=MUCH, tokens=MUCH, per=SECONDS, clock=clock)
        retry = Retry(
            max_retries=1,
            initial_delay=0,
            max_delay=0,
            max_retry_after=0,
            random=settle,
            budget=self.retries,
        )
        self.policies = (
            Deadline(SECONDS),
            self.cache,
            Reask(1),
            Fallback(backup),
            self.budget,
            retry,
            self.breaker,
            self.concurrency,
            self.limit,
        )

    def around(self, model: ChatModel) -> ChatModel:
        """Return the model with the policies."""
        return model.with_policies(*self.policies)

    def held(self) -> dict[str, object]:
        """Return what calls still hold; empty if nothing."""
        found: dict[str, object] = {
            "places": self.concurrency.running,
            "waiting for places": len(self.concurrency._waiting),
            "waiting for the rate limit": len(self.limit._calls._waiting),
            "shared requests": len(self.cache._calls._calls),
            "the probe": self.breaker._circuit._probing,
        }
        return {name: value for name, value in found.items() if value}
