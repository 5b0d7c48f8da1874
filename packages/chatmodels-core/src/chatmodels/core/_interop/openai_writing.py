"""Writes messages of OpenAI's APIs: chat completions, and items of Responses."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from chatmodels.core._interop.fields import unknown
from chatmodels.core._interop.openai_reading import CHAT, RESPONSES
from chatmodels.core._interop.state import base64_of, no_place, parted, state_of, url_of
from chatmodels.core._values.messages import Message, Prompt, as_messages
from chatmodels.core._values.parts import (
    AudioPart,
    FilePart,
    ImagePart,
    Json,
    Part,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
)

Object: TypeAlias = dict[str, Json]


def messages_to_openai(
    messages: Prompt, /, *, api: Literal["chat_completions", "responses"] = "chat_completions"
) -> list[dict[str, Any]]:
    """Convert a conversation to messages of chat completions, or to items of Responses.

    Content that the format cannot express is omitted: citations, reasoning and state of other
    vendors, whether a tool failed, and for Responses the names of speakers.

    Args:
        messages: The conversation, in any form that `generate` accepts.
        api: The API of the format to write.

    Raises:
        InvalidRequestError: The format has no place for a part, and the message contains its
            place; or the API is unknown.
    """
    custom: set[str] = set()
    written: list[Object] = []
    for index, message in enumerate(as_messages(messages)):
        place = f"messages[{index}]"
        match api:
            case "chat_completions":
                written += _chat(message, place)
            case "responses":
                written += _items(message, place, custom)
            case _:
                known = "chat_completions and responses"
                raise unknown("messages_to_openai()", "api", api, known)
    return written


def _chat(message: Message, place: str) -> list[Object]:
    named: Object = {} if message.name is None else {"name": message.name}
    if message.role == "assistant":
        return [{**_assistant(message, place), **named}]
    results, others = parted(message.parts, CHAT)
    written: list[Object] = [
        {
            "role": "tool",
            "tool_call_id": result.id,
            "content": _plain(_chat_content(result.content, place)),
        }
        for result in results
        if isinstance(result, ToolResult)  # the format has no options of results
    ]
    if not results or not all(isinstance(part, ProviderPart) for part in others):
        content = _plain(_chat_content(others, place))
        written.append({"role": message.role, "content": content, **named})
    return written


def _assistant(message: Message, place: str) -> Object:
    texts: list[Part] = []
    fields: Object = {}
    for part in message.parts:
        match part:
            case TextPart():
                texts.append(part)
            case ToolCall():
                fields.setdefault("tool_calls", []).append(_chat_call(part))
            case RefusalPart():
                fields["refusal"] = fields.get("refusal", "") + part.text
            case AudioPart(file_id=str(audio)):
                fields["audio"] = {"id": audio}
            case ProviderPart():
                fields |= state_of(part.signature, CHAT)
            case ReasoningPart():
                pass  # the format has no place for it
            case _:
                raise no_place(part, place, "an assistant message of chat completions")
    content = _plain(_chat_content(texts, place)) if texts or not fields else None
    return {"role": "assistant", "content": content, **fields}


def _chat_call(call: ToolCall) -> Object:
    state = state_of(call.signature, CHAT)
    if state.get("type") == "custom":
        return {"id": call.id, **state, "custom": {"name": call.name, "input": _input(call)}}
    function = {"name": call.name, "arguments": call.arguments_json}
    return {"id": call.id, "type": "function", "function": function, **state}


def _input(call: ToolCall) -> str:
    """Return the free text in the call of a custom tool."""
    return str(call.arguments.get("input", ""))


def _chat_content(parts: Sequence[Part], place: str) -> list[Object]:
    content: list[Object] = []
    for part in parts:
        match part:
            case TextPart():
                state = state_of(part.signature, CHAT)
                content.append({"type": "text", "text": part.text, **state})
            case ImagePart() if url := url_of(part):
                detail = {} if part.detail is None else {"detail": part.detail}
                content.append({"type": "image_url", "image_url": {"url": url, **detail}})
            case AudioPart(data=bytes(data)):
                encoded = {"data": base64_of(data), "format": _format(part)}
                content.append({"type": "input_audio", "input_audio": encoded})
            case FilePart() if part.data is not None or part.file_id is not None:
                content.append({"type": "file", "file": _file(part)})
            case ProviderPart() if content:
                content[-1] |= state_of(part.signature, CHAT)
            case ReasoningPart() | ProviderPart():
                pass
            case _:
                raise no_place(part, place, "chat completions")
    return content


def _items(message: Message, place: str, custom: set[str]) -> list[Object]:
    """Return a message as items; the ids of calls of custom tools are added to `custom`."""
    items: list[Object] = []
    content: list[Object] = []
    is_assistant = message.role == "assistant"
    for part in message.parts:
        match part:
            case TextPart() if is_assistant:
                _append_text(part, items)
            case RefusalPart():
                text = {"type": "refusal", "refusal": part.text}
                items.append({"type": "message", "role": "assistant", "content": [text]})
            case ReasoningPart() | ProviderPart():
                state = state_of(part.signature, RESPONSES)
                items += [state] if state else []
                if content and isinstance(part, ProviderPart):
                    content[-1] |= state_of(part.signature, CHAT)
            case ToolCall():
                items.append(_call_item(part, custom))
            case ToolResult():
                output = _plain(_input_content(part.content, place))
                kind = "custom_tool_call" if part.id in custom else "function_call"
                items.append({"type": f"{kind}_output", "call_id": part.id, "output": output})
            case ImagePart() if is_assistant and (state := state_of(part.signature, RESPONSES)):
                items.append({**state, "result": base64_of(part.data or b"")})
            case _ if is_assistant:
                raise no_place(part, place, "a turn of the model in the Responses API")
            case _:
                content += _input_content([part], place)
    if content or not (items or is_assistant):
        items.append({"role": message.role, "content": _plain(content)})
    return items


def _append_text(part: TextPart, items: list[Object]) -> None:
    """Append a text of the model, or add it to the previous item if that is the same."""
    state = state_of(part.signature, RESPONSES)
    item = {"type": "message", "role": "assistant"}
    if "id" not in state:
        items.append({**item, **state, "content": part.text})
        return
    content: Object = {"type": "output_text", "text": part.text, "annotations": []}
    item |= {"status": "completed", **state}
    if items and items[-1].items() >= item.items():
        items[-1]["content"].append(content)
    else:
        items.append({**item, "content": [content]})


def _call_item(call: ToolCall, custom: set[str]) -> Object:
    state = state_of(call.signature, RESPONSES)
    item = {"call_id": call.id, "name": call.name}
    if state.get("type") == "custom_tool_call":
        custom.add(call.id)
        return {**state, **item, "input": _input(call)}
    return {"type": "function_call", **state, **item, "arguments": call.arguments_json}


def _input_content(parts: Sequence[Part], place: str) -> list[Object]:
    content: list[Object] = []
    for part in parts:
        match part:
            case TextPart():
                content.append({"type": "input_text", "text": part.text})
            case ImagePart():
                source = {"file_id": part.file_id} if part.file_id else {"image_url": url_of(part)}
                detail = part.detail or "auto"
                content.append({"type": "input_image", **source, "detail": detail})
            case FilePart(data=None, file_id=None):
                content.append({"type": "input_file", "file_url": part.url})
            case FilePart():
                content.append({"type": "input_file", **_file(part)})
            case _:
                raise no_place(part, place, "the Responses API")
    return content


def _file(part: FilePart) -> Object:
    if part.file_id is not None:
        return {"file_id": part.file_id}
    named = {} if part.name is None else {"filename": part.name}
    return {**named, "file_data": url_of(part)}


def _format(part: AudioPart) -> str:
    kind = (part.media_type or "").removeprefix("audio/")
    return {"mpeg": "mp3", "x-wav": "wav", "wave": "wav", "vnd.wave": "wav"}.get(kind, kind)


def _plain(content: list[Object]) -> Json:
    """Return a single text as a str, and other content as a list."""
    if not content:
        return ""
    if len(content) == 1 and content[0].keys() == {"type", "text"}:
        return content[0]["text"]
    return content
