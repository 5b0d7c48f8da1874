"""Anthropic's Messages API, as a server speaks it (API reference, "Messages" and "Streaming")."""

from collections.abc import Iterator
from typing import Any

import msgspec

from chatmodels.core import (
    ChatResponse,
    ErrorCode,
    OutputSchema,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolChoice,
    ToolDefinition,
    Usage,
)
from chatmodels.testing._answer import Answer, json_answer
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._json import is_object
from chatmodels.testing._pieces import pieces
from chatmodels.testing._protocol import Ask, MalformedRequestError

_MESSAGES = "/messages"
_MODELS = "/models"
_CREATED = "2023-11-14T22:13:20Z"
_VERSION = "anthropic-version"

_WORDS = {
    ErrorCode.AUTHENTICATION: "authentication_error",
    ErrorCode.PERMISSION_DENIED: "permission_error",
    ErrorCode.QUOTA_EXCEEDED: "billing_error",
    ErrorCode.RATE_LIMITED: "rate_limit_error",
    ErrorCode.MODEL_NOT_FOUND: "not_found_error",
    ErrorCode.PROVIDER_UNAVAILABLE: "api_error",
    ErrorCode.TIMEOUT: "timeout_error",
}
"""Anthropic's types of errors (its page "Errors"); all others are invalid requests."""

_SAYINGS = {
    ErrorCode.CONTEXT_LENGTH_EXCEEDED: "prompt is too long: 200001 tokens > 200000 maximum",
    ErrorCode.CONTENT_FILTERED: "Output blocked by content filtering policy",
    ErrorCode.MODEL_NOT_FOUND: "model: simulated",
}
"""What has no type of its own is told by the message."""

_FINISH = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
    "refusal": "refusal",
}


class _Tool(msgspec.Struct):
    name: str
    description: str = ""
    input_schema: dict[str, Any] | None = None
    strict: bool | None = None


class _Format(msgspec.Struct):
    schema: dict[str, Any]


class _OutputConfig(msgspec.Struct):
    format: _Format | None = None


class _Message(msgspec.Struct):
    role: str
    content: str | list[dict[str, Any]]


class _Request(msgspec.Struct):
    model: str
    max_tokens: int
    messages: list[_Message]
    system: str | list[dict[str, Any]] = ""
    stream: bool | None = None
    tools: list[_Tool] | None = None
    tool_choice: dict[str, Any] | None = None
    output_config: _OutputConfig | None = None


class AnthropicMessages:
    """A `WireProtocol` for `POST .../messages` and, with Anthropic's header, `GET .../models`."""

    name = "anthropic.messages"
    request_id_header = "request-id"

    def generates(self, request: ReceivedRequest, /) -> bool:
        """Tell whether it is a post to the path of messages, whatever stands before it."""
        return request.method == "POST" and request.path.endswith(_MESSAGES)

    def read(self, request: ReceivedRequest, /) -> Ask:
        """Read a request for a message.

        Raises:
            MalformedRequestError: It is none.
        """
        if _VERSION not in request.headers:
            raise MalformedRequestError(f"{_VERSION}: header is required")
        try:
            body = msgspec.json.decode(request.body, type=_Request)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise MalformedRequestError(str(error)) from error
        if not body.messages:
            raise MalformedRequestError("messages: at least one message is required")
        texts = [_text(message.content) for message in body.messages]
        said = [""]
        said += [
            text
            for message, text in zip(body.messages, texts, strict=True)
            if message.role == "user"
        ]
        config = body.output_config
        return Ask(
            model=body.model,
            text=said[-1],
            words=sum(len(text.split()) for text in [_text(body.system), *texts]),
            results=tuple(_results(body.messages[-1].content)),
            streamed=bool(body.stream),
            tools=tuple(_tool(tool) for tool in body.tools or () if tool.input_schema is not None),
            tool_choice=_choice(body.tool_choice),
            output=OutputSchema("output", config.format.schema)
            if config is not None and config.format is not None
            else None,
        )

    def other(self, request: ReceivedRequest, models: tuple[str, ...], /) -> Answer | None:
        """List the models, or describe one."""
        before, found, name = request.path.rpartition(_MODELS)
        if request.method != "GET" or _VERSION not in request.headers or not found:
            return None
        if before.endswith(_MESSAGES):
            return None
        if not name:
            records = [_model(name) for name in models]
            return json_answer({"data": records, "has_more": False, "first_id": models[0]})
        if name[1:] in models:
            return json_answer(_model(name[1:]))
        return self.error(ErrorCode.MODEL_NOT_FOUND, 404, f"model: {name[1:]}")

    def key(self, request: ReceivedRequest, /) -> str:
        """Give the API key, or the bearer token."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return request.headers.get("x-api-key") or (token if scheme.lower() == "bearer" else "")

    def write(self, response: ChatResponse[Any], ask: Ask, /) -> Answer:
        """Write a message, or its events."""
        if ask.streamed:
            return _events(_stream(response), terminal=2)
        return json_answer(_message(response, [_block(part) for part in _parts(response)]))

    def error(self, code: ErrorCode, status: int, message: str, /) -> Answer:
        """Write a failure."""
        return json_answer(_error(code, message), status=status)

    def error_event(self, code: ErrorCode, message: str, /) -> bytes:
        """Write a failure as an event of a stream."""
        return _event(_error(code, message))

    def empty(self, ask: Ask, /) -> Answer:
        """Write a message without content that does not say why it ended."""
        message = {"id": "empty", "type": "message", "role": "assistant", "model": ask.model}
        message |= {"content": [], "stop_reason": None}
        if ask.streamed:
            start = {"type": "message_start", "message": message}
            return _events([_event(start), _event({"type": "message_stop"})], terminal=1)
        return json_answer(message)


def _event(data: dict[str, Any]) -> bytes:
    name: str = data["type"]
    return b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode(data))


def _events(body: list[bytes], *, terminal: int) -> Answer:
    return Answer(
        headers={"content-type": "text/event-stream; charset=utf-8"},
        body=tuple(body),
        streamed=True,
        terminal=terminal,
    )


def _text(content: str | list[dict[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "".join(str(block.get("text", "")) for block in content)


def _results(content: str | list[dict[str, Any]]) -> Iterator[str]:
    for block in content:
        if is_object(block) and block.get("type") == "tool_result":
            yield _text(block.get("content", ""))


def _tool(tool: _Tool) -> ToolDefinition:
    return ToolDefinition(tool.name, tool.description, tool.input_schema or {}, bool(tool.strict))


def _choice(choice: dict[str, Any] | None) -> ToolChoice | None:
    match choice:
        case {"type": "tool", "name": str(name)}:
            return ToolChoice("tool", name)
        case {"type": "any"}:
            return ToolChoice("required")
        case {"type": "auto" | "none" as mode}:
            return ToolChoice(mode)
        case None:
            return None
        case _:
            raise MalformedRequestError(f"tool_choice: {choice!r} is not valid")


def _model(name: str) -> dict[str, Any]:
    return {"type": "model", "id": name, "display_name": name, "created_at": _CREATED}


def _parts(response: ChatResponse[Any]) -> list[TextPart | ReasoningPart | ToolCall]:
    return [
        part
        for part in response.message.parts
        if isinstance(part, TextPart | ReasoningPart | ToolCall)
    ]


def _block(part: TextPart | ReasoningPart | ToolCall) -> dict[str, Any]:
    match part:
        case TextPart():
            return {"type": "text", "text": part.text}
        case ReasoningPart():
            return {"type": "thinking", "thinking": part.text, "signature": "simulated"}
        case ToolCall():
            arguments = msgspec.Raw(part.arguments_json.encode())
            return {"type": "tool_use", "id": part.id, "name": part.name, "input": arguments}


def _message(response: ChatResponse[Any], content: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": response.id,
        "type": "message",
        "role": "assistant",
        "model": response.model,
        "content": content,
        **_ending(response),
        "usage": _usage(response.usage),
    }


def _ending(response: ChatResponse[Any]) -> dict[str, Any]:
    refusal = "".join(part.text for part in response.message.parts if isinstance(part, RefusalPart))
    word = response.raw_finish_reason or _FINISH.get(response.finish_reason, "end_turn")
    return {
        "stop_reason": "refusal" if refusal else word,
        "stop_sequence": None,
        "stop_details": {"type": "refusal", "explanation": refusal} if refusal else None,
    }


def _stream(response: ChatResponse[Any]) -> list[bytes]:
    start = _message(response, []) | {"stop_reason": None, "stop_details": None}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": start}]
    for index, part in enumerate(_parts(response)):
        block, deltas = _begun(part)
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        events += (
            {"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas
        )
        events.append({"type": "content_block_stop", "index": index})
    usage = _usage(response.usage)
    events.append({"type": "message_delta", "delta": _ending(response), "usage": usage})
    events.append({"type": "message_stop"})
    return [_event(event) for event in events]


def _begun(
    part: TextPart | ReasoningPart | ToolCall,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    match part:
        case TextPart():
            deltas = [{"type": "text_delta", "text": piece} for piece in pieces(part.text)]
            return {"type": "text", "text": ""}, deltas
        case ReasoningPart():
            deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces(part.text)]
            deltas.append({"type": "signature_delta", "signature": "simulated"})
            return {"type": "thinking", "thinking": "", "signature": ""}, deltas
        case ToolCall():
            deltas = [
                {"type": "input_json_delta", "partial_json": piece}
                for piece in pieces(part.arguments_json)
            ]
            return _block(part) | {"input": {}}, deltas


def _usage(usage: Usage) -> dict[str, Any]:
    cached, written = usage.cached_input_tokens or 0, usage.cache_write_tokens or 0
    return {
        "input_tokens": (usage.input_tokens or 0) - cached - written,
        "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": written,
        "output_tokens": usage.output_tokens or 0,
        "output_tokens_details": {"thinking_tokens": usage.reasoning_tokens or 0},
        "service_tier": "standard",
    }


def _error(code: ErrorCode, message: str) -> dict[str, Any]:
    kind = _WORDS.get(code, "invalid_request_error")
    said = f"{_SAYINGS[code]} ({message})" if code in _SAYINGS else message
    return {"type": "error", "error": {"type": kind, "message": said}}
