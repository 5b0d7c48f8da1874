"""A budget limits the retries of all calls together."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import ConfigurationError, InvalidRequestError, NetworkError
from chatmodels.resilience import Retry, RetryBudget


def lost(times: int) -> list[Exception]:
    return [NetworkError("lost") for _ in range(times)]


def retry(budget: RetryBudget) -> Retry:
    return Retry(budget=budget, initial_delay=0.0)


async def test_calls_are_sent_once_when_the_budget_is_used_up(call: Any, scripted: Any) -> None:
    budget = RetryBudget(3)
    script = scripted(*lost(5))
    model = script.with_policies(retry(budget))

    with pytest.raises(NetworkError) as first:
        await call(model)
    with pytest.raises(NetworkError) as second:
        await call(model)

    assert first.value.__notes__ == ["not retried after attempt 3: max_retries is 2"]
    assert second.value.__notes__ == [
        "not retried after attempt 2: the budget of 3 retries is used up"
    ]
    assert script.script == []
    assert repr(budget) == "<RetryBudget: 0 of 3 retries remain>"


async def test_successful_calls_return_a_part_of_a_retry(call: Any, scripted: Any) -> None:
    budget = RetryBudget(1, ratio=0.2)
    model = scripted(*lost(2), *["ok"] * 5).with_policies(retry(budget))
    with pytest.raises(NetworkError):
        await call(model)

    remaining = []
    for _ in range(5):
        await call(model)
        remaining.append(budget.remaining)

    assert remaining == [0, 0, 0, 0, 1]


async def test_a_retry_that_succeeds_is_returned(call: Any, scripted: Any) -> None:
    budget = RetryBudget(1)
    model = scripted(*lost(1), "ok", *lost(1), "ok").with_policies(retry(budget))

    for _ in range(2):
        assert (await call(model)).timing.attempts == 2

    assert budget.remaining == 1


async def test_an_error_that_is_not_retried_uses_nothing(call: Any, scripted: Any) -> None:
    budget = RetryBudget(1)

    with pytest.raises(InvalidRequestError):
        await call(scripted(InvalidRequestError("bad")).with_policies(retry(budget)))
    with pytest.raises(NetworkError):
        await call(scripted(*lost(1)).with_policies(retry(budget)), idempotent=False)

    assert budget.remaining == 1


def test_models_can_share_a_budget(scripted: Any) -> None:
    budget = RetryBudget(2)

    for _ in range(2):
        with pytest.raises(NetworkError):
            scripted(*lost(3)).with_policies(retry(budget)).generate("Hi")
        assert budget.remaining == 0
        with pytest.raises(NetworkError):
            scripted(*lost(1)).with_policies(retry(budget)).generate("Hi")


@given(
    st.integers(1, 4),
    st.fractions(0, 1, max_denominator=20),
    st.lists(st.sampled_from(["spend", "success", "success after a retry"])),
)
def test_it_behaves_as_a_simple_model_of_it(
    retries: int, ratio: Fraction, steps: list[str]
) -> None:
    budget = RetryBudget(retries, ratio=float(ratio))
    expected = Fraction(retries)

    for step in steps:
        if step == "spend":
            assert budget.spend() == (expected >= 1)
            expected -= expected >= 1
        else:
            budget.refund(retried=step != "success")
            returned = ratio if step == "success" else 1
            expected = min(expected + returned, Fraction(retries))
        assert budget.remaining == int(expected)


def test_threads_never_exceed_it(scripted: Any) -> None:
    budget = RetryBudget(50)
    script = scripted(*lost(1000))
    model = script.with_policies(retry(budget))

    def fail(_: int) -> None:
        with suppress(NetworkError):
            model.generate("Hi")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fail, range(200)))

    assert len(script.requests) == 200 + 50


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"retries": 0}, "retries must be an integer of at least 1, not 0"),
        ({"ratio": -1}, "ratio must be a number of at least 0, not -1"),
        ({"ratio": 1.5}, r"ratio must be a number of at most 1, not 1\.5"),
    ],
)
def test_numbers_out_of_range_are_refused(options: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"RetryBudget: {message}"):
        RetryBudget(**options)


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda policy: pickle.loads(pickle.dumps(policy))]
)
def test_the_copy_of_a_budget_is_full(copied: Any) -> None:
    policy = Retry(budget=RetryBudget(3, ratio=0.5))
    assert policy.budget is not None
    policy.budget.spend()

    budget = copied(policy).budget

    assert (budget.retries, budget.ratio, budget.remaining) == (3, 0.5, 3)
