"""The results of earlier runs in the counts of a run: one that is replaced counts no more."""

import sys

from chatmodels.bulk._checkpoint import Checkpoint
from chatmodels.bulk._tally import Tally


class EarlierResults:
    """The results that a run has found in its folder.

    Args:
        checkpoint: The file of the run, before it adds results.
        retried: The number of places, from the first, whose failed results are asked again: they do
            not count from the beginning, as if they were not there.
    """

    def __init__(self, checkpoint: Checkpoint, *, retried: int) -> None:
        self._checkpoint = checkpoint
        self._retried = min(retried, sys.maxsize)
        self._end = checkpoint.end()

    def tally(self, *, counts_usage: bool) -> Tally:
        """Return the counts with which the run begins."""
        totals = self._checkpoint.totals()
        failed = totals.failed - self._checkpoint.count_failed(self._retried)
        return Tally(
            totals.answered, failed, totals.cost, totals.unpriced, counts_usage=counts_usage
        )

    def replace(self, place: int, tally: Tally) -> None:
        """Take the result at a place out of the counts, because a new one is about to be stored."""
        if place >= self._end:
            return
        earlier = self._checkpoint.result(place)
        if earlier is None or (earlier.failed and place < self._retried):
            return
        tally.remove(earlier.failed, earlier.amount)
