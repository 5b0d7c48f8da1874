"""Each token has exactly one price."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import ConfigurationError, Prices, Usage

FULL = Prices(
    input=10,
    output=100,
    cached_input=1,
    cache_write=20,
    cache_write_1h=30,
    input_audio=40,
    cached_input_audio=4,
    output_audio=400,
    reasoning=200,
    request=0.5,
)

counts = st.none() | st.integers(0, 10**9)
usages = st.builds(
    Usage,
    **dict.fromkeys(
        (
            "input_tokens",
            "output_tokens",
            "cached_input_tokens",
            "cache_write_tokens",
            "cache_write_1h_tokens",
            "input_audio_tokens",
            "output_audio_tokens",
            "reasoning_tokens",
            "billed_input_tokens",
            "billed_output_tokens",
        ),
        counts,
    ),
)


def test_every_kind_of_tokens_has_its_price() -> None:
    usage = Usage(
        input_tokens=10_000,
        output_tokens=1000,
        cached_input_tokens=2000,
        cache_write_tokens=3000,
        cache_write_1h_tokens=1000,
        reasoning_tokens=500,
        output_audio_tokens=100,
    )

    cost = FULL.cost(usage)

    assert {part.kind: part.quantity for part in cost.parts} == {
        "input": 5000,
        "cached_input": 2000,
        "cache_write": 2000,
        "cache_write_1h": 1000,
        "output": 400,
        "reasoning": 500,
        "output_audio": 100,
        "request": 1,
    }
    # 0.05 + 0.002 + 0.04 + 0.03 + 0.04 + 0.1 + 0.04 + 0.5
    assert cost.amount == Decimal("0.802")
    assert (cost.price_list, cost.estimated) == ("own prices", ())


@given(usages)
def test_each_token_counts_once(usage: Usage) -> None:
    cost = FULL.cost(usage)

    total = usage.input_tokens if usage.billed_input_tokens is None else usage.billed_input_tokens
    output = (
        usage.output_tokens if usage.billed_output_tokens is None else usage.billed_output_tokens
    )
    if total is None or output is None:
        assert (cost.amount, cost.parts, cost.unknown) == (None, (), 1)
        assert cost.reason == "the provider did not report the tokens of the call"
        return
    tokens = [part for part in cost.parts if part.kind != "request"]
    assert sum(part.quantity for part in tokens) == total + output
    assert all(part.quantity > 0 and part.amount >= 0 for part in cost.parts)
    assert sum((part.amount for part in cost.parts), Decimal(0)) == cost.amount
    assert cost.reason is None


@given(usages, usages)
def test_a_sum_of_usages_has_no_part_without_a_summand(first: Usage, second: Usage) -> None:
    total = first + second

    for name in set(Usage.__struct_fields__) - {"total_tokens"}:
        values = [getattr(first, name), getattr(second, name)]
        known = [value for value in values if value is not None]
        assert getattr(total, name) == (sum(known) if known else None)
    if total.input_tokens is not None and total.output_tokens is not None:
        assert total.total_tokens is not None


def test_a_call_with_equal_prices_costs_the_same_however_its_tokens_are_split() -> None:
    prices = Prices(input=2, output=2)

    split = prices.cost(
        Usage(input_tokens=60, output_tokens=40, cached_input_tokens=10, reasoning_tokens=20)
    )

    assert split.amount == prices.cost(Usage(input_tokens=100, output_tokens=0)).amount


def test_a_missing_price_falls_back_and_is_reported_as_an_estimate() -> None:
    prices = Prices(input=1_000_000, output=2_000_000)
    usage = Usage(
        input_tokens=9,
        output_tokens=3,
        cached_input_tokens=1,
        cache_write_tokens=2,
        cache_write_1h_tokens=1,
        output_audio_tokens=1,
        reasoning_tokens=1,
    )

    cost = prices.cost(usage)

    assert cost.amount == 9 * 1 + 3 * 2
    assert cost.estimated == ("cache_write", "cache_write_1h", "cached_input", "output_audio")


def test_audio_without_a_cache_is_exact() -> None:
    cost = FULL.cost(Usage(input_tokens=100, output_tokens=0, input_audio_tokens=60))

    assert {part.kind: part.quantity for part in cost.parts} == {
        "input": 40,
        "input_audio": 60,
        "request": 1,
    }
    assert cost.estimated == ()


def test_as_little_audio_as_possible_counts_as_cached() -> None:
    cost = FULL.cost(
        Usage(input_tokens=100, output_tokens=0, cached_input_tokens=70, input_audio_tokens=60)
    )

    assert {part.kind: part.quantity for part in cost.parts} == {
        "cached_input": 40,
        "cached_input_audio": 30,
        "input_audio": 30,
        "request": 1,
    }
    assert cost.estimated == ("input_audio",)


def test_billed_tokens_count_instead_of_those_used() -> None:
    usage = Usage(
        input_tokens=1000,
        output_tokens=100,
        cached_input_tokens=500,
        billed_input_tokens=10,
        billed_output_tokens=5,
    )

    cost = FULL.cost(usage)

    assert [(part.kind, part.quantity) for part in cost.parts] == [
        ("input", 10),
        ("output", 5),
        ("request", 1),
    ]
    assert cost.estimated == ("billed_tokens",)


def test_a_call_without_tokens_costs_nothing() -> None:
    assert FULL.cost(Usage(input_tokens=0, output_tokens=0)).amount == 0


@pytest.mark.parametrize("tier", [None, "default", "standard", "ON_DEMAND", "auto"])
def test_the_standard_tier_has_many_names(tier: str | None) -> None:
    prices = Prices(input=1, output=1, tiers={"flex": Prices(input=0.5, output=0.5)})

    cost = prices.cost(Usage(input_tokens=1_000_000, output_tokens=0), service_tier=tier)

    assert (cost.amount, cost.estimated) == (1, ())


@pytest.mark.parametrize(
    ("tier", "amount", "estimated"),
    [("priority", 2, ()), ("Priority Tier", 2, ()), ("scale", 1, ("service_tier",))],
)
def test_a_tier_has_its_own_prices_if_there_are_any(
    tier: str, amount: int, estimated: tuple[str, ...]
) -> None:
    prices = Prices(input=1, output=1, tiers={"priority": Prices(input=2, output=2)})

    cost = prices.cost(Usage(input_tokens=1_000_000, output_tokens=0), service_tier=tier)

    assert (cost.amount, cost.estimated) == (amount, estimated)


@pytest.mark.parametrize(
    ("input_tokens", "price"), [(200_000, 1), (200_001, 2), (500_000, 2), (500_001, 3)]
)
def test_a_long_context_changes_the_price_of_the_whole_call(input_tokens: int, price: int) -> None:
    prices = Prices(
        input=1,
        output=1,
        long_context={500_000: Prices(input=3, output=3), 200_000: Prices(input=2, output=2)},
    )

    cost = prices.cost(
        Usage(input_tokens=input_tokens, output_tokens=0, cached_input_tokens=input_tokens // 2)
    )

    assert cost.amount == Decimal(input_tokens * price) / 1_000_000


def test_floats_count_as_written() -> None:
    prices = Prices(input=0.1, output=0.3, date=dt.date(2026, 11, 1), name="contract")

    cost = prices.cost(Usage(input_tokens=1_000_000, output_tokens=1_000_000))

    assert cost.amount == Decimal("0.4")
    assert (cost.price_list, cost.price_list_date) == ("contract", dt.date(2026, 11, 1))


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), "1", True, Decimal(-1)])
def test_a_price_must_be_a_number_of_at_least_zero(wrong: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Prices(input=wrong, output=1, request=wrong)

    assert caught.value.message == (
        f"Prices: input must be a number of at least 0, not {wrong!r}; "
        f"request must be a number of at least 0, not {wrong!r}"
    )


def test_all_prices_of_a_model_have_one_currency() -> None:
    with pytest.raises(ConfigurationError, match="the prices of 'flex' are in USD, the others in"):
        Prices(input=1, output=1, currency="EUR", tiers={"flex": Prices(input=1, output=1)})
