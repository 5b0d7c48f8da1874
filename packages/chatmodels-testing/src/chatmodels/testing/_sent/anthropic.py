"""Requests of Anthropic's Messages API."""

from collections.abc import Iterator, Mapping
from typing import Any

from chatmodels.core import (
    FilePart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    TextPart,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.testing._json import is_array, is_object
from chatmodels.testing._sent.media import decoded
from chatmodels.testing._sent.sent_request import (
    SentRequest,
    WireFeatures,
    encoded,
    merged,
    settings_in,
    turn,
)

FIELDS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "max_output_tokens": "max_tokens",
    "stop": "stop_sequences",
    "user": "metadata.user_id",
    "reasoning_effort": "output_config.effort",
    "reasoning_budget": "thinking.budget_tokens",
}
FEATURES = WireFeatures(
    settings=frozenset(FIELDS),
    result_errors=True,
    finish_reasons=frozenset({"stop", "length", "tool_calls", "refusal", "paused"}),
    usage=frozenset(
        {
            *("input_tokens", "output_tokens", "cached_input_tokens", "cache_write_tokens"),
            "reasoning_tokens",
        }
    ),
    reasoning=True,
)

_CHOICES: dict[str, Any] = {"any": "required"}


def describe(body: Mapping[str, Any]) -> SentRequest:
    """Describe the body of a request for a message."""
    config: dict[str, Any] = body.get("output_config") or {}
    return SentRequest(
        messages=merged(_messages(body)),
        tools=tuple(_tool(tool) for tool in body.get("tools") or () if "input_schema" in tool),
        tool_choice=_choice(body.get("tool_choice")),
        output=OutputSchema("output", config["format"]["schema"]) if "format" in config else None,
        settings=settings_in(body, FIELDS),
    )


def _messages(body: Mapping[str, Any]) -> Iterator[Message]:
    if body.get("system"):
        yield Message("system", tuple(_content(body["system"])))
    for message in body["messages"]:
        yield from turn(message["role"], _content(message["content"]))


def _content(content: Any) -> Iterator[Part]:
    if not is_array(content):
        yield TextPart(content)
        return
    for block in content:
        match block["type"]:
            case "text":
                yield TextPart(block["text"])
            case "thinking":
                yield ReasoningPart(block["thinking"])
            case "tool_use":
                yield ToolCall(block["id"], block["name"], encoded(block["input"]))
            case "tool_result":
                nested: tuple[Any, ...] = tuple(_content(block.get("content", [])))
                is_error = bool(block.get("is_error"))
                yield ToolResult(block["tool_use_id"], nested, is_error=is_error)
            case "image" | "document":
                yield _medium(block)
            case _:  # a block of the vendor's own
                pass


def _medium(block: Mapping[str, Any]) -> Part:
    source = block["source"]
    fields: dict[str, Any]
    match source["type"]:
        case "base64":
            fields = {"data": decoded(source["data"]), "media_type": source["media_type"]}
        case "text":
            fields = {"data": source["data"].encode(), "media_type": source["media_type"]}
        case kind:
            fields = {"url": source["url"]} if kind == "url" else {"file_id": source["file_id"]}
    return ImagePart(**fields) if block["type"] == "image" else FilePart(**fields)


def _tool(tool: Mapping[str, Any]) -> ToolDefinition:
    description, strict = tool.get("description") or "", bool(tool.get("strict"))
    return ToolDefinition(tool["name"], description, tool["input_schema"], strict)


def _choice(choice: Any) -> ToolChoice | None:
    if not is_object(choice):
        return None
    mode = _CHOICES.get(choice["type"], choice["type"])
    return ToolChoice(mode, choice.get("name"))
