"""Reads messages of Anthropic's Messages API."""

from collections.abc import Iterable

from chatmodels.core._errors.classes import InvalidRequestError
from chatmodels.core._interop.fields import (
    Fields,
    each,
    entries,
    file_at,
    file_of,
    image_at,
    image_of,
    json_text,
    unknown,
)
from chatmodels.core._interop.state import parted, scoped
from chatmodels.core._values.messages import Message
from chatmodels.core._values.parts import (
    Citation,
    FilePart,
    ImagePart,
    Json,
    Part,
    ProviderPart,
    ProviderState,
    ReasoningPart,
    TextPart,
    ToolCall,
    ToolResult,
)

FORMAT = "anthropic"  # of opaque state


def messages_from_anthropic(
    messages: Iterable[object],
    /,
    *,
    system: object = None,
    scope: str | None = "api.anthropic.com",
) -> tuple[Message, ...]:
    """Convert messages of Anthropic's Messages API.

    Objects of Anthropic's SDK are accepted as well as dictionaries, so that a response can be
    appended unchanged. Thinking with its signature, the blocks of tools that Anthropic runs and
    fields such as `cache_control` are preserved. They are sent only to servers that understand
    Anthropic's format, those of the model's turns only to the host that returned them.

    Args:
        messages: The conversation.
        system: The system prompt , a parameter of the API: a str or its blocks.
        scope: The host, without a scheme, that returned the turns of the model: their opaque state
            is sent to it alone. None sends the state to every server that understands the format.

    Raises:
        InvalidRequestError: Something cannot be converted; the message names its place.
    """
    converted: list[Message] = []
    if system is not None:
        converted.append(Message("system", tuple(_parts(system, "system", "system"))))
    for value, place in entries(messages, "messages_from_anthropic"):
        fields = Fields(value, place)
        role = fields.text("role")
        if role not in {"user", "assistant", "system"}:
            raise unknown(place, "role", role, "user, assistant and system")
        content = fields.take("content")
        for name in _OF_RESPONSES:
            fields.take(name)
        fields.end()
        converted += _turn(role, _parts(content, f"{place}.content", role), scope)
    return tuple(converted)


# The fields of a whole response besides its turn.
_OF_RESPONSES = (
    "id",
    "type",
    "model",
    "stop_reason",
    "stop_sequence",
    "stop_details",
    "usage",
    "container",
    "context_management",
)


def _turn(role: str, parts: list[Part], scope: str | None) -> list[Message]:
    """Return a turn as messages; tool results in a turn of the user become one of their own."""
    if role == "assistant":
        return [Message("assistant", scoped(parts, scope))]
    if role == "system":
        return [Message("system", tuple(parts))]
    results, others = parted(parts, FORMAT)
    messages = [Message("tool", tuple(results))] if results else []
    return [*messages, Message("user", tuple(others))] if others or not results else messages


def _parts(content: object, place: str, role: str) -> list[Part]:
    if isinstance(content, str):
        return [TextPart(content)]
    parts: list[Part] = []
    for block in each(content, place, "a str or a list of blocks"):
        parts.append(_part(block, role))
        if extra := block.rest():
            parts.append(ProviderPart(ProviderState(FORMAT, extra)))
    return parts


def _part(fields: Fields, role: str) -> Part:
    """Return a block as a part; the fields that only Anthropic understands are not read."""
    type_ = fields.required("type")
    match type_:
        case "text":
            text = fields.required("text")
            raw_citations: Json = fields.take("citations") or []
            citations = tuple(
                _citation(citation, text)
                for citation in each(raw_citations, f"{fields.place}.citations")
            )
            signature = (
                ProviderState(FORMAT, {"citations": raw_citations}) if raw_citations else None
            )
            return TextPart(text, citations, signature)
        case "image":
            with fields.inner("source") as source:
                return _image(source)
        case "document":
            name = fields.text("title")
            with fields.inner("source") as source:
                return _document(source, name)
        case "tool_use" if role == "assistant":
            call_id, name = fields.required("id"), fields.required("name")
            arguments = json_text(fields.take("input") or {}, f"{fields.place}.input")
            state = {field: fields.take(field) for field in _OF_CALLS if field in fields}
            signature = ProviderState(FORMAT, state) if _has_state(state) else None
            return ToolCall(call_id, name, arguments, signature)
        case "tool_result" if role == "user":
            return _result(fields)
        case "thinking" if role == "assistant":
            text, signature_ = fields.text("thinking") or "", fields.text("signature") or ""
            state = {"type": type_, "signature": signature_}
            return ReasoningPart(text, ProviderState(FORMAT, state))
        case "redacted_thinking":
            return ReasoningPart("", ProviderState(FORMAT, {"type": type_, **fields.whole()}))
        case "tool_use" | "tool_result" | "thinking":
            raise InvalidRequestError(
                f"{fields.place} has type {type_!r}, which a message of role {role!r} cannot have"
            )
        case _:  # of a tool that Anthropic runs
            return ProviderPart(ProviderState(FORMAT, {"type": type_, **fields.whole()}))


_OF_CALLS = ("caller", "toolset_name")


def _has_state(state: dict[str, Json]) -> bool:
    return bool(state) and state != {"caller": {"type": "direct"}}


def _image(fields: Fields) -> ImagePart:
    kind = fields.required("type")
    match kind:
        case "base64":
            media_type = fields.text("media_type")
            return image_of(fields.place, fields.required("data"), media_type)
        case "url":
            return image_at(fields.place, fields.required("url"))
        case "file":
            return ImagePart(file_id=fields.required("file_id"))
        case _:
            raise unknown(fields.place, "type", kind, "base64, url and file")


def _document(fields: Fields, name: str | None) -> FilePart:
    kind = fields.required("type")
    match kind:
        case "base64":
            media_type = fields.text("media_type")
            return file_of(fields.place, fields.required("data"), media_type, name)
        case "text":
            data = fields.required("data").encode()
            fields.take("media_type")  # which is always that of plain text
            return FilePart(data=data, media_type="text/plain", name=name)
        case "url":
            return file_at(fields.place, fields.required("url"), name)
        case "file":
            return FilePart(file_id=fields.required("file_id"), name=name)
        case _:
            raise unknown(fields.place, "type", kind, "base64, text, url and file")


def _result(fields: Fields) -> ToolResult:
    call_id = fields.required("tool_use_id")
    failed = fields.take("is_error") is True
    content, place = fields.take("content"), f"{fields.place}.content"
    if isinstance(content, str):
        return ToolResult(call_id, (TextPart(content),), is_error=failed)
    parts: list[TextPart | ImagePart | FilePart] = []
    for block in each(() if content is None else content, place, "a str or a list of blocks"):
        part = _part(block, "tool")
        if not isinstance(part, TextPart | ImagePart | FilePart):
            raise InvalidRequestError(
                f"{place} has a block of another kind than text, image and document; remove it"
            )
        block.end()  # the options of a part need a part of their own, which results cannot have
        parts.append(part)
    return ToolResult(call_id, tuple(parts), is_error=failed)


def _citation(fields: Fields, text: str) -> Citation:
    number = fields.take("document_index")
    source = fields.text("file_id") or fields.text("source")
    return Citation(
        url=fields.text("url"),
        title=fields.text("title") or fields.text("document_title"),
        quote=fields.text("cited_text"),
        start=0,
        end=len(text),
        source=source or (None if number is None else str(number)),
    )
