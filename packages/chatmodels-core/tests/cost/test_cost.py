"""Costs are added up with their parts; an unknown cost is never 0."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import ConfigurationError, Cost, CostPart, from_json, to_json

UNKNOWN = Cost(reason="no price", unknown=1)
KNOWN = Cost(
    amount=Decimal("0.25"),
    parts=(CostPart("input", 10, Decimal("0.05")), CostPart("output", 2, Decimal("0.2"))),
    price_list="own prices",
    price_list_date=dt.date(2026, 10, 1),
    estimated=("tools",),
)

costs = st.builds(
    lambda amounts: Cost(
        amount=sum(amounts, Decimal(0)) if amounts else None,
        parts=tuple(CostPart("input", 1, amount) for amount in amounts),
        unknown=0 if amounts else 1,
    ),
    st.lists(st.decimals("0", "1000", places=6), max_size=3),
)


def test_costs_are_added_up_part_by_part() -> None:
    other = Cost(
        amount=Decimal("0.75"),
        parts=(CostPart("output", 3, Decimal("0.75")),),
        price_list="genai-prices 1",
        price_list_date=dt.date(2026, 9, 1),
        estimated=("service_tier",),
    )

    assert KNOWN + other == Cost(
        amount=Decimal("1.00"),
        parts=(CostPart("input", 10, Decimal("0.05")), CostPart("output", 5, Decimal("0.95"))),
        price_list="own prices, genai-prices 1",
        price_list_date=dt.date(2026, 9, 1),
        estimated=("service_tier", "tools"),
    )


def test_a_sum_with_an_unknown_cost_is_a_lower_bound() -> None:
    total = sum([KNOWN, UNKNOWN, KNOWN, UNKNOWN])

    assert isinstance(total, Cost)
    assert (total.amount, total.unknown, total.reason) == (Decimal("0.50"), 2, "no price")
    assert total.price_list == "own prices"


def test_a_sum_of_unknown_costs_is_unknown() -> None:
    assert (UNKNOWN + UNKNOWN).amount is None
    assert sum([], Cost()).amount is None


def test_different_currencies_cannot_be_added() -> None:
    with pytest.raises(ConfigurationError, match="a cost in USD cannot be added to one in EUR"):
        KNOWN + Cost(amount=Decimal(1), currency="EUR")


@pytest.mark.parametrize("order", [1, -1], ids=["before", "after"])
def test_an_unknown_cost_has_no_currency_of_its_own(order: int) -> None:
    euros = Cost(amount=Decimal(1), currency="EUR")
    first, second = [euros, UNKNOWN][::order]

    assert (first + second).currency == "EUR"


@pytest.mark.parametrize("other", [1, "1", None])
def test_only_costs_can_be_added(other: Any) -> None:
    with pytest.raises(TypeError):
        KNOWN + other
    with pytest.raises(TypeError):
        other + KNOWN


@given(st.lists(costs, max_size=5), st.lists(costs, max_size=5))
def test_the_order_of_a_sum_does_not_matter(first: list[Cost], second: list[Cost]) -> None:
    once = sum(first + second, Cost())
    twice = sum(first, Cost()) + sum(second, Cost())

    assert once == twice
    assert sum((part.amount for part in once.parts), Decimal(0)) == (once.amount or 0)


def test_a_cost_can_be_written_as_json() -> None:
    assert from_json(to_json(KNOWN), Cost) == KNOWN
