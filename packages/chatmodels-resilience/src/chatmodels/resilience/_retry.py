"""The policy that retries failed calls."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from chatmodels.core import ChatModelError, ChatRequest, ConfigurationError, is_retryable
from chatmodels.core.extending import CallInfo, Flow, Send, Sleep, error_facts, logger
from chatmodels.resilience._validation import number_problems

if TYPE_CHECKING:
    from chatmodels.resilience._continuation import Continuation
    from chatmodels.resilience._retry_budget import RetryBudget


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """A policy that retries failed calls.

    A call is retried after errors for which `is_retryable` returns true: rate limits, outages,
    timeouts and lost connections. It is not retried if the request has `idempotent=False`, after
    the last retry, or if the delay would exceed the call's total time limit. A stream is only
    retried before its first event, so that no event is repeated. The last error is raised, with a
    note that explains why it was not retried.

    With `resume`, a stream that breaks later continues if the model can continue a text: the
    conversation is sent again, with the text so far as a last message of the model. The user
    receives the rest in the same stream, without the part that some vendors repeat. This is another
    attempt, with the same rules and within `max_retries`. The response has the whole text, the sum
    of what the vendor reported as usage, `id` and `model` of the first attempt, and `request_id`
    and `raw` of the last one. `max_output_tokens` applies to each attempt. These streams do not
    continue; their error explains it in a note:

    - those of models that do not continue a text: all except Mistral's, and Claude up to 4.5 at
      Anthropic and Amazon Bedrock
    - those with anything but one text without citations, such as a tool call or reasoning; those
      with reasoning, log probabilities, an output type or a tool choice that forces a call; at
      Mistral, those with tools
    - those of a conversation that already ends with a message of the model
    - those of another model, which a policy inside of this one has called

    A stream that breaks before any content is retried with every model.

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
    of the call, `attempt` (the one that failed, counted from 1), `delay` (seconds) and `resumed`
    (whether the next attempt continues a stream).

    >>> policy = Retry(max_retries=4)  # for model.with_policies(policy)

    Attributes:
        max_retries: The largest number of attempts after the first; 0 for none.
        initial_delay: The ceiling of the first delay, in seconds.
        factor: The growth of the ceiling from one delay to the next, at least 1.
        max_delay: The longest random delay, in seconds. A shorter one that the provider advises is
            always obeyed.
        max_retry_after: The longest delay that is obeyed if the provider advises it, in seconds.
        budget: A limit on the retries of all calls together; None for no limit.
        resume: Whether streams that break after their first event continue, if the model can.
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
    resume: bool = False

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
        attempt, ceiling = 1, 0.0
        continuation = _continuation(call, request) if self.resume else None
        while True:
            try:
                outcome = yield Send(request)
                if self.budget is not None:
                    self.budget.refund(retried=attempt > 1)
                if continuation is None:
                    return outcome
                return (yield continuation.forward(outcome))
            except ChatModelError as error:
                if not is_retryable(error):
                    if error.details.get("should_retry") is False:
                        error.add_note(f"not retried after attempt {attempt}: {_ADVICE}")
                    raise
                broken = continuation if continuation and continuation.has_started else None
                if broken and (obstacle := broken.obstacle(error.partial)):
                    error.add_note(f"not continued after attempt {attempt}: {obstacle}")
                    raise
                ceiling = min(ceiling * self.factor or self.initial_delay, self.max_delay)
                delay = self._delay(error, ceiling)
                if reason := self._reason_to_stop(call, request, attempt, delay):
                    error.add_note(f"not retried after attempt {attempt}: {reason}")
                    raise
                _log(call, error, attempt, delay, resumed=broken is not None)
                if broken:
                    request = broken.rest_request(error.partial)
            yield Sleep(delay)
            attempt += 1

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


def _continuation(call: CallInfo, request: ChatRequest) -> "Continuation | None":
    if call.op == "generate":  # nothing is handed out before the whole response
        return None
    from chatmodels.resilience._continuation import Continuation

    return Continuation(call, request)


_ADVICE = "the provider advises against it (x-should-retry: false)"


def _log(
    call: CallInfo, error: ChatModelError, attempt: int, delay: float, *, resumed: bool
) -> None:
    facts = error_facts(error) | {
        "op": call.op,
        "provider": call.provider,
        "model": call.model,
        "attempt": attempt,
        "delay": delay,
        "resumed": resumed,
    }
    logger("chatmodels.resilience").warning(
        "%s of %r failed: %s; attempt %d %s in %.2f s",
        call.op,
        f"{call.provider}:{call.model}",
        facts["code"],
        attempt + 1,
        "continues it" if resumed else "follows",
        delay,
        extra=facts,
    )
