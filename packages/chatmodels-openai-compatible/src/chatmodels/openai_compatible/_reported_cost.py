"""Reads the cost that some vendors report with the usage."""

import math
from decimal import Decimal

from chatmodels.http.wire import Json, is_object

_USD_PER_TICK = Decimal("1e-10")


def reported_cost(
    cost: Json, ticks: Json = None, details: Json = None, *, is_byok: Json = False
) -> Decimal | None:
    """Return the cost of a call in US dollars; None if the vendor does not report it.

    Sources are the pages "Usage Accounting" of OpenRouter, "Cost Tracking" of xAI and "Agent API"
    of Perplexity.

    Args:
        cost: A number (OpenRouter), or an object with the total (Perplexity).
        ticks: The cost in units of 10^-10 dollars (xAI).
        details: OpenRouter's details. With a key of your own at the vendor, its cost is only here.
        is_byok: Whether OpenRouter used such a key.
    """
    if is_object(cost):
        if cost.get("currency", "USD") != "USD":
            return None
        cost = cost.get("total_cost")
    amount = _decimal(cost)
    if amount is None:
        amount = _decimal(ticks)
        return None if amount is None else amount * _USD_PER_TICK
    if is_byok is True and is_object(details):
        amount += _decimal(details.get("upstream_inference_cost")) or 0
    return amount


def _decimal(number: Json) -> Decimal | None:
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    return Decimal(str(number)) if 0 <= number < math.inf else None
