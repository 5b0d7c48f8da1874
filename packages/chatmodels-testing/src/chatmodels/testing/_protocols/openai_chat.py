"""The server side of OpenAI's chat completions (API reference, "Chat Completions")."""

from collections.abc import Iterator
from typing import Any

import msgspec

from chatmodels.core import (
    ChatResponse,
    ErrorCode,
    TokenLogprob,
    ToolArgumentsError,
    ToolCall,
    Usage,
    assistant,
)
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._protocols.openai_request import parse_request
from chatmodels.testing._protocols.protocol import ParsedRequest
from chatmodels.testing._sent import chat
from chatmodels.testing._sent.sent_request import SentRequest
from chatmodels.testing._simulated_response import SimulatedResponse, json_response
from chatmodels.testing._strict.retirement import OPENAI
from chatmodels.testing._words import split_words

_CHAT = "/chat/completions"
_MODELS = "/models"
_CREATED = 1_700_000_000

_ERROR_TYPES = {
    ErrorCode.AUTHENTICATION: ("invalid_request_error", "invalid_api_key"),
    ErrorCode.PERMISSION_DENIED: ("invalid_request_error", "permission_denied"),
    ErrorCode.QUOTA_EXCEEDED: ("insufficient_quota", "insufficient_quota"),
    ErrorCode.RATE_LIMITED: ("requests", "rate_limit_exceeded"),
    ErrorCode.MODEL_NOT_FOUND: ("invalid_request_error", "model_not_found"),
    ErrorCode.CONTEXT_LENGTH_EXCEEDED: ("invalid_request_error", "context_length_exceeded"),
    ErrorCode.CONTENT_FILTERED: ("invalid_request_error", "content_policy_violation"),
    ErrorCode.PROVIDER_UNAVAILABLE: ("server_error", None),
}
"""OpenAI's error types and codes (guide "Error codes", and recorded responses)."""

_FINISH = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
    "refusal": "stop",
}


_PROPS = {
    "default_generation_settings": {"n_ctx": 4096},
    "total_slots": 1,
    "modalities": {"vision": False, "audio": False},
    "chat_template_caps": {"supports_tools": True, "supports_parallel_tool_calls": True},
}
"""The description of the loaded model by llama.cpp's server."""


class OpenAIChat:
    """A `WireProtocol` for `POST .../chat/completions` and `GET .../models`."""

    name = "openai.chat"
    request_id_header = "x-request-id"
    features = chat.FEATURES
    _has_dates = True

    def generates(self, request: ReceivedRequest, /) -> bool:
        """Check for a POST to the path of chat completions, with any prefix."""
        return request.method == "POST" and request.path.endswith(_CHAT)

    def read(self, request: ReceivedRequest, /) -> ParsedRequest:
        """Parse a request for a chat completion.

        Raises:
            MalformedRequestError: The request is invalid.
        """
        return parse_request(request.body)

    def describe(self, request: ReceivedRequest, /) -> SentRequest:
        """Describe a chat request."""
        return chat.describe(request.json)

    def other(
        self, request: ReceivedRequest, models: tuple[str, ...], /
    ) -> SimulatedResponse | None:
        """List the models, return one, or describe the key or the server."""
        if request.method != "GET":
            return None
        if request.path.endswith("/key"):  # OpenRouter's description of a key
            return json_response({"data": {"label": "simulated"}})
        if request.path == "/props":
            return json_response({**_PROPS, "model_alias": next(iter(models), "")})
        prefix, separator, name = request.path.rpartition(_MODELS)
        if not separator or prefix.endswith(_CHAT):
            return None
        if not name:
            data = [self._model(name) for name in models]
            return json_response({"object": "list", "data": data})
        if name[1:] in models:
            return json_response(self._model(name[1:]))
        return self.error(ErrorCode.MODEL_NOT_FOUND, 404, f"The model '{name[1:]}' does not exist")

    def _model(self, name: str) -> dict[str, Any]:
        return {
            "id": name,
            "object": "model",
            "created": _CREATED,
            "owned_by": "chatmodels",
            "shutdown_date": OPENAI.end_of(name) if self._has_dates else None,
        }

    def key(self, request: ReceivedRequest, /) -> str:
        """Return the bearer token, or Azure's key."""
        return bearer_key(request)

    def write(self, response: ChatResponse[Any], parsed: ParsedRequest, /) -> SimulatedResponse:
        """Encode a chat completion, or its chunks."""
        if parsed.streamed:
            return self._stream(response, parsed)
        return json_response(
            _envelope(response, "chat.completion")
            | {
                "choices": [
                    {
                        "index": index,
                        "message": _message(response, parsed.custom),
                        "logprobs": _logprobs(response.logprobs),
                        "finish_reason": _finish(response),
                    }
                    for index in range(parsed.choices)
                ],
                "usage": _usage(response.usage),
            }
        )

    def error(self, code: ErrorCode, status: int, message: str, /) -> SimulatedResponse:
        """Encode an error."""
        return json_response(error_body(code, message), status=status)

    def error_event(self, code: ErrorCode, message: str, /) -> bytes:
        """Encode an error as a stream event."""
        return _event(error_body(code, message))

    def empty(self, parsed: ParsedRequest, /) -> SimulatedResponse:
        """Encode a completion without choices."""
        response: ChatResponse[Any] = ChatResponse(
            message=assistant(), model=parsed.model, id="empty"
        )
        if parsed.streamed:
            chunk = _envelope(response, "chat.completion.chunk") | _NO_CHOICES
            return _events([_event(chunk), _DONE], terminal=1)
        return json_response(_envelope(response, "chat.completion") | _NO_CHOICES)

    def _stream(self, response: ChatResponse[Any], parsed: ParsedRequest) -> SimulatedResponse:
        envelope = _envelope(response, "chat.completion.chunk")
        unknown = {"usage": None} if parsed.stream_usage else {}

        def chunk(index: int, delta: dict[str, Any], finish: str | None = None) -> bytes:
            choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
            return _event(envelope | {"choices": [choice]} | unknown)

        deltas = list(_deltas(response, parsed.custom))
        indexes = range(parsed.choices)
        events = [chunk(index, delta) for delta in deltas for index in indexes]
        if response.logprobs:
            choice: dict[str, Any] = {
                "index": 0,
                "delta": {},
                "logprobs": _logprobs(response.logprobs),
            }
            events.append(
                _event(envelope | {"choices": [choice | {"finish_reason": None}]} | unknown)
            )
        events += [chunk(index, {}, _finish(response)) for index in indexes]
        if parsed.stream_usage:
            events.append(_event(envelope | _NO_CHOICES | {"usage": _usage(response.usage)}))
        return _events([*events, _DONE], terminal=parsed.choices + 1 + parsed.stream_usage)


_NO_CHOICES: dict[str, Any] = {"choices": []}
_DONE = b"data: [DONE]\n\n"


def _event(data: object) -> bytes:
    return b"data: %b\n\n" % msgspec.json.encode(data)


def _events(body: list[bytes], *, terminal: int) -> SimulatedResponse:
    return SimulatedResponse(
        headers={"content-type": "text/event-stream; charset=utf-8"},
        body=tuple(body),
        streamed=True,
        terminal=terminal,
    )


def _envelope(response: ChatResponse[Any], kind: str) -> dict[str, Any]:
    return {
        "id": response.id,
        "object": kind,
        "created": _CREATED,
        "model": response.model,
        "service_tier": response.service_tier or "default",
        "system_fingerprint": "fp_simulated",
    }


def _message(response: ChatResponse[Any], custom: frozenset[str]) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": response.text or None,
        "refusal": response.refusal,
        "annotations": [],
    }
    if response.reasoning:
        message["reasoning_content"] = response.reasoning
    if response.tool_calls:
        message["tool_calls"] = [_call(call, custom) for call in response.tool_calls]
    return message


def custom_text(call: ToolCall, /) -> str:
    """Return the free text of a call of a custom tool, which is its argument `input`."""
    try:
        return str(call.arguments.get("input", ""))
    except ToolArgumentsError:
        return call.arguments_json


def _call(call: ToolCall, custom: frozenset[str]) -> dict[str, Any]:
    if call.name in custom:
        written = {"name": call.name, "input": custom_text(call)}
        return {"id": call.id, "type": "custom", "custom": written}
    function = {"name": call.name, "arguments": call.arguments_json}
    return {"id": call.id, "type": "function", "function": function}


def _deltas(response: ChatResponse[Any], custom: frozenset[str]) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": "" if response.text else None, "refusal": None}
    fields = {
        "reasoning_content": response.reasoning,
        "content": response.text,
        "refusal": response.refusal or "",
    }
    for field, text in fields.items():
        for chunk in split_words(text):
            yield {field: chunk}
    for index, call in enumerate(response.tool_calls):
        written = _call(call, custom)
        kind = written["type"]
        field = "input" if kind == "custom" else "arguments"
        text = written[kind][field]
        yield {"tool_calls": [{"index": index, **written, kind: written[kind] | {field: ""}}]}
        for chunk in split_words(text):
            yield {"tool_calls": [{"index": index, kind: {field: chunk}}]}


def _finish(response: ChatResponse[Any]) -> str:
    return response.raw_finish_reason or _FINISH.get(response.finish_reason, "stop")


def _logprobs(logprobs: tuple[TokenLogprob, ...]) -> dict[str, Any] | None:
    return {"content": encoded_logprobs(logprobs), "refusal": None} if logprobs else None


def encoded_logprobs(logprobs: tuple[TokenLogprob, ...], /) -> list[dict[str, Any]]:
    """Encode log probabilities in the form that both of OpenAI's APIs use."""
    return [
        {
            "token": each.token,
            "logprob": each.logprob,
            "bytes": list(each.token.encode()),
            "top_logprobs": [
                {"token": top.token, "logprob": top.logprob, "bytes": list(top.token.encode())}
                for top in each.top
            ],
        }
        for each in logprobs
    ]


def _reported(**counts: int | None) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count is not None}


def _usage(usage: Usage) -> dict[str, Any]:
    input_tokens, output_tokens = usage.input_tokens or 0, usage.output_tokens or 0
    return {
        "prompt_tokens": input_tokens,
        "completion_tokens": output_tokens,
        "total_tokens": input_tokens + output_tokens,
        "prompt_tokens_details": {
            "cached_tokens": usage.cached_input_tokens or 0,
            **_reported(audio_tokens=usage.input_audio_tokens),
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning_tokens or 0,
            **_reported(
                audio_tokens=usage.output_audio_tokens,
                accepted_prediction_tokens=usage.accepted_prediction_tokens,
                rejected_prediction_tokens=usage.rejected_prediction_tokens,
            ),
        },
    }


def bearer_key(request: ReceivedRequest) -> str:
    """Return the bearer token of a request, or Azure's key."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else request.headers.get("api-key", "")


def error_type(code: ErrorCode) -> tuple[str, str | None]:
    """Return OpenAI's type and code for an error."""
    return _ERROR_TYPES.get(code, ("invalid_request_error", None))


def error_body(code: ErrorCode, message: str) -> dict[str, Any]:
    """Encode an error in the form that both of OpenAI's APIs use."""
    kind, name = error_type(code)
    return {"error": {"message": message, "type": kind, "param": None, "code": name}}
