"""Reads messages of OpenAI's APIs: chat completions, and items of Responses."""

from collections.abc import Iterable

from chatmodels.core._interop.fields import (
    Fields,
    audio_of,
    each,
    entries,
    file_at,
    image_at,
    is_list,
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
    Json,
    Part,
    ProviderPart,
    ProviderState,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
)

CHAT, RESPONSES = "openai", "openai.responses"  # the formats of opaque state


def messages_from_openai(messages: Iterable[object], /) -> tuple[Message, ...]:
    """Convert messages of chat completions, or the items of a Responses `input`.

    Both forms may be mixed, and objects of OpenAI's SDK are accepted beside dictionaries, so that
    `response.choices[0].message` and `response.output` can be appended as they are. Items that
    belong to one turn of the model become one message. State that only OpenAI understands, such
    as encrypted reasoning, is kept and sent back to OpenAI. The bytes of audio that a model
    returned are not: its id stands for them.

    Args:
        messages: The conversation.

    Raises:
        InvalidRequestError: Something cannot be converted; the message names its place.
    """
    converted: list[Message] = []
    for value, place in entries(messages, "messages_from_openai"):
        fields = Fields(value, place)
        kind = fields.text("type")
        if kind in {None, "message"}:
            _append(converted, _message(fields, is_item=kind is not None))
        else:
            _append(converted, _item(kind or "", fields))
    return tuple(converted)


def _append(converted: list[Message], message: tuple[Message, bool]) -> None:
    """Append a message, or join items of one turn."""
    new, is_item = message
    if is_item and converted and converted[-1].role == new.role in {"assistant", "tool"}:
        converted[-1] = Message(new.role, (*converted[-1].parts, *new.parts))
    else:
        converted.append(new)


def _message(fields: Fields, *, is_item: bool) -> tuple[Message, bool]:
    role = fields.text("role")
    name = fields.text("name")
    parts: list[Part] = []
    match role:
        case "system" | "developer":
            parts += _content(fields)
            fields.end()
            return Message("system", tuple(parts), name), False
        case "user":
            parts += _content(fields)
            fields.end()
            return Message("user", tuple(parts), name), False
        case "assistant":
            parts += _assistant(fields, is_item=is_item)
            return Message("assistant", tuple(parts), name), is_item
        case "tool":
            return Message("tool", (_result(fields, "tool_call_id", "content", name),)), False
        case _:
            known = "system, developer, user, assistant and tool"
            raise unknown(fields.place, "role", role, known)


def _assistant(fields: Fields, *, is_item: bool) -> list[Part]:
    parts: list[Part] = []
    reasoning = fields.text("reasoning_content") or fields.text("reasoning")
    if reasoning:
        parts.append(ReasoningPart(reasoning))
    notes = [_citation(note) for note in fields.each("annotations")]
    state = {name: fields.take(name) for name in ("id", "phase") if name in fields}
    fields.take("status")
    signature = ProviderState(RESPONSES, state) if is_item and state else None
    for part in _content(fields):
        if isinstance(part, TextPart) and (notes or signature):
            parts.append(TextPart(part.text, (*part.citations, *notes), signature))
            notes = []
        else:
            parts.append(part)
    if refusal := fields.text("refusal"):
        parts.append(RefusalPart(refusal))
    if "audio" in fields:
        parts.append(_spoken(fields.inner("audio")))
    parts += [_call(call) for call in fields.each("tool_calls")]
    kept = fields.rest()
    if kept:  # fields of a server that speaks this format
        parts.append(ProviderPart(ProviderState(CHAT, kept)))
    return parts


def _content(fields: Fields) -> list[Part]:
    place = f"{fields.place}.content"
    content = fields.take("content")
    if content is None:
        return []
    if isinstance(content, str):
        return [TextPart(content)]
    if not is_list(content):
        raise wrong(place, "a str or a list", content)
    parts: list[Part] = []
    for item in each(content, place):
        parts.append(_part(item))
        if kept := item.rest():  # such as cache_control, which some servers accept here
            parts.append(ProviderPart(ProviderState(CHAT, kept)))
    return parts


def _part(fields: Fields) -> TextPart | RefusalPart | ImagePart | AudioPart | FilePart:
    kind = fields.text("type")
    place = fields.place
    match kind:
        case "text" | "input_text" | "output_text":
            notes = tuple(_citation(note) for note in fields.each("annotations"))
            fields.take("logprobs")
            return TextPart(fields.required("text"), notes)
        case "refusal":
            return RefusalPart(fields.required("refusal"))
        case "image_url":
            inner = fields.inner("image_url")
            return image_at(place, inner.required("url"), inner.text("detail"))
        case "input_image":
            detail: Json = fields.text("detail")
            if "file_id" in fields:
                return ImagePart(file_id=fields.required("file_id"), detail=detail)
            return image_at(place, fields.required("image_url"), detail)
        case "input_audio":
            inner = fields.inner("input_audio")
            encoding = inner.required("format")
            media_type = {"mp3": "audio/mpeg"}.get(encoding, f"audio/{encoding}")
            return audio_of(f"{place}.input_audio.data", inner.required("data"), media_type)
        case "file":
            return _file(fields.inner("file"))
        case "input_file":
            return _file(fields)
        case _:
            known = "text, refusal, image_url, input_audio and file, or those of Responses"
            raise unknown(place, "type", kind, known)


def _file(fields: Fields) -> FilePart:
    name = fields.text("filename")
    if "file_id" in fields:
        return FilePart(file_id=fields.required("file_id"), name=name)
    if "file_url" in fields:
        return file_at(fields.place, fields.required("file_url"), name)
    return file_at(fields.place, fields.required("file_data"), name)


def _spoken(fields: Fields) -> AudioPart:
    expires = fields.take("expires_at")
    return AudioPart(
        file_id=fields.required("id"),
        transcript=fields.text("transcript"),
        expires_at=expires if isinstance(expires, int) else None,
    )


def _citation(fields: Fields) -> Citation:
    nested = fields.text("type") or ""
    inner = fields.inner(nested) if nested in fields else fields
    start, end = inner.take("start_index"), inner.take("end_index")
    return Citation(
        url=inner.text("url"),
        title=inner.text("title") or inner.text("filename"),
        start=start if isinstance(start, int) else None,
        end=end if isinstance(end, int) else None,
        source=inner.text("file_id"),
    )


def _call(fields: Fields) -> ToolCall:
    call_id = fields.required("id")
    kind = fields.text("type") or "function"
    fields.take("index")
    if kind == "custom":
        custom = fields.inner("custom")
        return _custom(call_id, custom, ProviderState(CHAT, {"type": "custom"}))
    if kind != "function":
        raise unknown(fields.place, "type", kind, "function and custom")
    function = fields.inner("function")
    kept = fields.rest()
    return ToolCall(
        call_id,
        function.required("name"),
        function.text("arguments") or "{}",
        ProviderState(CHAT, kept) if kept else None,
    )


def _custom(call_id: str, fields: Fields, signature: ProviderState) -> ToolCall:
    """Read the call of a custom tool, whose free text becomes the argument `input`."""
    name = fields.required("name")
    arguments = json_text({"input": fields.text("input") or ""}, fields.place)
    return ToolCall(call_id, name, arguments, signature)


def _result(fields: Fields, id_field: str, content_field: str, name: str | None) -> ToolResult:
    place = f"{fields.place}.{content_field}"
    call_id = fields.required(id_field)
    content = fields.take(content_field)
    fields.end()
    if content is None or isinstance(content, str):
        return ToolResult(call_id, (TextPart(content),) if content else (), name)
    parts: list[TextPart | ImagePart | AudioPart | FilePart] = []
    for item in each(content, place):
        part = _part(item)
        if isinstance(part, RefusalPart):
            raise unknown(item.place, "type", "refusal", "text, images, audio and files")
        item.end()
        parts.append(part)
    return ToolResult(call_id, tuple(parts), name)


def _item(kind: str, fields: Fields) -> tuple[Message, bool]:
    match kind:
        case "function_call_output" | "custom_tool_call_output":
            for name in ("id", "status"):
                fields.take(name)
            return Message("tool", (_result(fields, "call_id", "output", None),)), True
        case "function_call":
            call_id, name = fields.required("call_id"), fields.required("name")
            arguments = fields.text("arguments") or "{}"
            fields.take("status")
            kept = fields.rest()
            signature = ProviderState(RESPONSES, kept) if kept else None
            return Message("assistant", (ToolCall(call_id, name, arguments, signature),)), True
        case "custom_tool_call":
            call_id = fields.required("call_id")
            kept = {"type": kind} | ({"id": fields.take("id")} if "id" in fields else {})
            call = _custom(call_id, fields, ProviderState(RESPONSES, kept))
            return Message("assistant", (call,)), True
        case "reasoning":
            item = {"type": kind, **fields.whole()}
            texts = each(item.get("summary") or (), f"{fields.place}.summary")
            text = "".join(text.required("text") for text in texts)
            part = ReasoningPart(text, ProviderState(RESPONSES, item))
            return Message("assistant", (part,)), True
        case _:  # of a tool that OpenAI runs
            item = {"type": kind, **fields.whole()}
            return Message("assistant", (ProviderPart(ProviderState(RESPONSES, item)),)), True
