"""Reads messages of LangChain through their standard content blocks."""

from collections.abc import Iterable

from chatmodels.core._errors.classes import InvalidRequestError
from chatmodels.core._interop.fields import (
    Fields,
    audio_of,
    each,
    entries,
    file_at,
    file_of,
    image_at,
    image_of,
    json_text,
    unknown,
    wrong,
)
from chatmodels.core._values.messages import Message
from chatmodels.core._values.parts import (
    AudioPart,
    Citation,
    FilePart,
    ImagePart,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
)


def messages_from_langchain(messages: Iterable[object], /) -> tuple[Message, ...]:
    """Convert messages of LangChain, as in the state of a graph or in a chat history.

    The content is read from `content_blocks`, the form in which LangChain 1.0 and newer represents
    the messages of every vendor. Data that never reaches a model (`artifact`, ids and metadata of
    messages) or that only one vendor understands (`extras`, traces of tools that the vendor ran)
    is omitted.

    Args:
        messages: The conversation, as message objects; LangChain's `messages_from_dict` creates
            them from dictionaries.

    Raises:
        InvalidRequestError: Something cannot be converted; the message names its place.
    """
    return tuple(
        _message(value, place) for value, place in entries(messages, "messages_from_langchain")
    )


def _message(value: object, place: str) -> Message:
    kind = getattr(value, "type", None)
    blocks = getattr(value, "content_blocks", None)
    if kind is None or blocks is None:
        raise wrong(place, "a message of langchain-core 1.0 or newer", value)
    name = getattr(value, "name", None)
    parts = [
        part
        for block in each(blocks, f"{place}.content_blocks")
        if (part := _part(block)) is not None
    ]
    # content_blocks contains the valid calls only (langchain-core 1.8.3).
    invalid: object = getattr(value, "invalid_tool_calls", ())
    parts += [_call(call) for call in each(invalid, f"{place}.invalid_tool_calls")]
    match kind:
        case "system":
            return Message("system", tuple(parts), name)
        case "human" | "HumanMessageChunk":
            return Message("user", tuple(parts), name)
        case "ai" | "AIMessageChunk":
            return Message("assistant", tuple(parts), name)
        case "tool" | "ToolMessageChunk":
            call_id: object = getattr(value, "tool_call_id", None)
            failed: object = getattr(value, "status", None)
            return Message("tool", (_result(str(call_id), parts, name, failed == "error", place),))
        case _:
            raise unknown(place, "type", kind, "system, human, ai and tool")


def _result(
    call_id: str, parts: list[Part], name: str | None, is_error: bool, place: str
) -> ToolResult:
    content: list[TextPart | ImagePart | AudioPart | FilePart] = []
    for part in parts:
        if not isinstance(part, TextPart | ImagePart | AudioPart | FilePart):
            raise InvalidRequestError(
                f"{place} is a tool result with a part of type {part.type!r}; remove it"
            )
        content.append(part)
    return ToolResult(call_id, tuple(content), name, is_error)


def _part(fields: Fields) -> Part | None:
    kind = fields.required("type")
    match kind:
        case "text":
            notes = tuple(
                _citation(note)
                for note in fields.each("annotations")
                if note.text("type") == "citation"
            )
            text = fields.required("text")
            return TextPart(text, notes) if text or notes else None
        case "reasoning":
            text = fields.text("reasoning")
            return ReasoningPart(text) if text else None
        case "refusal":
            return RefusalPart(fields.required("refusal"))
        case "tool_call":
            arguments = json_text(fields.take("args") or {}, f"{fields.place}.args")
            return ToolCall(fields.text("id") or "", fields.required("name"), arguments)
        case "invalid_tool_call":
            return None  # also in a field of the message
        case "image" | "audio" | "video" | "file" | "text-plain":
            return _medium(kind, fields)
        case "non_standard" | "server_tool_call" | "server_tool_result" | "server_tool_call_chunk":
            return None
        case _:
            raise unknown(fields.place, "type", kind, "the standard content blocks of LangChain")


def _call(fields: Fields) -> ToolCall:
    """Return a call with arguments that are not JSON, usually because they were cut off."""
    name, arguments = fields.text("name") or "", fields.text("args") or ""
    return ToolCall(fields.text("id") or "", name, arguments)


def _medium(kind: str, fields: Fields) -> Part:
    place, media_type = fields.place, fields.text("mime_type")
    name = _name(fields)
    if "file_id" in fields:
        file_id = fields.required("file_id")
        match kind:
            case "image":
                return ImagePart(file_id=file_id, media_type=media_type)
            case "audio":
                return AudioPart(file_id=file_id, media_type=media_type)
            case _:
                return FilePart(file_id=file_id, media_type=media_type, name=name)
    if kind == "text-plain" and "text" in fields:
        data = fields.required("text").encode()
        return FilePart(data=data, media_type=media_type or "text/plain", name=name)
    if "url" in fields:
        url = fields.required("url")
        match kind:
            case "image":
                return image_at(place, url)
            case "audio":
                return AudioPart(url=url, media_type=media_type)
            case _:
                return file_at(place, url, name, media_type)
    data = fields.required("base64")
    match kind:
        case "image":
            return image_of(f"{place}.base64", data, media_type)
        case "audio":
            return audio_of(f"{place}.base64", data, media_type)
        case _:
            return file_of(f"{place}.base64", data, media_type, name)


def _name(fields: Fields) -> str | None:
    if title := fields.text("title"):
        return title
    return fields.inner("extras").text("filename") if "extras" in fields else None


def _citation(fields: Fields) -> Citation:
    start, end = fields.take("start_index"), fields.take("end_index")
    return Citation(
        url=fields.text("url"),
        title=fields.text("title"),
        quote=fields.text("cited_text"),
        start=start if isinstance(start, int) else None,
        end=end if isinstance(end, int) else None,
    )
