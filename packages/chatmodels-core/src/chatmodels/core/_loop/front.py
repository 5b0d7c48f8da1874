"""The functions that run a model with tools: sync and async, streamed or not."""

from typing import TYPE_CHECKING, Any, Unpack, overload

from chatmodels.core._calls.protocols import ChatModel
from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._loop.options import AsyncToolLoopOptions, ToolLoopOptions, list_run_options
from chatmodels.core._loop.run import ToolRun
from chatmodels.core._loop.stream import AsyncToolStream, ToolStream
from chatmodels.core._values.messages import Prompt
from chatmodels.core._values.request import OutputSchema

if TYPE_CHECKING:
    from typing_extensions import TypeForm, TypeVar

    from chatmodels.core._loop.drivers import Running

    C = TypeVar("C", default=None)
    T = TypeVar("T", default=None)
else:
    from typing import TypeVar

    C = TypeVar("C")
    T = TypeVar("T")


@overload
def run_tools(
    model: ChatModel,
    prompt: Prompt,
    /,
    *,
    output_type: type[T] | None = None,
    **options: Unpack[ToolLoopOptions[C]],
) -> ToolRun[T]: ...
@overload
def run_tools(
    model: ChatModel,
    prompt: Prompt,
    /,
    *,
    output_type: "TypeForm[T]",
    **options: Unpack[ToolLoopOptions[C]],
) -> ToolRun[T]: ...
@overload
def run_tools(
    model: ChatModel,
    prompt: Prompt,
    /,
    *,
    output_type: OutputSchema,
    **options: Unpack[ToolLoopOptions[C]],
) -> ToolRun[Any]: ...
@list_run_options
def run_tools(
    model: ChatModel,
    prompt: Prompt,
    /,
    *,
    output_type: Any = None,
    **options: Unpack[ToolLoopOptions[C]],
) -> ToolRun[Any]:
    """Call a model and the tools that it requests, until it returns its final response.

    The tools of one round run at the same time, in worker threads. Their results are sent in the
    order of the calls. A call that cannot be run, because of its name or its arguments, is
    returned to the model with the reason. The prompt is repaired first; see
    `repair_conversation`.

    The run ends earlier if the model calls a tool that is a `ToolDefinition`, which has no
    function; see `ToolRun.pending`.

    Args:
        model: The model.
        prompt: A text, a message, or a conversation.
        output_type: The type of the final response, as `run.parsed`.
        options: The options and settings below. A `tool_choice` that forces a call applies to the
            first round.

    Raises:
        ToolLimitError: A limit was reached before the final response.
        ToolFailedError: A tool raised an exception, and `on_tool_error` is "raise".
        ChatModelError: A call of the model failed. The `run` of each of these errors contains
            the completed rounds.
        ConfigurationError: The model is not a `ChatModel`.
    """
    running = _running(model, prompt, output_type, options, is_async=False)
    next(running.drive(streamed=False), None)  # the whole run, since nothing is yielded
    return running.run()


@overload
async def arun_tools(
    model: ChatModel,
    prompt: Prompt,
    /,
    *,
    output_type: type[T] | None = None,
    **options: Unpack[AsyncToolLoopOptions[C]],
) -> ToolRun[T]: ...
@overload
async def arun_tools(
    model: ChatModel,
    prompt: Prompt,
    /,
    *,
    output_type: "TypeForm[T]",
    **options: Unpack[AsyncToolLoopOptions[C]],
) -> ToolRun[T]: ...
@overload
async def arun_tools(
    model: ChatModel,
    prompt: Prompt,
    /,
    *,
    output_type: OutputSchema,
    **options: Unpack[AsyncToolLoopOptions[C]],
) -> ToolRun[Any]: ...
@list_run_options
async def arun_tools(
    model: ChatModel,
    prompt: Prompt,
    /,
    *,
    output_type: Any = None,
    **options: Unpack[AsyncToolLoopOptions[C]],
) -> ToolRun[Any]:
    """Call a model and the tools that it requests; the async version of `run_tools`.

    Async tools run in tasks, other tools in worker threads. A cancellation of the run cancels the
    tasks and waits for their end, and does not wait for the threads. Hooks can be async.
    """
    running = _running(model, prompt, output_type, options, is_async=True)
    await anext(running.adrive(streamed=False), None)  # the whole run: nothing is yielded
    return running.run()


@overload
def stream_tools(
    model: ChatModel,
    prompt: Prompt,
    /,
    *,
    output_type: type[T] | None = None,
    **options: Unpack[ToolLoopOptions[C]],
) -> ToolStream[T]: ...
@overload
def stream_tools(
    model: ChatModel,
    prompt: Prompt,
    /,
    *,
    output_type: "TypeForm[T]",
    **options: Unpack[ToolLoopOptions[C]],
) -> ToolStream[T]: ...
@overload
def stream_tools(
    model: ChatModel,
    prompt: Prompt,
    /,
    *,
    output_type: OutputSchema,
    **options: Unpack[ToolLoopOptions[C]],
) -> ToolStream[Any]: ...
@list_run_options
def stream_tools(
    model: ChatModel,
    prompt: Prompt,
    /,
    *,
    output_type: Any = None,
    **options: Unpack[ToolLoopOptions[C]],
) -> ToolStream[Any]:
    """Stream a model and the tools that it requests; the arguments are those of `run_tools`.

    The stream yields the events of all rounds, and a `ToolStart` and `ToolEnd` for each tool.
    """
    return ToolStream(_running(model, prompt, output_type, options, is_async=False))


@overload
def astream_tools(
    model: ChatModel,
    prompt: Prompt,
    /,
    *,
    output_type: type[T] | None = None,
    **options: Unpack[AsyncToolLoopOptions[C]],
) -> AsyncToolStream[T]: ...
@overload
def astream_tools(
    model: ChatModel,
    prompt: Prompt,
    /,
    *,
    output_type: "TypeForm[T]",
    **options: Unpack[AsyncToolLoopOptions[C]],
) -> AsyncToolStream[T]: ...
@overload
def astream_tools(
    model: ChatModel,
    prompt: Prompt,
    /,
    *,
    output_type: OutputSchema,
    **options: Unpack[AsyncToolLoopOptions[C]],
) -> AsyncToolStream[Any]: ...
@list_run_options
def astream_tools(
    model: ChatModel,
    prompt: Prompt,
    /,
    *,
    output_type: Any = None,
    **options: Unpack[AsyncToolLoopOptions[C]],
) -> AsyncToolStream[Any]:
    """Stream a model and the tools that it requests; the async version, see `arun_tools`."""
    return AsyncToolStream(_running(model, prompt, output_type, options, is_async=True))


def _running(
    model: ChatModel,
    prompt: Prompt,
    output_type: Any,
    options: ToolLoopOptions[Any] | AsyncToolLoopOptions[Any],
    *,
    is_async: bool,
) -> "Running":
    # Imported here, since programs without tools do not need them.
    from chatmodels.core._loop.drivers import Running
    from chatmodels.core._loop.plan import plan_of

    if not hasattr(model, "generate"):
        raise ConfigurationError(
            f"{type(model).__name__} is not a model; create one with create_chat_model(...)"
        )
    return Running(model, prompt, plan_of(options, output_type, is_async=is_async))
