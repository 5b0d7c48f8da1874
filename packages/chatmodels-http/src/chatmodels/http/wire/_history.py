"""Bringing a conversation that another vendor began into a shape that a vendor takes.

Text, tool calls and results are the same everywhere; reasoning and what only one vendor has stay
with their vendor (`state_of`). What is left are the media that models and tools gave: some vendors
take them back only from users, some not at all.
"""

from collections.abc import Callable, Sequence
from operator import is_

from msgspec.structs import replace

from chatmodels.core import AudioPart, FilePart, ImagePart, Message, Part, TextPart, ToolResult
from chatmodels.http.wire._media import text_of

Medium = ImagePart | AudioPart | FilePart

_MEDIA = (ImagePart, AudioPart, FilePart)
_PLAIN = frozenset({"text", "tool_call", "reasoning", "refusal", "provider"})

Takes = Callable[[Medium], bool]
"""Tells whether a vendor takes a medium at some place."""


def _nothing(_: Medium) -> bool:
    return False


def carried(
    messages: Sequence[Message],
    *,
    user: Takes,
    assistant: Takes = _nothing,
    results: Takes = _nothing,
) -> Sequence[Message]:
    """Move what models and tools gave to where the vendor takes it.

    Sound that a model spoke becomes its transcript. Other media go into the next message of the
    user, after a line that tells where they are from. Of what that does not take either, the media
    of models are left out. Those of tools and of users stay, for the vendor's encoder to refuse.

    Args:
        messages: The conversation.
        user: What messages of the user may hold.
        assistant: What messages of the model may hold.
        results: What tool results may hold.
    """
    moved: list[Message] = []
    waiting: list[Part] = []
    for message in messages:
        if not waiting and _is_plain(message):
            moved.append(message)
            continue
        parts: list[Part] = []
        if waiting and message.role != "tool":  # results follow their calls at once
            if message.role == "user":
                parts += waiting
            else:
                moved.append(Message("user", tuple(waiting)))
            waiting = []
        for part in message.parts:
            if isinstance(part, ToolResult):
                parts.append(_result(part, user, results, waiting))
            elif message.role != "assistant" or not isinstance(part, _MEDIA) or assistant(part):
                parts.append(part)
            elif isinstance(part, AudioPart) and part.transcript:
                parts.append(TextPart(part.transcript))
            elif user(part):
                waiting += (TextPart("From the assistant:"), part)
        if len(parts) == len(message.parts) and all(map(is_, parts, message.parts)):
            moved.append(message)
        elif parts:
            moved.append(replace(message, parts=tuple(parts)))
    return [*moved, Message("user", tuple(waiting))] if waiting else moved


def _is_plain(message: Message) -> bool:
    """Return whether a message has no media and no results of tools, as most have none."""
    for part in message.parts:  # noqa: SIM110 - a generator costs three times as much
        if part.type not in _PLAIN:
            return False
    return True


def _result(result: ToolResult, user: Takes, results: Takes, waiting: list[Part]) -> ToolResult:
    for part in result.content:
        if part.type != "text":
            break
    else:
        return result
    if any(isinstance(part, FilePart) for part in result.content):
        content = tuple(_as_text(part, user, results) for part in result.content)
        result = replace(result, content=content)
    shown = [
        part
        for part in result.content
        if not isinstance(part, TextPart) and not results(part) and user(part)
    ]
    if not shown:
        return result
    waiting += (TextPart(f"From the result of the tool {result.name or result.id}:"), *shown)
    kept = tuple(part for part in result.content if part not in shown)
    return replace(result, content=kept or (TextPart("The result is in the next message."),))


def _as_text(part: Medium | TextPart, user: Takes, results: Takes) -> Medium | TextPart:
    """Return the text of a file that is text, if the vendor has no place for the file."""
    if not isinstance(part, FilePart) or part.data is None or results(part) or user(part):
        return part
    if not (part.media_type or "").startswith("text/"):
        return part
    text = text_of(part)
    return part if text is None else TextPart(text)
