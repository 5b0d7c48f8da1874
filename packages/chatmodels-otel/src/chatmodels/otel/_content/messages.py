"""Encodes messages and tools by the conventions' JSON schemas."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import assert_never

import msgspec

from chatmodels.core import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    Part,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
)
from chatmodels.core.extending import Json, ToolDefinition


def input_messages(messages: Iterable[Message], max_chars: int, /) -> list[Json]:
    """Encode messages as `gen_ai.input.messages`.

    Each result of a tool is a message of its own: Phoenix and MLflow display only the last result
    of a message, and none of its texts beside it.

    Args:
        messages: The conversation.
        max_chars: The largest length of media data; longer data is left out before encoding.
    """
    return [
        _message(each, max_chars)
        for message in messages
        for each in ([message] if len(message.parts) < 2 else _split_results(message))
    ]


def output_messages(message: Message, finish_reason: str, max_chars: int, /) -> list[Json]:
    """Encode the message of a response as `gen_ai.output.messages`, which has one for each choice.

    Args:
        message: The message.
        finish_reason: The finish reason of the conventions. They deprecate it here, in favour of an
            attribute, but backends display no message without it.
        max_chars: The largest length of media data; longer data is left out before encoding.
    """
    return [_message(message, max_chars) | {"finish_reason": finish_reason}]


def tool_definitions(tools: Iterable[ToolDefinition], /, *, full: bool) -> list[Json]:
    """Encode tools as `gen_ai.tool.definitions`, by name or with all fields."""
    if not full:
        return [{"type": "function", "name": tool.name} for tool in tools]
    return [
        {
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": msgspec.to_builtins(tool.parameters),  # a copy, since hooks can change it
        }
        for tool in tools
    ]


def arguments(call: ToolCall, /) -> Json:
    """Return the arguments of a tool call as an object, or as text if they are not JSON."""
    try:
        return msgspec.json.decode(call.arguments_json or "{}")
    except (msgspec.DecodeError, RecursionError):
        return call.arguments_json


def result_object(result: ToolResult, max_chars: int, /) -> Json:
    """Encode the result of a tool as an object, as `gen_ai.tool.call.result` requires."""
    value = result_value(result, max_chars)
    if isinstance(value, dict):
        return value  # pyright: ignore[reportUnknownVariableType] # plain JSON
    return {"result": value}


def result_value(result: ToolResult, max_chars: int, /) -> Json:
    """Encode the result of a tool: its JSON, its text, or its parts if it contains media."""
    if all(isinstance(part, TextPart) for part in result.content):
        return _decode(result.text)
    return [_part(part, max_chars) for part in result.content]


def _decode(text: str) -> Json:
    # Text such as `5` or `true` can be a number or a flag, or just text, and stays text.
    if text.lstrip()[:1] in ("{", "["):
        try:
            return msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            pass
    return text


def _split_results(message: Message) -> Iterator[Message]:
    for is_result, parts in groupby(message.parts, lambda part: isinstance(part, ToolResult)):
        for some in ((part,) for part in parts) if is_result else (tuple(parts),):
            yield Message(message.role, some, name=message.name)


def _message(message: Message, max_chars: int) -> dict[str, Json]:
    written: dict[str, Json] = {
        "role": message.role,
        "parts": [_part(part, max_chars) for part in message.parts],
    }
    if message.name is not None:
        written["name"] = message.name
    return written


def _part(part: Part, max_chars: int) -> Json:
    match part:
        case TextPart():
            return {"type": "text", "content": part.text}
        case ReasoningPart():
            return {"type": "reasoning", "content": part.text}
        case RefusalPart():
            return _generic("refusal", content=part.text)
        case ToolCall():
            return {
                "type": "tool_call",
                "id": part.id,
                "name": part.name,
                "arguments": arguments(part),
            }
        case ToolResult():
            return {
                "type": "tool_call_response",
                "id": part.id,
                "response": result_value(part, max_chars),
            }
        case ImagePart():
            return _media(part, "image", max_chars)
        case AudioPart():
            return _media(part, "audio", max_chars)
        case FilePart():
            is_video = (part.media_type or "").startswith("video/")
            return _media(part, "video" if is_video else "document", max_chars)
        case ProviderPart():
            # Its content is private to the vendor, and can be encrypted.
            return _generic("provider", provider=part.signature.format)
        case _:
            assert_never(part)


def _media(part: ImagePart | AudioPart | FilePart, modality: str, max_chars: int) -> Json:
    written: dict[str, Json] = {"modality": modality}
    if part.media_type is not None:
        written["mime_type"] = part.media_type
    if part.file_id is not None:
        return {"type": "file", "file_id": part.file_id, **written}
    if part.url is not None:
        return {"type": "uri", "uri": part.url, **written}
    data = part.data or b""
    if len(data) * 4 > max_chars * 3:  # a part of an image cannot be displayed
        return _generic("omitted", bytes=len(data), **written)
    return {"type": "blob", "content": _base64(data), **written}


def _generic(kind: str, **fields: Json) -> dict[str, Json]:
    """Encode a part that the conventions do not define."""
    return {"type": "generic", "generic_type": kind, **fields}


def _base64(data: bytes) -> str:
    from binascii import b2a_base64  # few programs record media

    return b2a_base64(data, newline=False).decode()
