"""Calls are refused when the tokens or the cost of a budget is used up."""

import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    Prices,
    QuotaExceededError,
    StreamEvent,
    Usage,
    UsageUpdate,
    assistant,
)
from chatmodels.core.extending import CallInfo, StandardChatModel
from chatmodels.resilience import Budget


async def test_a_call_is_refused_when_the_tokens_are_used(call: Any, scripted: Any) -> None:
    budget = Budget(tokens=30)
    script = scripted("a", "b", "c")
    model = script.with_policies(budget)

    await call(model)
    await call(model)
    with pytest.raises(QuotaExceededError, match=r"30 tokens is used up \(30 used\)"):
        await call(model)

    assert budget.used == 30
    assert script.script == ["c"]


class Counting(StandardChatModel):
    """Reports its usage before its text."""

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        yield UsageUpdate(Usage(input_tokens=10, output_tokens=1))


def test_a_stream_that_is_left_early_counts() -> None:
    budget = Budget(tokens=30)

    with Counting("acme", "large", policies=[budget]).stream("Hi") as stream:
        next(stream)

    assert budget.used == 11


def test_threads_are_counted_exactly(scripted: Any) -> None:
    budget = Budget(tokens=10**9)
    model = scripted(*["Hello"] * 200).with_policies(budget)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(model.generate, ["Hi"] * 200))

    assert budget.used == 200 * 15
    assert repr(budget) == "<Budget: 3,000 of 1,000,000,000 tokens used>"


def test_a_failed_call_without_a_response_uses_nothing(scripted: Any) -> None:
    budget = Budget(tokens=1)

    with pytest.raises(QuotaExceededError, match="paid"):
        scripted(QuotaExceededError("paid")).with_policies(budget).generate("Hi")

    assert budget.used == 0


@pytest.mark.parametrize("tokens", [0, 1.5, "1"])
def test_tokens_must_be_a_positive_integer(tokens: Any) -> None:
    with pytest.raises(ConfigurationError, match="tokens must be an integer of at least 1"):
        Budget(tokens=tokens)


PRICES = Prices(input=1000, output=10_000)  # 0.06 for a call of 10 + 5 tokens


async def test_a_call_is_refused_when_the_cost_is_used(call: Any, scripted: Any) -> None:
    budget = Budget(cost=0.12)
    script = scripted("a", "b", "c", prices=PRICES)
    model = script.with_policies(budget)

    await call(model)
    await call(model)
    with pytest.raises(QuotaExceededError, match=r"0.12 USD is used up \(0.12 spent\)"):
        await call(model)

    assert budget.spent == Decimal("0.12")
    assert script.script == ["c"]
    assert repr(budget) == "<Budget: 0.12 of 0.12 USD spent>"


def test_tokens_and_cost_can_be_limited_together(scripted: Any) -> None:
    budget = Budget(tokens=15, cost=100)
    model = scripted("a", "b", prices=PRICES).with_policies(budget)

    model.generate("Hi")
    with pytest.raises(QuotaExceededError, match="15 tokens"):
        model.generate("Hi")

    assert repr(budget) == "<Budget: 15 of 15 tokens used, 0.06 of 100 USD spent>"


def test_a_stream_that_is_left_early_costs() -> None:
    budget = Budget(cost=1)
    model = Counting("acme", "large", policies=[budget], prices=PRICES)

    with model.stream("Hi") as stream:
        next(stream)

    assert budget.spent == Decimal("0.02")


def test_an_unknown_cost_refuses_further_calls(scripted: Any, caplog: Any) -> None:
    model = scripted("a", "b").with_policies(Budget(cost=1))

    model.generate("Hi")
    with pytest.raises(QuotaExceededError, match=r"cost of acme:large is unknown: .*prices="):
        model.generate("Hi")

    assert [record.name for record in caplog.records].count("chatmodels.resilience") == 1


def test_an_unknown_cost_can_be_ignored_and_is_logged_once(scripted: Any, caplog: Any) -> None:
    budget = Budget(cost=1, unknown_cost="ignore")
    model = scripted("a", "b").with_policies(budget)

    model.generate("Hi")
    model.generate("Hi")

    assert budget.spent == 0
    assert [record.name for record in caplog.records].count("chatmodels.resilience") == 1


def test_a_cost_in_another_currency_is_unknown(scripted: Any) -> None:
    euros = Prices(input=1, output=1, currency="EUR")
    model = scripted("a", "b", prices=euros).with_policies(Budget(cost=1))

    model.generate("Hi")
    with pytest.raises(QuotaExceededError, match="it is in EUR"):
        model.generate("Hi")


def test_a_budget_can_be_in_another_currency(scripted: Any) -> None:
    euros = Prices(input=1000, output=10_000, currency="EUR")
    budget = Budget(cost=1, currency="EUR")

    scripted("a", prices=euros).with_policies(budget).generate("Hi")

    assert budget.spent == Decimal("0.06")


class Unreported(StandardChatModel):
    """Does not report its usage."""

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        return ChatResponse(message=assistant("Hi"))


def test_a_response_without_tokens_counts_nothing() -> None:
    budget = Budget(cost=1)
    model = Unreported("acme", "large", policies=[budget])

    model.generate("Hi")
    model.generate("Hi")

    assert budget.spent == 0


def test_a_pickled_budget_has_its_limits() -> None:
    budget = pickle.loads(
        pickle.dumps(Budget(tokens=5, cost=0.5, currency="EUR", unknown_cost="ignore"))
    )

    assert (budget.tokens, budget.cost) == (5, Decimal("0.5"))
    assert (budget.currency, budget.unknown_cost) == ("EUR", "ignore")


@pytest.mark.parametrize(
    ("limits", "problem"),
    [
        ({}, "pass tokens=..., cost=..., or both"),
        ({"cost": 0}, "cost must be above 0"),
        ({"cost": -1.0}, "cost must be a number of at least 0, not -1.0"),
        ({"cost": Decimal("NaN")}, "cost must be a number of at least 0"),
        ({"cost": 1, "unknown_cost": "warn"}, "unknown_cost must be 'raise' or 'ignore'"),
    ],
)
def test_limits_must_be_sensible(limits: Any, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        Budget(**limits)
