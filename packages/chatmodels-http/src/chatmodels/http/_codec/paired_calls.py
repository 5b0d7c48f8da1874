"""Refuses tool calls without a result and results without a call, before a request is sent."""

from collections.abc import Iterator, Sequence

from chatmodels.core import InvalidRequestError, Message, ToolCall, ToolResult
from chatmodels.core.extending import numbered


def refuse_unpaired(messages: Sequence[Message], provider: str, /) -> None:
    """Check that each tool call has a result behind it, and each result a call before it.

    Raises:
        InvalidRequestError: One has not; the message lists them all, with the places of their
            messages in the conversation, counted from 0.
    """
    problems = list(_unpaired(messages))
    if problems:
        raise InvalidRequestError(
            f"{provider} accepts only calls that have results: {'; '.join(problems)}; append "
            "tool_result(...) for each call, with is_error=True if the tool was not run, or leave "
            "both out"
        )


def _unpaired(messages: Sequence[Message]) -> Iterator[str]:
    waiting: dict[str, list[int]] = {}  # the messages of the calls, by their ids
    for number, message in numbered(messages):
        said = message.role == "assistant"
        for part in message.parts:  # the encoder refuses what is in a message of a wrong role
            if said and isinstance(part, ToolCall):
                waiting.setdefault(part.id, []).append(number)
            elif not said and isinstance(part, ToolResult):
                if part.id not in waiting:
                    yield f"the result of {part.id!r} has no call before it (message {number})"
                elif waiting[part.id]:
                    waiting[part.id].pop()
    for call_id, numbers in waiting.items():
        for number in numbers:
            yield f"the call {call_id!r} has no result (message {number})"
