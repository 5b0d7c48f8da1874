"""Calls are refused when the tokens of a budget are used up."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chatmodels.core import (
    ChatRequest,
    ConfigurationError,
    QuotaExceededError,
    StreamEvent,
    Usage,
    UsageUpdate,
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


@pytest.mark.parametrize("tokens", [0, 1.5, None])
def test_tokens_must_be_a_positive_integer(tokens: Any) -> None:
    with pytest.raises(ConfigurationError, match="tokens must be an integer of at least 1"):
        Budget(tokens=tokens)
