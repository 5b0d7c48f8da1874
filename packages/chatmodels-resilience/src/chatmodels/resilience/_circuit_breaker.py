"""Stops calling a model that keeps failing, for a while."""

import time
from collections.abc import Callable, Collection
from typing import Any

from chatmodels.core import (
    ChatRequest,
    CircuitOpenError,
    ConfigurationError,
    ErrorCode,
)
from chatmodels.core.extending import CallInfo, Flow, Send, logger
from chatmodels.resilience._circuit import Circuit, verdict_of
from chatmodels.resilience._validation import code_problems, number_problems

OUTAGE_CODES = frozenset(
    {
        ErrorCode.PROVIDER_UNAVAILABLE,
        ErrorCode.TIMEOUT,
        ErrorCode.NETWORK,
        ErrorCode.STREAM_INTERRUPTED,
    }
)
"""The codes of errors that report an outage of a provider; a rate limit is not one of them."""


class CircuitBreaker:
    """A policy that stops calling a model after several failures in a row, for a while.

    Closed, it counts failures; a success resets the count. After `failures` of them it opens: calls
    fail at once with `CircuitOpenError`, so that a `Fallback` outside of it goes on without a wait.
    After `reset_after` seconds one call is let through as a probe. Its success closes the breaker,
    and its failure opens it again.

    One breaker is meant for one model, shared by its threads, tasks and event loops. A stream
    counts when it ends. A call that is cancelled or left early counts as neither, and so does one
    that ends after the breaker has opened.

    >>> breaker = CircuitBreaker(failures=3, reset_after=10)  # for model.with_policies(breaker)

    Args:
        failures: The number of failures in a row that opens the breaker.
        reset_after: Seconds until a probe is let through.
        on: The codes of errors that count as failures.
        clock: Returns the time in seconds.

    Raises:
        ConfigurationError: A number is out of range, or a code is unknown.
    """

    def __init__(
        self,
        failures: int = 5,
        *,
        reset_after: float = 30.0,
        on: Collection[ErrorCode | str] = OUTAGE_CODES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        problems = number_problems(
            failures=(failures, 1, True), reset_after=(reset_after, 0, False)
        )
        problems = "; ".join(filter(None, (problems, code_problems(on))))
        if problems:
            raise ConfigurationError(f"CircuitBreaker: {problems}", op="configure")
        self.failures = failures
        self.reset_after = reset_after
        self.on = frozenset(map(ErrorCode, on))
        self._clock = clock
        self._circuit = Circuit(failures, reset_after, clock)

    @property
    def is_open(self) -> bool:
        """True if calls fail at once now."""
        return self._circuit.is_open

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        """Return the flow of one call."""
        is_probe = self._circuit.admit()
        if is_probe is None:
            raise self._refused(call)

        try:
            outcome = yield Send(request)
        except BaseException as error:  # a cancellation, too, must free the place of the probe
            self._settle(call, error, is_probe=is_probe)
            raise
        if call.op == "generate":
            if is_probe or self._circuit.has_failures:  # most calls change nothing
                self._settle(call, None, is_probe=is_probe)
        else:
            call.on_end(lambda response, error: self._settle(call, error, is_probe=is_probe))
        return outcome

    def _refused(self, call: CallInfo) -> CircuitOpenError:
        wait = self._circuit.wait
        return CircuitOpenError(
            f"{call.provider}:{call.model} failed {self.failures} times in a row and is not "
            f"called for now; try again in {wait:.1f} s, or put a Fallback outside of the "
            "CircuitBreaker",
            retry_after=wait,
        )

    def _settle(self, call: CallInfo, error: BaseException | None, *, is_probe: bool) -> None:
        change = self._circuit.settle(verdict_of(call, error, self.on), is_probe=is_probe)
        if change is not None:
            logger("chatmodels.resilience").warning(
                "the circuit breaker of %r is %s",
                f"{call.provider}:{call.model}",
                "open" if change == "opened" else "closed again",
                extra={"op": call.op, "provider": call.provider, "model": call.model},
            )

    def __repr__(self) -> str:
        return f"CircuitBreaker({self.failures}, reset_after={self.reset_after})"

    def __reduce__(self) -> Any:
        """Pickle the configuration; another process counts for itself."""
        return _breaker, (self.failures, self.reset_after, self.on, self._clock)


def _breaker(
    failures: int, reset_after: float, on: Collection[ErrorCode], clock: Callable[[], float]
) -> CircuitBreaker:
    return CircuitBreaker(failures, reset_after=reset_after, on=on, clock=clock)
