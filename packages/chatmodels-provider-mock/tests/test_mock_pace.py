"""Delays of a mock model, observed by the functions that wait."""

import asyncio
import time

import pytest

from chatmodels.core import CallTimeoutError, Timeout
from chatmodels.providers.mock import MockChatModel


class Waits(list[float]):
    """Notes waits instead of waiting."""

    def sleep(self, seconds: float) -> None:
        self.append(seconds)

    async def asleep(self, seconds: float) -> None:
        self.append(seconds)


def limits(**given: float) -> Timeout:
    return Timeout(**{"first_event": None, "between_events": None} | given)


def slow(waits: Waits, *, latency: float = 0.0, interval: float = 0.0) -> MockChatModel:
    return MockChatModel(latency=latency, interval=interval, sleep=waits.sleep, asleep=waits.asleep)


async def test_a_whole_response_is_returned_after_the_latency() -> None:
    waits = Waits()
    model = slow(waits, latency=2.0, interval=0.5)
    model.generate("a b c")
    await model.agenerate("a b c")

    assert waits == [2.0, 2.0]


async def test_a_stream_waits_before_each_event_but_its_end() -> None:
    waits, awaits = Waits(), Waits()
    slow(waits, latency=2.0, interval=0.5).stream("a b").collect()
    await slow(awaits, latency=2.0, interval=0.5).astream("a b").collect()

    # The start comes after the latency, then two words and the usage.
    assert waits == awaits == [2.0, 0.5, 0.5, 0.5]


async def test_without_a_clock_of_the_test_it_really_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits = Waits()
    monkeypatch.setattr(asyncio, "sleep", waits.asleep)
    await MockChatModel(latency=2.0).agenerate("?")

    assert waits == [2.0]
    assert MockChatModel(latency=2.0)._sleep is time.sleep


def test_the_total_limit_ends_a_whole_call() -> None:
    waits = Waits()

    with pytest.raises(CallTimeoutError, match="within the total time limit") as caught:
        slow(waits, latency=5000.0).generate("?", timeout=2000.0)

    assert caught.value.details == {"limit": "total"}
    assert waits == [pytest.approx(2000.0, abs=300)]


@pytest.mark.parametrize(
    ("latency", "interval", "timeout", "limit", "waited"),
    [
        (5000.0, 0.0, Timeout(first_event=3000.0), "first_event", [3000.0]),
        (1000.0, 5000.0, limits(between_events=3000.0), "between_events", [1000.0, 3000.0]),
        (1000.0, 5000.0, limits(total=3000.0), "total", [1000.0, 2000.0]),
        (
            1000.0,
            5000.0,
            Timeout(first_event=9000.0, between_events=9000.0, total=3000.0),
            "total",
            [1000.0, 2000.0],
        ),
    ],
)
def test_limits_of_streams_hold(
    latency: float, interval: float, timeout: Timeout, limit: str, waited: list[float]
) -> None:
    waits = Waits()
    model = slow(waits, latency=latency, interval=interval)

    with pytest.raises(CallTimeoutError) as caught:
        model.stream("a b", timeout=timeout).collect()

    assert caught.value.details == {"limit": limit}
    assert waits == [pytest.approx(seconds, abs=300) for seconds in waited]
