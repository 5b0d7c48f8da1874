"""When a failed call is made again, and after how long."""

import time
from collections.abc import Callable
from typing import Any

import msgspec

from chatmodels.core import ChatModelError, ChatRequest, ConfigurationError, is_retryable
from chatmodels.core.extending import CallInfo, Flow, Send, Sleep, error_facts, logger
from chatmodels.resilience._validation import number_problems


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """A policy that makes a failed call again when that may help and does no harm.

    A call is made again after an error for which `is_retryable` holds: rate limits, outages,
    time-outs, lost connections. It is not if its request says `idempotent=False`, if the last
    retry is used up, or if the wait would outlast the call's total time limit. A stream is only
    opened again before its first event: nobody sees anything twice. The error that stays is the
    last one, with a note that says why it stayed.

    The wait before a retry is what the provider advises (`error.retry_after`), exactly. If it
    advises more than `max_delay`, the error stays at once: whoever made the call can decide
    better what to do with a long time. Without advice the wait is drawn evenly between 0 and a
    ceiling that grows from `initial_delay` by `factor` up to `max_delay` ("full jitter"), so
    that clients which failed together do not come back together.

    Each retry is logged to `chatmodels.resilience`, as a warning with the facts of the error and
    of the call, `attempt` (the one that failed, counted from 1) and `delay` (seconds).

    >>> policy = Retry(max_retries=4)  # for model.with_policies(policy)

    Attributes:
        max_retries: How many more attempts follow the first at most; 0 for none.
        initial_delay: The ceiling of the first wait, in seconds.
        factor: By how much the ceiling grows from one wait to the next, at least 1.
        max_delay: The longest wait, in seconds, be it drawn or advised.
        clock: The time in seconds, on the scale of `CallInfo.deadline`.
        random: A number from 0 to below 1, evenly distributed; None for the standard library's.

    Raises:
        ConfigurationError: Numbers out of range; all of them are named.
    """

    max_retries: int = 2
    initial_delay: float = 0.5
    factor: float = 2.0
    max_delay: float = 30.0
    clock: Callable[[], float] = time.monotonic
    random: Callable[[], float] | None = None

    def __post_init__(self) -> None:
        problems = number_problems(
            max_retries=(self.max_retries, 0, True),
            initial_delay=(self.initial_delay, 0, False),
            factor=(self.factor, 1, False),
            max_delay=(self.max_delay, 0, False),
        )
        if problems:
            raise ConfigurationError(f"Retry: {problems}", op="configure")

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        """Begin the flow of one call."""
        attempt, ceiling = 1, min(self.initial_delay, self.max_delay)
        while True:
            try:
                return (yield Send(request))
            except ChatModelError as error:
                if not is_retryable(error):
                    raise
                delay = self._wait(error, ceiling)
                if reason := self._objection(call, request, attempt, delay):
                    error.add_note(f"not tried again after attempt {attempt}: {reason}")
                    raise
                _log(call, error, attempt, delay)
            yield Sleep(delay)
            attempt, ceiling = attempt + 1, min(ceiling * self.factor, self.max_delay)

    def _wait(self, error: ChatModelError, ceiling: float) -> float:
        if error.retry_after is not None and error.retry_after > 0:
            return error.retry_after
        if self.random is not None:
            return self.random() * ceiling
        from random import random

        return random() * ceiling  # noqa: S311 - no secret

    def _objection(self, call: CallInfo, request: ChatRequest, attempt: int, delay: float) -> str:
        if not request.idempotent:
            return "the request is not idempotent"
        if attempt > self.max_retries:
            return f"max_retries is {self.max_retries}"
        if delay > self.max_delay:
            return f"the provider asks to wait {delay:g} s, max_delay is {self.max_delay:g} s"
        if call.deadline is not None and self.clock() + delay >= call.deadline:
            return f"waiting {delay:g} s would outlast the total timeout of {call.timeout.total} s"
        return ""


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
