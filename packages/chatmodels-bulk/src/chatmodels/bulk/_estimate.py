"""The extrapolation of tokens and cost from the results so far."""

from math import sqrt
from statistics import NormalDist

import msgspec

from chatmodels.bulk._checkpoint import Spread


class Range(msgspec.Struct, frozen=True):
    """An extrapolated amount.

    Attributes:
        expected: The expected amount.
        low: The lower end of the interval that contains the amount with a probability of 95 %, if
            the rest is like the results so far.
        high: Its upper end.
    """

    expected: float
    low: float
    high: float


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens and the cost of a whole run, extrapolated from the results so far.

    Attributes:
        results: The number of all results, samples included.
        answered: The number of responses that it is based on.
        failed: The number of failed results that it is based on; they count as free.
        input_tokens: The input tokens; None if they are unknown.
        output_tokens: The output tokens; None if they are unknown.
        cost: The cost, in the currency of the price list; None if it is unknown.
    """

    results: int
    answered: int
    failed: int
    input_tokens: Range | None
    output_tokens: Range | None
    cost: Range | None


def extrapolate(spread: Spread | None, rows: int, /) -> Range | None:
    """Return the sum over all rows, of which the other ones are like those so far.

    The interval is that of a prediction from a sample with Student's distribution, which assumes
    that the rows so far are a random choice. Without values, it is None.
    """
    if spread is None or not spread.count:
        return None
    count, total = spread.count, spread.total
    rest = rows - count
    expected = total + rest * total / count
    if count == 1:  # which has no spread
        return Range(expected, total, float("inf") if rest else total)
    variance = max(0.0, spread.squares - total * total / count) / (count - 1)
    margin = _quantile(count - 1) * sqrt(variance * (rest + rest * rest / count))
    return Range(expected, max(total, expected - margin), expected + margin)


_EXACT = (12.706, 4.303, 3.182)


def _quantile(freedom: int) -> float:
    """Return the 97.5 % quantile of Student's distribution, by the expansion of Cornish and Fisher.

    It is within 2 % from four degrees of freedom on; the first three are exact.
    """
    if freedom <= len(_EXACT):
        return _EXACT[freedom - 1]
    z = NormalDist().inv_cdf(0.975)
    first = (z**3 + z) / (4 * freedom)
    second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    return z + first + second
