"""A sliding window agrees with a list of all uses, in bounded memory."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from chatmodels.resilience._window import Use, Window

PERIOD = 1024.0  # the window adds up what is within one second


class Model:
    """All uses of a window with their times, added up without any shortcut."""

    def __init__(self) -> None:
        self.uses: list[tuple[float, Use]] = []

    def used(self, end: float) -> int:
        return sum(use.amount for time, use in self.uses if end - PERIOD < time <= end)


class Windows(RuleBasedStateMachine):
    @initialize(limit=st.integers(1, 30))
    def start(self, limit: int) -> None:
        self.now = 0.0
        self.window = Window(limit, PERIOD)
        self.model = Model()
        self.planned: list[tuple[float, Use]] = []
        self.corrected = 0.0  # until then, corrections can exceed the limit

    @rule(seconds=st.integers(0, 5600).map(lambda number: number / 8))  # exact sums
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.planned = [each for each in self.planned if each[0] > self.now]

    @rule(amount=st.integers(0, 40))
    def add(self, amount: int) -> None:
        limit, last = self.window.limit, max([self.now, *(time for time, _ in self.model.uses)])
        start = self.window.earliest(self.now, amount)

        assert start >= last
        if start >= self.corrected:
            assert self.model.used(start) + min(amount, limit) <= limit
        # The use is not later than has to be, but for the bucket that it waits for.
        if start > last:
            earlier = start - 1.0
            uses = [use.amount for time, use in self.model.uses if earlier - PERIOD < time]
            assert sum(uses) + min(amount, limit) > limit
        use = self.window.add(start, amount, self.now)
        self.model.uses.append((start, use))
        if start > self.now:
            self.planned.append((start, use))
        if amount > limit:
            self.corrected = start + PERIOD

    @precondition(lambda self: self.model.uses)
    @rule(data=st.data(), amount=st.integers(0, 40))
    def change(self, data: Any, amount: int) -> None:
        _, use = data.draw(st.sampled_from(self.model.uses))
        if amount > use.amount:
            self.corrected = max(self.corrected, self.model.uses[-1][0] + PERIOD)
        self.window.change(use, amount)

    @precondition(lambda self: self.planned)
    @rule(data=st.data())
    def remove(self, data: Any) -> None:
        planned = data.draw(st.sampled_from(self.planned))
        self.planned.remove(planned)
        self.model.uses.remove(planned)
        self.window.remove(planned[1])


Windows.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestWindows = Windows.TestCase


def test_ten_thousand_uses_take_bounded_memory() -> None:
    window = Window(10**9, 60.0)
    for number in range(100_000):
        window.add(number / 1000, 1, number / 1000)

    assert len(window) <= 1026
    assert window.earliest(100.0, 10**9 - 61_000) == 100.0
    assert window.earliest(100.0, 10**9 - 10) == pytest.approx(160.0, abs=0.2)


def test_the_removal_of_the_only_use_leaves_an_empty_window() -> None:
    window = Window(1, 10.0)
    window.remove(window.add(5.0, 1, 0.0))

    assert window.earliest(1.0, 1) == 1.0
    assert len(window) == 0
