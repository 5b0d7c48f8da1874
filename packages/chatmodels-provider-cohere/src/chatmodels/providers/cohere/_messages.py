"""Translates conversations into the vendor's turns.

Files of the user are documents, which stand beside the conversation. Tool results have messages of
their own. What is no use or not allowed elsewhere is left out: thoughts and own parts of other
vendors, speakers' names, turns in which nothing is left.
"""

from collections.abc import Sequence

import msgspec

from chatmodels.core import (
    FilePart,
    ImagePart,
    Message,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolArgumentsError,
    ToolCall,
    ToolResult,
)
from chatmodels.core.extending import numbered
from chatmodels.http.wire import Json, arguments_of, describe_part, state_of
from chatmodels.providers.cohere._media import encode_document, encode_image
from chatmodels.providers.cohere._profile import PROVIDER_NAME
from chatmodels.providers.cohere._response import NO_ARGUMENTS, PLAN


def encode_conversation(
    messages: Sequence[Message], problems: list[str]
) -> tuple[list[Json], list[Json]]:
    """Translate a conversation to the turns and the documents.

    Args:
        messages: The conversation.
        problems: What cannot be expressed is added here.
    """
    turns: list[Json] = []
    documents: list[Json] = []
    for number, message in numbered(messages):
        found: list[str] = []
        if message.role == "assistant":
            turns += _said(message, found)
        else:
            results = [part for part in message.parts if isinstance(part, ToolResult)]
            turns += [_result(result, found) for result in results]
            turns += _heard(message, documents, found)
        problems += [f"{problem} (message {number})" for problem in found]
    return turns, documents


def _heard(message: Message, documents: list[Json], problems: list[str]) -> list[Json]:
    """Translate what a user or a system says."""
    content: list[Json] = []
    turn: dict[str, Json] = {"role": message.role, "content": content}
    for part in message.parts:
        user = message.role == "user"
        match part:
            case TextPart() if message.role != "tool":
                content.append({"type": "text", "text": part.text})
            case ImagePart() if user:
                content.append(encode_image(part))
            case FilePart() if user:
                documents.append(encode_document(part))
            case ProviderPart():
                turn.update(state_of(part.signature, PROVIDER_NAME))
            case ReasoningPart():
                pass
            case ToolResult() if message.role != "system":
                pass
            case _:
                problems.append(describe_part(part, f"a message of role {message.role!r}"))
    if not content:
        return []
    turn["content"] = _content(content)
    return [turn]


def _said(message: Message, problems: list[str]) -> list[Json]:
    """Translate what a model said."""
    turn: dict[str, Json] = {"role": "assistant"}
    content: list[Json] = []
    calls: list[Json] = []
    for part in message.parts:
        match part:
            case TextPart() | RefusalPart():
                if part.text:
                    content.append({"type": "text", "text": part.text})
            case ReasoningPart():
                kind = state_of(part.signature, PROVIDER_NAME).get("type")
                if kind == PLAN:
                    turn[PLAN] = part.text
                elif kind is not None:
                    content.append({"type": kind, kind: part.text})
            case ToolCall():
                calls.append(_call(part))
            case ProviderPart():
                turn.update(state_of(part.signature, PROVIDER_NAME))
            case _:
                problems.append(describe_part(part, "a message of role 'assistant'"))
    if content:
        turn["content"] = _content(content)
    if calls:
        turn["tool_calls"] = calls
    return [turn] if len(turn) > 1 else []


def _call(call: ToolCall) -> Json:
    try:
        arguments = call.arguments_json if call.arguments else NO_ARGUMENTS
    except ToolArgumentsError:
        arguments = msgspec.json.encode(arguments_of(call)).decode()
    function = {"name": call.name, "arguments": arguments}
    return {"id": call.id, "type": "function", "function": function}


def _result(result: ToolResult, problems: list[str]) -> Json:
    content: list[Json] = []
    for part in result.content:
        if isinstance(part, TextPart):
            content.append({"type": "text", "text": part.text})
        elif isinstance(part, FilePart):
            content.append({"type": "document", "document": encode_document(part)})
        else:
            problems.append(describe_part(part, "a tool result"))
    if result.is_error:  # there is no field for it; what a document's fields mean is free
        content.insert(0, {"type": "document", "document": {"data": {"error": result.text}}})
        content = [block for block in content if block["type"] != "text"]
    return {
        "role": "tool",
        "tool_call_id": result.id,
        "content": _content(content) if content else "",
    }


def _content(blocks: list[Json]) -> Json:
    """Write texts alone as a string, and all else as blocks."""
    if len(blocks) == 1 and blocks[0]["type"] == "text":
        return blocks[0]["text"]
    return blocks
