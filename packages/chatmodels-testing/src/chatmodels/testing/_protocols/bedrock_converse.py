"""The server side of Amazon Bedrock's Converse and ConverseStream (API reference)."""

import re
from typing import Any
from urllib.parse import unquote

import msgspec

from chatmodels.core import (
    ChatResponse,
    ErrorCode,
    ReasoningPart,
    TextPart,
    ToolCall,
    Usage,
)
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._protocols.bedrock_request import read_request
from chatmodels.testing._protocols.count_request import read_fields
from chatmodels.testing._protocols.event_stream import CONTENT_TYPE, event, message
from chatmodels.testing._protocols.protocol import MalformedRequestError, ParsedRequest
from chatmodels.testing._sent import bedrock
from chatmodels.testing._sent.sent_request import SentRequest
from chatmodels.testing._simulated_response import SimulatedResponse, json_response
from chatmodels.testing._strict.retirement import BEDROCK
from chatmodels.testing._words import split_words

_CONVERSE = re.compile(r".*/model/(?P<model>[^/]+)/converse(?P<stream>-stream)?")
_COUNT = re.compile(r".*/model/(?P<model>[^/]+)/count-tokens")
_COUNTED = frozenset({"messages", "system", "toolConfig", "additionalModelRequestFields"})
"""The fields of `ConverseTokensRequest`."""
_COUNTED_MODELS = re.compile(r"(arn:.*/)?anthropic\..*|fault-.*")
"""The models whose tokens are counted: those of Anthropic, but no inference profiles."""
_MODELS = "/foundation-models"
_JOBS = "/async-invoke"
_KIND_HEADER = "x-amzn-errortype"

_KINDS = {
    ErrorCode.AUTHENTICATION: "UnrecognizedClientException",
    ErrorCode.PERMISSION_DENIED: "AccessDeniedException",
    ErrorCode.QUOTA_EXCEEDED: "ServiceQuotaExceededException",
    ErrorCode.RATE_LIMITED: "ThrottlingException",
    ErrorCode.MODEL_NOT_FOUND: "ResourceNotFoundException",
    ErrorCode.PROVIDER_UNAVAILABLE: "InternalServerException",
    ErrorCode.TIMEOUT: "ModelTimeoutException",
}
"""The error types of Bedrock Runtime; all other errors are validation errors."""

_ERROR_MESSAGES = {
    ErrorCode.CONTEXT_LENGTH_EXCEEDED: "Input is too long for requested model.",
    ErrorCode.CONTENT_FILTERED: "The request was blocked by our content filters.",
}
"""Messages of errors without a separate type."""

_FINISH = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "content_filtered",
    "refusal": "refusal",
}

Part = TextPart | ReasoningPart | ToolCall


class BedrockConverse:
    """A `WireProtocol` for `POST .../model/{name}/converse` and `/converse-stream`."""

    name = "bedrock.converse"
    request_id_header = "x-amzn-requestid"
    features = bedrock.FEATURES

    def generates(self, request: ReceivedRequest, /) -> bool:
        """Check for a POST to the path of a model, with any prefix."""
        return request.method == "POST" and _CONVERSE.fullmatch(request.path) is not None

    def read(self, request: ReceivedRequest, /) -> ParsedRequest:
        """Parse a chat request.

        Raises:
            MalformedRequestError: The request is invalid.
        """
        match = _CONVERSE.fullmatch(request.path)
        assert match is not None, "generates() has checked the path"
        streamed = match["stream"] is not None
        return read_request(request, unquote(match["model"]), streamed=streamed)

    def describe(self, request: ReceivedRequest, /) -> SentRequest:
        """Describe a chat request."""
        return bedrock.describe(request.json)

    def other(
        self, request: ReceivedRequest, models: tuple[str, ...], /
    ) -> SimulatedResponse | None:
        """List the models, or the jobs, which are always empty."""
        if request.method == "GET" and request.path.endswith(_MODELS):
            return json_response({"modelSummaries": [_model(name) for name in models]})
        if request.method == "GET" and request.path.endswith(_JOBS):
            return json_response({"asyncInvokeSummaries": []})
        return None

    def counts(self, request: ReceivedRequest, /) -> bool:
        """Check for a POST to the path of token counts of a model, with any prefix."""
        return request.method == "POST" and _COUNT.fullmatch(request.path) is not None

    def read_count(self, request: ReceivedRequest, /) -> ParsedRequest:
        """Parse a request for a number of tokens.

        Raises:
            MalformedRequestError: The request is invalid, or the model is not counted.
        """
        match = _COUNT.fullmatch(request.path)
        assert match is not None, "counts() has checked the path"
        model = unquote(match["model"])
        if _COUNTED_MODELS.fullmatch(model) is None:
            raise MalformedRequestError("The provided model doesn't support counting tokens.")
        body = read_fields(request.body, {"input"}, "{} is not a member of CountTokensRequest")
        converse = msgspec.json.encode(body["input"]["converse"])
        read_fields(converse, _COUNTED, "{} is not a member of ConverseTokensRequest")
        whole = msgspec.structs.replace(request, body=converse)
        return read_request(whole, model, streamed=False)

    def write_count(self, request: ReceivedRequest, tokens: int, /) -> SimulatedResponse:
        """Encode a number of tokens."""
        return json_response({"inputTokens": tokens})

    def key(self, request: ReceivedRequest, /) -> str:
        """Return the API key, or the access key of the signature."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return token
        return token.partition("Credential=")[2].partition("/")[0]

    def write(self, response: ChatResponse[Any], parsed: ParsedRequest, /) -> SimulatedResponse:
        """Encode a response, or its events."""
        parts = [part for part in response.message.parts if isinstance(part, Part)]
        if parsed.streamed:
            return _events([*_content_events(parts), *_end_events(response)])
        body = {"output": {"message": {"role": "assistant", "content": list(map(_block, parts))}}}
        return json_response(body | _ending(response) | _metadata(response.usage))

    def error(self, code: ErrorCode, status: int, message: str, /) -> SimulatedResponse:
        """Encode an error; a header contains its type."""
        body = {"message": _error_message(code, message)}
        kind = "ServiceUnavailableException" if status == 503 else _kind(code)
        headers = {_KIND_HEADER.replace("-", "_"): f"{kind}:http://internal.amazon.com/"}
        return json_response(body, status=status, **headers)

    def error_event(self, code: ErrorCode, message: str, /) -> bytes:
        """Encode an error as a stream message of the type `exception`."""
        kind = _kind(code)
        return _exception(kind[:1].lower() + kind[1:], _error_message(code, message))

    def empty(self, parsed: ParsedRequest, /) -> SimulatedResponse:
        """Encode a response without content and finish reason."""
        if parsed.streamed:
            return _events([event("messageStart", b"{}"), event("messageStop", b"{}")], terminal=1)
        return json_response({"output": {"message": {"role": "assistant", "content": []}}})


def _kind(code: ErrorCode) -> str:
    return _KINDS.get(code, "ValidationException")


def _error_message(code: ErrorCode, message: str) -> str:
    return f"{_ERROR_MESSAGES[code]} ({message})" if code in _ERROR_MESSAGES else message


def _exception(kind: str, text: str) -> bytes:
    headers = {":exception-type": kind, ":content-type": "application/json"}
    body = msgspec.json.encode({"message": text})
    return message(body, headers | {":message-type": "exception"})


def _events(body: list[bytes], *, terminal: int = 2) -> SimulatedResponse:
    return SimulatedResponse(
        headers={"content-type": CONTENT_TYPE},
        body=tuple(body),
        streamed=True,
        terminal=terminal,
    )


def _event(name: str, data: dict[str, Any]) -> bytes:
    return event(name, msgspec.json.encode(data))


def _model(name: str) -> dict[str, Any]:
    end = BEDROCK.end_of(name)
    return {
        "modelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{name}",
        "modelId": name,
        "modelName": name,
        "providerName": "Simulated",
        "inputModalities": ["TEXT", "IMAGE"],
        "outputModalities": ["TEXT"],
        "responseStreamingSupported": True,
        "modelLifecycle": {"status": "ACTIVE"}
        if end is None
        else {"status": "LEGACY", "endOfLifeTime": f"{end}T00:00:00Z"},
    }


def _block(part: Part) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"text": part.text}
    if isinstance(part, ReasoningPart):
        return {"reasoningContent": {"reasoningText": {"text": part.text, "signature": "sim"}}}
    arguments = msgspec.Raw(part.arguments_json.encode())
    return {"toolUse": {"toolUseId": part.id, "name": part.name, "input": arguments}}


def _content_events(parts: list[Part]) -> list[bytes]:
    events = [_event("messageStart", {"role": "assistant"})]
    for position, part in enumerate(parts):
        index = {"contentBlockIndex": position}
        if isinstance(part, ToolCall):
            start = {"toolUse": {"toolUseId": part.id, "name": part.name}}
            events.append(_event("contentBlockStart", index | {"start": start}))
        events += [_event("contentBlockDelta", index | {"delta": delta}) for delta in _deltas(part)]
        events.append(_event("contentBlockStop", index))
    return events


def _deltas(part: Part) -> list[dict[str, Any]]:
    if isinstance(part, TextPart):
        return [{"text": chunk} for chunk in split_words(part.text)]
    if isinstance(part, ReasoningPart):
        texts = [{"reasoningContent": {"text": chunk}} for chunk in split_words(part.text)]
        return [*texts, {"reasoningContent": {"signature": "sim"}}]
    return [{"toolUse": {"input": chunk}} for chunk in split_words(part.arguments_json)]


def _end_events(response: ChatResponse[Any]) -> list[bytes]:
    metadata = _metadata(response.usage)
    return [_event("messageStop", _ending(response)), _event("metadata", metadata)]


def _ending(response: ChatResponse[Any]) -> dict[str, Any]:
    word = response.raw_finish_reason or _FINISH.get(response.finish_reason, "end_turn")
    return {"stopReason": word}


def _metadata(usage: Usage) -> dict[str, Any]:
    cached, cache_written = usage.cached_input_tokens or 0, usage.cache_write_tokens or 0
    input_tokens, output_tokens = usage.input_tokens or 0, usage.output_tokens or 0
    tokens = {
        "inputTokens": input_tokens - cached - cache_written,
        "cacheReadInputTokens": cached,
        "cacheWriteInputTokens": cache_written,
        "outputTokens": output_tokens,
        "totalTokens": input_tokens + output_tokens,
    }
    return {"usage": tokens, "metrics": {"latencyMs": 1}}
