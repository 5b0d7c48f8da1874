"""The counts of a run while it goes on."""

from collections.abc import Callable
from decimal import Decimal

import msgspec

from chatmodels.bulk._results import RowResult
from chatmodels.core import Usage


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """The progress of a run; each sample of a row counts.

    Results of earlier runs count, too, except failed ones with `retry_failed`. A result that is
    replaced, because its row has changed, counts until the new one arrives.

    Attributes:
        done: The number of results.
        answered: The number of them that have a response.
        failed: The number of them that have an error.
        total: The number of results at the end; None if the length of the source is unknown.
        usage: The tokens of this run.
        cost: The known cost of the results.
    """

    done: int
    answered: int
    failed: int
    total: int | None
    usage: Usage
    cost: Decimal


OnProgress = Callable[[Progress], object]
"""Receives the progress after each new result."""


class Tally:
    """Counts the results of a run.

    Attributes:
        answered: The number of responses.
        failed: The number of errors.
        new_answered: The number of responses of this run, without those of earlier ones.
        new_failed: The number of errors of this run.
        unpriced: The number of responses whose cost is unknown.
        usage: The tokens of this run, if they are to be counted.
        cost: The known cost.
    """

    def __init__(
        self,
        answered: int = 0,
        failed: int = 0,
        cost: Decimal = Decimal(0),
        unpriced: int = 0,
        *,
        counts_usage: bool = False,
    ) -> None:
        self.answered = answered
        self.failed = failed
        self.new_answered = 0
        self.new_failed = 0
        self.unpriced = unpriced
        self.usage = Usage()
        self._counts_usage = counts_usage
        self.cost = cost

    @property
    def done(self) -> int:
        """The number of results."""
        return self.answered + self.failed

    def add(self, result: RowResult) -> Decimal | None:
        """Count a result, and return its cost if it is known."""
        if result.response is None:
            self.failed += 1
            self.new_failed += 1
            return None
        self.answered += 1
        self.new_answered += 1
        if self._counts_usage:
            self.usage += result.response.usage
        amount = result.response.cost.amount
        if amount is None:
            self.unpriced += 1
        else:
            self.cost += amount
        return amount

    def remove(self, failed: bool, cost: Decimal | None) -> None:
        """Take out a result of an earlier run, with its cost if that is known."""
        if failed:
            self.failed -= 1
            return
        self.answered -= 1
        if cost is None:
            self.unpriced -= 1
        else:
            self.cost -= cost

    def progress(self, total: int | None) -> Progress:
        """Return the counts as a value."""
        return Progress(
            done=self.done,
            answered=self.answered,
            failed=self.failed,
            total=total,
            usage=self.usage,
            cost=self.cost,
        )
