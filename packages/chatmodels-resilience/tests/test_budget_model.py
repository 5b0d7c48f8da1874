"""A budget agrees with a simple model of calls that overlap."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    NetworkError,
    QuotaExceededError,
    Timeout,
    Usage,
    assistant,
    user,
)
from chatmodels.core.extending import CallInfo
from chatmodels.resilience import Budget

REQUEST = ChatRequest(messages=(user("Hi"),))


class BudgetMachine(RuleBasedStateMachine):
    @initialize(tokens=st.integers(1, 50))
    def start(self, tokens: int) -> None:
        self.budget = Budget(tokens=tokens)
        self.running: list[tuple[CallInfo, Any]] = []
        self.used = 0

    @rule()
    def begin(self) -> None:
        call = CallInfo("generate", REQUEST, provider="a", model="m", timeout=Timeout())
        flow = self.budget(call, REQUEST)
        if self.used >= (self.budget.tokens or 0):
            with pytest.raises(QuotaExceededError):
                next(flow)
        else:
            next(flow)
            self.running.append((call, flow))

    @precondition(lambda self: self.running)
    @rule(data=st.data(), tokens=st.none() | st.integers(0, 20), fails=st.booleans())
    def end(self, data: Any, tokens: int | None, fails: bool) -> None:
        call, flow = running = data.draw(st.sampled_from(self.running))
        self.running.remove(running)
        response = ChatResponse(message=assistant("ok"), usage=Usage(total_tokens=tokens))
        if fails:  # with a part of the response
            error = NetworkError("reset")
            with pytest.raises(NetworkError):
                flow.throw(error)
            call.end(response, error)
        else:
            with pytest.raises(StopIteration):
                flow.send(response)
            call.end(response)
        call.end(response)  # an end is counted once
        self.used += tokens or 0

    @invariant()
    def every_token_is_counted_once(self) -> None:
        if hasattr(self, "budget"):
            assert self.budget.used == self.used


BudgetMachine.TestCase.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
TestBudget = BudgetMachine.TestCase
