"""Encoder of conversations as messages of the Chat API.

Files of the user are documents, which are separate from the conversation. Each tool result is a
separate message. Content that the API does not accept or cannot use is left out: reasoning and
provider parts of other providers, speaker names, empty turns.
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
from chatmodels.http.wire import (
    TEXT,
    Json,
    PlainForm,
    PlainMessages,
    arguments_of,
    describe_part,
    state_of,
)
from chatmodels.providers.cohere._media import encode_document, encode_image
from chatmodels.providers.cohere._profile import PROVIDER_NAME
from chatmodels.providers.cohere._response import NO_ARGUMENTS, PLAN

_PLAIN = PlainForm({"role": "user", "content": TEXT}, {"role": "assistant", "content": TEXT})


def encode_conversation(
    messages: Sequence[Message], problems: list[str]
) -> tuple[Json, list[Json]]:
    """Encode a conversation as turns and documents.

    Args:
        messages: The conversation.
        problems: List to which content that the API cannot express is appended.
    """
    if isinstance(messages, PlainMessages):
        instructions, _ = encode_conversation(messages.instructions, problems)
        return _PLAIN.encode(messages, before=instructions), []
    turns: list[Json] = []
    documents: list[Json] = []
    for number, message in numbered(messages):
        message_problems: list[str] = []
        if message.role == "assistant":
            turns += _assistant_turn(message, message_problems)
        else:
            results = [part for part in message.parts if isinstance(part, ToolResult)]
            turns += [_result(result, message_problems) for result in results]
            turns += _input_turn(message, documents, message_problems)
        problems += [f"{problem} (message {number})" for problem in message_problems]
    return turns, documents


def _input_turn(message: Message, documents: list[Json], problems: list[str]) -> list[Json]:
    """Encode a message of the user or the system."""
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


def _assistant_turn(message: Message, problems: list[str]) -> list[Json]:
    """Encode a message of the model."""
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
    if result.is_error:  # the API has no field for errors; the fields of a document are free-form
        content.insert(0, {"type": "document", "document": {"data": {"error": result.text}}})
        content = [block for block in content if block["type"] != "text"]
    return {
        "role": "tool",
        "tool_call_id": result.id,
        "content": _content(content) if content else "",
    }


def _content(blocks: list[Json]) -> Json:
    """Encode a single text as a string, and all other content as blocks."""
    if len(blocks) == 1 and blocks[0]["type"] == "text":
        return blocks[0]["text"]
    return blocks
