"""Amazon Bedrock's Converse and ConverseStream, as a server speaks them (API reference)."""

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
from chatmodels.testing._pieces import pieces
from chatmodels.testing._protocols.bedrock_request import read_request
from chatmodels.testing._protocols.event_stream import CONTENT_TYPE, event, message
from chatmodels.testing._protocols.protocol import Ask
from chatmodels.testing._response import Answer, json_answer

_CONVERSE = re.compile(r".*/model/(?P<model>[^/]+)/converse(?P<stream>-stream)?")
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
"""The kinds of errors of Bedrock Runtime; all others are not valid."""

_SAYINGS = {
    ErrorCode.CONTEXT_LENGTH_EXCEEDED: "Input is too long for requested model.",
    ErrorCode.CONTENT_FILTERED: "The request was blocked by our content filters.",
}
"""What has no kind of its own is told by the message."""

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

    def generates(self, request: ReceivedRequest, /) -> bool:
        """Tell whether it is a post to the path of a model, whatever stands before it."""
        return request.method == "POST" and _CONVERSE.fullmatch(request.path) is not None

    def read(self, request: ReceivedRequest, /) -> Ask:
        """Read a request for an answer.

        Raises:
            MalformedRequestError: It is none.
        """
        found = _CONVERSE.fullmatch(request.path)
        assert found is not None, "it was looked at before"
        streamed = found["stream"] is not None
        return read_request(request, unquote(found["model"]), streamed=streamed)

    def other(self, request: ReceivedRequest, models: tuple[str, ...], /) -> Answer | None:
        """List the models, or the jobs, of which there are none."""
        if request.method == "GET" and request.path.endswith(_MODELS):
            return json_answer({"modelSummaries": [_model(name) for name in models]})
        if request.method == "GET" and request.path.endswith(_JOBS):
            return json_answer({"asyncInvokeSummaries": []})
        return None

    def key(self, request: ReceivedRequest, /) -> str:
        """Give the API key, or the access key that a request is signed with."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return token
        return token.partition("Credential=")[2].partition("/")[0]

    def write(self, response: ChatResponse[Any], ask: Ask, /) -> Answer:
        """Write an answer, or its events."""
        parts = [part for part in response.message.parts if isinstance(part, Part)]
        if ask.streamed:
            return _events([*_begun(parts), *_ended(response)])
        body = {"output": {"message": {"role": "assistant", "content": list(map(_block, parts))}}}
        return json_answer(body | _ending(response) | _metadata(response.usage))

    def error(self, code: ErrorCode, status: int, message: str, /) -> Answer:
        """Write a failure: a header tells its kind."""
        body = {"message": _said(code, message)}
        headers = {_KIND_HEADER.replace("-", "_"): f"{_kind(code)}:http://internal.amazon.com/"}
        return json_answer(body, status=status, **headers)

    def error_event(self, code: ErrorCode, message: str, /) -> bytes:
        """Write a failure as a message of a stream, of the type of exceptions."""
        kind = _kind(code)
        return _exception(kind[:1].lower() + kind[1:], _said(code, message))

    def empty(self, ask: Ask, /) -> Answer:
        """Write an answer without content that does not say why it ended."""
        if ask.streamed:
            return _events([event("messageStart", b"{}"), event("messageStop", b"{}")], terminal=1)
        return json_answer({"output": {"message": {"role": "assistant", "content": []}}})


def _kind(code: ErrorCode) -> str:
    return _KINDS.get(code, "ValidationException")


def _said(code: ErrorCode, message: str) -> str:
    return f"{_SAYINGS[code]} ({message})" if code in _SAYINGS else message


def _exception(kind: str, said: str) -> bytes:
    headers = {":exception-type": kind, ":content-type": "application/json"}
    body = msgspec.json.encode({"message": said})
    return message(body, headers | {":message-type": "exception"})


def _events(body: list[bytes], *, terminal: int = 2) -> Answer:
    return Answer(
        headers={"content-type": CONTENT_TYPE},
        body=tuple(body),
        streamed=True,
        terminal=terminal,
    )


def _event(name: str, data: dict[str, Any]) -> bytes:
    return event(name, msgspec.json.encode(data))


def _model(name: str) -> dict[str, Any]:
    return {
        "modelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{name}",
        "modelId": name,
        "modelName": name,
        "providerName": "Simulated",
        "inputModalities": ["TEXT", "IMAGE"],
        "outputModalities": ["TEXT"],
        "responseStreamingSupported": True,
        "modelLifecycle": {"status": "ACTIVE"},
    }


def _block(part: Part) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"text": part.text}
    if isinstance(part, ReasoningPart):
        return {"reasoningContent": {"reasoningText": {"text": part.text, "signature": "sim"}}}
    arguments = msgspec.Raw(part.arguments_json.encode())
    return {"toolUse": {"toolUseId": part.id, "name": part.name, "input": arguments}}


def _begun(parts: list[Part]) -> list[bytes]:
    events = [_event("messageStart", {"role": "assistant"})]
    for place, part in enumerate(parts):
        index = {"contentBlockIndex": place}
        if isinstance(part, ToolCall):
            start = {"toolUse": {"toolUseId": part.id, "name": part.name}}
            events.append(_event("contentBlockStart", index | {"start": start}))
        events += [_event("contentBlockDelta", index | {"delta": delta}) for delta in _deltas(part)]
        events.append(_event("contentBlockStop", index))
    return events


def _deltas(part: Part) -> list[dict[str, Any]]:
    if isinstance(part, TextPart):
        return [{"text": piece} for piece in pieces(part.text)]
    if isinstance(part, ReasoningPart):
        texts = [{"reasoningContent": {"text": piece}} for piece in pieces(part.text)]
        return [*texts, {"reasoningContent": {"signature": "sim"}}]
    return [{"toolUse": {"input": piece}} for piece in pieces(part.arguments_json)]


def _ended(response: ChatResponse[Any]) -> list[bytes]:
    metadata = _metadata(response.usage)
    return [_event("messageStop", _ending(response)), _event("metadata", metadata)]


def _ending(response: ChatResponse[Any]) -> dict[str, Any]:
    word = response.raw_finish_reason or _FINISH.get(response.finish_reason, "end_turn")
    return {"stopReason": word}


def _metadata(usage: Usage) -> dict[str, Any]:
    cached, written = usage.cached_input_tokens or 0, usage.cache_write_tokens or 0
    asked, said = usage.input_tokens or 0, usage.output_tokens or 0
    tokens = {
        "inputTokens": asked - cached - written,
        "cacheReadInputTokens": cached,
        "cacheWriteInputTokens": written,
        "outputTokens": said,
        "totalTokens": asked + said,
    }
    return {"usage": tokens, "metrics": {"latencyMs": 1}}
