"""The effects of a run: what its flow yields, for a driver to perform."""

from collections.abc import Callable
from typing import Any

import msgspec

from chatmodels.core._tools.context import ToolContext
from chatmodels.core._tools.tools import Tool
from chatmodels.core._values.messages import Message
from chatmodels.core._values.parts import ToolResult
from chatmodels.core._values.request import ToolChoice
from chatmodels.core._values.tool_events import ToolEnd, ToolStart


class CallModel(msgspec.Struct, frozen=True):
    """The effect of calling the model; its outcome is the response."""

    messages: tuple[Message, ...]
    tool_choice: ToolChoice | None


class Start(msgspec.Struct, frozen=True):
    """The effect of starting a tool; `key` identifies it in the outcome of a `Wait`."""

    key: int
    tool: Tool[..., Any]
    context: ToolContext[Any]


class Wait(msgspec.Struct, frozen=True):
    """The effect of waiting for any tool; its outcome is `Finished`, or None if time is over."""

    seconds: float | None


class Finished(msgspec.Struct, frozen=True):
    """A tool that has ended with a result or an exception."""

    key: int
    outcome: ToolResult | BaseException


class Invoke(msgspec.Struct, frozen=True):
    """The effect of calling a hook; its outcome is what the hook returns."""

    hook: Callable[..., Any]
    arguments: tuple[Any, ...]


class Emit(msgspec.Struct, frozen=True):
    """The effect of yielding an event of a stream."""

    event: ToolStart | ToolEnd


Effect = CallModel | Start | Wait | Invoke | Emit
