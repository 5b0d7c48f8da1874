"""Encoder of conversations as Ollama's messages.

A message has one text, and images in a separate field. Each tool result is a separate message; the
API has no field for tool errors. Content that the API does not accept or cannot use is left out:
reasoning and provider parts of other providers, speaker names, empty messages.
"""

from collections.abc import Sequence

from chatmodels.core import (
    ImagePart,
    Message,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
)
from chatmodels.core.extending import numbered
from chatmodels.http.wire import (
    TEXT,
    Json,
    PlainForm,
    PlainMessages,
    arguments_of,
    base64_text,
    describe_part,
    state_of,
)
from chatmodels.providers.ollama._metadata import PROVIDER_NAME

_PLAIN = PlainForm({"role": "user", "content": TEXT}, {"role": "assistant", "content": TEXT})


def encode_conversation(messages: Sequence[Message], problems: list[str]) -> Json:
    """Encode a conversation; content that the API cannot express is added to `problems`."""
    if isinstance(messages, PlainMessages):
        instructions = encode_conversation(messages.instructions, problems)
        return _PLAIN.encode(messages, before=instructions)
    names = {call.id: call.name for message in messages for call in message.tool_calls}
    encoded: list[Json] = []
    for number, message in numbered(messages):
        message_problems: list[str] = []
        if message.role == "assistant":
            encoded += _assistant_message(message, message_problems)
        else:
            results = [part for part in message.parts if isinstance(part, ToolResult)]
            encoded += [_result(result, names, message_problems) for result in results]
            encoded += _input_message(message, message_problems)
        problems += [f"{problem} (message {number})" for problem in message_problems]
    return encoded


def _input_message(message: Message, problems: list[str]) -> list[Json]:
    """Encode a message of the user or the system."""
    texts: list[str] = []
    images: list[Json] = []
    encoded: dict[str, Json] = {"role": message.role, "content": ""}
    for part in message.parts:
        match part:
            case TextPart() if message.role != "tool":
                texts.append(part.text)
            case ImagePart() if message.role == "user":
                images.append(base64_text(part.data or b""))
            case ProviderPart():
                encoded.update(state_of(part.signature, PROVIDER_NAME))
            case ReasoningPart():
                pass
            case ToolResult() if message.role != "system":
                pass
            case _:
                problems.append(describe_part(part, f"a message of role {message.role!r}"))
    if not texts and not images:
        return []
    encoded["content"] = "\n".join(texts)
    if images:
        encoded["images"] = images
    return [encoded]


def _assistant_message(message: Message, problems: list[str]) -> list[Json]:
    """Encode a message of the model."""
    texts: list[str] = []
    reasoning: list[str] = []
    calls: list[Json] = []
    fields: dict[str, Json] = {}
    for part in message.parts:
        match part:
            case TextPart() | RefusalPart():
                texts.append(part.text)
            case ReasoningPart():
                reasoning += [part.text] if state_of(part.signature, PROVIDER_NAME) else []
            case ToolCall():
                calls.append(_call(part))
            case ProviderPart():
                fields.update(state_of(part.signature, PROVIDER_NAME))
            case _:
                problems.append(describe_part(part, "a message of role 'assistant'"))
    text, thinking = "".join(texts), "".join(reasoning)
    if not (text or thinking or calls or fields):
        return []
    encoded: dict[str, Json] = {"role": "assistant", "content": text}
    if thinking:
        encoded["thinking"] = thinking
    if calls:
        encoded["tool_calls"] = calls
    return [encoded | fields]


def _call(call: ToolCall) -> Json:
    return {"id": call.id, "function": {"name": call.name, "arguments": arguments_of(call)}}


def _result(result: ToolResult, names: dict[str, str], problems: list[str]) -> Json:
    texts: list[str] = []
    for part in result.content:
        if isinstance(part, TextPart):
            texts.append(part.text)
        else:
            problems.append(describe_part(part, "a tool result"))
    encoded = {"role": "tool", "content": "\n".join(texts), "tool_call_id": result.id}
    name = result.name or names.get(result.id)
    return {**encoded, "tool_name": name} if name else encoded
