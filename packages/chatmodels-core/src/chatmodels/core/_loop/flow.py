"""The flow of a run, written once for sync and async, streamed or not.

It is a generator that yields effects and receives their outcomes, like a policy.
"""

from collections.abc import Generator
from typing import Any

from msgspec.structs import replace

from chatmodels.core._errors.classes import (
    ChatModelError,
    ConfigurationError,
    ToolFailedError,
    ToolLimitError,
)
from chatmodels.core._log import error_facts, logger
from chatmodels.core._loop.effects import CallModel, Effect, Emit, Finished, Invoke, Start, Wait
from chatmodels.core._loop.plan import Plan
from chatmodels.core._loop.state import RunState
from chatmodels.core._loop.tool_failures import failed_result, failure, unusable
from chatmodels.core._tools.context import ToolContext
from chatmodels.core._tools.tools import Tool
from chatmodels.core._values.parts import Part, ProviderPart, ToolCall, ToolResult
from chatmodels.core._values.request import ToolChoice
from chatmodels.core._values.response import ChatResponse
from chatmodels.core._values.tool_events import ToolEnd, ToolStart

Flow = Generator[Effect, Any, None]

_FORCING = frozenset({"required", "tool"})
_ABORTED = frozenset({"content_filter", "error", "refusal"})
"""The finish reasons of responses whose tool calls are not run."""


def flow_of(state: RunState) -> Flow:
    """Run the rounds, and raise the errors of the run with its state so far.

    Raises:
        ToolLimitError: A limit was reached, and `on_limit` is "raise".
        ChatModelError: A call of the model or a tool failed.
    """
    state.begin()
    cause: ChatModelError | None = None
    try:
        yield from _rounds(state)
    except ChatModelError as error:
        state.partial = error.partial
        if not state.is_over(error):
            error.run = state.run()
            raise
        state.limit, cause = "max_seconds", error
    if state.limit is not None and state.plan.on_limit == "raise":
        raise _limit_error(state) from cause


def _rounds(state: RunState) -> Flow:
    plan = state.plan
    choice = plan.tool_choice
    while True:
        response: ChatResponse[Any] = yield CallModel(tuple(state.messages), choice)
        state.add_response(response)
        if response.finish_reason in _ABORTED:
            return
        is_paused = response.finish_reason == "paused"
        calls = [call for call in response.tool_calls if call.name]
        external = plan.external & {call.name for call in calls}
        own = [call for call in calls if call.name not in external]
        if own or is_paused:
            state.limit = state.reached_limit(len(own))
            if state.limit is not None:
                return
        if own:
            yield from _Round(state, response).run(own)
            if state.limit is not None:
                return
        state.pending = tuple(call for call in calls if call.name in external)
        if state.pending or any(map(_awaits_caller, response.message.parts)):
            return
        if not own and not is_paused:
            return
        choice = _relaxed(choice)


def _awaits_caller(part: Part) -> bool:
    return isinstance(part, ProviderPart) and part.awaits_caller


def _relaxed(choice: ToolChoice | None) -> ToolChoice | None:
    """Return the choice of the next round: a model that must call tools never ends the run."""
    return None if choice is not None and choice.mode in _FORCING else choice


class _Round:
    """The tools of one round."""

    def __init__(self, state: RunState, response: ChatResponse[Any]) -> None:
        self._state = state
        self._plan: Plan = state.plan
        self._is_cut_off = response.finish_reason == "length"
        self._messages = tuple(state.messages)
        self._running: dict[int, ToolCall] = {}

    def run(self, calls: list[ToolCall]) -> Flow:
        """Run the tools, each after the approval of the hook and within the concurrency limit."""
        state = self._state
        state.calls += len(calls)
        for position, call in enumerate(calls):
            if len(self._running) >= self._plan.max_concurrency:
                yield from self._collect()
            if state.is_late():
                break
            yield from self._start(position, call)
        while self._running:
            if not (yield from self._collect()):
                return
        if not state.is_late():
            state.end_round()

    def _start(self, position: int, call: ToolCall) -> Flow:
        plan = self._plan
        problem = unusable(call, plan.tools, is_cut_off=self._is_cut_off)
        if problem is not None:
            yield from self._end(position, ToolEnd(call, failed_result(call, problem)))
            return
        if plan.before_tool is not None and _fits(plan.tools[call.name], call):
            decision = yield Invoke(plan.before_tool, (self._context(call),))
            decided = _decided(call, decision)
            if isinstance(decided, ToolResult):
                yield from self._end(position, ToolEnd(call, decided))
                return
            call = decided
            if call.name not in plan.tools:
                raise ConfigurationError(
                    f"before_tool returned a call of {call.name!r}, which is not one of the tools; "
                    f"return a call of one of them: {', '.join(plan.tools)}",
                    op="run_tools",
                )
        self._running[position] = call
        yield Emit(ToolStart(call))
        yield Start(position, plan.tools[call.name], self._context(call))

    def _collect(self) -> Generator[Effect, Any, bool]:
        """Wait for a tool; return whether one has ended before the time was over."""
        finished: Finished | None = yield Wait(self._state.remaining())
        if finished is None:
            self._state.limit = "max_seconds"
            return False
        call, outcome = self._running.pop(finished.key), finished.outcome
        if isinstance(outcome, ToolResult):
            end = ToolEnd(call, outcome)
        elif isinstance(outcome, Exception):
            end = self._failed(call, outcome)
        else:
            raise outcome
        yield from self._end(finished.key, end)
        return True

    def _failed(self, call: ToolCall, error: Exception) -> ToolEnd:
        facts = error_facts(error) | {"tool": call.name, "tool_call_id": call.id}
        logger("chatmodels.tools").warning(
            "tool %r failed: %s", call.name, type(error).__qualname__, extra=facts
        )
        text = failure(call, error)
        if self._plan.on_tool_error == "raise":
            raise ToolFailedError(
                f"{text}; see the cause", op="run_tools", details={"tool": call.name}
            ) from error
        return ToolEnd(call, failed_result(call, text), error)

    def _end(self, position: int, end: ToolEnd) -> Flow:
        if self._plan.after_tool is not None:
            changed = yield Invoke(self._plan.after_tool, (self._context(end.call), end))
            end = _changed(end, changed)
        self._state.round_ends[position] = end
        yield Emit(end)

    def _context(self, call: ToolCall) -> ToolContext[Any]:
        return ToolContext(self._plan.context, call, self._messages)


def _fits(tool: Tool[..., Any], call: ToolCall) -> bool:
    """Report whether the call is valid; the tool itself reports invalid arguments."""
    try:
        tool.validate(call)
    except ChatModelError:
        return False
    return True


def _decided(call: ToolCall, decision: object) -> ToolCall | ToolResult:
    match decision:
        case None:
            return call
        case ToolCall():
            return replace(decision, id=call.id)
        case str():
            return failed_result(call, f"the call was denied, and the tool was not run: {decision}")
        case ToolResult():
            return replace(decision, id=call.id, name=call.name)
        case _:
            raise ConfigurationError(
                f"before_tool returned an object of type {type(decision).__name__}; return None "
                "to approve the call, a str to deny it, a ToolCall to change it, or a ToolResult",
                op="run_tools",
            )


def _changed(end: ToolEnd, changed: object) -> ToolEnd:
    match changed:
        case None:
            return end
        case ToolResult():
            return replace(end, result=replace(changed, id=end.call.id, name=end.call.name))
        case _:
            raise ConfigurationError(
                f"after_tool returned an object of type {type(changed).__name__}; return None to "
                "keep the result, or a ToolResult",
                op="run_tools",
            )


def _limit_error(state: RunState) -> ToolLimitError:
    name = state.limit or ""
    error = ToolLimitError(
        f"the run reached {name}={getattr(state.plan, name)!r} before the final response; raise "
        "the limit, or continue from the error's `run.messages`",
        op="run_tools",
        details={"limit": name},
    )
    error.run = state.run()
    return error
