"""The server side of Cohere's Chat API, version 2 ("Chat" and "Chat with Streaming")."""

from itertools import zip_longest
from typing import Any

import msgspec

from chatmodels.core import (
    ChatResponse,
    ErrorCode,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    TokenLogprob,
    ToolCall,
    Usage,
)
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._protocols.cohere_request import read_request
from chatmodels.testing._protocols.protocol import MalformedRequestError, ParsedRequest
from chatmodels.testing._protocols.request_body import read_body
from chatmodels.testing._sent import cohere
from chatmodels.testing._sent.sent_request import SentRequest
from chatmodels.testing._simulated_response import SimulatedResponse, json_response
from chatmodels.testing._words import split_words

_CHAT = "/v2/chat"
_TOKENIZE = "/v1/tokenize"
_MAX_CHARACTERS = 65_536
_MODELS = "/v1/models"
_LISTING_PARAMETERS = frozenset({"endpoint", "page_size", "page_token", "default_only"})
"""Parameters that identify Cohere's model listing; Cohere's client also sends a header."""

_FINISH = {"stop": "COMPLETE", "length": "MAX_TOKENS", "tool_calls": "TOOL_CALL"}

_ERROR_MESSAGES = {
    ErrorCode.CONTEXT_LENGTH_EXCEEDED: "too many tokens: one over the limit",
    ErrorCode.CONTENT_FILTERED: "the prompt contains a deny-listed token",
    ErrorCode.MODEL_NOT_FOUND: "model 'simulated' not found",
    ErrorCode.QUOTA_EXCEEDED: "a Trial key has a limit of 1000 calls / month",
}
"""Error messages; errors have no codes, only a status and a message."""


class _Text(msgspec.Struct):
    text: str
    model: str


class CohereChat:
    """A `WireProtocol` for `POST /v2/chat` and, with Cohere's parameters, `GET /v1/models`."""

    name = "cohere.chat_v2"
    request_id_header = "x-debug-trace-id"
    features = cohere.FEATURES

    def generates(self, request: ReceivedRequest, /) -> bool:
        """Check for a POST to the path of the chat."""
        return request.method == "POST" and request.path.endswith(_CHAT)

    def read(self, request: ReceivedRequest, /) -> ParsedRequest:
        """Parse a chat request.

        Raises:
            MalformedRequestError: The request is invalid.
        """
        return read_request(request)

    def describe(self, request: ReceivedRequest, /) -> SentRequest:
        """Describe a chat request."""
        return cohere.describe(request.json)

    def other(
        self, request: ReceivedRequest, models: tuple[str, ...], /
    ) -> SimulatedResponse | None:
        """List the models, or return one."""
        _, separator, name = request.path.rpartition(_MODELS)
        is_sdk = request.headers.get("x-fern-sdk-name") == "cohere"
        if request.method != "GET" or not separator:
            return None
        if not (is_sdk or _LISTING_PARAMETERS.intersection(request.query)):
            return None
        if not name:
            return json_response({"models": [_model(name) for name in models]})
        if name[1:] in models:
            return json_response(_model(name[1:]))
        return self.error(ErrorCode.MODEL_NOT_FOUND, 404, f"model '{name[1:]}' not found")

    def counts(self, request: ReceivedRequest, /) -> bool:
        """Check for a POST to the path of the tokenizer."""
        return request.method == "POST" and request.path.endswith(_TOKENIZE)

    def read_count(self, request: ReceivedRequest, /) -> ParsedRequest:
        """Parse a request for the tokens of a text.

        Raises:
            MalformedRequestError: The request is invalid, or the text is empty or too long.
        """
        body = read_body(request.body, _Text)
        if not 1 <= len(body.text) <= _MAX_CHARACTERS:
            raise MalformedRequestError(
                f"invalid request: text must be between 1 and {_MAX_CHARACTERS} characters"
            )
        return ParsedRequest(model=body.model, words=len(body.text.split()))

    def write_count(self, request: ReceivedRequest, tokens: int, /) -> SimulatedResponse:
        """Encode tokens."""
        strings = read_body(request.body, _Text).text.split()
        return json_response({"tokens": list(range(tokens)), "token_strings": strings})

    def key(self, request: ReceivedRequest, /) -> str:
        """Return the bearer token."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return token if scheme.lower() == "bearer" else ""

    def write(self, response: ChatResponse[Any], parsed: ParsedRequest, /) -> SimulatedResponse:
        """Encode a response, or its events."""
        if parsed.streamed:
            return _events([*_stream(response), b"data: [DONE]\n\n"], terminal=2)
        message: dict[str, Any] = {"role": "assistant", "content": _contents(response)}
        if response.tool_calls:
            message["tool_calls"] = [_call(call) for call in response.tool_calls]
        body = {"id": response.id, "message": message, **_ending(response)}
        if response.logprobs:
            body["logprobs"] = list(map(_logprob, response.logprobs))
        return json_response(body)

    def error(self, code: ErrorCode, status: int, message: str, /) -> SimulatedResponse:
        """Encode an error."""
        return json_response(_error(code, message), status=status)

    def error_event(self, code: ErrorCode, message: str, /) -> bytes:
        """Encode the end of a stream with a failed generation."""
        return _event("message-end", delta={"finish_reason": "ERROR", "error": message})

    def empty(self, parsed: ParsedRequest, /) -> SimulatedResponse:
        """Encode a response without content and finish reason."""
        message: dict[str, Any] = {"role": "assistant", "content": []}
        if parsed.streamed:
            return _events([_event("message-start", id="empty", delta={"message": message})], 1)
        return json_response({"id": "empty", "message": message})


def _event(kind: str, **fields: Any) -> bytes:
    data = msgspec.json.encode({"type": kind, **fields})
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), data)


def _events(body: list[bytes], terminal: int) -> SimulatedResponse:
    return SimulatedResponse(
        headers={"content-type": "text/event-stream"},
        body=tuple(body),
        streamed=True,
        terminal=terminal,
    )


def _model(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "endpoints": ["chat"],
        "context_length": 128_000,
        "features": ["json_schema", "tools"],
        "is_deprecated": False,
    }


def _content(part: Part) -> dict[str, Any] | None:
    if isinstance(part, ReasoningPart):
        return {"type": "thinking", "thinking": part.text}
    if isinstance(part, TextPart | RefusalPart):
        return {"type": "text", "text": part.text}
    return None


def _contents(response: ChatResponse[Any]) -> list[dict[str, Any]]:
    contents = [_content(part) for part in response.message.parts]
    return [content for content in contents if content is not None]


def _call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments_json}
    return {"id": call.id, "type": "function", "function": function}


def _ending(response: ChatResponse[Any]) -> dict[str, Any]:
    word = response.raw_finish_reason or _FINISH.get(response.finish_reason, "COMPLETE")
    return {"finish_reason": word, "usage": _usage(response.usage)}


def _usage(usage: Usage) -> dict[str, Any]:
    input_tokens, output_tokens = usage.input_tokens or 0, usage.output_tokens or 0
    return {
        "billed_units": {
            "input_tokens": (
                input_tokens if usage.billed_input_tokens is None else usage.billed_input_tokens
            ),
            "output_tokens": (
                output_tokens if usage.billed_output_tokens is None else usage.billed_output_tokens
            ),
        },
        "tokens": {
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "reasoning_tokens": usage.reasoning_tokens or 0,
        },
        "cached_tokens": usage.cached_input_tokens or 0,
    }


def _stream(response: ChatResponse[Any]) -> list[bytes]:
    message: dict[str, Any] = {"role": "assistant", "content": [], "tool_calls": []}
    events = [_event("message-start", id=response.id, delta={"message": message})]
    for index, content in enumerate(_contents(response)):
        field = content["type"]
        empty = content | {field: ""}
        events.append(_event("content-start", index=index, delta=_delta("content", empty)))
        logprobs = response.logprobs if field == "text" else ()
        for chunk, logprob in zip_longest(split_words(content[field]), logprobs):
            more: dict[str, Any] = {} if logprob is None else {"logprobs": _logprob(logprob)}
            delta = _delta("content", {field: chunk or ""})
            events.append(_event("content-delta", index=index, delta=delta, **more))
        events.append(_event("content-end", index=index))
    for index, call in enumerate(response.tool_calls):
        start = _call(call)
        start["function"]["arguments"] = ""
        events.append(_event("tool-call-start", index=index, delta=_delta("tool_calls", start)))
        for chunk in split_words(call.arguments_json):
            delta = _delta("tool_calls", {"function": {"arguments": chunk}})
            events.append(_event("tool-call-delta", index=index, delta=delta))
        events.append(_event("tool-call-end", index=index))
    return [*events, _event("message-end", delta=_ending(response))]


def _logprob(each: TokenLogprob) -> dict[str, Any]:
    return {"text": each.token, "token_ids": [1], "logprobs": [each.logprob]}


def _delta(field: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"message": {field: value}}


def _error(code: ErrorCode, message: str) -> dict[str, Any]:
    text = f"{_ERROR_MESSAGES[code]} ({message})" if code in _ERROR_MESSAGES else message
    return {"id": "simulated", "message": text}
