"""Requests of Amazon Bedrock's Converse."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from chatmodels.core import (
    AudioPart,
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
from chatmodels.testing._sent.media import decoded
from chatmodels.testing._sent.sent_request import (
    SentRequest,
    WireFeatures,
    encoded,
    merged,
    settings_in,
    turn,
    value_at,
)

_MORE = "additionalModelRequestFields"
FIELDS = {
    "temperature": "inferenceConfig.temperature",
    "top_p": "inferenceConfig.topP",
    "max_output_tokens": "inferenceConfig.maxTokens",
    "stop": "inferenceConfig.stopSequences",
    "top_k": f"{_MORE}.top_k {_MORE}.topK {_MORE}.inferenceConfig.topK",
    "metadata": "requestMetadata",
    "service_tier": "serviceTier.type",
}
FEATURES = WireFeatures(
    settings=frozenset(FIELDS),
    result_errors=True,
    finish_reasons=frozenset({"stop", "length", "tool_calls", "content_filter", "refusal"}),
    usage=frozenset(
        {
            *("input_tokens", "output_tokens", "total_tokens", "cached_input_tokens"),
            "cache_write_tokens",
        }
    ),
    reasoning=True,
)

_MEDIA = {"image": ImagePart, "audio": AudioPart, "video": FilePart, "document": FilePart}


def describe(body: Mapping[str, Any]) -> SentRequest:
    """Describe the body of a request."""
    config: dict[str, Any] = body.get("toolConfig") or {}
    tools = [tool["toolSpec"] for tool in config.get("tools") or () if "toolSpec" in tool]
    return SentRequest(
        messages=merged(_messages(body)),
        tools=tuple(map(_tool, tools)),
        tool_choice=_choice(config.get("toolChoice")),
        output=_output(value_at(body, "outputConfig.textFormat.structure.jsonSchema")),
        settings=settings_in(body, FIELDS),
    )


def _messages(body: Mapping[str, Any]) -> Iterator[Message]:
    if body.get("system"):
        yield Message("system", tuple(_parts(body["system"])))
    for message in body["messages"]:
        yield from turn(message["role"], _parts(message["content"]))


def _parts(blocks: list[dict[str, Any]]) -> Iterator[Part]:
    for block in blocks:
        if "text" in block:
            yield TextPart(block["text"])
        elif "reasoningContent" in block:
            yield ReasoningPart(value_at(block, "reasoningContent.reasoningText.text") or "")
        elif "toolUse" in block:
            use = block["toolUse"]
            yield ToolCall(use["toolUseId"], use["name"], encoded(use["input"]))
        elif "toolResult" in block:
            result = block["toolResult"]
            content: tuple[Any, ...] = tuple(_parts(result["content"]))
            is_error = result.get("status") == "error"
            yield ToolResult(result["toolUseId"], content, is_error=is_error)
        for kind in _MEDIA.keys() & block.keys():
            data = decoded(value_at(block, f"{kind}.source.bytes"))
            yield _MEDIA[kind](data=data, media_type=f"{kind}/*")


def _tool(spec: Mapping[str, Any]) -> ToolDefinition:
    description, strict = spec.get("description", ""), bool(spec.get("strict"))
    return ToolDefinition(spec["name"], description, spec["inputSchema"]["json"], strict)


def _choice(choice: Any) -> ToolChoice | None:
    match choice:
        case {"tool": {"name": name}}:
            return ToolChoice("tool", name)
        case {"any": _}:
            return ToolChoice("required")
        case {"auto": _}:
            return ToolChoice("auto")
        case _:
            return None


def _output(output: Any) -> OutputSchema | None:
    if output is None:
        return None
    return OutputSchema(output.get("name", ""), msgspec.json.decode(output["schema"]))
