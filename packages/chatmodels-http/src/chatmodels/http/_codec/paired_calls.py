"""Checks that tool calls and results are in pairs, before a request is sent."""

from collections.abc import Iterator, Sequence

from chatmodels.core import InvalidRequestError, Message, ProviderPart, ToolCall, ToolResult
from chatmodels.core.extending import numbered


def check_pairs(messages: Sequence[Message], provider: str, /, *, at_once: bool) -> None:
    """Check that each tool call has one result after it, and each result a call before it.

    Args:
        messages: The conversation.
        provider: The provider's registered name, for messages.
        at_once: Whether results must follow their calls before any other content. Several results
            can be in several messages, and in one message with content of the user.

    Raises:
        InvalidRequestError: A call or a result is not in a pair. The error lists them all, with the
            positions of their messages in the conversation, counted from 0.
    """
    problems = list(_unpaired(messages, at_once))
    if problems:
        raise InvalidRequestError(
            f"{provider} accepts only calls that have one result each: {'; '.join(problems)}; "
            "append one tool_result(...) for each call, with is_error=True if the tool was not "
            "run, or omit both"
        )


def _unpaired(messages: Sequence[Message], at_once: bool) -> Iterator[str]:
    waiting: dict[str, list[int]] = {}  # the messages of the calls without a result, by their ids
    role = ""
    turn = -1  # calls before this message can have no more results
    for number, message in numbered(messages):
        is_assistant = message.role == "assistant"
        # Formats with turns merge adjacent messages of a role into one turn.
        if at_once and is_assistant and role != "assistant":
            turn = number
        if message.role != "system":
            role = message.role
        for part in message.parts:  # the encoder rejects parts in messages of a wrong role
            if is_assistant and isinstance(part, ToolCall):
                waiting.setdefault(part.id, []).append(number)
            elif not is_assistant and isinstance(part, ToolResult):
                if part.id not in waiting:
                    yield f"the result of {part.id!r} has no call before it (message {number})"
                elif not waiting[part.id]:
                    yield f"the call {part.id!r} has another result already (message {number})"
                elif waiting[part.id].pop() < turn:
                    yield f"the result of {part.id!r} is not next to its call (message {number})"
        if at_once and message.role == "user" and not all(map(_is_of_results, message.parts)):
            turn = number
    for call_id, numbers in waiting.items():
        for number in numbers:
            yield f"the call {call_id!r} has no result (message {number})"


def _is_of_results(part: object) -> bool:
    return isinstance(part, ToolResult | ProviderPart)  # the latter has options of the former
