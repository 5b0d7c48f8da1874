"""Limits the tokens that a model can use."""

from threading import RLock
from typing import Any

from chatmodels.core import ChatRequest, ChatResponse, ConfigurationError, QuotaExceededError
from chatmodels.core.extending import CallInfo, Flow, Send
from chatmodels.resilience._validation import number_problems


class Budget:
    """A policy that refuses calls when a number of tokens has been used.

    The usage of a call is known when it ends, so calls that are under way can exceed the budget.
    What arrived of a failed call or of a stream that was left early counts, if its usage is known.

    >>> budget = Budget(tokens=1_000_000)  # for model.with_policies(budget)

    Args:
        tokens: The number of tokens, of input and output together.

    Raises:
        ConfigurationError: `tokens` is not a positive integer.
    """

    def __init__(self, *, tokens: int) -> None:
        if problems := number_problems(tokens=(tokens, 1, True)):
            raise ConfigurationError(f"Budget: {problems}", op="configure")
        self.tokens = tokens
        self._used = 0
        self._lock = RLock()  # the garbage collector can end a call within `with`

    @property
    def used(self) -> int:
        """The tokens used so far."""
        return self._used

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        """Return the flow of one call."""
        if self._used >= self.tokens:
            raise QuotaExceededError(
                f"the budget of {self.tokens:,} tokens is used up ({self._used:,} used); "
                "create another Budget to continue"
            )
        call.on_end(self._add)
        return (yield Send(request))

    def _add(self, response: ChatResponse[Any] | None, error: BaseException | None, /) -> None:
        if response is not None:
            with self._lock:
                self._used += response.usage.total_tokens or 0

    def __repr__(self) -> str:
        return f"<Budget: {self._used:,} of {self.tokens:,} tokens used>"

    def __reduce__(self) -> Any:
        """Pickle the configuration; another process counts for itself."""
        return _budget, (self.tokens,)


def _budget(tokens: int) -> Budget:
    return Budget(tokens=tokens)
