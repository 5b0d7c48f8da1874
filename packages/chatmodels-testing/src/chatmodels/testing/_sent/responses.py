"""Requests of OpenAI's Responses API."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from chatmodels.core import (
    FilePart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.testing._json import is_array, is_object
from chatmodels.testing._sent import chat
from chatmodels.testing._sent.media import source
from chatmodels.testing._sent.sent_request import SentRequest, merged, settings_in

FIELDS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_output_tokens": "max_output_tokens",
    "top_logprobs": "top_logprobs",
    "reasoning_effort": "reasoning.effort",
    "parallel_tool_calls": "parallel_tool_calls",
    "user": "user safety_identifier",
    "metadata": "metadata",
    "store": "store",
    "service_tier": "service_tier",
    "prompt_cache_key": "prompt_cache_key",
    "prompt_cache_retention": "prompt_cache_retention",
    "verbosity": "text.verbosity",
}
FEATURES = msgspec.structs.replace(
    chat.FEATURES,
    settings=frozenset(FIELDS) - {"prompt_cache_retention"},
    speakers=False,
    usage=frozenset(
        {
            *("input_tokens", "output_tokens", "total_tokens", "cached_input_tokens"),
            *("cache_write_tokens", "reasoning_tokens"),
        }
    ),
)

_ROLES: dict[str, Any] = {"developer": "system"}


def describe(body: Mapping[str, Any]) -> SentRequest:
    """Describe the body of a request for a response."""
    text: dict[str, Any] = body.get("text") or {}
    return SentRequest(
        messages=merged(_messages(body)),
        tools=tuple(_tool(tool) for tool in body.get("tools") or () if "parameters" in tool),
        tool_choice=_choice(body.get("tool_choice")),
        output=_output(text.get("format")),
        settings=settings_in(body, FIELDS),
    )


def _messages(body: Mapping[str, Any]) -> Iterator[Message]:
    if body.get("instructions"):
        yield Message("system", (TextPart(body["instructions"]),))
    items: Any = body["input"]
    if not is_array(items):
        items = [{"role": "user", "content": items}]
    for item in items:
        match item.get("type", "message"):
            case "message":
                role = _ROLES.get(item["role"], item["role"])
                yield Message(role, tuple(_content(item["content"])))
            case "reasoning":
                parts: list[Any] = item.get("summary") or item.get("content") or []
                texts = (part["text"] for part in parts)
                yield Message("assistant", (ReasoningPart("".join(texts)),))
            case "function_call":
                call = ToolCall(item["call_id"], item["name"], item["arguments"])
                yield Message("assistant", (call,))
            case "function_call_output":
                content: tuple[Any, ...] = tuple(_content(item["output"]))
                yield Message("tool", (ToolResult(item["call_id"], content),))
            case _:  # another tool's, which is not described
                pass


def _content(content: Any) -> Iterator[Part]:
    if not is_array(content):
        yield TextPart(content)
        return
    for part in content:
        match part["type"]:
            case "input_text" | "output_text":
                yield TextPart(part["text"])
            case "refusal":
                yield RefusalPart(part["refusal"])
            case "input_image":
                fields: dict[str, Any] = source(part["image_url"]) if part.get("image_url") else {}
                detail = part.get("detail")
                yield ImagePart(**fields, file_id=part.get("file_id"), detail=detail)
            case _:
                data = part.get("file_data")
                fields = {"url": part.get("file_url")} if data is None else source(data)
                yield FilePart(**fields, file_id=part.get("file_id"), name=part.get("filename"))


def _tool(encoded: Mapping[str, Any]) -> ToolDefinition:
    strict = bool(encoded.get("strict"))
    description = encoded.get("description") or ""
    return ToolDefinition(encoded["name"], description, encoded["parameters"], strict)


def _choice(choice: Any) -> ToolChoice | None:
    if is_object(choice):
        return ToolChoice("tool", choice["name"])
    return None if choice is None else ToolChoice(choice)


def _output(encoded: Any) -> OutputSchema | None:
    if not is_object(encoded) or encoded["type"] == "text":
        return None
    strict = bool(encoded.get("strict"))
    return OutputSchema(encoded.get("name", ""), encoded.get("schema"), strict=strict)
