"""Encoder of conversations as turns of the Messages API.

Tool results are part of user turns, and adjacent messages of one role are merged into one turn.
Content that the API does not accept or cannot use is left out: thinking and provider parts of
other providers, speaker names, blank texts of the model, empty turns.
"""

from collections.abc import Sequence
from typing import assert_never

from chatmodels.core import (
    AudioPart,
    FilePart,
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
    describe_part,
    state_of,
)
from chatmodels.providers.anthropic._blocks import PROVIDER_NAME
from chatmodels.providers.anthropic._media import encode_media

_PLAIN = PlainForm({"role": "user", "content": TEXT}, {"role": "assistant", "content": TEXT})


def encode_conversation(
    messages: Sequence[Message], problems: list[str], *, late_system: bool
) -> tuple[Json, Json]:
    """Encode a conversation as a system prompt and turns.

    Args:
        messages: The conversation.
        problems: List to which content that the API cannot express is appended.
        late_system: Whether system messages can be turns; otherwise all are part of the prompt.
    """
    if isinstance(messages, PlainMessages):
        instructions = messages.instructions
        system, _ = encode_conversation(instructions, problems, late_system=late_system)
        return system, _PLAIN.encode(messages)
    system: list[Json] = []
    turns: list[dict[str, Json]] = []
    toolsets: dict[str, str] = {}
    for number, message in numbered(messages):
        parts = message.parts
        if len(parts) == 1 and type(part := parts[0]) is TextPart and part.signature is None:
            blocks: list[Json] = [{"type": "text", "text": part.text}]  # most messages are one text
        else:
            message_problems: list[str] = []
            blocks = _blocks(message, message_problems)
            _add_toolset_names(blocks, toolsets)
            problems += [f"{problem} (message {number})" for problem in message_problems]
        role = "user" if message.role == "tool" else message.role
        if role == "system" and not (turns and late_system):
            system += blocks
        elif turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": role, "content": blocks})
    for turn in turns:
        turn["content"] = _content(turn["content"])
    return _content(system), turns


def _add_toolset_names(blocks: list[Json], toolsets: dict[str, str]) -> None:
    """Copy the toolset name of each call to its result, as computer use requires."""
    for block in blocks:
        if block.get("type") == "tool_use" and "toolset_name" in block:
            toolsets[block["id"]] = block["toolset_name"]
        elif toolsets and block.get("tool_use_id") in toolsets:
            block["toolset_name"] = toolsets[block["tool_use_id"]]


def _blocks(message: Message, problems: list[str]) -> list[Json]:
    blocks: list[Json] = []
    for part in message.parts:
        if not isinstance(part, ProviderPart):
            blocks += _encoded(part, message.role, problems)
        elif (state := state_of(part.signature, PROVIDER_NAME)) and "type" in state:
            blocks.append(state)
        elif state and blocks:
            blocks[-1] = {**blocks[-1], **state}
    return blocks


def _encoded(
    part: TextPart
    | ImagePart
    | AudioPart
    | FilePart
    | ToolCall
    | ToolResult
    | ReasoningPart
    | RefusalPart,
    role: str,
    problems: list[str],
) -> list[Json]:
    from_model = role == "assistant"
    match part:
        case TextPart():
            return [_text(part)]
        case ReasoningPart():
            state = state_of(part.signature, PROVIDER_NAME)
            if state.get("type") == "thinking":
                state = {"thinking": part.text, **state}
            return [state] if state else []
        case ToolCall() if from_model:
            return [_call(part)]
        case RefusalPart() if from_model:
            return [{"type": "text", "text": part.text}]
        case ToolResult() if role in {"user", "tool"}:
            return [_result(part)]
        case ImagePart() | AudioPart() | FilePart() if role == "user":
            return [encode_media(part)]
        case ImagePart() | AudioPart() | FilePart() | ToolCall() | ToolResult() | RefusalPart():
            problems.append(describe_part(part, f"a message of role {role!r}"))
            return []
        case _:
            assert_never(part)


def _text(part: TextPart) -> dict[str, Json]:
    return {"type": "text", "text": part.text, **state_of(part.signature, PROVIDER_NAME)}


def _call(call: ToolCall) -> dict[str, Json]:
    arguments = arguments_of(call)
    encoded = {"type": "tool_use", "id": call.id, "name": call.name, "input": arguments}
    return encoded | state_of(call.signature, PROVIDER_NAME)


def _result(result: ToolResult) -> dict[str, Json]:
    content: list[Json] = []
    for part in result.content:
        if isinstance(part, TextPart):
            content.append({"type": "text", "text": part.text})
        else:
            content.append(encode_media(part))
    encoded: dict[str, Json] = {"type": "tool_result", "tool_use_id": result.id}
    if content:
        encoded["content"] = _content(content)
    if result.is_error:
        encoded["is_error"] = True
    return encoded


def _content(blocks: list[Json]) -> Json:
    """Encode a single text as a string, and all other content as blocks."""
    if len(blocks) == 1 and len(block := blocks[0]) == 2 and "type" in block and "text" in block:
        return block["text"]
    return blocks
