"""Counts the results of a run, and reports when a limit is reached."""

from collections.abc import Callable
from decimal import Decimal

from chatmodels.bulk._limits import Limits
from chatmodels.bulk._results import RowResult
from chatmodels.bulk._stops import RunStoppedError
from chatmodels.bulk._tally import Tally
from chatmodels.core import ChatModelError, ErrorCode

_SHARE_FROM = 20  # results, before a share of failed ones means anything


class Budget:
    """The results of a run, and its limits of money and errors.

    Args:
        limits: The limits.
        tally: The counts, to which the results are added.
        should_stop: Reports, before each further call, whether the run is to stop.
        is_stored: Whether the results are stored, so that another run goes on from there.
    """

    def __init__(
        self,
        limits: Limits,
        tally: Tally,
        should_stop: Callable[[], bool] | None = None,
        *,
        is_stored: bool = True,
    ) -> None:
        self._limits = limits
        self._tally = tally
        self._should_stop = should_stop
        self._is_stored = is_stored
        self._last_error: ChatModelError | None = None

    def count(self, result: RowResult) -> Decimal | None:
        """Count a result, and return its cost if it is known."""
        self._last_error = result.error or self._last_error
        return self._tally.add(result)

    def check_stop(self) -> None:
        """Check whether the run is to stop.

        Raises:
            RunStoppedError: It is.
        """
        if self._should_stop is not None and self._should_stop():
            raise self.stop_requested()

    def stop_requested(self) -> RunStoppedError:
        """Return the error of a run that was stopped on request."""
        return self.stopped("the run was stopped", "run it again", None, requested=True)

    def check(self) -> None:
        """Check the limits before a further call.

        Raises:
            RunStoppedError: One is reached, or the run is to stop.
        """
        self.check_stop()
        if self._limits.cost is not None and self._tally.unpriced:
            raise self.stopped(
                "the cost of a response is unknown and cannot be limited",
                "pass prices, or run it without a limit of the cost,",
                None,
            )
        if reason := self._reached():
            cause = self._last_error
            raise self.stopped(reason, "raise the limit and run it again", cause) from cause

    def hopeless(self, error: ChatModelError) -> RunStoppedError:
        """Return the error of a run in which every further row would fail."""
        stopped = self.stopped(
            f"every further row would fail: {error.message}", "run it again", error
        )
        stopped.__cause__ = error
        return stopped

    def stopped(
        self, reason: str, remedy: str, cause: ChatModelError | None, *, requested: bool = False
    ) -> RunStoppedError:
        """Return the error of a run that stops."""
        return RunStoppedError(
            f"{reason}; {remedy} to go on" if self._is_stored else f"{reason}; {remedy}",
            op="bulk",
            details={"requested": requested},
            code=ErrorCode.QUOTA_EXCEEDED if cause is None else cause.code,
        )

    def _reached(self) -> str | None:
        """Return the limit that is reached, if one is."""
        tally, cost, errors = self._tally, self._limits.cost, self._limits.errors
        if cost is not None and tally.cost >= cost:
            return f"the cost has reached {tally.cost} (the limit is {cost})"
        failed, done = tally.new_failed, tally.new_failed + tally.new_answered
        if errors is not None and done:
            is_share = errors < 1
            if (is_share and done >= _SHARE_FROM and failed / done > errors) or (
                not is_share and failed >= errors
            ):
                return f"{failed} of {done} rows have failed (the limit is {errors})"
        return None
