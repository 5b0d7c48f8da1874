"""The server side of Ollama's API ("Generate a chat message", "Streaming", "Errors")."""

from hashlib import sha256
from typing import Any

import msgspec

from chatmodels.core import ChatResponse, ErrorCode, RefusalPart, TokenLogprob, ToolCall, Usage
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._protocols.ollama_request import read_request
from chatmodels.testing._protocols.protocol import ParsedRequest
from chatmodels.testing._sent import ollama
from chatmodels.testing._sent.sent_request import SentRequest
from chatmodels.testing._simulated_response import SimulatedResponse, json_response
from chatmodels.testing._words import split_words

_CHAT = "/api/chat"
_GENERATE = "/api/generate"
_CREATED = "2025-11-14T22:13:20.123456Z"
_NDJSON = "application/x-ndjson"

_DETAILS: dict[str, Any] = {
    "parent_model": "",
    "format": "gguf",
    "family": "simulated",
    "families": ["simulated"],
    "parameter_size": "4B",
    "quantization_level": "Q4_K_M",
}

_ERROR_MESSAGES = {
    ErrorCode.CONTEXT_LENGTH_EXCEEDED: "the input length exceeds the context length",
    ErrorCode.MODEL_NOT_FOUND: "model 'simulated' not found",
    ErrorCode.QUOTA_EXCEEDED: "you have reached your weekly usage limit",
}
"""Error messages; errors have no codes, only a status and a message."""


class OllamaChat:
    """A `WireProtocol` for `POST /api/chat`, `POST /api/generate`, models, the version, and pulls.

    A pull of a model with "missing" in its name fails; other pulls have four steps.
    """

    name = "ollama.chat"
    request_id_header = "x-request-id"  # from a proxy; Ollama does not send one
    features = ollama.FEATURES

    def generates(self, request: ReceivedRequest, /) -> bool:
        """Check for a POST to the path of the chat, or of completions of a prompt."""
        return request.method == "POST" and request.path.endswith((_CHAT, _GENERATE))

    def read(self, request: ReceivedRequest, /) -> ParsedRequest:
        """Parse a chat request.

        Raises:
            MalformedRequestError: The request is invalid.
        """
        return read_request(request)

    def describe(self, request: ReceivedRequest, /) -> SentRequest:
        """Describe a chat request."""
        return ollama.describe(request.json)

    def other(
        self, request: ReceivedRequest, models: tuple[str, ...], /
    ) -> SimulatedResponse | None:
        """List the models, describe or pull one, or return the version."""
        match request.method, request.path.rpartition("/api/")[2]:
            case "GET", "tags":
                return json_response({"models": [_model(name) for name in models]})
            case "GET", "ps":
                return json_response({"models": []})
            case "POST", "show":
                return self._show(request, models)
            case "GET", "version":
                return json_response({"version": "0.40.12"})
            case "POST", "pull":
                return _pull(request)
            case _:
                return None

    def _show(self, request: ReceivedRequest, models: tuple[str, ...]) -> SimulatedResponse:
        name = str(request.json.get("model", ""))
        if name in models:
            return json_response(_description(name))
        return self.error(ErrorCode.INVALID_REQUEST, 404, f"model '{name}' not found")

    def key(self, request: ReceivedRequest, /) -> str:
        """Return the bearer token; local servers do not require one."""
        return request.headers.get("authorization", "Bearer none").partition(" ")[2]

    def write(self, response: ChatResponse[Any], parsed: ParsedRequest, /) -> SimulatedResponse:
        """Encode a response, or its lines."""
        if parsed.streamed:
            return _lines(_stream(response, parsed), terminal=1)
        message = {"content": _text(response), **_other_fields(response)}
        return json_response(_chunk(response, parsed, **message) | _ending(response))

    def error(self, code: ErrorCode, status: int, message: str, /) -> SimulatedResponse:
        """Encode an error."""
        return json_response(_error(code, message), status=status)

    def error_event(self, code: ErrorCode, message: str, /) -> bytes:
        """Encode an error as a line of a stream."""
        return _line(_error(code, message))

    def empty(self, parsed: ParsedRequest, /) -> SimulatedResponse:
        """Encode a final response without a message."""
        body = {"model": parsed.model, "created_at": _CREATED, "done": True}
        return _lines([_line(body)], terminal=1) if parsed.streamed else json_response(body)


def _line(data: dict[str, Any]) -> bytes:
    return msgspec.json.encode(data) + b"\n"


def _lines(body: list[bytes], *, terminal: int) -> SimulatedResponse:
    return SimulatedResponse(
        headers={"content-type": _NDJSON}, body=tuple(body), streamed=True, terminal=terminal
    )


def _model(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "model": name,
        "modified_at": _CREATED,
        "size": 2**31,
        "digest": sha256(name.encode()).hexdigest(),
        "details": _DETAILS,
    }


def _description(name: str) -> dict[str, Any]:
    """Describe a model ("Show model details")."""
    return {
        "modelfile": f"FROM {name}",
        "parameters": "",
        "template": "{{ .Prompt }}",
        "details": _DETAILS,
        "model_info": {"general.architecture": "simulated", "simulated.context_length": 32_768},
        "capabilities": ["completion", "tools", "thinking"],
        "modified_at": _CREATED,
    }


def _pull(request: ReceivedRequest) -> SimulatedResponse:
    name = str(request.json.get("model", ""))
    steps: list[dict[str, Any]] = [{"status": "pulling manifest"}]
    if "missing" in name:
        steps.append({"error": "pull model manifest: file does not exist"})
    else:
        file = {"status": "pulling simulated", "digest": "sha256:0", "total": 2048}
        steps += [file | {"completed": 1024}, file | {"completed": 2048}, {"status": "success"}]
    if request.json.get("stream") is False:
        status = 500 if "error" in steps[-1] else 200
        return json_response(steps[-1], status=status)
    return _lines([_line(step) for step in steps], terminal=1)


def _text(response: ChatResponse[Any]) -> str:
    refusals = [part.text for part in response.message.parts if isinstance(part, RefusalPart)]
    return "".join([response.text, *refusals])


def _chunk(
    response: ChatResponse[Any], parsed: ParsedRequest, /, *, content: str, **fields: Any
) -> dict[str, Any]:
    chunk = {"model": response.model, "created_at": _CREATED, "done": False}
    if parsed.prompt_only:
        return chunk | {"response": content, **fields}
    return chunk | {"message": {"role": "assistant", "content": content, **fields}}


def _other_fields(response: ChatResponse[Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if response.reasoning:
        fields["thinking"] = response.reasoning
    if response.tool_calls:
        fields["tool_calls"] = [_call(call) for call in response.tool_calls]
    return fields


def _call(call: ToolCall) -> dict[str, Any]:
    arguments = msgspec.Raw(call.arguments_json.encode())
    return {"id": call.id, "function": {"name": call.name, "arguments": arguments}}


def _ending(response: ChatResponse[Any]) -> dict[str, Any]:
    word = "length" if response.finish_reason == "length" else "stop"
    return {
        "done": True,
        "done_reason": response.raw_finish_reason or word,
        "total_duration": 2_000_000,
        "load_duration": 1_000_000,
        **_usage(response.usage),
        **_logprobs(response.logprobs),
    }


def _logprobs(logprobs: tuple[TokenLogprob, ...]) -> dict[str, Any]:
    if not logprobs:
        return {}
    encoded = [
        {**_token(each), "top_logprobs": [_token(other) for other in each.top]} for each in logprobs
    ]
    return {"logprobs": encoded}


def _token(each: TokenLogprob) -> dict[str, Any]:
    return {"token": each.token, "logprob": each.logprob, "bytes": list(each.token.encode())}


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "prompt_eval_count": usage.input_tokens or 0,
        "prompt_eval_duration": 400_000,
        "eval_count": usage.output_tokens or 0,
        "eval_duration": 600_000,
    }


def _stream(response: ChatResponse[Any], parsed: ParsedRequest) -> list[bytes]:
    chunks = [
        _chunk(response, parsed, content="", thinking=chunk)
        for chunk in split_words(response.reasoning)
    ]
    chunks += [_chunk(response, parsed, content=chunk) for chunk in split_words(_text(response))]
    chunks += [
        _chunk(response, parsed, content="", tool_calls=[_call(call)])
        for call in response.tool_calls
    ]
    chunks.append(_chunk(response, parsed, content="") | _ending(response))
    return [_line(chunk) for chunk in chunks]


def _error(code: ErrorCode, message: str) -> dict[str, Any]:
    return {"error": f"{_ERROR_MESSAGES[code]} ({message})" if code in _ERROR_MESSAGES else message}
