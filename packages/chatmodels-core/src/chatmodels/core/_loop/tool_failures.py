"""The messages to the model about calls that cannot be run or failed."""

from collections.abc import Mapping
from typing import Any

from chatmodels.core._errors.classes import ChatModelError, ToolArgumentsError
from chatmodels.core._errors.pickling import masked_text
from chatmodels.core._spelling import hint
from chatmodels.core._tools.tools import Tool
from chatmodels.core._values.parts import TextPart, ToolCall, ToolResult

_LONGEST = 2_000  # characters of an exception's text


def failed_result(call: ToolCall, text: str, /) -> ToolResult:
    """Return a result that reports a failure to the model."""
    return ToolResult(call.id, (TextPart(text),), call.name, is_error=True)


def unusable(
    call: ToolCall, tools: Mapping[str, Tool[..., Any]], /, *, is_cut_off: bool
) -> str | None:
    """Return why a call cannot be run, as a message that the model can act on.

    Args:
        call: The call as the model wrote it.
        tools: The tools by their names.
        is_cut_off: Whether the limit of output tokens ended the response.
    """
    if call.name not in tools:
        remedy = hint(call.name, tools) or "use one of them"
        known = ", ".join(tools) or "none"
        return f"there is no tool named {call.name!r} (available: {known}); {remedy}"
    try:
        call.arguments  # noqa: B018 - it raises
    except ToolArgumentsError as error:
        if is_cut_off:
            return (
                f"the limit on output tokens cut off the arguments of {call.name!r}, and the "
                "tool was not run; call it again with shorter arguments, or with a part of them "
                "per call"
            )
        return (
            f"{error.message}; the tool was not run; call it again with one complete JSON object "
            "as its arguments"
        )
    return None


def failure(call: ToolCall, error: Exception, /) -> str:
    """Return the text that reports a tool's exception to the model, without credentials."""
    text = error.message if isinstance(error, ChatModelError) else str(error)
    text = masked_text(text)[:_LONGEST]
    kind = type(error).__name__
    return (
        f"the tool {call.name!r} failed with {kind}: {text}"
        if text
        else (f"the tool {call.name!r} failed with {kind}")
    )
