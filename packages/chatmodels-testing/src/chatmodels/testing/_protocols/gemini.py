"""The server side of Google's generateContent, for the Gemini API and Vertex AI."""

from typing import Any

import msgspec

from chatmodels.core import (
    ChatResponse,
    ErrorCode,
    ReasoningPart,
    RefusalPart,
    TextPart,
    TokenLogprob,
    ToolCall,
    Usage,
)
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._protocols.count_request import read_fields
from chatmodels.testing._protocols.gemini_request import STREAMED, WHOLE, camel_case, read_request
from chatmodels.testing._protocols.protocol import ParsedRequest
from chatmodels.testing._sent import gemini
from chatmodels.testing._sent.sent_request import SentRequest
from chatmodels.testing._simulated_response import SimulatedResponse, json_response
from chatmodels.testing._words import split_words

_KEY = "x-goog-api-key"
_COUNT = ":countTokens"
_COUNTED = frozenset({"contents", "generateContentRequest"})
_VERTEX_COUNTED = frozenset({"contents", "systemInstruction", "tools", "generationConfig", "model"})
"""The fields of `CountTokensRequest`, which differ between the two APIs."""
_MODELS = "/models"
_PUBLISHER = "/publishers/google"

_ERROR_TYPES = {
    ErrorCode.AUTHENTICATION: "UNAUTHENTICATED",
    ErrorCode.PERMISSION_DENIED: "PERMISSION_DENIED",
    ErrorCode.QUOTA_EXCEEDED: "RESOURCE_EXHAUSTED",
    ErrorCode.RATE_LIMITED: "RESOURCE_EXHAUSTED",
    ErrorCode.MODEL_NOT_FOUND: "NOT_FOUND",
    ErrorCode.PROVIDER_UNAVAILABLE: "UNAVAILABLE",
    ErrorCode.TIMEOUT: "DEADLINE_EXCEEDED",
}
"""Google's error names ("API errors"); all other errors are invalid arguments."""

_ERROR_MESSAGES = {
    ErrorCode.CONTEXT_LENGTH_EXCEEDED: "The input token count, 1048577, exceeds the maximum.",
    ErrorCode.CONTENT_FILTERED: "The prompt violates Google's Responsible AI practices.",
    ErrorCode.MODEL_NOT_FOUND: "models/simulated is not found in v1beta.",
    ErrorCode.QUOTA_EXCEEDED: "Your billing account is closed.",
}
"""Messages of errors without a separate name."""

_SIGNATURE = "c2ltdWxhdGVk"
"""Gemini 3 and later sign calls, and require the signature back ("Thought signatures")."""

_STATUSES = {"UNAVAILABLE": 503, "RESOURCE_EXHAUSTED": 429}

_FINISH = {
    "length": "MAX_TOKENS",
    "content_filter": "SAFETY",
    "refusal": "PROHIBITED_CONTENT",
    "error": "MALFORMED_FUNCTION_CALL",
    "other": "OTHER",
}


class Gemini:
    """A `WireProtocol` for generateContent, streamGenerateContent, and the models."""

    name = "gemini.generate_content"
    request_id_header = "x-goog-request-id"
    features = gemini.FEATURES

    def generates(self, request: ReceivedRequest, /) -> bool:
        """Check for a POST to an operation of a model, with any prefix."""
        return request.method == "POST" and request.path.endswith((WHOLE, STREAMED))

    def read(self, request: ReceivedRequest, /) -> ParsedRequest:
        """Parse a request for generated content.

        Raises:
            MalformedRequestError: The request is invalid.
        """
        return read_request(request)

    def describe(self, request: ReceivedRequest, /) -> SentRequest:
        """Describe a chat request."""
        return gemini.describe(camel_case(request.json))

    def other(
        self, request: ReceivedRequest, models: tuple[str, ...], /
    ) -> SimulatedResponse | None:
        """List the models, or return one."""
        prefix, separator, name = request.path.rpartition(_MODELS)
        vertex = prefix.endswith(_PUBLISHER)
        if request.method != "GET" or not separator or not (vertex or _KEY in request.headers):
            return None
        if not name:
            field = "publisherModels" if vertex else "models"
            return json_response({field: [_model(name, vertex=vertex) for name in models]})
        if name[1:] in models:
            return json_response(_model(name[1:], vertex=vertex))
        return self.error(ErrorCode.MODEL_NOT_FOUND, 404, f"models{name} is not found")

    def counts(self, request: ReceivedRequest, /) -> bool:
        """Check for a POST to the operation that counts tokens, with any prefix."""
        return request.method == "POST" and request.path.endswith(_COUNT)

    def read_count(self, request: ReceivedRequest, /) -> ParsedRequest:
        """Parse a request for a number of tokens.

        Raises:
            MalformedRequestError: The request is invalid.
        """
        accepted = _VERTEX_COUNTED if f"{_PUBLISHER}/" in request.path else _COUNTED
        unknown = 'Invalid JSON payload received. Unknown name "{}": Cannot find field.'
        body = read_fields(request.body, accepted, unknown)
        whole = msgspec.json.encode(body.get("generateContentRequest", body))
        return read_request(msgspec.structs.replace(request, body=whole))

    def write_count(self, request: ReceivedRequest, tokens: int, /) -> SimulatedResponse:
        """Encode a number of tokens."""
        details = [{"modality": "TEXT", "tokenCount": tokens}]
        return json_response({"totalTokens": tokens, "promptTokensDetails": details})

    def key(self, request: ReceivedRequest, /) -> str:
        """Return the API key, the bearer token, or the id of an upload, which needs no key."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        given = request.headers.get(_KEY) or (token if scheme.lower() == "bearer" else "")
        return given or request.query.get("upload_id", [""])[0]

    def refuse_key(self, request: ReceivedRequest, /) -> SimulatedResponse:
        """Encode the error for a missing key, a wrong key, or a wrong token."""
        key = self.key(request)
        if not key and f"{_PUBLISHER}/" not in request.path:
            message = "Method doesn't allow unregistered callers. Please use an API key."
            return self.error(ErrorCode.PERMISSION_DENIED, 403, message)
        if request.headers.get(_KEY) != key:
            return self.error(ErrorCode.AUTHENTICATION, 401, "Request had invalid credentials.")
        info = {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "API_KEY_INVALID",
            "domain": "googleapis.com",
        }
        message = "API key not valid. Please pass a valid API key."
        error = {"code": 400, "message": message, "status": "INVALID_ARGUMENT", "details": [info]}
        return json_response({"error": error}, status=400)

    def write(self, response: ChatResponse[Any], parsed: ParsedRequest, /) -> SimulatedResponse:
        """Encode a response, or its chunks."""
        parts = [
            part
            for part in response.message.parts
            if isinstance(part, TextPart | ReasoningPart | ToolCall)
        ]
        if not parsed.streamed:
            return json_response(_chunk(response, [_part(part) for part in parts], ended=True))
        chunks = [_chunk(response, [delta]) for part in parts for delta in _deltas(part)]
        last = _chunk(response, [{"text": ""}], ended=True)
        return _events([*chunks, last])

    def error(self, code: ErrorCode, status: int, message: str, /) -> SimulatedResponse:
        """Encode an error."""
        return json_response(_error(code, message, status), status=status)

    def error_event(self, code: ErrorCode, message: str, /) -> bytes:
        """Encode an error within a stream: JSON that is not an event."""
        status = _STATUSES.get(_ERROR_TYPES.get(code, ""), 400)
        return msgspec.json.format(msgspec.json.encode(_error(code, message, status)))

    def empty(self, parsed: ParsedRequest, /) -> SimulatedResponse:
        """Encode a response without candidates."""
        body = {"usageMetadata": {"promptTokenCount": 1}, "modelVersion": parsed.model}
        return _events([body]) if parsed.streamed else json_response(body)


def _events(chunks: list[dict[str, Any]]) -> SimulatedResponse:
    return SimulatedResponse(
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
    call = {"name": part.name, "args": arguments, "id": part.id}
    return {"functionCall": call, "thoughtSignature": _SIGNATURE}


def _deltas(part: TextPart | ReasoningPart | ToolCall) -> list[dict[str, Any]]:
    if isinstance(part, ToolCall):
        return [_part(part)]
    return [_part(part) | {"text": chunk} for chunk in split_words(part.text)]


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
    return {"finishReason": word, **_logprobs(response.logprobs)}


def _logprobs(logprobs: tuple[TokenLogprob, ...]) -> dict[str, Any]:
    if not logprobs:
        return {}
    chosen = [_candidate(each) for each in logprobs]
    top = [{"candidates": [_candidate(other) for other in each.top]} for each in logprobs]
    return {"logprobsResult": {"chosenCandidates": chosen, "topCandidates": top}}


def _candidate(each: TokenLogprob) -> dict[str, Any]:
    return {"token": each.token, "logProbability": each.logprob}


def _usage(usage: Usage) -> dict[str, Any]:
    reasoning = usage.reasoning_tokens or 0
    return {
        "promptTokenCount": usage.input_tokens or 0,
        "cachedContentTokenCount": usage.cached_input_tokens or 0,
        "candidatesTokenCount": (usage.output_tokens or 0) - reasoning,
        "thoughtsTokenCount": reasoning,
        "totalTokenCount": usage.total_tokens or 0,
    }


def _error(code: ErrorCode, message: str, status: int) -> dict[str, Any]:
    word = _ERROR_TYPES.get(code, "INVALID_ARGUMENT")
    text = f"{_ERROR_MESSAGES[code]} ({message})" if code in _ERROR_MESSAGES else message
    details = [{"@type": "type.googleapis.com/google.rpc.DebugInfo", "detail": "simulated"}]
    if code is ErrorCode.QUOTA_EXCEEDED:
        violation = {"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}
        details = [
            {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]}
        ]
    return {"error": {"code": status, "message": text, "status": word, "details": details}}
