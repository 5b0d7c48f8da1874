"""The policies under test, and the effects that each of them has to have on a call that fails."""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import msgspec

from chatmodels.core import (
    ChatModel,
    ChatResponse,
    CircuitOpenError,
    ErrorCode,
    FailedAttempt,
    RateLimitError,
)
from chatmodels.core.extending import error_class
from chatmodels.resilience import (
    FALLBACK_CODES,
    OUTAGE_CODES,
    UNHEALTHY_CODES,
    Budget,
    Cache,
    CircuitBreaker,
    Concurrency,
    Deadline,
    Fallback,
    Hedge,
    RateLimit,
    Reask,
    Retry,
    RetryBudget,
    Route,
)
from policies.stack import Stack
from policies.stage import Played, Stage

Play = Callable[[], Awaitable[Played]]

RESET_AFTER = 30.0


class Subject:
    """A policy that does nothing but watch; the others override what they do.

    Attributes:
        options: The options of its calls.
        inapplicable: The names of faults that need another response than its calls have.
    """

    options: ClassVar[dict[str, Any]] = {}
    inapplicable: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def around(self, model: ChatModel) -> ChatModel:
        """Return the model with the policy."""
        raise AssertionError("each subject has a policy")

    def repeats(self, first: FailedAttempt) -> bool:
        """Report whether another attempt is due after the first one failed before any event."""
        return False

    def held(self, played: Played) -> object:
        """Return the reason why something is held or miscounted after a call; false if not."""
        return None

    async def then(self, played: Played, play: Play) -> object:
        """Make further calls that the policy decides on; return what is wrong."""
        return None

    def advance(self, played: Played) -> None:
        """Move the clock beyond all waits that the call caused."""
        advised = getattr(played.outcome, "retry_after", None) or 0.0
        for attempt in played.call.failed_attempts:
            advised = max(advised, attempt.retry_after or 0.0)
        self.stage.clock.ahead += advised + RESET_AFTER + 1


class Retrying(Subject):
    """`Retry`, whose retry meets a server without the fault."""

    def around(self, model: ChatModel) -> ChatModel:
        self.budget = RetryBudget(5)
        settle = self.stage.settle
        return model.with_policies(
            Retry(
                max_retries=1,
                initial_delay=0,
                max_delay=0,
                max_retry_after=0,
                random=settle,
                budget=self.budget,
            )
        )

    def repeats(self, first: FailedAttempt) -> bool:
        error = error_class(first.code)("", code=first.code, op="generate")
        return error.retryable and not first.retry_after

    def held(self, played: Played) -> object:
        has_begun = played.succeeded or played.call.first_event_at is not None
        spent = 0 if has_begun else played.call.attempts - 1
        return self.budget.remaining != 5 - spent and self.budget


class Replacing(Subject):
    """`Fallback` to a model that never fails."""

    def around(self, model: ChatModel) -> ChatModel:
        return model.with_policies(Fallback(self.stage.backup, clock=self.stage.clock))

    def repeats(self, first: FailedAttempt) -> bool:
        return first.code in FALLBACK_CODES


class Hedging(Subject):
    """`Hedge`, each of whose attempts is a task or a thread; further ones are an hour away."""

    def around(self, model: ChatModel) -> ChatModel:
        self.hedge = Hedge(self.stage.backup, delay=3_600)
        return model.with_policies(self.hedge)

    def held(self, played: Played) -> object:
        return self.hedge.hedges


class Routing(Subject):
    """`Route` over the model and one that never fails."""

    def around(self, model: ChatModel) -> ChatModel:
        members = [model, self.stage.backup]
        self.route = Route(members, failures=1, reset_after=RESET_AFTER, clock=self.stage.clock)
        return self.route

    def repeats(self, first: FailedAttempt) -> bool:
        return first.code in FALLBACK_CODES

    def held(self, played: Played) -> object:
        codes = {attempt.code for attempt in played.call.failed_attempts}
        member, backup = self.route.members
        is_left_out = bool(codes & UNHEALTHY_CODES)
        if member.running or backup.running or member.is_available is is_left_out:
            return self.route.members
        return None


class Limiting(Subject):
    """`RateLimit` with two requests in a period that does not end."""

    def around(self, model: ChatModel) -> ChatModel:
        self.limit = RateLimit(requests=2, per=1e12, clock=self.stage.clock)
        return model.with_policies(self.limit)

    async def then(self, played: Played, play: Play) -> object:
        self.advance(played)
        second, third = await play(), await play()
        if not second.succeeded or (second.sent, third.sent) != (1, 0):
            return f"the second and the third request: {second.sent, third.sent, second.outcome!r}"
        self.stage.clock.ahead += 1e12
        return not isinstance(third.outcome, RateLimitError) and third.outcome


class Bounding(Subject):
    """`Concurrency` with one place."""

    def around(self, model: ChatModel) -> ChatModel:
        self.concurrency = Concurrency(1, adaptive=True)
        return model.with_policies(self.concurrency)

    def held(self, played: Played) -> object:
        return (self.concurrency.running or self.concurrency.current_limit != 1) and (
            self.concurrency
        )


class Breaking(Subject):
    """`CircuitBreaker` that opens after one failure."""

    def around(self, model: ChatModel) -> ChatModel:
        clock = self.stage.clock
        self.breaker = CircuitBreaker(1, reset_after=RESET_AFTER, clock=clock)
        return model.with_policies(self.breaker)

    def held(self, played: Played) -> object:
        error = played.outcome
        is_outage = not played.succeeded and getattr(error, "code", None) in OUTAGE_CODES
        return self.breaker.is_open is not is_outage and self.breaker

    async def then(self, played: Played, play: Play) -> object:
        if not self.breaker.is_open:
            return None
        refused = await play()
        wrong = refused.sent or not isinstance(refused.outcome, CircuitOpenError)
        return wrong and f"an open breaker: {refused.sent} {refused.outcome!r}"


class Timing(Subject):
    """`Deadline`, beyond the limits of the call."""

    def around(self, model: ChatModel) -> ChatModel:
        return model.with_policies(Deadline(240))

    def held(self, played: Played) -> object:
        total = played.call.timeout.total
        return (total is None or total > 120) and f"the limit of the call is now {total}"


class Storing(Subject):
    """`Cache`, which must not store anything but complete responses."""

    def around(self, model: ChatModel) -> ChatModel:
        self.cache = Cache()
        return model.with_policies(self.cache)

    def held(self, played: Played) -> object:
        return (self.cache.hits, self.cache.misses) != (0, 1) and self.cache

    async def then(self, played: Played, play: Play) -> object:
        second = await play()
        expected = (0, 0) if played.succeeded else (1, second.tokens)
        if (second.sent, second.tokens) != expected:
            return f"after {played.outcome!r}: {second.sent} {second.outcome!r}"
        third = await play()
        hits = 1 + played.succeeded
        if (third.sent, third.tokens, self.cache.hits) != (0, 0, hits):
            return f"a repeated request: {third.sent} {third.outcome!r} {self.cache}"
        text = getattr(second.outcome, "text", None)
        return getattr(third.outcome, "text", None) != text and f"another text: {third.outcome!r}"


class Spending(Subject):
    """`Budget`, which counts the tokens that are known."""

    def around(self, model: ChatModel) -> ChatModel:
        self.budget = Budget(tokens=10**6)
        return model.with_policies(self.budget)

    def held(self, played: Played) -> object:
        return self.budget.used != played.tokens and f"{self.budget}, not {played.tokens}"


class Number(msgspec.Struct, frozen=True):
    """The structured output of calls through `Reask`."""

    value: int


class Asking(Subject):
    """`Reask`, whose calls have structured output, and whose streams are read to the end first."""

    options: ClassVar[dict[str, Any]] = {"output_type": Number}
    inapplicable = frozenset({"invalid-utf8", "invalid-utf8-event"})  # which alter a longer text

    def around(self, model: ChatModel) -> ChatModel:
        return model.with_policies(Reask(1))

    def repeats(self, first: FailedAttempt) -> bool:
        return first.code is ErrorCode.OUTPUT_INVALID

    def held(self, played: Played) -> object:
        outcome = played.outcome
        return (
            isinstance(outcome, ChatResponse)
            and not isinstance(outcome.parsed, Number)
            and f"parsed: {outcome.parsed!r}"
        )


class Combining(Subject):
    """Nine policies in the documented order."""

    def around(self, model: ChatModel) -> ChatModel:
        stage = self.stage
        self.stack = Stack(stage.backup, clock=stage.clock, settle=stage.settle)
        return self.stack.around(model)

    def repeats(self, first: FailedAttempt) -> bool:
        return first.code in FALLBACK_CODES

    def held(self, played: Played) -> object:
        return self.stack.held()


SUBJECTS: dict[str, type[Subject]] = {
    "retry": Retrying,
    "fallback": Replacing,
    "hedge": Hedging,
    "route": Routing,
    "rate_limit": Limiting,
    "concurrency": Bounding,
    "circuit_breaker": Breaking,
    "deadline": Timing,
    "cache": Storing,
    "budget": Spending,
    "reask": Asking,
    "stack": Combining,
}
"""The policies by name."""
