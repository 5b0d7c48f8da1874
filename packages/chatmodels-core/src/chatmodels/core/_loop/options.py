"""The options of a run with tools."""

from collections.abc import Callable
from typing import Literal

from chatmodels.core._calls.options import CallOptions


class ToolLoopOptions(CallOptions, total=False):
    """Options of a run besides its prompt: those of each call of the model, and these.

    Attributes:
        max_rounds: The largest number of calls of the model; 10 by default.
        max_tool_calls: The largest number of tool calls; None, the default, for any number.
        max_total_tokens: The tokens after which no further round begins; None for any number.
            Tokens that the provider does not report do not count.
        max_seconds: The time limit of the whole run in seconds; None for no limit.
        max_concurrency: The largest number of tools that run at the same time; 8 by default. With
            1, the tools of a sync run run in the thread of the caller, and `max_seconds` does not
            interrupt them.
        on_tool_error: "return", the default, returns the exception of a tool to the model as an
            error; "raise" raises `ToolFailedError`.
        on_limit: "raise", the default, raises `ToolLimitError` if a limit is reached; "return"
            returns a `ToolRun` whose `limit` names it.
        name: The name of the agent in telemetry.
        clock: The clock of `max_seconds`, in seconds; `time.monotonic` by default.
    """

    max_rounds: int
    max_tool_calls: int | None
    max_total_tokens: int | None
    max_seconds: float | None
    max_concurrency: int
    on_tool_error: Literal["return", "raise"]
    on_limit: Literal["raise", "return"]
    name: str | None
    clock: Callable[[], float]
