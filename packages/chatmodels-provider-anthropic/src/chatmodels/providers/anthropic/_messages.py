"""Translates conversations into the vendor's turns.

Tool results and what the user says are turns of the user, and neighbours of one role are one
turn. What is no use or not allowed elsewhere is left out: thinking and own blocks of other
vendors, speakers' names, blank texts of the model, turns in which nothing is left.
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
from chatmodels.http.wire import Json, arguments_of, describe_part, state_of
from chatmodels.providers.anthropic._blocks import PROVIDER_NAME
from chatmodels.providers.anthropic._media import encode_media


def encode_conversation(
    messages: Sequence[Message], problems: list[str], *, late_system: bool
) -> tuple[Json, list[dict[str, Json]]]:
    """Translate a conversation to the system prompt and the turns.

    Args:
        messages: The conversation.
        problems: What cannot be expressed is added here.
        late_system: Whether system messages may be turns; else all are part of the prompt.
    """
    system: list[Json] = []
    turns: list[dict[str, Json]] = []
    toolsets: dict[str, str] = {}
    for number, message in numbered(messages):
        found: list[str] = []
        blocks = _blocks(message, found)
        _name_toolsets(blocks, toolsets)
        problems += [f"{problem} (message {number})" for problem in found]
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


def _name_toolsets(blocks: list[Json], toolsets: dict[str, str]) -> None:
    """Repeat in results the toolset that their calls name, as of computer use."""
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
        elif (kept := state_of(part.signature, PROVIDER_NAME)) and "type" in kept:
            blocks.append(kept)
        elif kept and blocks:
            blocks[-1] = {**blocks[-1], **kept}
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
    said = role == "assistant"
    match part:
        case TextPart():
            return [_text(part)]
        case ReasoningPart():
            kept = state_of(part.signature, PROVIDER_NAME)
            if kept.get("type") == "thinking":
                kept = {"thinking": part.text, **kept}
            return [kept] if kept else []
        case ToolCall() if said:
            return [_call(part)]
        case RefusalPart() if said:
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
    known = {"type": "tool_use", "id": call.id, "name": call.name, "input": arguments}
    return known | state_of(call.signature, PROVIDER_NAME)


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
    """Write a single text as a string, and all else as blocks."""
    if len(blocks) == 1 and blocks[0].keys() == {"type", "text"}:
        return blocks[0]["text"]
    return blocks
