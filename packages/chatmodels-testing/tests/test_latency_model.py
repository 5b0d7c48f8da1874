"""The speed of a simulated model, with an injected clock."""

import asyncio
import math
from collections.abc import Iterator

import pytest
from client import ask

from chatmodels.testing import FAULTS, LatencyModel, Simulator

FIVE = "one two three four five"


class Waits:
    """Waits for nothing, and notes for how long it should."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def simulator(waits: Waits) -> Iterator[Simulator]:
    model = LatencyModel(first_token=2.0, tokens_per_second=10.0)
    with Simulator(reply=FIVE, latency=model, sleep=waits) as simulator:
        yield simulator


def test_a_whole_response_waits_for_all_its_tokens(simulator: Simulator, waits: Waits) -> None:
    assert ask(simulator).message["content"] == FIVE

    assert waits.seconds == [pytest.approx(2.5)]


def test_a_stream_begins_with_the_first_token_and_takes_as_long(
    simulator: Simulator, waits: Waits
) -> None:
    chunks = len(ask(simulator, stream=True).events) + 1

    assert waits.seconds[0] == 2.0
    assert len(waits.seconds) == chunks
    assert sum(waits.seconds) == pytest.approx(2.5)


def test_an_error_has_no_delay(simulator: Simulator, waits: Waits) -> None:
    simulator.queue(FAULTS["overloaded"])
    assert ask(simulator).status == 529
    assert ask(simulator, messages=[]).status == 400

    assert waits.seconds == []


def test_a_fault_keeps_the_pace_of_the_response(simulator: Simulator, waits: Waits) -> None:
    simulator.queue(FAULTS["single-bytes"])
    ask(simulator, stream=True)  # four words, of which each byte is a chunk

    assert sum(waits.seconds) == pytest.approx(2.4)


def test_jitter_is_seeded_and_keeps_the_mean() -> None:
    def times(seed: int) -> list[float]:
        waits = Waits()
        model = LatencyModel(first_token=1.0, tokens_per_second=5.0, jitter=0.3, seed=seed)
        with Simulator(reply=FIVE, latency=model, sleep=waits) as simulator:
            for _ in range(200):
                ask(simulator)
        return waits.seconds

    first = times(1)

    assert first == times(1)
    assert first != times(2)
    assert len(set(first)) == 200
    mean = sum(first) / 200
    deviation = math.sqrt(sum((each - mean) ** 2 for each in first) / 200)
    assert 1.9 < mean < 2.1
    assert 0.2 < deviation < 0.6


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"first_token": -1.0}, "first_token is finite and at least 0, not -1.0"),
        ({"tokens_per_second": 0.0}, "tokens_per_second is finite and positive, not 0.0"),
        ({"jitter": math.inf}, "jitter is finite"),
        ({"jitter": math.nan}, "jitter is finite"),
    ],
)
def test_an_impossible_speed_is_refused(fields: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        LatencyModel(**fields)
