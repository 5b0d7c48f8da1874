"""Anthropic's Messages API, as a server speaks it (API reference, "Messages" and "Streaming")."""

from typing import Any

import msgspec

from chatmodels.core import (
    ChatResponse,
    ErrorCode,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    Usage,
)
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._pieces import pieces
from chatmodels.testing._protocols.anthropic_request import VERSION_HEADER, read_request
from chatmodels.testing._protocols.protocol import Ask
from chatmodels.testing._response import Answer, json_answer

_MESSAGES = "/messages"
_MODELS = "/models"
_CREATED = "2023-11-14T22:13:20Z"

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
        return read_request(request)

    def other(self, request: ReceivedRequest, models: tuple[str, ...], /) -> Answer | None:
        """List the models, describe one, or count tokens: a quarter of the request's bytes."""
        if request.method == "POST" and request.path.endswith(f"{_MESSAGES}/count_tokens"):
            return json_answer({"input_tokens": len(request.body) // 4})
        _, found, name = request.path.rpartition(_MODELS)
        if request.method != "GET" or VERSION_HEADER not in request.headers or not found:
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
        kind = "overloaded_error" if status == 529 else None
        return json_answer(_error(code, message, kind), status=status)

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


def _model(name: str) -> dict[str, Any]:
    return {"type": "model", "id": name, "display_name": name, "created_at": _CREATED}


def _parts(response: ChatResponse[Any]) -> list[TextPart | ReasoningPart | ToolCall]:
    return [
        part
        for part in response.message.parts
        if isinstance(part, TextPart | ReasoningPart | ToolCall)
    ]


def _block(part: TextPart | ReasoningPart | ToolCall) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    if isinstance(part, ReasoningPart):
        return {"type": "thinking", "thinking": part.text, "signature": "simulated"}
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
    """Give a block as it begins, and what more of it comes."""
    if isinstance(part, TextPart):
        deltas = [{"type": "text_delta", "text": piece} for piece in pieces(part.text)]
        return {"type": "text", "text": ""}, deltas
    if isinstance(part, ReasoningPart):
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces(part.text)]
        deltas.append({"type": "signature_delta", "signature": "simulated"})
        return {"type": "thinking", "thinking": "", "signature": ""}, deltas
    said = pieces(part.arguments_json)
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in said]
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


def _error(code: ErrorCode, message: str, kind: str | None = None) -> dict[str, Any]:
    kind = kind or _WORDS.get(code, "invalid_request_error")
    said = f"{_SAYINGS[code]} ({message})" if code in _SAYINGS else message
    return {"type": "error", "error": {"type": kind, "message": said}}
