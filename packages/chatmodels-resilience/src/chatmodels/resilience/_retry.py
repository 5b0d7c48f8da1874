"""The policy that retries failed calls."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from chatmodels.core import ChatModelError, ChatRequest, ConfigurationError, is_retryable
from chatmodels.core.extending import CallInfo, Flow, Send, Sleep, error_facts, logger
from chatmodels.resilience._validation import number_problems

if TYPE_CHECKING:
    from chatmodels.resilience._retry_budget import RetryBudget


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """A policy that retries failed calls.

    A call is retried after errors for which `is_retryable` returns true: rate limits, outages,
    timeouts and lost connections. It is not retried if the request has `idempotent=False`, after
    the last retry, or if the delay would exceed the call's total time limit. A stream is only
    retried before its first event, so that no event is repeated. The last error is raised, with a
    note that explains why it was not retried.

    The provider's header `x-should-retry` takes precedence over the kind of the error.

    The delay before a retry is the one that the provider advises (`error.retry_after`, from the
    header `retry-after-ms` or else `retry-after`). If that is longer than `max_retry_after`, and
    than `max_delay`, the error is raised at once, so that you can decide. Without advice, the delay
    is random between 0 and a ceiling that grows from `initial_delay` by `factor` up to `max_delay`
    ("full jitter"), so that clients that failed together do not retry together.

    The defaults are those of the SDK of OpenAI (`openai` 3.57.0): 2 retries, 0.5 s, doubled up to
    8 s, and advice of up to 120 s. That of Anthropic (`anthropic` 2.14.0) has the same numbers, but
    obeys advice of any length. Their jitter is smaller: up to a quarter of the delay.

    Each retry is logged to `chatmodels.resilience`, as a warning with the facts of the error and
    of the call, `attempt` (the one that failed, counted from 1) and `delay` (seconds).

    >>> policy = Retry(max_retries=4)  # for model.with_policies(policy)

    Attributes:
        max_retries: The largest number of attempts after the first; 0 for none.
        initial_delay: The ceiling of the first delay, in seconds.
        factor: The growth of the ceiling from one delay to the next, at least 1.
        max_delay: The longest random delay, in seconds. A shorter one that the provider advises is
            always obeyed.
        max_retry_after: The longest delay that is obeyed if the provider advises it, in seconds.
        budget: A limit on the retries of all calls together; None for no limit.
        clock: Returns the time in seconds, on the scale of `CallInfo.deadline`.
        random: Returns an evenly distributed number from 0 to below 1; None for the standard
            library's.

    Raises:
        ConfigurationError: Numbers are out of range; the message contains all of them.
    """

    max_retries: int = 2
    initial_delay: float = 0.5
    factor: float = 2.0
    max_delay: float = 8.0
    max_retry_after: float = 120.0
    budget: "RetryBudget | None" = None
    clock: Callable[[], float] = time.monotonic
    random: Callable[[], float] | None = None

    def __post_init__(self) -> None:
        problems = number_problems(
            max_retries=(self.max_retries, 0, True),
            initial_delay=(self.initial_delay, 0, False),
            factor=(self.factor, 1, False),
            max_delay=(self.max_delay, 0, False),
            max_retry_after=(self.max_retry_after, 0, False),
        )
        if problems:
            raise ConfigurationError(f"Retry: {problems}", op="configure")

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        """Return the flow of one call."""
        attempt, ceiling = 1, min(self.initial_delay, self.max_delay)
        while True:
            try:
                outcome = yield Send(request)
            except ChatModelError as error:
                if not is_retryable(error):
                    if error.details.get("should_retry") is False:
                        error.add_note(f"not retried after attempt {attempt}: {_ADVICE}")
                    raise
                delay = self._delay(error, ceiling)
                if reason := self._reason_to_stop(call, request, attempt, delay):
                    error.add_note(f"not retried after attempt {attempt}: {reason}")
                    raise
                _log(call, error, attempt, delay)
            else:
                if self.budget is not None:
                    self.budget.refund(retried=attempt > 1)
                return outcome
            yield Sleep(delay)
            attempt, ceiling = attempt + 1, min(ceiling * self.factor, self.max_delay)

    def _delay(self, error: ChatModelError, ceiling: float) -> float:
        if error.retry_after is not None and error.retry_after > 0:
            return error.retry_after
        if self.random is not None:
            return self.random() * ceiling
        from random import random

        return random() * ceiling  # noqa: S311 - not a secret

    def _reason_to_stop(
        self, call: CallInfo, request: ChatRequest, attempt: int, delay: float
    ) -> str:
        if not request.idempotent:
            return "the request is not idempotent"
        if attempt > self.max_retries:
            return f"max_retries is {self.max_retries}"
        if delay > max(self.max_retry_after, self.max_delay):
            return (
                f"the provider advises a delay of {delay:g} s, max_retry_after is "
                f"{self.max_retry_after:g} s"
            )
        if call.deadline is not None and self.clock() + delay >= call.deadline:
            total = call.timeout.total
            return f"a delay of {delay:.3g} s would exceed the total timeout of {total:g} s"
        # The last check, because it uses one of the retries.
        if self.budget is not None and not self.budget.spend():
            return f"the budget of {self.budget.retries} retries is used up"
        return ""


_ADVICE = "the provider advises against it (x-should-retry: false)"


def _log(call: CallInfo, error: ChatModelError, attempt: int, delay: float) -> None:
    facts = error_facts(error) | {
        "op": call.op,
        "provider": call.provider,
        "model": call.model,
        "attempt": attempt,
        "delay": delay,
    }
    logger("chatmodels.resilience").warning(
        "%s of %r failed: %s; attempt %d follows in %.2f s",
        call.op,
        f"{call.provider}:{call.model}",
        facts["code"],
        attempt + 1,
        delay,
        extra=facts,
    )
