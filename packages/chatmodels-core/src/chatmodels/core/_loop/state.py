"""The state of a run: its messages, responses and tool calls so far, and its limits."""

import math
import time
from typing import Any

from msgspec.structs import replace

from chatmodels.core._calls.call import CallInfo
from chatmodels.core._calls.effects import Flow, Send
from chatmodels.core._errors.classes import CallTimeoutError, ChatModelError
from chatmodels.core._loop.plan import Plan
from chatmodels.core._loop.repair import readable, repair_conversation
from chatmodels.core._loop.run import ToolRun
from chatmodels.core._values.messages import Message, Prompt
from chatmodels.core._values.parts import ToolCall
from chatmodels.core._values.request import ChatRequest
from chatmodels.core._values.response import ChatResponse
from chatmodels.core._values.tool_events import ToolEnd
from chatmodels.core._values.usage import Usage

_SHORTEST = 1e-6


class RunState:
    """The state of a run.

    Attributes:
        plan: The plan of the run.
        messages: The conversation so far.
        responses: The responses so far.
        calls: The number of tool calls so far.
        round_ends: The tool calls of the current round that have ended, by their positions.
        pending: The calls that wait for the caller.
        limit: The limit that was reached.
        partial: The part of a response that arrived before its round failed.
    """

    def __init__(self, plan: Plan, prompt: Prompt) -> None:
        self.plan = plan
        self.messages = list(self._repaired(prompt))
        self.responses: list[ChatResponse[Any]] = []
        self.calls = 0
        self.round_ends: dict[int, ToolEnd] = {}
        self.pending: tuple[ToolCall, ...] = ()
        self.limit: str | None = None
        self.partial: ChatResponse[Any] | None = None
        self._ends: list[ToolEnd] = []
        self._started = math.nan
        self._has_less_time = False

    def begin(self) -> None:
        """Start the clock."""
        self._started = self.plan.clock()

    def add_response(self, response: ChatResponse[Any]) -> None:
        """Record the response of a round, without arguments that cannot be read."""
        self.responses.append(response)
        if response.message.parts:
            self.messages.append(readable(response.message))

    def end_round(self) -> None:
        """Record the results of a round, in the order of its calls."""
        for _, end in sorted(self.round_ends.items()):
            self._ends.append(end)
            self.messages.append(Message("tool", (end.result,)))
        self.round_ends = {}

    def reached_limit(self, calls: int) -> str | None:
        """Return the limit that forbids further tool calls and a further round, if there is one."""
        plan = self.plan
        if len(self.responses) >= plan.max_rounds:
            return "max_rounds"
        if plan.max_tool_calls is not None and self.calls + calls > plan.max_tool_calls:
            return "max_tool_calls"
        used = sum((response.usage for response in self.responses), Usage()).total_tokens or 0
        if plan.max_total_tokens is not None and used >= plan.max_total_tokens:
            return "max_total_tokens"
        return "max_seconds" if self.remaining() == 0 else None

    def remaining(self) -> float | None:
        """Return the remaining seconds of `max_seconds`, at least 0; None for no limit."""
        if self.plan.max_seconds is None:
            return None
        return max(0.0, self._started + self.plan.max_seconds - self.plan.clock())

    def is_late(self) -> bool:
        """Report whether the time limit of the run is exceeded, and record it as the limit."""
        if self.limit is None and self.remaining() == 0:
            self.limit = "max_seconds"
        return self.limit is not None

    def limit_time(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        """Limit the time of a call of the model to that of the run; the outermost policy."""
        remaining = self.remaining() or 0.0
        total = max(_SHORTEST, time.monotonic() - call.started + remaining)
        self._has_less_time = call.timeout.total is None or total < call.timeout.total
        if self._has_less_time:
            call.timeout = replace(call.timeout, total=total)
            request = replace(request, timeout=call.timeout)  # for other models
        return (yield Send(request))

    def is_over(self, error: ChatModelError) -> bool:
        """Report whether a call of the model ended because of the time limit of the run."""
        is_total = isinstance(error, CallTimeoutError) and error.details.get("limit") == "total"
        return is_total and self._has_less_time

    def run(self, partial: ChatResponse[Any] | None = None) -> ToolRun[Any]:
        """Return the run so far.

        Args:
            partial: The part of a response that has arrived, if a round is not complete.
        """
        partial = partial or self.partial
        messages = list(self.messages)
        responses = list(self.responses)
        ends = [end for _, end in sorted(self.round_ends.items())]
        messages += [Message("tool", (end.result,)) for end in ends]
        if partial is not None and partial.message.parts:
            responses.append(partial)
            messages.append(partial.message)
        return ToolRun(
            messages=tuple(messages) if self.pending else self._repaired(messages),
            responses=tuple(responses),
            tool_ends=(*self._ends, *ends),
            pending=self.pending,
            limit=self.limit,
        )

    def _repaired(self, prompt: Prompt) -> tuple[Message, ...]:
        keeps = bool(self.plan.call_options.get("provider_options"))  # the provider has the calls
        return repair_conversation(prompt, keep_unknown_results=keeps)
