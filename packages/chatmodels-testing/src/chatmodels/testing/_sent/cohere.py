"""Requests of Cohere's Chat API."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from chatmodels.core import (
    FilePart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    TextPart,
    ToolChoice,
    ToolResult,
)
from chatmodels.core.extending import OutputSchema
from chatmodels.testing._json import is_array, is_object
from chatmodels.testing._sent.chat import calls, tool
from chatmodels.testing._sent.media import source
from chatmodels.testing._sent.sent_request import SentRequest, WireFeatures, settings_in

FIELDS = {
    "temperature": "temperature",
    "top_p": "p",
    "top_k": "k",
    "max_output_tokens": "max_tokens",
    "stop": "stop_sequences",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "logprobs": "logprobs",
    "reasoning_budget": "thinking.token_budget",
}
FEATURES = WireFeatures(
    settings=frozenset(FIELDS),
    result_errors=True,
    image_detail=True,
    finish_reasons=frozenset({"stop", "length", "tool_calls"}),
    usage=frozenset(
        {
            *("input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens"),
            *("billed_input_tokens", "billed_output_tokens"),
        }
    ),
    reasoning=True,
    logprobs=True,
)

_CHOICES = {"REQUIRED": ToolChoice("required"), "NONE": ToolChoice("none")}


def describe(body: Mapping[str, Any]) -> SentRequest:
    """Describe the body of a chat request."""
    strict = bool(body.get("strict_tools"))
    tools = [msgspec.structs.replace(tool(each), strict=strict) for each in body.get("tools") or ()]
    return SentRequest(
        messages=tuple(_messages(body)),
        tools=tuple(tools),
        tool_choice=_CHOICES.get(body.get("tool_choice", "")),
        output=_output(body.get("response_format")),
        settings=settings_in(body, FIELDS),
    )


def _messages(body: Mapping[str, Any]) -> Iterator[Message]:
    for message in body["messages"]:
        content = tuple(_content(message.get("content")))
        if message["role"] == "tool":
            yield Message("tool", (_result(message["tool_call_id"], content),))
            continue
        plan = message.get("tool_plan")
        reasoning = (ReasoningPart(plan),) if plan else ()
        parts = (*reasoning, *content, *calls(message.get("tool_calls")))
        yield Message(message["role"], parts)
    for document in body.get("documents") or ():
        data = document if isinstance(document, str) else _document(document)
        yield Message("user", (FilePart(data=data.encode(), media_type="text/plain"),))


def _result(call_id: str, content: tuple[Any, ...]) -> ToolResult:
    """Read a result; the API has no field for errors, so that documents describe them."""
    is_error = any(part.text.startswith('{"error":') for part in content)
    return ToolResult(call_id, content, is_error=is_error)


def _content(content: Any) -> Iterator[Part]:
    if not is_array(content):
        if content:
            yield TextPart(content)
        return
    for block in content:
        match block["type"]:
            case "text":
                yield TextPart(block["text"])
            case "thinking":
                yield ReasoningPart(block["thinking"])
            case "image_url":
                image = block["image_url"]
                yield ImagePart(**source(image["url"]), detail=image.get("detail"))
            case _:
                yield TextPart(_document(block["document"]))


def _document(document: Mapping[str, Any]) -> str:
    data = document["data"]
    return data if isinstance(data, str) else msgspec.json.encode(data).decode()


def _output(encoded: Any) -> OutputSchema | None:
    if not is_object(encoded) or encoded["type"] == "text":
        return None
    return OutputSchema("output", encoded.get("schema") or encoded.get("json_schema"))
