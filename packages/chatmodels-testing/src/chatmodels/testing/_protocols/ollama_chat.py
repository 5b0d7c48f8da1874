"""Ollama's API, as its server speaks it ("Generate a chat message", "Streaming", "Errors")."""

from typing import Any

import msgspec

from chatmodels.core import ChatResponse, ErrorCode, RefusalPart, ToolCall, Usage
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._pieces import pieces
from chatmodels.testing._protocols.ollama_request import read_request
from chatmodels.testing._protocols.protocol import Ask
from chatmodels.testing._response import Answer, json_answer

_CHAT = "/api/chat"
_CREATED = "2025-11-14T22:13:20.123456Z"
_NDJSON = "application/x-ndjson"

_SAYINGS = {
    ErrorCode.CONTEXT_LENGTH_EXCEEDED: "the input length exceeds the context length",
    ErrorCode.MODEL_NOT_FOUND: "model 'simulated' not found",
    ErrorCode.QUOTA_EXCEEDED: "you have reached your weekly usage limit",
}
"""Failures have no codes: the status and the message are all there is."""


class OllamaChat:
    """A `WireProtocol` for `POST /api/chat`, the listing of models, the version, and pulls.

    A pull of a model whose name has "missing" in it fails; others come in four steps.
    """

    name = "ollama.chat"
    request_id_header = "x-request-id"  # as a proxy before it would send; Ollama has none

    def generates(self, request: ReceivedRequest, /) -> bool:
        """Tell whether it is a post to the path of the chat."""
        return request.method == "POST" and request.path.endswith(_CHAT)

    def read(self, request: ReceivedRequest, /) -> Ask:
        """Read a request for an answer.

        Raises:
            MalformedRequestError: It is none.
        """
        return read_request(request)

    def other(self, request: ReceivedRequest, models: tuple[str, ...], /) -> Answer | None:
        """List the models, tell the version, or pull a model."""
        match request.method, request.path.rpartition("/api/")[2]:
            case "GET", "tags":
                return json_answer({"models": [_model(name) for name in models]})
            case "GET", "version":
                return json_answer({"version": "0.40.12"})
            case "POST", "pull":
                return _pull(request)
            case _:
                return None

    def key(self, request: ReceivedRequest, /) -> str:
        """Give the token of the bearer; a server of one's own wants none, so any will do."""
        return request.headers.get("authorization", "Bearer none").partition(" ")[2]

    def write(self, response: ChatResponse[Any], ask: Ask, /) -> Answer:
        """Write an answer, or its lines."""
        if ask.streamed:
            return _lines(_stream(response), terminal=1)
        message = {"role": "assistant", "content": _text(response)}
        return json_answer(_chunk(response, **message, **_further(response)) | _ending(response))

    def error(self, code: ErrorCode, status: int, message: str, /) -> Answer:
        """Write a failure."""
        return json_answer(_error(code, message), status=status)

    def error_event(self, code: ErrorCode, message: str, /) -> bytes:
        """Write a failure as a line of a stream."""
        return _line(_error(code, message))

    def empty(self, ask: Ask, /) -> Answer:
        """Write an answer that is over without a message."""
        over = {"model": ask.model, "created_at": _CREATED, "done": True}
        return _lines([_line(over)], terminal=1) if ask.streamed else json_answer(over)


def _line(data: dict[str, Any]) -> bytes:
    return msgspec.json.encode(data) + b"\n"


def _lines(body: list[bytes], *, terminal: int) -> Answer:
    return Answer(
        headers={"content-type": _NDJSON}, body=tuple(body), streamed=True, terminal=terminal
    )


def _model(name: str) -> dict[str, Any]:
    details = {"family": "simulated", "parameter_size": "4B", "quantization_level": "Q4_K_M"}
    return {"name": name, "model": name, "size": 2**31, "details": details}


def _pull(request: ReceivedRequest) -> Answer:
    name = str(request.json.get("model", ""))
    steps: list[dict[str, Any]] = [{"status": "pulling manifest"}]
    if "missing" in name:
        steps.append({"error": "pull model manifest: file does not exist"})
    else:
        file = {"status": "pulling simulated", "digest": "sha256:0", "total": 2048}
        steps += [file | {"completed": 1024}, file | {"completed": 2048}, {"status": "success"}]
    if request.json.get("stream") is False:
        status = 500 if "error" in steps[-1] else 200
        return json_answer(steps[-1], status=status)
    return _lines([_line(step) for step in steps], terminal=1)


def _text(response: ChatResponse[Any]) -> str:
    refusals = [part.text for part in response.message.parts if isinstance(part, RefusalPart)]
    return "".join([response.text, *refusals])


def _chunk(response: ChatResponse[Any], **message: Any) -> dict[str, Any]:
    return {
        "model": response.model,
        "created_at": _CREATED,
        "message": {"role": "assistant", **message},
        "done": False,
    }


def _further(response: ChatResponse[Any]) -> dict[str, Any]:
    further: dict[str, Any] = {}
    if response.reasoning:
        further["thinking"] = response.reasoning
    if response.tool_calls:
        further["tool_calls"] = [_call(call) for call in response.tool_calls]
    return further


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
    }


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "prompt_eval_count": usage.input_tokens or 0,
        "prompt_eval_duration": 400_000,
        "eval_count": usage.output_tokens or 0,
        "eval_duration": 600_000,
    }


def _stream(response: ChatResponse[Any]) -> list[bytes]:
    chunks = [_chunk(response, content="", thinking=piece) for piece in pieces(response.reasoning)]
    chunks += [_chunk(response, content=piece) for piece in pieces(_text(response))]
    chunks += [
        _chunk(response, content="", tool_calls=[_call(call)]) for call in response.tool_calls
    ]
    chunks.append(_chunk(response, content="") | _ending(response))
    return [_line(chunk) for chunk in chunks]


def _error(code: ErrorCode, message: str) -> dict[str, Any]:
    return {"error": f"{_SAYINGS[code]} ({message})" if code in _SAYINGS else message}
