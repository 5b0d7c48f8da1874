"""Writes messages of Anthropic's Messages API."""

from typing import Any, NamedTuple, TypeAlias, assert_never

from chatmodels.core._errors.classes import InvalidRequestError
from chatmodels.core._interop.anthropic_reading import FORMAT
from chatmodels.core._interop.state import base64_of, no_place, state_of
from chatmodels.core._values.media_text import is_text_type, text_of
from chatmodels.core._values.messages import Message, Prompt, as_messages
from chatmodels.core._values.parts import (
    AudioPart,
    FilePart,
    ImagePart,
    Json,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
)

Object: TypeAlias = dict[str, Json]


class AnthropicMessages(NamedTuple):
    """A conversation in the format of Anthropic's Messages API.

    Attributes:
        system: The system prompt, a parameter of the API; None if there is none.
        messages: The turns of the user and of the assistant.
    """

    system: str | list[dict[str, Any]] | None
    messages: list[dict[str, Any]]


def messages_to_anthropic(messages: Prompt, /) -> AnthropicMessages:
    """Convert a conversation to a system prompt and messages of Anthropic's Messages API.

    Tool results become part of a turn of the user. Content that the format cannot express is
    omitted: reasoning, state and citations of other vendors, names, and turns without other
    content.

    Args:
        messages: The conversation, in any form that `generate` accepts.

    Raises:
        InvalidRequestError: The format has no place for a part, or a text file is not in its
            charset; the message names its place.
    """
    system: list[Object] = []
    turns: list[Object] = []
    for index, message in enumerate(as_messages(messages)):
        blocks = _blocks(message, f"messages[{index}]")
        role = "user" if message.role == "tool" else message.role
        if role == "system" and not turns:
            system += blocks
        elif turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": role, "content": blocks})
    for turn in turns:
        turn["content"] = _plain(turn["content"])
    return AnthropicMessages(_plain(system) or None, turns)


def _blocks(message: Message, place: str) -> list[Object]:
    blocks: list[Object] = []
    for part in message.parts:
        if not isinstance(part, ProviderPart):
            blocks += _block(part, place)
        elif (state := state_of(part.signature, FORMAT)) and "type" in state:
            blocks.append(state)
        elif state and blocks:
            blocks[-1] = {**blocks[-1], **state}
    return blocks


def _block(
    part: TextPart
    | ImagePart
    | AudioPart
    | FilePart
    | ToolCall
    | ToolResult
    | ReasoningPart
    | RefusalPart,
    place: str,
) -> list[Object]:
    match part:
        case TextPart():
            return [{"type": "text", "text": part.text, **state_of(part.signature, FORMAT)}]
        case RefusalPart():
            return [{"type": "text", "text": part.text}]
        case ReasoningPart():
            state = state_of(part.signature, FORMAT)
            if state.get("type") == "thinking":
                return [{"thinking": part.text, **state}]
            return [state] if state else []
        case ToolCall():
            call = {"type": "tool_use", "id": part.id, "name": part.name, "input": part.arguments}
            return [{**call, **state_of(part.signature, FORMAT)}]
        case ToolResult():
            content = [block for item in part.content for block in _block(item, place)]
            result: Object = {"type": "tool_result", "tool_use_id": part.id}
            result |= {"content": _plain(content)} if content else {}
            return [result | ({"is_error": True} if part.is_error else {})]
        case ImagePart():
            return [{"type": "image", "source": _source(part, place)}]
        case FilePart():
            title = {} if part.name is None else {"title": part.name}
            return [{"type": "document", "source": _source(part, place), **title}]
        case AudioPart():
            raise no_place(part, place, "Anthropic's format")
        case _:
            assert_never(part)


def _source(part: ImagePart | FilePart, place: str) -> Object:
    if part.file_id is not None:
        return {"type": "file", "file_id": part.file_id}
    if part.data is None:
        return {"type": "url", "url": part.url}
    if is_text_type(part.media_type):  # the API has no other type of text
        if (text := text_of(part)) is None:
            raise InvalidRequestError(
                f"{place} has a file of type {part.media_type!r} that is not text in its charset; "
                "name the charset, as in 'text/plain; charset=latin-1'"
            )
        return {"type": "text", "media_type": "text/plain", "data": text}
    return {"type": "base64", "media_type": part.media_type, "data": base64_of(part.data)}


def _plain(blocks: list[Object]) -> Json:
    """Return a single text as a str, and other content as blocks."""
    if len(blocks) == 1 and blocks[0].keys() == {"type", "text"}:
        return blocks[0]["text"]
    return blocks
