"""Translates conversations into Ollama's messages.

A message has one text and images beside it; results of tools have messages of their own, and that
a tool failed is told by its text. What is no use or not allowed elsewhere is left out: thoughts and
own parts of other vendors, speakers' names, messages in which nothing is left.
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
    Json,
    arguments_of,
    base64_text,
    describe_part,
    state_of,
)
from chatmodels.providers.ollama._metadata import PROVIDER_NAME


def encode_conversation(messages: Sequence[Message], problems: list[str]) -> list[Json]:
    """Translate a conversation; what cannot be expressed is added to the problems."""
    names = {call.id: call.name for message in messages for call in message.tool_calls}
    encoded: list[Json] = []
    for number, message in numbered(messages):
        found: list[str] = []
        if message.role == "assistant":
            encoded += _said(message, found)
        else:
            results = [part for part in message.parts if isinstance(part, ToolResult)]
            encoded += [_result(result, names, found) for result in results]
            encoded += _heard(message, found)
        problems += [f"{problem} (message {number})" for problem in found]
    return encoded


def _heard(message: Message, problems: list[str]) -> list[Json]:
    """Translate what a user or a system says."""
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


def _said(message: Message, problems: list[str]) -> list[Json]:
    """Translate what a model said."""
    texts: list[str] = []
    thoughts: list[str] = []
    calls: list[Json] = []
    own: dict[str, Json] = {}
    for part in message.parts:
        match part:
            case TextPart() | RefusalPart():
                texts.append(part.text)
            case ReasoningPart():
                thoughts += [part.text] if state_of(part.signature, PROVIDER_NAME) else []
            case ToolCall():
                calls.append(_call(part))
            case ProviderPart():
                own.update(state_of(part.signature, PROVIDER_NAME))
            case _:
                problems.append(describe_part(part, "a message of role 'assistant'"))
    text, thought = "".join(texts), "".join(thoughts)
    if not (text or thought or calls or own):
        return []
    encoded: dict[str, Json] = {"role": "assistant", "content": text}
    if thought:
        encoded["thinking"] = thought
    if calls:
        encoded["tool_calls"] = calls
    return [encoded | own]


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
