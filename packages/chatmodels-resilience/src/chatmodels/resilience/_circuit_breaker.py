"""Stops calling a model that keeps failing, for a while."""

import time
from collections.abc import Callable, Collection
from threading import RLock
from typing import Any

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    CircuitOpenError,
    ConfigurationError,
    ErrorCode,
)
from chatmodels.core.extending import CallInfo, Flow, Send, error_code, logger
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
        self._lock = RLock()  # the garbage collector can end a call within `with`
        self._count = 0
        self._opened_at: float | None = None
        self._probing = False

    @property
    def is_open(self) -> bool:
        """True if calls fail at once now."""
        with self._lock:
            return self._wait() > 0 or self._probing

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        """Return the flow of one call."""
        is_probe = self._admit(call)

        def settle(response: ChatResponse[Any] | None, error: BaseException | None) -> None:
            self._settle(call, error, is_probe=is_probe)

        try:
            outcome = yield Send(request)
        except BaseException as error:  # a cancellation, too, must free the place of the probe
            settle(None, error)
            raise
        if call.op == "generate":
            settle(None, None)
        else:
            call.on_end(settle)
        return outcome

    def _admit(self, call: CallInfo) -> bool:
        """Let a call through, and return whether it is the probe."""
        with self._lock:
            wait = self._wait()
            if wait <= 0 and not self._probing:
                self._probing = self._opened_at is not None
                return self._probing
        raise CircuitOpenError(
            f"{call.provider}:{call.model} failed {self.failures} times in a row and is not "
            f"called for now; try again in {max(wait, 0):.1f} s, or put a Fallback outside of the "
            "CircuitBreaker",
            retry_after=max(wait, 0),
        )

    def _wait(self) -> float:
        if self._opened_at is None:
            return 0
        return self._opened_at + self.reset_after - self._clock()

    def _settle(self, call: CallInfo, error: BaseException | None, *, is_probe: bool) -> None:
        opened = closed = False
        with self._lock:
            if is_probe:
                self._probing = False
            elif self._opened_at is not None:  # the call began before
                return
            if call.outcome in {"closed", "abandoned"}:
                return
            if error is None:
                closed = self._opened_at is not None
                self._count, self._opened_at = 0, None
            elif error_code(error) in self.on:
                self._count += 1
                if is_probe or self._count >= self.failures:
                    opened = True
                    self._opened_at = self._clock()
        if opened or closed:
            logger("chatmodels.resilience").warning(
                "the circuit breaker of %r is %s",
                f"{call.provider}:{call.model}",
                "open" if opened else "closed again",
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
