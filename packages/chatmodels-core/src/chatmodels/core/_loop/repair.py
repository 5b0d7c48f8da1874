"""Repairs conversations that ended in the middle of tool calls."""

from collections.abc import Sequence

from msgspec.structs import replace

from chatmodels.core._errors.classes import ToolArgumentsError
from chatmodels.core._values.messages import Message, Prompt, as_messages
from chatmodels.core._values.parts import Part, ProviderPart, TextPart, ToolCall, ToolResult

INTERRUPTED = "The call was interrupted and has no result."


def repair_conversation(
    prompt: Prompt, /, *, result: str = INTERRUPTED, keep_unknown_results: bool = False
) -> tuple[Message, ...]:
    """Return a conversation that every provider accepts, after interrupted tool calls.

    A call without a result gets one that reports this, with `is_error`. A late result moves to its
    call. Second results of a call, results without a call and calls without a name are removed.
    Arguments that are not a JSON object, usually because they were cut off, become `{}`. The rest
    does not change; a conversation without such defects is returned equal.

    Args:
        prompt: The conversation.
        result: The text of the results that are added.
        keep_unknown_results: Whether to keep results without a call. Pass True if the provider
            has the calls, as with OpenAI's `previous_response_id`.

    Raises:
        InvalidRequestError: The prompt is empty, or contains something other than messages.
    """
    original = as_messages(prompt)
    messages = [readable(message) for message in original]
    pairs = _CallResults(messages, keep_unknown_results)
    repaired: list[Message] = []
    due: list[ToolResult] = []  # to be placed after the current turn of the model
    role = ""
    for number, message in enumerate(messages):
        starts_turn = message.role == "assistant" and role != "assistant"
        if starts_turn or (message.role == "user" and not _is_of_results(message)):
            repaired += [Message("tool", (each,)) for each in due]
            due = []
        remaining = tuple(
            part for index, part in enumerate(message.parts) if (number, index) not in pairs.removed
        )
        if len(remaining) < len(message.parts):
            message = replace(message, parts=remaining)  # noqa: PLW2901 - its remaining parts
        if remaining or not original[number].parts:
            repaired.append(message)
        if message.role == "assistant":
            due += pairs.due(number, result)
        if message.role != "system":
            role = message.role
    repaired += [Message("tool", (each,)) for each in due]
    return tuple(repaired)


class _CallResults:
    """The calls of a conversation and their results.

    Attributes:
        removed: The places of results that are moved or removed.
    """

    def __init__(self, messages: Sequence[Message], keep_unknown: bool) -> None:
        self.removed: set[tuple[int, int]] = set()
        self._calls: dict[int, tuple[ToolCall, ...]] = {}
        self._results: dict[tuple[int, int], ToolResult | None] = {}  # None: it is in its place
        waiting: dict[str, list[tuple[int, int]]] = {}
        role = ""
        turn = -1  # the message before which calls are over
        for number, message in enumerate(messages):
            if message.role == "assistant":
                if role != "assistant":
                    turn = number
                self._calls[number] = message.tool_calls
                for index, call in enumerate(message.tool_calls):
                    waiting.setdefault(call.id, []).append((number, index))
            else:
                for index, part in enumerate(message.parts):
                    if not isinstance(part, ToolResult) or (
                        keep_unknown and part.id not in waiting
                    ):
                        continue
                    place = waiting[part.id].pop() if waiting.get(part.id) else None
                    if place is None:
                        self.removed.add((number, index))
                    elif place[0] < turn:
                        self.removed.add((number, index))
                        self._results[place] = part
                    else:
                        self._results[place] = None
            if message.role == "user" and not _is_of_results(message):
                turn = number
            if message.role != "system":
                role = message.role

    def due(self, number: int, text: str, /) -> list[ToolResult]:
        """Return the results to be added for the calls of a message."""
        added: list[ToolResult] = []
        for index, call in enumerate(self._calls[number]):
            result = self._results.get((number, index), _error_result(call, text))
            if result is not None:
                added.append(result)
        return added


def _error_result(call: ToolCall, text: str) -> ToolResult:
    return ToolResult(call.id, (TextPart(text),), call.name, is_error=True)


def readable(message: Message, /) -> Message:
    """Return a message of the model without calls and arguments that no provider accepts back."""
    if message.role != "assistant" or all(map(_is_readable, message.tool_calls)):
        return message
    parts: list[Part] = []
    for part in message.parts:
        if not isinstance(part, ToolCall) or _is_readable(part):
            parts.append(part)
        elif part.name:
            parts.append(replace(part, arguments_json="{}"))
    return replace(message, parts=tuple(parts))


def _is_readable(call: ToolCall) -> bool:
    try:
        call.arguments  # noqa: B018 - it raises
    except ToolArgumentsError:
        return False
    return bool(call.name)


def _is_of_results(message: Message) -> bool:
    return all(isinstance(part, ToolResult | ProviderPart) for part in message.parts)
