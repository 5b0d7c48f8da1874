"""The server side of Mistral's chat completions ("Chat", API reference, and recordings).

Differences from OpenAI: content in parts, calls without an index, usage in the last chunk of every
stream, flat error objects, and a text that the request begins, which the response repeats.
"""

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import msgspec

from chatmodels.core import ChatResponse, ErrorCode, Message, TextPart, Usage
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._protocols.openai_chat import OpenAIChat
from chatmodels.testing._protocols.openai_request import parse_request
from chatmodels.testing._protocols.protocol import ParsedRequest
from chatmodels.testing._sent import chat, mistral
from chatmodels.testing._sent.sent_request import SentRequest
from chatmodels.testing._simulated_response import SimulatedResponse, json_response
from chatmodels.testing._words import split_words

_ROOT = "/mistral/"
_CREATED = 1_700_000_000
_ID = re.compile("[a-zA-Z0-9]{9}")

_ERROR_TYPES = {
    ErrorCode.RATE_LIMITED: ("rate_limited", "1300"),
    ErrorCode.MODEL_NOT_FOUND: ("invalid_model", "1500"),
    ErrorCode.QUOTA_EXCEEDED: ("insufficient_quota", "1301"),
    ErrorCode.CONTENT_FILTERED: ("content_filter", "3060"),
    ErrorCode.CONTEXT_LENGTH_EXCEEDED: ("context_length_exceeded", "3051"),
    ErrorCode.PROVIDER_UNAVAILABLE: ("unavailable", "3700"),
}


class MistralChat(OpenAIChat):
    """A `WireProtocol` for `POST /mistral/v1/chat/completions` and `GET /mistral/v1/models`."""

    name = "mistral.chat"
    request_id_header = "mistral-correlation-id"
    features = mistral.FEATURES

    def generates(self, request: ReceivedRequest, /) -> bool:
        """Check for a POST to the path of chat completions below Mistral's root."""
        return request.path.startswith(_ROOT) and super().generates(request)

    def read(self, request: ReceivedRequest, /) -> ParsedRequest:
        """Parse a request for a chat completion.

        Raises:
            MalformedRequestError: The request is invalid.
        """
        parsed = parse_request(
            request.body.replace(b'"tool_choice":"any"', b'"tool_choice":"required"')
        )
        last = request.json["messages"][-1]
        prefill = last.get("content") or "" if last["role"] == "assistant" else ""
        return msgspec.structs.replace(parsed, stream_usage=True, prefill=prefill)

    def describe(self, request: ReceivedRequest, /) -> SentRequest:
        """Describe a chat request."""
        return chat.describe(request.json, mistral.FIELDS)

    def other(
        self, request: ReceivedRequest, models: tuple[str, ...], /
    ) -> SimulatedResponse | None:
        """List the models, or return one."""
        _, separator, name = request.path.partition(f"{_ROOT}v1/models")
        if request.method != "GET" or not separator:
            return None
        if not name:
            return json_response({"object": "list", "data": [_card(name) for name in models]})
        if name[1:] in models:
            return json_response(_card(name[1:]))
        return self.error(ErrorCode.MODEL_NOT_FOUND, 404, f"Invalid model: {name[1:]}")

    def write(self, response: ChatResponse[Any], parsed: ParsedRequest, /) -> SimulatedResponse:
        """Encode a chat completion, or its chunks.

        It begins with the text that the request began ("Prefix").
        """
        if parsed.prefill:
            parts = (TextPart(parsed.prefill + response.text), *response.tool_calls)
            response = msgspec.structs.replace(response, message=Message("assistant", parts))
        finish = response.raw_finish_reason or _FINISH.get(response.finish_reason, "stop")
        if not parsed.streamed:
            choice = {"index": 0, "message": _message(response), "finish_reason": finish}
            envelope = _envelope(response, "chat.completion")
            return json_response(envelope | {"choices": [choice], "usage": _usage(response.usage)})
        envelope = _envelope(response, "chat.completion.chunk")
        chunks = [
            envelope | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
            for delta in _deltas(response)
        ]
        ending = {"index": 0, "delta": {"content": ""}, "finish_reason": finish}
        chunks.append(envelope | {"choices": [ending], "usage": _usage(response.usage)})
        return _events([*map(_event, chunks), _DONE], terminal=2)

    def error(self, code: ErrorCode, status: int, message: str, /) -> SimulatedResponse:
        """Encode an error."""
        if code is ErrorCode.AUTHENTICATION:
            return json_response({"detail": message}, status=status)
        return json_response(_error(code, message) | {"raw_status_code": status}, status=status)

    def error_event(self, code: ErrorCode, message: str, /) -> bytes:
        """Encode an error as a stream event."""
        return _event(_error(code, message))

    def empty(self, parsed: ParsedRequest, /) -> SimulatedResponse:
        """Encode a completion without choices."""
        body: dict[str, Any] = {"id": "empty", "model": parsed.model, "choices": []}
        return (
            _events([_event(body), _DONE], terminal=1) if parsed.streamed else json_response(body)
        )


_DONE = b"data: [DONE]\n\n"
_FINISH = {"length": "length", "tool_calls": "tool_calls", "error": "error"}


def _event(data: object) -> bytes:
    return b"data: %b\n\n" % msgspec.json.encode(data)


def _events(body: list[bytes], *, terminal: int) -> SimulatedResponse:
    headers = {"content-type": "text/event-stream; charset=utf-8"}
    return SimulatedResponse(headers=headers, body=tuple(body), streamed=True, terminal=terminal)


def _envelope(response: ChatResponse[Any], kind: str) -> dict[str, Any]:
    return {"id": response.id, "object": kind, "created": _CREATED, "model": response.model}


def _message(response: ChatResponse[Any]) -> dict[str, Any]:
    text = response.text or response.refusal or ""
    content: Any = text
    if response.reasoning:
        content = [_thinking(response.reasoning), *([_text(text)] if text else [])]
    calls = _calls(response) or None
    return {"role": "assistant", "content": content, "tool_calls": calls}


def _deltas(response: ChatResponse[Any]) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": ""}
    for chunk in split_words(response.reasoning):
        yield {"content": [_thinking(chunk)]}
    for chunk in split_words(response.text or response.refusal or ""):
        yield {"content": chunk}
    for call in _calls(response):
        yield {"tool_calls": [call]}


def _thinking(text: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": [_text(text)], "closed": True}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _calls(response: ChatResponse[Any]) -> list[dict[str, Any]]:
    return [
        {"id": _call_id(call.id), "function": {"name": call.name, "arguments": call.arguments_json}}
        for call in response.tool_calls
    ]


def _call_id(call_id: str) -> str:
    """Return an id that Mistral accepts, derived from that of a reply if necessary."""
    return call_id if _ID.fullmatch(call_id) else sha256(call_id.encode()).hexdigest()[:9]


def _usage(usage: Usage) -> dict[str, Any]:
    input_tokens, output_tokens = usage.input_tokens or 0, usage.output_tokens or 0
    return {
        "prompt_tokens": input_tokens,
        "completion_tokens": output_tokens,
        "total_tokens": input_tokens + output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_input_tokens or 0},
        "service_tier": "standard",
    }


def _card(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "type": "base",
        "created": _CREATED,
        "owned_by": "mistralai",
        "capabilities": {"completion_chat": True, "function_calling": True, "vision": True},
        "max_context_length": 32_768,
        "aliases": [],
        "deprecation": None,
    }


def _error(code: ErrorCode, message: str) -> dict[str, Any]:
    kind, number = _ERROR_TYPES.get(code, ("invalid_request_error", "3051"))
    return {"object": "error", "message": message, "type": kind, "param": None, "code": number}
