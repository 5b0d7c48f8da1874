"""The options of a run with tools."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Generic, Literal

from chatmodels.core._calls.options import CallOptions, attributes_of, dedented, list_options
from chatmodels.core._public import published_in
from chatmodels.core._tools.context import ToolContext
from chatmodels.core._values.parts import ToolCall, ToolResult
from chatmodels.core._values.tool_events import ToolEnd

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    C = TypeVar("C", default=None)
else:
    from typing import TypeVar

    C = TypeVar("C")

Function = TypeVar("Function", bound=Callable[..., Any])

Decision = ToolCall | ToolResult | str | None
"""The return value of `before_tool`."""

Change = ToolResult | None
"""The return value of `after_tool`."""


class _LoopOptions(CallOptions, total=False):
    max_rounds: int
    """Limit of the calls of the model; 10 by default."""

    max_tool_calls: int | None
    """Limit of the tool calls of all rounds; None, the default, for no limit."""

    max_total_tokens: int | None
    """The number of tokens after which no round begins; None, the default, for no limit. Tokens
    that the provider does not report do not count.
    """

    max_seconds: float | None
    """Time limit of the whole run in seconds; None, the default, for no limit."""

    max_concurrency: int
    """Limit of tools that run at the same time; 8 by default. With 1, the tools of a sync run
    run in the thread of the caller, and `max_seconds` does not interrupt them.
    """

    on_tool_error: Literal["return", "raise"]
    """"return", the default, returns the exception of a tool to the model as an error; "raise"
    raises `ToolFailedError`.
    """

    on_limit: Literal["raise", "return"]
    """"raise", the default, raises `ToolLimitError` if a limit is reached; "return" returns a
    `ToolRun` whose `limit` names it.
    """

    name: str | None
    """The name of the agent in telemetry."""

    clock: Callable[[], float]
    """The clock of `max_seconds`, in seconds; `time.monotonic` by default."""


@published_in("chatmodels.core.extending")
class ToolLoopOptions(_LoopOptions, Generic[C], total=False):
    """Options of a run: those of each call of the model, and these.

    Attributes:
        context: The value of the `ToolContext` parameters of tools. The model does not see it.
        before_tool: The function to call before each tool. It returns None to approve the call,
            a text to deny it with that reason, a `ToolCall` with other arguments, or the
            `ToolResult` to use instead. Hooks are called one after the other, in the thread or
            the task of the caller.
        after_tool: The function to call when a call has its result. It returns None to keep the
            result, or another `ToolResult`.
        max_rounds: Limit of the calls of the model; 10 by default.
        max_tool_calls: Limit of the tool calls of all rounds; None, the default, for no limit.
        max_total_tokens: The number of tokens after which no round begins; None, the default, for
            no limit. Tokens that the provider does not report do not count.
        max_seconds: Time limit of the whole run in seconds; None, the default, for no limit.
        max_concurrency: Limit of tools that run at the same time; 8 by default. With 1, the tools
            of a sync run run in the thread of the caller, and `max_seconds` does not interrupt
            them.
        on_tool_error: "return", the default, returns the exception of a tool to the model as an
            error; "raise" raises `ToolFailedError`.
        on_limit: "raise", the default, raises `ToolLimitError` if a limit is reached; "return"
            returns a `ToolRun` whose `limit` names it.
        name: The name of the agent in telemetry.
        clock: The clock of `max_seconds`, in seconds; `time.monotonic` by default.
    """

    context: C
    """The value of the `ToolContext` parameters of tools. The model does not see it."""

    before_tool: Callable[[ToolContext[C]], Decision] | None
    """The function to call before each tool. It returns None to approve the call, a text to deny
    it with that reason, a `ToolCall` with other arguments, or the `ToolResult` to use instead.
    Hooks are called one after the other, in the thread or the task of the caller.
    """

    after_tool: Callable[[ToolContext[C], ToolEnd], Change] | None
    """The function to call when a call has its result. It returns None to keep the result, or
    another `ToolResult`.
    """


@published_in("chatmodels.core.extending")
class AsyncToolLoopOptions(_LoopOptions, Generic[C], total=False):
    """Options of an async run: those of `ToolLoopOptions`, with hooks that can be async."""

    context: C
    """The value of the `ToolContext` parameters of tools. The model does not see it."""

    before_tool: Callable[[ToolContext[C]], Decision | Awaitable[Decision]] | None
    """The function to call before each tool. It returns None to approve the call, a text to deny
    it with that reason, a `ToolCall` with other arguments, or the `ToolResult` to use instead.
    Hooks are called one after the other, in the thread or the task of the caller.
    """

    after_tool: Callable[[ToolContext[C], ToolEnd], Change | Awaitable[Change]] | None
    """The function to call when a call has its result. It returns None to keep the result, or
    another `ToolResult`.
    """


def list_run_options(function: Function, /) -> Function:
    """List the options of a run and of its calls in the docstring of a function."""
    if function.__doc__ is not None:  # pragma: no branch - None with -OO
        options = f"Options of the run:\n{attributes_of(ToolLoopOptions)}"
        function.__doc__ = f"{dedented(function.__doc__)}\n\n{options}"
    return list_options(function)
