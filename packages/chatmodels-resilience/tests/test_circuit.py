"""The state machine of circuit breakers behaves as a simple model of time."""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from chatmodels.core import ChatRequest, NetworkError, Timeout
from chatmodels.core.extending import CallInfo
from chatmodels.resilience._circuit import Circuit, Verdict, verdict_of

VERDICTS = st.sampled_from(["success", "failure", "neither"])


class CircuitModel(RuleBasedStateMachine):
    """Compares a circuit with lists of what happened, with calls that overlap."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.circuit = Circuit(3, 10.0, lambda: self.now)
        self.under_way: list[bool] = []
        self.in_a_row = 0
        self.closed_until: float | None = None

    @rule(seconds=st.floats(0, 15))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def a_call_begins(self) -> None:
        is_open = self.closed_until is not None
        refused = is_open and (self.now < self.closed_until or True in self.under_way)

        admitted = self.circuit.admit()

        assert admitted is (None if refused else is_open)
        if admitted is not None:
            self.under_way.append(admitted)

    @rule(verdict=VERDICTS, seconds=st.none() | st.floats(0.1, 20), data=st.data())
    def a_call_ends(self, verdict: Verdict, seconds: float | None, data: Any) -> None:
        if not self.under_way:
            return
        is_probe = self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))
        was_open = self.closed_until is not None
        expected = None
        if is_probe or not was_open:
            if verdict == "success":
                expected = "closed" if was_open else None
                self.in_a_row, self.closed_until = 0, None
            elif verdict == "failure":
                self.in_a_row += 1
                if is_probe or seconds is not None or self.in_a_row >= 3:
                    expected = "opened"
                    self.closed_until = self.now + (10.0 if seconds is None else seconds)

        change = self.circuit.settle(verdict, is_probe=is_probe, open_for=seconds)

        assert change == expected

    @invariant()
    def its_state_is_that_of_the_model(self) -> None:
        until = self.closed_until
        waiting = until is not None and self.now < until
        assert self.circuit.is_open == (waiting or True in self.under_way)
        assert self.circuit.wait == (until - self.now if waiting and until is not None else 0)
        assert self.under_way.count(True) <= 1


TestCircuit = CircuitModel.TestCase


@pytest.mark.parametrize(
    ("outcome", "error", "verdict"),
    [
        ("pending", None, "success"),
        ("pending", NetworkError("lost"), "failure"),
        ("pending", ValueError("a defect"), "neither"),
        ("cancelled", KeyboardInterrupt(), "neither"),
        ("closed", None, "neither"),
        ("abandoned", None, "neither"),
    ],
)
def test_the_end_of_a_call_has_a_meaning(outcome: Any, error: Any, verdict: str) -> None:
    request = ChatRequest(messages=())
    call = CallInfo("stream", request, provider="a", model="m", timeout=Timeout())
    call.outcome = outcome

    assert verdict_of(call, error, {NetworkError.default_code}) == verdict
