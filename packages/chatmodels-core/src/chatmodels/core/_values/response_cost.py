"""Computes the cost of a response from the first source that knows it."""

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from chatmodels.core._values.cost import Cost, Estimate, unknown_cost
from chatmodels.core._values.price_list import listed_prices
from chatmodels.core._values.prices import Prices
from chatmodels.core._values.usage import Usage

REPORTED = "reported"


def response_cost(
    usage: Usage,
    prices: Prices | None,
    /,
    *,
    provider: str,
    models: Sequence[str | None],
    service_tier: str | None,
    started_at: float | None,
    used_tools: bool,
) -> Cost:
    """Compute the cost of a response.

    Args:
        usage: The tokens, and the cost that the vendor reports.
        prices: The prices that the model was created with, if any.
        provider: The provider's registered name.
        models: The names of the model, the vendor's first: not all vendors report it.
        service_tier: The tier that served the call.
        started_at: The start of the call, in seconds since 1970.
        used_tools: Whether the vendor called tools of its own.
    """
    estimated: Collection[Estimate] = frozenset()
    if prices is None:
        if usage.reported_cost is not None:
            return Cost(amount=usage.reported_cost, price_list=REPORTED)
        found = listed_prices(provider, models, service_tier=service_tier, at=started_at)
        if isinstance(found, str):
            return unknown_cost(found)
        prices, estimated = found
    cost = prices.cost(usage, service_tier=service_tier)
    if used_tools:
        estimated = {*estimated, "tools"}
    if cost.amount is None or not estimated:
        return cost
    return replace(cost, estimated=tuple(sorted({*cost.estimated, *estimated})))
