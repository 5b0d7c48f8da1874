"""Google's generateContent, as a server speaks it: the Gemini API's as well as Vertex AI's."""

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
from chatmodels.testing._protocols.gemini_request import STREAMED, WHOLE, read_request
from chatmodels.testing._protocols.protocol import Ask
from chatmodels.testing._response import Answer, json_answer

_KEY = "x-goog-api-key"
_MODELS = "/models"
_PUBLISHER = "/publishers/google"

_WORDS = {
    ErrorCode.AUTHENTICATION: "UNAUTHENTICATED",
    ErrorCode.PERMISSION_DENIED: "PERMISSION_DENIED",
    ErrorCode.QUOTA_EXCEEDED: "RESOURCE_EXHAUSTED",
    ErrorCode.RATE_LIMITED: "RESOURCE_EXHAUSTED",
    ErrorCode.MODEL_NOT_FOUND: "NOT_FOUND",
    ErrorCode.PROVIDER_UNAVAILABLE: "UNAVAILABLE",
    ErrorCode.TIMEOUT: "DEADLINE_EXCEEDED",
}
"""Google's words for errors ("API errors"); all others are invalid arguments."""

_SAYINGS = {
    ErrorCode.CONTEXT_LENGTH_EXCEEDED: "The input token count, 1048577, exceeds the maximum.",
    ErrorCode.CONTENT_FILTERED: "The prompt violates Google's Responsible AI practices.",
    ErrorCode.MODEL_NOT_FOUND: "models/simulated is not found in v1beta.",
    ErrorCode.QUOTA_EXCEEDED: "Your billing account is closed.",
}
"""What has no word of its own is told by the message."""

_STATUSES = {"UNAVAILABLE": 503, "RESOURCE_EXHAUSTED": 429}

_FINISH = {
    "length": "MAX_TOKENS",
    "content_filter": "SAFETY",
    "refusal": "PROHIBITED_CONTENT",
    "error": "MALFORMED_FUNCTION_CALL",
    "other": "OTHER",
}


class Gemini:
    """A `WireProtocol` for `POST .../models/...:generateContent` and its like, and the models."""

    name = "gemini.generate_content"
    request_id_header = "x-goog-request-id"

    def generates(self, request: ReceivedRequest, /) -> bool:
        """Tell whether it is a post to the verbs of a model, whatever stands before them."""
        return request.method == "POST" and request.path.endswith((WHOLE, STREAMED))

    def read(self, request: ReceivedRequest, /) -> Ask:
        """Read a request for generated content.

        Raises:
            MalformedRequestError: It is none.
        """
        return read_request(request)

    def other(self, request: ReceivedRequest, models: tuple[str, ...], /) -> Answer | None:
        """List the models, or describe one."""
        before, found, name = request.path.rpartition(_MODELS)
        vertex = before.endswith(_PUBLISHER)
        if request.method != "GET" or not found or not (vertex or _KEY in request.headers):
            return None
        if not name:
            field = "publisherModels" if vertex else "models"
            return json_answer({field: [_model(name, vertex=vertex) for name in models]})
        if name[1:] in models:
            return json_answer(_model(name[1:], vertex=vertex))
        return self.error(ErrorCode.MODEL_NOT_FOUND, 404, f"models{name} is not found")

    def key(self, request: ReceivedRequest, /) -> str:
        """Give the API key, or the bearer token."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return request.headers.get(_KEY) or (token if scheme.lower() == "bearer" else "")

    def write(self, response: ChatResponse[Any], ask: Ask, /) -> Answer:
        """Write an answer, or its chunks."""
        parts = [
            part
            for part in response.message.parts
            if isinstance(part, TextPart | ReasoningPart | ToolCall)
        ]
        if not ask.streamed:
            return json_answer(_chunk(response, [_part(part) for part in parts], ended=True))
        chunks = [_chunk(response, [said]) for part in parts for said in _pieces(part)]
        last = _chunk(response, [{"text": ""}], ended=True)
        return _events([*chunks, last])

    def error(self, code: ErrorCode, status: int, message: str, /) -> Answer:
        """Write a failure."""
        return json_answer(_error(code, message, status), status=status)

    def error_event(self, code: ErrorCode, message: str, /) -> bytes:
        """Write a failure as it comes within a stream: JSON that is no event."""
        status = _STATUSES.get(_WORDS.get(code, ""), 400)
        return msgspec.json.format(msgspec.json.encode(_error(code, message, status)))

    def empty(self, ask: Ask, /) -> Answer:
        """Write an answer without candidates."""
        body = {"usageMetadata": {"promptTokenCount": 1}, "modelVersion": ask.model}
        return _events([body]) if ask.streamed else json_answer(body)


def _events(chunks: list[dict[str, Any]]) -> Answer:
    return Answer(
        headers={"content-type": "text/event-stream"},
        body=tuple(b"data: %b\r\n\r\n" % msgspec.json.encode(chunk) for chunk in chunks),
        streamed=True,
        terminal=1,
    )


def _model(name: str, *, vertex: bool) -> dict[str, Any]:
    if vertex:
        return {"name": f"publishers/google/models/{name}", "launchStage": "GA"}
    methods = ["generateContent", "countTokens"]
    return {"name": f"models/{name}", "supportedGenerationMethods": methods}


def _part(part: TextPart | ReasoningPart | ToolCall) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"text": part.text}
    if isinstance(part, ReasoningPart):
        return {"text": part.text, "thought": True}
    arguments = msgspec.Raw(part.arguments_json.encode())
    return {"functionCall": {"name": part.name, "args": arguments, "id": part.id}}


def _pieces(part: TextPart | ReasoningPart | ToolCall) -> list[dict[str, Any]]:
    if isinstance(part, ToolCall):
        return [_part(part)]
    return [_part(part) | {"text": piece} for piece in pieces(part.text)]


def _chunk(
    response: ChatResponse[Any], parts: list[dict[str, Any]], *, ended: bool = False
) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if ended:
        candidate |= _ending(response)
    return {
        "candidates": [candidate],
        "usageMetadata": _usage(response.usage),
        "modelVersion": response.model,
        "responseId": response.id,
    }


def _ending(response: ChatResponse[Any]) -> dict[str, Any]:
    refusal = "".join(part.text for part in response.message.parts if isinstance(part, RefusalPart))
    word = response.raw_finish_reason or _FINISH.get(response.finish_reason, "STOP")
    if refusal:
        return {"finishReason": "PROHIBITED_CONTENT", "finishMessage": refusal}
    return {"finishReason": word}


def _usage(usage: Usage) -> dict[str, Any]:
    thoughts = usage.reasoning_tokens or 0
    return {
        "promptTokenCount": usage.input_tokens or 0,
        "cachedContentTokenCount": usage.cached_input_tokens or 0,
        "candidatesTokenCount": (usage.output_tokens or 0) - thoughts,
        "thoughtsTokenCount": thoughts,
        "totalTokenCount": usage.total_tokens or 0,
    }


def _error(code: ErrorCode, message: str, status: int) -> dict[str, Any]:
    word = _WORDS.get(code, "INVALID_ARGUMENT")
    said = f"{_SAYINGS[code]} ({message})" if code in _SAYINGS else message
    details = [{"@type": "type.googleapis.com/google.rpc.DebugInfo", "detail": "simulated"}]
    if code is ErrorCode.QUOTA_EXCEEDED:
        violation = {"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}
        details = [
            {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]}
        ]
    return {"error": {"code": status, "message": said, "status": word, "details": details}}
