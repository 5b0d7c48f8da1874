"""The functions that run a model with tools: sync and async, whole and streamed."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Unpack

from chatmodels.core._calls.protocols import ChatModel
from chatmodels.core._loop.options import ToolLoopOptions
from chatmodels.core._loop.run import ToolRun
from chatmodels.core._loop.stream import AsyncToolStream, ToolStream
from chatmodels.core._tools.context import ToolContext
from chatmodels.core._values.messages import Prompt
from chatmodels.core._values.parts import ToolCall, ToolResult
from chatmodels.core._values.tool_events import ToolEnd

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from chatmodels.core._loop.drivers import Running

    C = TypeVar("C", default=None)
    T = TypeVar("T", default=None)
else:
    from typing import TypeVar

    C = TypeVar("C")
    T = TypeVar("T")

Decision = ToolCall | ToolResult | str | None
"""What a hook before a tool returns: None approves the call, a `str` denies it with a reason, a
`ToolCall` has other arguments, a `ToolResult` takes the place of the tool's."""

Change = ToolResult | None
"""What a hook after a tool returns: None keeps the result, a `ToolResult` takes its place."""


def run_tools(
    model: ChatModel,
    prompt: Prompt,
    /,
    *,
    output_type: type[T] | None = None,
    context: C = None,
    before_tool: Callable[[ToolContext[C]], Decision] | None = None,
    after_tool: Callable[[ToolContext[C], ToolEnd], Change] | None = None,
    **options: Unpack[ToolLoopOptions],
) -> ToolRun[T]:
    """Call a model and the tools that it requests, until it returns its final response.

    The tools of one round run at the same time, in worker threads. Their results are sent in the
    order of the calls. A call that cannot be run, for an unknown name or invalid arguments, is
    returned to the model with the reason. The prompt is repaired first; see
    `repair_conversation`.

    The run ends before that if the model calls a tool that is a `ToolDefinition`, which has no
    function: see `ToolRun.pending`.

    Args:
        model: The model.
        prompt: A text, a message, or a conversation.
        output_type: The type of the final response, as `run.parsed`.
        context: The value of the `ToolContext` parameters of tools. The model does not see it.
        before_tool: A function that is called before each tool. It returns None to approve the
            call, a text to deny it with that reason, a `ToolCall` to change it, or the
            `ToolResult` to use instead. Hooks are called one after the other, in the thread of
            the caller.
        after_tool: A function that is called when a call has its result. It returns None to keep
            the result, or another `ToolResult`.
        options: See `ToolLoopOptions`, `CallOptions` and `Settings`. A `tool_choice` that forces a
            call holds for the first round.

    Raises:
        ToolLimitError: A limit was reached before the final response.
        ToolFailedError: A tool raised an exception, and `on_tool_error` is "raise".
        ChatModelError: A call of the model failed. The `run` of each of these errors contains
            what the run had done.
    """
    running = _running(model, prompt, False, options, output_type, context, before_tool, after_tool)
    for _ in running.drive(streamed=False):
        pass
    return running.run()


async def arun_tools(
    model: ChatModel,
    prompt: Prompt,
    /,
    *,
    output_type: type[T] | None = None,
    context: C = None,
    before_tool: Callable[[ToolContext[C]], Decision | Awaitable[Decision]] | None = None,
    after_tool: Callable[[ToolContext[C], ToolEnd], Change | Awaitable[Change]] | None = None,
    **options: Unpack[ToolLoopOptions],
) -> ToolRun[T]:
    """Call a model and the tools that it requests, awaited; the twin of `run_tools`.

    Async tools run in tasks, other tools in worker threads. A cancellation of the run cancels the
    tasks, and does not wait for the threads. Hooks may be async.
    """
    running = _running(model, prompt, True, options, output_type, context, before_tool, after_tool)
    async for _ in running.adrive(streamed=False):
        pass
    return running.run()


def stream_tools(
    model: ChatModel,
    prompt: Prompt,
    /,
    *,
    output_type: type[T] | None = None,
    context: C = None,
    before_tool: Callable[[ToolContext[C]], Decision] | None = None,
    after_tool: Callable[[ToolContext[C], ToolEnd], Change] | None = None,
    **options: Unpack[ToolLoopOptions],
) -> ToolStream[T]:
    """Stream a model and the tools that it requests; the arguments are those of `run_tools`.

    The stream yields the events of all rounds, and a `ToolStart` and `ToolEnd` for each tool.
    """
    return ToolStream(
        _running(model, prompt, False, options, output_type, context, before_tool, after_tool)
    )


def astream_tools(
    model: ChatModel,
    prompt: Prompt,
    /,
    *,
    output_type: type[T] | None = None,
    context: C = None,
    before_tool: Callable[[ToolContext[C]], Decision | Awaitable[Decision]] | None = None,
    after_tool: Callable[[ToolContext[C], ToolEnd], Change | Awaitable[Change]] | None = None,
    **options: Unpack[ToolLoopOptions],
) -> AsyncToolStream[T]:
    """Stream a model and the tools that it requests, awaited; see `arun_tools`."""
    return AsyncToolStream(
        _running(model, prompt, True, options, output_type, context, before_tool, after_tool)
    )


def _running(
    model: ChatModel,
    prompt: Prompt,
    is_async: bool,
    options: ToolLoopOptions,
    output_type: Any,
    context: Any,
    before_tool: Callable[..., Any] | None,
    after_tool: Callable[..., Any] | None,
) -> "Running":
    # Imported here, since a program without tools should not pay for them.
    from chatmodels.core._loop.drivers import Running
    from chatmodels.core._loop.plan import plan_of

    plan = plan_of(
        options,
        is_async=is_async,
        output_type=output_type,
        context=context,
        before_tool=before_tool,
        after_tool=after_tool,
    )
    return Running(model, prompt, plan)
