"""Policies inside of policies that send a request several times."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from chatmodels.core import CallTimeoutError, ChatRequest, NetworkError, Usage
from chatmodels.core.extending import CallInfo, Flow, Send
from chatmodels.resilience import Budget, Concurrency, Deadline, Fallback, RateLimit, Reask

SEVEN = '{"value": 7}'


async def test_each_attempt_leaves_its_place(call: Any, scripted: Any) -> None:
    concurrency = Concurrency(1)
    model = scripted("seven", SEVEN).with_policies(Reask(), concurrency)

    assert (await call(model, output_type=int)).parsed == 7
    assert concurrency.running == 0


async def test_a_budget_counts_each_attempt_once(call: Any, scripted: Any) -> None:
    inner, outer = Budget(tokens=1000), Budget(tokens=1000)
    model = scripted("seven", SEVEN).with_policies(outer, Reask(), inner)

    response = await call(model, output_type=int)

    assert response.usage == Usage(input_tokens=20, output_tokens=10)
    assert (inner.used, outer.used) == (30, 30)


async def test_a_budget_counts_the_tokens_of_its_own_model(call: Any, scripted: Any) -> None:
    budget = Budget(tokens=1000)
    model = scripted(NetworkError("lost")).with_policies(Fallback(scripted("ok")), budget)

    await call(model)

    assert budget.used == 0


async def test_repeated_output_can_be_repeated_again(call: Any, scripted: Any) -> None:
    model = scripted("six", "seven", SEVEN).with_policies(Reask(1), Reask(1))

    response = await call(model, output_type=int)

    assert response.parsed == 7


async def test_a_deadline_of_one_model_does_not_limit_its_replacement(
    call: Any, scripted: Any, clock: Any
) -> None:
    def slow(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        totals.append(call.timeout.total)
        clock.now = call.started + 6
        raise CallTimeoutError("late")
        yield Send(request)

    def begin(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        clock.now = call.started
        return (yield Send(request))

    totals: list[float | None] = []
    backup = scripted("backup")
    model = scripted().with_policies(
        begin,
        Fallback(backup, clock=clock),
        Deadline(9, clock=clock),
        Deadline(5, clock=clock),
        slow,
    )

    response = await call(model)

    assert response.text == "backup"
    assert totals == [5]
    assert backup.requests[0].timeout is None


@pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, lambda policy: pickle.loads(pickle.dumps(policy))],
    ids=["copy", "pickle"],
)
@pytest.mark.parametrize(
    ("policy", "names"),
    [
        (Budget(tokens=5), ["tokens"]),
        (Concurrency(3, adaptive=True), ["limit", "adaptive"]),
        (RateLimit(requests=3, tokens=9, per=2.5), ["requests", "tokens", "per"]),
    ],
    ids=["Budget", "Concurrency", "RateLimit"],
)
def test_a_limit_is_copied_without_its_state(
    policy: Any, names: list[str], copied: Callable[[Any], Any]
) -> None:
    other = copied(policy)

    assert type(other) is type(policy)
    assert [getattr(other, name) for name in names] == [getattr(policy, name) for name in names]
