"""The server side of Anthropic's Messages API (API reference, "Messages" and "Streaming")."""

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
from chatmodels.testing._protocols.anthropic_request import VERSION_HEADER, read_request
from chatmodels.testing._protocols.anthropic_threads import (
    thread,
    unknown_thread,
    whole_request,
)
from chatmodels.testing._protocols.count_request import read_fields
from chatmodels.testing._protocols.protocol import ParsedRequest, StoredResponse
from chatmodels.testing._sent import anthropic
from chatmodels.testing._sent.sent_request import SentRequest
from chatmodels.testing._simulated_response import SimulatedResponse, json_response
from chatmodels.testing._strict.retirement import ANTHROPIC
from chatmodels.testing._words import split_words

_MESSAGES = "/messages"
_COUNT = "/messages/count_tokens"
_COUNTED = frozenset(
    {
        "messages",
        "model",
        "system",
        "tools",
        "tool_choice",
        "thinking",
        "output_config",
        "cache_control",
        "speed",
    }
)
"""The fields that form the prompt ("Count tokens in a Message")."""
_MODELS = "/models"
_CREATED = "2023-11-14T22:13:20Z"

_ERROR_TYPES = {
    ErrorCode.AUTHENTICATION: "authentication_error",
    ErrorCode.PERMISSION_DENIED: "permission_error",
    ErrorCode.QUOTA_EXCEEDED: "billing_error",
    ErrorCode.RATE_LIMITED: "rate_limit_error",
    ErrorCode.MODEL_NOT_FOUND: "not_found_error",
    ErrorCode.PROVIDER_UNAVAILABLE: "api_error",
    ErrorCode.TIMEOUT: "timeout_error",
}
"""Anthropic's error types (page "Errors"); all other errors are invalid requests."""

_ERROR_MESSAGES = {
    ErrorCode.CONTEXT_LENGTH_EXCEEDED: "prompt is too long: 200001 tokens > 200000 maximum",
    ErrorCode.CONTENT_FILTERED: "Output blocked by content filtering policy",
    ErrorCode.MODEL_NOT_FOUND: "model: simulated",
}
"""Messages of errors without a separate type."""

_ERROR_START = b'{"type":"error"'

_FINISH = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
    "refusal": "refusal",
    "paused": "pause_turn",
}


class AnthropicMessages:
    """A `WireProtocol` for `POST .../messages` and, with Anthropic's header, `GET .../models`."""

    name = "anthropic.messages"
    request_id_header = "request-id"
    features = anthropic.FEATURES

    def generates(self, request: ReceivedRequest, /) -> bool:
        """Check for a POST to the path of messages, with any prefix."""
        return request.method == "POST" and request.path.endswith(_MESSAGES)

    def read(self, request: ReceivedRequest, /) -> ParsedRequest:
        """Parse a request for a message.

        Raises:
            MalformedRequestError: The request is invalid.
        """
        parsed = read_request(request)
        if thread(request) is None:
            return parsed
        return msgspec.structs.replace(parsed, stored=True)

    def continues(self, request: ReceivedRequest, /) -> str | None:
        """Return the id of the response whose thread a request continues."""
        continued = thread(request)
        if continued is None or continued.get("type") != "continue":
            return None
        return str(continued.get("previous_message_id"))

    def join(self, request: ReceivedRequest, stored: StoredResponse, /) -> ReceivedRequest:
        """Return the request with the conversation of its thread."""
        content = [_block(part) for part in _parts(stored.response)]
        return whole_request(request, stored.request, content)

    def refuse_to_continue(self, response_id: str, /) -> SimulatedResponse:
        """Encode the error for an unknown thread."""
        return unknown_thread(response_id)

    def describe(self, request: ReceivedRequest, /) -> SentRequest:
        """Describe a chat request."""
        return anthropic.describe(request.json)

    def other(
        self, request: ReceivedRequest, models: tuple[str, ...], /
    ) -> SimulatedResponse | None:
        """List the models, or describe one."""
        _, separator, name = request.path.rpartition(_MODELS)
        if request.method != "GET" or VERSION_HEADER not in request.headers or not separator:
            return None
        if not name:
            records = [_model(name) for name in models]
            page = {"has_more": False, **_ends(models)}
            return json_response({"data": records, **page})
        if name[1:] in models:
            return json_response(_model(name[1:]))
        return self.error(ErrorCode.MODEL_NOT_FOUND, 404, f"model: {name[1:]}")

    def counts(self, request: ReceivedRequest, /) -> bool:
        """Check for a POST to the path of token counts, with any prefix."""
        return request.method == "POST" and request.path.endswith(_COUNT)

    def read_count(self, request: ReceivedRequest, /) -> ParsedRequest:
        """Parse a request for a number of tokens, which is that of a message with fewer fields.

        Raises:
            MalformedRequestError: The request is invalid.
        """
        body = read_fields(request.body, _COUNTED, "{}: Extra inputs are not permitted")
        whole = msgspec.json.encode({"max_tokens": 1, **body})
        return read_request(msgspec.structs.replace(request, body=whole))

    def write_count(self, request: ReceivedRequest, tokens: int, /) -> SimulatedResponse:
        """Encode a number of tokens."""
        return json_response({"input_tokens": tokens})

    def key(self, request: ReceivedRequest, /) -> str:
        """Return the API key, or the bearer token."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return request.headers.get("x-api-key") or (token if scheme.lower() == "bearer" else "")

    def write(self, response: ChatResponse[Any], parsed: ParsedRequest, /) -> SimulatedResponse:
        """Encode a message, or its events."""
        if parsed.streamed:
            return _events(_stream(response), terminal=2)
        return json_response(_message(response, [_block(part) for part in _parts(response)]))

    def error(self, code: ErrorCode, status: int, message: str, /) -> SimulatedResponse:
        """Encode an error."""
        kind = "overloaded_error" if status == 529 else None
        return json_response(_error(code, message, kind), status=status)

    def identify(self, response: SimulatedResponse, request_id: str, /) -> SimulatedResponse:
        """Add the id of the request to an error."""
        if response.status < 400 or not response.content.startswith(_ERROR_START):
            return response
        body = response.content[:-1] + b',"request_id":"%b"}' % request_id.encode()
        return msgspec.structs.replace(response, body=(body,))

    def error_event(self, code: ErrorCode, message: str, /) -> bytes:
        """Encode an error as a stream event."""
        return _event(_error(code, message))

    def empty(self, parsed: ParsedRequest, /) -> SimulatedResponse:
        """Encode a message without content and finish reason."""
        message = {"id": "empty", "type": "message", "role": "assistant", "model": parsed.model}
        message |= {"content": [], "stop_reason": None}
        if parsed.streamed:
            start = {"type": "message_start", "message": message}
            return _events([_event(start), _event({"type": "message_stop"})], terminal=1)
        return json_response(message)


def _event(data: dict[str, Any]) -> bytes:
    name: str = data["type"]
    return b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode(data))


def _events(body: list[bytes], *, terminal: int) -> SimulatedResponse:
    return SimulatedResponse(
        headers={"content-type": "text/event-stream; charset=utf-8"},
        body=tuple(body),
        streamed=True,
        terminal=terminal,
    )


def _ends(models: tuple[str, ...]) -> dict[str, str | None]:
    first, last = (models[0], models[-1]) if models else (None, None)
    return {"first_id": first, "last_id": last}


def _model(name: str) -> dict[str, Any]:
    end = ANTHROPIC.end_of(name)
    return {
        "type": "model",
        "id": name,
        "display_name": name,
        "created_at": _CREATED,
        "lifecycle": "active" if end is None else "deprecated",
        "deprecated_at": None,
        "retires_at": None if end is None else f"{end}T00:00:00Z",
        "max_input_tokens": 200_000,
        "max_tokens": 64_000,
    }


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
    start: dict[str, Any] = _message(response, []) | {"stop_reason": None, "stop_details": None}
    # The output is counted at the end ("Streaming").
    early = {"output_tokens": 1, "output_tokens_details": {"thinking_tokens": 0}}
    start["usage"] = _usage(response.usage) | early
    events: list[dict[str, Any]] = [{"type": "message_start", "message": start}]
    for index, part in enumerate(_parts(response)):
        block, deltas = _block_start(part)
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        events += (
            {"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas
        )
        events.append({"type": "content_block_stop", "index": index})
    usage = _usage(response.usage)
    events.append({"type": "message_delta", "delta": _ending(response), "usage": usage})
    events.append({"type": "message_stop"})
    return [_event(event) for event in events]


def _block_start(
    part: TextPart | ReasoningPart | ToolCall,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the start of a block, and its deltas."""
    if isinstance(part, TextPart):
        deltas = [{"type": "text_delta", "text": chunk} for chunk in split_words(part.text)]
        return {"type": "text", "text": ""}, deltas
    if isinstance(part, ReasoningPart):
        deltas = [{"type": "thinking_delta", "thinking": chunk} for chunk in split_words(part.text)]
        deltas.append({"type": "signature_delta", "signature": "simulated"})
        return {"type": "thinking", "thinking": "", "signature": ""}, deltas
    chunks = split_words(part.arguments_json)
    deltas = [{"type": "input_json_delta", "partial_json": chunk} for chunk in chunks]
    return _block(part) | {"input": {}}, deltas


def _usage(usage: Usage) -> dict[str, Any]:
    cached, cache_written = usage.cached_input_tokens or 0, usage.cache_write_tokens or 0
    return {
        "input_tokens": (usage.input_tokens or 0) - cached - cache_written,
        "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": cache_written,
        "output_tokens": usage.output_tokens or 0,
        "output_tokens_details": {"thinking_tokens": usage.reasoning_tokens or 0},
        "service_tier": "standard",
    }


def _error(code: ErrorCode, message: str, kind: str | None = None) -> dict[str, Any]:
    kind = kind or _ERROR_TYPES.get(code, "invalid_request_error")
    text = f"{_ERROR_MESSAGES[code]} ({message})" if code in _ERROR_MESSAGES else message
    return {"type": "error", "error": {"type": kind, "message": text}}
