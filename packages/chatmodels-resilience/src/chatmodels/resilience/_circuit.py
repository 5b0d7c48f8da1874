"""The state machine of a circuit breaker: closed, open, and open with one probe under way."""

from collections.abc import Callable, Collection
from threading import RLock
from typing import Literal

from chatmodels.core import ErrorCode
from chatmodels.core.extending import CallInfo, error_code

Verdict = Literal["success", "failure", "neither"]
"""The meaning of an ended call for the state."""

Change = Literal["opened", "closed"]
"""A change of the state."""


def verdict_of(
    call: CallInfo, error: BaseException | None, codes: Collection[ErrorCode], /
) -> Verdict:
    """Return the meaning of the end of a call.

    Args:
        call: The call; if its stream was left early, it counts as neither.
        error: The error; None for a success.
        codes: The codes of errors that count as failures.
    """
    if call.outcome in {"closed", "abandoned"}:
        return "neither"
    if error is None:
        return "success"
    return "failure" if error_code(error) in codes else "neither"


class Circuit:
    """Counts failures in a row, opens after several, and lets one probe through after a time.

    It is thread-safe. Closed, it admits all calls. After `failures` failures in a row it is open,
    and admits none. After `reset_after` seconds it admits one probe, whose success closes it and
    whose failure opens it again. Calls that began before it opened do not change its state.

    Args:
        failures: The number of failures in a row that opens it.
        reset_after: Seconds until a probe is admitted.
        clock: Returns the time in seconds.
    """

    def __init__(self, failures: int, reset_after: float, clock: Callable[[], float]) -> None:
        self.failures = failures
        self.reset_after = reset_after
        self._clock = clock
        self._count = 0
        self._probe_at: float | None = None
        self._probing = False
        self._lock = RLock()  # the garbage collector can end a call within `with`

    @property
    def is_open(self) -> bool:
        """True if no call is admitted now."""
        with self._lock:
            return self._probing or self.wait > 0

    @property
    def wait(self) -> float:
        """Seconds until a probe is admitted; 0 if one could be, or is under way."""
        return 0.0 if self._probe_at is None else max(self._probe_at - self._clock(), 0.0)

    @property
    def has_failures(self) -> bool:
        """True if a success would change the state."""
        return self._count > 0

    def admit(self) -> bool | None:
        """Admit a call: return whether it is the probe, or None if it is not admitted."""
        if self._probe_at is None:  # most calls need no lock
            return False
        with self._lock:
            if self.is_open:
                return None
            self._probing = self._has_opened()  # another thread can have closed it
            return self._probing

    def settle(
        self, verdict: Verdict, *, is_probe: bool, open_for: float | None = None
    ) -> Change | None:
        """Record the end of a call that was admitted, and return the change of the state.

        Args:
            verdict: The meaning of the end.
            is_probe: The result of `admit`.
            open_for: Seconds for which a failure opens it at once; None for the rule above.
        """
        if verdict == "success" and not is_probe and not self._count:
            return None  # it needs no lock
        with self._lock:
            if is_probe:
                self._probing = False
            elif self._probe_at is not None:  # the call began before
                return None
            if verdict == "success":
                was_open = self._probe_at is not None
                self._count, self._probe_at = 0, None
                return "closed" if was_open else None
            if verdict == "failure":
                self._count += 1
                if is_probe or open_for is not None or self._count >= self.failures:
                    seconds = self.reset_after if open_for is None else open_for
                    self._probe_at = self._clock() + seconds
                    return "opened"
            return None

    def _has_opened(self) -> bool:
        return self._probe_at is not None
