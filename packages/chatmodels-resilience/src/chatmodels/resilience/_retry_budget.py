"""Limits the retries of a model in proportion to its successful calls."""

from threading import Lock
from typing import Any

from chatmodels.core import ConfigurationError
from chatmodels.resilience._validation import number_problems


class RetryBudget:
    """A limit on the retries of all calls together, for `Retry(budget=...)`.

    During an outage, each call would be sent several times. With a budget, most calls are sent only
    once as soon as `retries` are used up, so that the retries do not prolong the outage.

    Each retry uses one of the `retries`. A call that succeeds after a retry returns one, and a call
    that succeeds at once returns `ratio`, up to `retries`. In the long run, no more than `ratio`
    retries fail for each successful call. The defaults correspond to those of the AWS SDKs: a retry
    quota of 500 tokens, 5 tokens for a retry, and 1 token for a success.

    The calls of all models and threads that share the budget are counted together. A copy of it is
    full.

    >>> budget = RetryBudget()  # for Retry(budget=budget)

    Args:
        retries: The number of retries that can fail in a row; the budget starts with it.
        ratio: The part of a retry that a successful call returns, from 0 to 1.

    Raises:
        ConfigurationError: A number is out of range.
    """

    __slots__ = ("_lock", "_remaining", "ratio", "retries")

    def __init__(self, retries: int = 100, *, ratio: float = 0.2) -> None:
        problems = number_problems(retries=(retries, 1, True), ratio=(ratio, 0, False))
        if not problems and ratio > 1:
            problems = f"ratio must be a number of at most 1, not {ratio!r}"
        if problems:
            raise ConfigurationError(f"RetryBudget: {problems}", op="configure")
        self.retries = retries
        self.ratio = ratio
        self._remaining = float(retries)
        self._lock = Lock()

    @property
    def remaining(self) -> int:
        """The number of retries that are possible now."""
        return int(self._remaining + _ROUNDING)

    def spend(self) -> bool:
        """Use one retry, and return True; return False if none remains."""
        with self._lock:
            if not self.remaining:
                return False
            self._remaining = max(self._remaining - 1, 0.0)
            return True

    def refund(self, *, retried: bool) -> None:
        """Add the retries that a successful call returns."""
        with self._lock:
            returned = 1.0 if retried else self.ratio
            self._remaining = min(self._remaining + returned, self.retries)

    def __repr__(self) -> str:
        return f"<RetryBudget: {self.remaining} of {self.retries} retries remain>"

    def __reduce__(self) -> Any:
        """Pickle the configuration; another process counts for itself."""
        return _full, (self.retries, self.ratio)


_ROUNDING = 1e-9  # five times 0.2 is one retry


def _full(retries: int, ratio: float) -> RetryBudget:
    return RetryBudget(retries, ratio=ratio)
