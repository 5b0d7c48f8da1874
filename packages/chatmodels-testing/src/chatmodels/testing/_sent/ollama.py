"""Requests of Ollama's chat API."""

from collections.abc import Iterator, Mapping
from typing import Any

from chatmodels.core import (
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    TextPart,
    ToolCall,
    ToolResult,
)
from chatmodels.core.extending import OutputSchema
from chatmodels.testing._json import is_object
from chatmodels.testing._sent.chat import tool
from chatmodels.testing._sent.media import decoded
from chatmodels.testing._sent.sent_request import SentRequest, WireFeatures, encoded, settings_in

FIELDS = {
    "temperature": "options.temperature",
    "top_p": "options.top_p",
    "top_k": "options.top_k",
    "max_output_tokens": "options.num_predict",
    "stop": "options.stop",
    "seed": "options.seed",
    "frequency_penalty": "options.frequency_penalty",
    "presence_penalty": "options.presence_penalty",
    "logprobs": "logprobs",
    "top_logprobs": "top_logprobs",
}
FEATURES = WireFeatures(
    settings=frozenset(FIELDS),
    finish_reasons=frozenset({"stop", "length", "tool_calls"}),
    reasoning=True,
    logprobs=True,
    top_logprobs=True,
)


def describe(body: Mapping[str, Any]) -> SentRequest:
    """Describe the body of a chat request."""
    return SentRequest(
        messages=tuple(
            Message(message["role"], tuple(_parts(message))) for message in body["messages"]
        ),
        tools=tuple(map(tool, body.get("tools") or ())),
        output=_output(body.get("format")),
        settings=settings_in(body, FIELDS),
    )


def _parts(message: Mapping[str, Any]) -> Iterator[Part]:
    text = message.get("content", "")
    if message["role"] == "tool":
        name = message.get("tool_name")
        yield ToolResult(message.get("tool_call_id", ""), (TextPart(text),), name)
        return
    if message.get("thinking"):
        yield ReasoningPart(message["thinking"])
    if text:
        yield TextPart(text)
    for image in message.get("images") or ():
        yield ImagePart(data=decoded(image), media_type="image/*")
    for call in message.get("tool_calls") or ():
        function = call["function"]
        yield ToolCall(call.get("id", ""), function["name"], encoded(function["arguments"]))


def _output(format_: Any) -> OutputSchema | None:
    if not format_:
        return None
    return OutputSchema("output", format_ if is_object(format_) else None)
