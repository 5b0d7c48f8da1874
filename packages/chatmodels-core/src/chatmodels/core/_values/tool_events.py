"""Events of tools that run between the responses of a model."""

from typing import Any, ClassVar, Literal

from chatmodels.core._errors.classes import ChatModelError
from chatmodels.core._public import published_in
from chatmodels.core._values.events import StreamEvent
from chatmodels.core._values.parts import FrozenValue, ToolCall, ToolResult


@published_in("chatmodels.core")
class ToolStart(FrozenValue, frozen=True, tag_field="type", tag="tool_start"):
    """A tool begins to run.

    Attributes:
        call: The call, with the arguments that the tool gets.
    """

    type: ClassVar[Literal["tool_start"]] = "tool_start"

    call: ToolCall


@published_in("chatmodels.core")
class ToolEnd(FrozenValue, frozen=True, tag_field="type", tag="tool_end"):
    """A tool call has its result, whether the tool ran or not.

    Attributes:
        call: The call.
        result: The result that the model gets.
        error: The exception of the tool, if it raised one. It is not written as JSON.
    """

    type: ClassVar[Literal["tool_end"]] = "tool_end"

    call: ToolCall
    result: ToolResult
    error: Exception | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle an exception of another library by its type and its masked text."""
        error = self.error
        if error is not None:
            from chatmodels.core._errors.pickling import described, restored

            error = restored(described(error, ChatModelError))  # pyright: ignore[reportArgumentType] - of an Exception
        return ToolEnd, (self.call, self.result, error)


ToolStreamEvent = StreamEvent | ToolStart | ToolEnd
"""Any event of a stream of a run with tools; `event.type` is its type."""
