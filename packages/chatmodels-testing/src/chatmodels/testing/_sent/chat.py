"""Requests of OpenAI's chat completions, and of vendors with the same wire format."""

from collections.abc import Iterator, Mapping
from typing import Any

from chatmodels.core import (
    AudioPart,
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
from chatmodels.testing._sent.media import decoded, source
from chatmodels.testing._sent.sent_request import SentRequest, WireFeatures, settings_in

FIELDS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "max_output_tokens": "max_tokens max_completion_tokens",
    "stop": "stop",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "logit_bias": "logit_bias",
    "logprobs": "logprobs",
    "top_logprobs": "top_logprobs",
    "parallel_tool_calls": "parallel_tool_calls",
    "user": "user user_id safety_identifier",
    "store": "store",
    "prompt_cache_key": "prompt_cache_key",
    "prompt_cache_retention": "prompt_cache_retention",
    "prediction": "prediction.content",
    "verbosity": "verbosity",
}
"""The fields of the settings whose values all vendors share."""

FEATURES = WireFeatures(
    settings=frozenset(FIELDS),
    image_detail=True,
    strict_output=True,
    speakers=True,
    finish_reasons=frozenset({"stop", "length", "tool_calls", "content_filter", "refusal"}),
    usage=frozenset(
        {
            *("input_tokens", "output_tokens", "total_tokens", "cached_input_tokens"),
            *("reasoning_tokens", "input_audio_tokens", "output_audio_tokens"),
            *("accepted_prediction_tokens", "rejected_prediction_tokens"),
        }
    ),
    reasoning=True,
    logprobs=True,
    top_logprobs=True,
)

_MEDIA = {"image_url", "input_audio", "file", "video_url", "document_url"}
_ROLES: dict[str, Any] = {"developer": "system", "function": "tool"}
_CHOICES: dict[str, Any] = {"any": "required"}


def describe(body: Mapping[str, Any], fields: Mapping[str, str] = FIELDS) -> SentRequest:
    """Describe the body of a request for a chat completion."""
    return SentRequest(
        messages=tuple(_message(message) for message in body["messages"]),
        tools=tuple(map(tool, body.get("tools") or ())),
        tool_choice=_choice(body.get("tool_choice")),
        output=_output(body.get("response_format")),
        settings=settings_in(body, fields),
    )


def tool(encoded: Mapping[str, Any]) -> ToolDefinition:
    """Describe a tool."""
    function = encoded["function"]
    strict = bool(function.get("strict"))
    description = function.get("description", "")
    return ToolDefinition(function["name"], description, function.get("parameters") or {}, strict)


def calls(encoded: Any) -> Iterator[ToolCall]:
    """Yield the calls of an assistant message."""
    for call in encoded or ():
        function = call["function"]
        yield ToolCall(call.get("id") or "", function["name"], function["arguments"])


def _message(message: Mapping[str, Any]) -> Message:
    role = _ROLES.get(message["role"], message["role"])
    content = message.get("content")
    if role == "tool":
        parts: tuple[Any, ...] = tuple(_content(content))
        return Message("tool", (ToolResult(message.get("tool_call_id", ""), parts),))
    parts = (
        *_reasoning(message),
        *_content(content),
        *((RefusalPart(message["refusal"]),) if message.get("refusal") else ()),
        *calls(message.get("tool_calls")),
    )
    return Message(role, parts, name=message.get("name"))


def _reasoning(message: Mapping[str, Any]) -> Iterator[ReasoningPart]:
    for field in ("reasoning_content", "reasoning"):
        if message.get(field):
            yield ReasoningPart(message[field])
    for field in ("reasoning_details", "thinking_blocks"):
        for block in message.get(field) or ():
            yield ReasoningPart(str(block.get("text") or block.get("thinking") or ""))


def _content(content: Any) -> Iterator[Part]:
    if not is_array(content):
        if content:
            yield TextPart(content)
        return
    for part in content:
        kind = part.get("type")
        if kind in {"text", "input_text", "output_text"}:
            yield TextPart(part["text"])
        elif kind == "thinking":
            yield ReasoningPart("".join(chunk["text"] for chunk in part["thinking"]))
        elif kind in _MEDIA:
            yield _medium(kind, part)


def _medium(kind: str, part: Mapping[str, Any]) -> Part:
    value = part.get(kind, part)
    match kind:
        case "image_url":
            image = value if is_object(value) else {"url": value}
            return ImagePart(**source(image["url"]), detail=image.get("detail"))
        case "input_audio":
            data = value["data"] if is_object(value) else value
            if str(data).startswith("http"):
                return AudioPart(url=data)
            return AudioPart(data=decoded(data), media_type="audio/*")
        case "document_url":
            return FilePart(**source(value), name=part.get("document_name"))
        case "video_url":
            return FilePart(**source(value["url"]))
        case _:
            given = value.get("file_id")
            if given is not None:
                return FilePart(file_id=given)
            return FilePart(**source(value["file_data"]), name=value.get("filename"))


def _choice(choice: Any) -> ToolChoice | None:
    if is_object(choice):
        return ToolChoice("tool", choice["function"]["name"])
    return None if choice is None else ToolChoice(_CHOICES.get(choice, choice))


def _output(encoded: Any) -> OutputSchema | None:
    if not is_object(encoded) or encoded["type"] == "text":
        return None
    plain = {"schema": encoded.get("schema")}
    schema: dict[str, Any] = encoded.get("json_schema") or plain
    strict = bool(schema.get("strict"))
    return OutputSchema(schema.get("name", ""), schema.get("schema"), strict=strict)
