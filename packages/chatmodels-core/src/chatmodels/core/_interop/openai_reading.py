"""Reads messages of OpenAI's APIs: chat completions, and items of Responses."""

from collections.abc import Iterable

from msgspec.structs import replace

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
from chatmodels.core._interop.state import scoped
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

# Fields that OpenAI's SDK adds: the same values as Python objects.
_PARSED, _PARSED_ARGUMENTS = "parsed", "parsed_arguments"


def messages_from_openai(
    messages: Iterable[object], /, *, scope: str | None = "api.openai.com"
) -> tuple[Message, ...]:
    """Convert messages of chat completions, or the items of a Responses `input`.

    Both forms can be mixed, and objects of OpenAI's SDK are accepted as well as dictionaries, so
    that `response.choices[0].message` and `response.output` can be appended unchanged. Items that
    belong to one turn of the model become one message. State that only OpenAI understands, such
    as encrypted reasoning, is preserved and sent back to the host that returned it. The bytes of
    audio that a model returned are omitted: its id represents them.

    Args:
        messages: The conversation.
        scope: The host, without a scheme, that returned the turns of the model, as in
            "my-resource.openai.azure.com": their opaque state is sent to it alone. None sends the
            state to every server that understands the format.

    Raises:
        InvalidRequestError: Something cannot be converted; the message names its place.
    """
    turns: list[tuple[Message, list[Part]]] = []  # the first message of each, and all parts
    for value, place in entries(messages, "messages_from_openai"):
        fields = Fields(value, place)
        kind = fields.text("type")
        if kind in {None, "message"}:
            message, is_item = _message(fields, is_item=kind is not None)
        else:
            message, is_item = _item(kind or "", fields), True
        if is_item and turns and turns[-1][0].role == message.role in {"assistant", "tool"}:
            turns[-1][1].extend(message.parts)
        else:
            turns.append((message, [*message.parts]))
    return tuple(_turn(first, parts, scope) for first, parts in turns)


def _turn(first: Message, parts: list[Part], scope: str | None) -> Message:
    is_assistant = first.role == "assistant"
    return Message(first.role, scoped(parts, scope) if is_assistant else tuple(parts), first.name)


def _message(fields: Fields, *, is_item: bool) -> tuple[Message, bool]:
    role = fields.text("role")
    name = fields.text("name")
    match role:
        case "system" | "developer" | "user":
            parts = _content(fields)
            for field in ("id", "status") if is_item else ():  # of stored items
                fields.take(field)
            fields.end()
            return Message("user" if role == "user" else "system", tuple(parts), name), False
        case "assistant":
            return Message("assistant", tuple(_assistant(fields)), name), is_item
        case "tool":
            return Message("tool", (_result(fields, "tool_call_id", "content", name),)), False
        case _:
            supported = "system, developer, user, assistant and tool"
            raise unknown(fields.place, "role", role, supported)


def _assistant(fields: Fields) -> list[Part]:
    parts: list[Part] = []
    text, copy = fields.text("reasoning_content"), fields.text("reasoning")  # some send both
    if reasoning := text or copy:
        parts.append(ReasoningPart(reasoning))
    annotations = [_citation(annotation) for annotation in fields.each("annotations")]
    state = {name: fields.take(name) for name in ("id", "phase") if name in fields}
    for field in ("status", _PARSED):
        fields.take(field)
    signature = ProviderState(RESPONSES, state) if state else None
    for part in _content(fields, signed=signature is None):
        if isinstance(part, TextPart):
            citations = (*part.citations, *annotations)
            parts.append(replace(part, citations=citations, signature=signature or part.signature))
            annotations = []
        else:
            parts.append(part)
    if refusal := fields.text("refusal"):
        parts.append(RefusalPart(refusal))
    if "audio" in fields:
        with fields.inner("audio") as audio:
            parts.append(_spoken(audio))
    parts += [_call(call) for call in fields.each("tool_calls")]
    extra = fields.rest()
    if extra:  # fields of a server that speaks this format
        parts.append(ProviderPart(ProviderState(CHAT, extra)))
    return parts


def _content(fields: Fields, *, signed: bool = False) -> list[Part]:
    """Read the content of a message.

    Args:
        fields: The message.
        signed: Whether further fields of a text become its signature. In a message of the model,
            a `ProviderPart` would be fields of the message.
    """
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
        part, extra = _part(item), item.rest()
        state = ProviderState(CHAT, extra)  # such as cache_control, which some servers accept here
        if extra and signed and isinstance(part, TextPart):
            parts.append(replace(part, signature=state))
        else:
            parts += [part, ProviderPart(state)] if extra else [part]
    return parts


def _part(fields: Fields) -> TextPart | RefusalPart | ImagePart | AudioPart | FilePart:
    type_ = fields.text("type")
    place = fields.place
    match type_:
        case "text" | "input_text" | "output_text":
            notes = tuple(_citation(annotation) for annotation in fields.each("annotations"))
            for field in ("logprobs", _PARSED):
                fields.take(field)
            return TextPart(fields.required("text"), notes)
        case "refusal":
            return RefusalPart(fields.required("refusal"))
        case "image_url":
            with fields.inner("image_url") as inner:
                return image_at(place, inner.required("url"), inner.text("detail"))
        case "input_image":
            detail: Json = fields.text("detail")
            if "file_id" in fields:
                return ImagePart(file_id=fields.required("file_id"), detail=detail)
            return image_at(place, fields.required("image_url"), detail)
        case "input_audio":
            with fields.inner("input_audio") as inner:
                encoding = inner.required("format")
                media_type = {"mp3": "audio/mpeg"}.get(encoding, f"audio/{encoding}")
                return audio_of(f"{inner.place}.data", inner.required("data"), media_type)
        case "file":
            with fields.inner("file") as inner:
                return _file(inner)
        case "input_file":
            return _file(fields)
        case _:
            supported = "text, refusal, image_url, input_audio and file, or those of Responses"
            raise unknown(place, "type", type_, supported)


def _file(fields: Fields) -> FilePart:
    name = fields.text("filename")
    if "file_id" in fields:
        return FilePart(file_id=fields.required("file_id"), name=name)
    if "file_url" in fields:
        return file_at(fields.place, fields.required("file_url"), name)
    return file_at(fields.place, fields.required("file_data"), name)


def _spoken(fields: Fields) -> AudioPart:
    expires = fields.take("expires_at")
    fields.take("data")  # the id represents it
    return AudioPart(
        file_id=fields.required("id"),
        transcript=fields.text("transcript"),
        expires_at=expires if isinstance(expires, int) else None,
    )


def _citation(fields: Fields) -> Citation:
    nested = fields.text("type") or ""
    with fields, fields.inner(nested) if nested in fields else fields as inner:
        start, end = inner.take("start_index"), inner.take("end_index")
        title, name = inner.text("title"), inner.text("filename")
        for field in ("index", "container_id"):  # of files, which have ids
            inner.take(field)
        return Citation(
            url=inner.text("url"),
            title=title or name,
            quote=inner.text("content"),  # of OpenRouter ("Web Search")
            start=start if isinstance(start, int) else None,
            end=end if isinstance(end, int) else None,
            source=inner.text("file_id"),
        )


def _call(fields: Fields) -> ToolCall:
    call_id = fields.required("id")
    kind = fields.text("type") or "function"
    fields.take("index")
    if kind == "custom":
        with fields.inner("custom") as custom:
            call = _custom(call_id, custom)
        return replace(call, signature=ProviderState(CHAT, {"type": kind, **fields.rest()}))
    if kind != "function":
        raise unknown(fields.place, "type", kind, "function and custom")
    with fields.inner("function") as function:
        name, arguments = function.required("name"), function.text("arguments") or "{}"
        function.take(_PARSED_ARGUMENTS)
    extra = fields.rest()
    return ToolCall(call_id, name, arguments, ProviderState(CHAT, extra) if extra else None)


def _custom(call_id: str, fields: Fields) -> ToolCall:
    """Read the call of a custom tool; its free text becomes the argument `input`."""
    name = fields.required("name")
    arguments = json_text({"input": fields.text("input") or ""}, fields.place)
    return ToolCall(call_id, name, arguments)


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


def _item(kind: str, fields: Fields) -> Message:
    match kind:
        case "function_call_output" | "custom_tool_call_output":
            for name in ("id", "status", "caller", "namespace"):  # the call has the last two, too
                fields.take(name)
            return Message("tool", (_result(fields, "call_id", "output", None),))
        case "function_call":
            call_id, name = fields.required("call_id"), fields.required("name")
            arguments = fields.text("arguments") or "{}"
            for field in ("status", _PARSED_ARGUMENTS):
                fields.take(field)
            extra = fields.rest()
            signature = ProviderState(RESPONSES, extra) if extra else None
            return Message("assistant", (ToolCall(call_id, name, arguments, signature),))
        case "custom_tool_call":
            call_id = fields.required("call_id")
            call = _custom(call_id, fields)
            fields.take("status")
            state = ProviderState(RESPONSES, {"type": kind, **fields.rest()})
            return Message("assistant", (replace(call, signature=state),))
        case "reasoning":
            item = {"type": kind, **fields.whole()}
            texts = each(item.get("summary") or (), f"{fields.place}.summary")
            text = "".join(text.required("text") for text in texts)
            part = ReasoningPart(text, ProviderState(RESPONSES, item))
            return Message("assistant", (part,))
        case _:  # of a tool that OpenAI runs
            item = {"type": kind, **fields.whole()}
            return Message("assistant", (ProviderPart(ProviderState(RESPONSES, item)),))
