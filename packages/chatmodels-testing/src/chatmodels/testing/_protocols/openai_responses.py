"""The server side of OpenAI's Responses API (API reference, "Responses" and its streaming)."""

from typing import Any

import msgspec

from chatmodels.core import (
    ChatResponse,
    ErrorCode,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    Usage,
)
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._protocols.count_request import read_fields
from chatmodels.testing._protocols.openai_chat import bearer_key, error_body, error_type
from chatmodels.testing._protocols.openai_responses_request import parse_request
from chatmodels.testing._protocols.protocol import ParsedRequest, RetrievalRequest
from chatmodels.testing._simulated_response import SimulatedResponse, json_response
from chatmodels.testing._words import split_words

_RESPONSES = "/responses"
_COUNT = "/responses/input_tokens"
_COUNTED = frozenset(
    {
        "conversation",
        "input",
        "instructions",
        "model",
        "parallel_tool_calls",
        "personality",
        "previous_response_id",
        "reasoning",
        "text",
        "tool_choice",
        "tools",
        "truncation",
    }
)
"""The fields that form the prompt ("Get input token counts")."""
_CREATED = 1_700_000_000
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


class OpenAIResponses:
    """A `StoringProtocol` for `POST .../responses` and `GET .../responses/{id}`.

    The path of the model listing is that of chat completions.
    """

    name = "openai.responses"
    request_id_header = "x-request-id"

    def generates(self, request: ReceivedRequest, /) -> bool:
        """Check for a POST to the path of responses, with any prefix."""
        return request.method == "POST" and request.path.endswith(_RESPONSES)

    def read(self, request: ReceivedRequest, /) -> ParsedRequest:
        """Parse a request for a response.

        Raises:
            MalformedRequestError: The request is invalid.
        """
        return parse_request(request.body)

    def retrieve(self, request: ReceivedRequest, /) -> RetrievalRequest | None:
        """Parse a request for a stored response."""
        name = request.path.rpartition(f"{_RESPONSES}/")[2]
        if request.method != "GET" or not name or name == request.path:
            return None
        return RetrievalRequest(name, streamed=request.query.get("stream") == ["true"])

    def other(
        self, request: ReceivedRequest, models: tuple[str, ...], /
    ) -> SimulatedResponse | None:
        """Return None: other requests are the same for both of OpenAI's APIs."""
        return None

    def counts(self, request: ReceivedRequest, /) -> bool:
        """Check for a POST to the path of token counts, with any prefix."""
        return request.method == "POST" and request.path.endswith(_COUNT)

    def read_count(self, request: ReceivedRequest, /) -> ParsedRequest:
        """Parse a request for a number of tokens, which is that of a response with fewer fields.

        Raises:
            MalformedRequestError: The request is invalid.
        """
        read_fields(request.body, _COUNTED, "Unknown parameter: '{}'.")
        return parse_request(request.body)

    def write_count(self, request: ReceivedRequest, tokens: int, /) -> SimulatedResponse:
        """Encode a number of tokens."""
        return json_response({"object": "response.input_tokens", "input_tokens": tokens})

    def key(self, request: ReceivedRequest, /) -> str:
        """Return the bearer token, or Azure's key."""
        return bearer_key(request)

    def write(self, response: ChatResponse[Any], parsed: ParsedRequest, /) -> SimulatedResponse:
        """Encode a response, its events, or the status of a background response."""
        if parsed.streamed:
            return _events(_stream(response), terminal=1)
        if parsed.background:
            return json_response(_envelope(response, "queued"))
        return json_response(_whole(response))

    def error(self, code: ErrorCode, status: int, message: str, /) -> SimulatedResponse:
        """Encode an error."""
        return json_response(error_body(code, message), status=status)

    def error_event(self, code: ErrorCode, message: str, /) -> bytes:
        """Encode an error as a stream event."""
        _, name = error_type(code)
        event = {"type": "error", "code": name, "message": message, "param": None}
        return _event(event | {"sequence_number": 0})

    def empty(self, parsed: ParsedRequest, /) -> SimulatedResponse:
        """Encode a response without output."""
        empty: dict[str, Any] = {
            "id": "empty",
            "object": "response",
            "model": parsed.model,
            "output": [],
        }
        if parsed.streamed:
            start = {"type": "response.created", "response": empty | {"status": "in_progress"}}
            end = {"type": "response.completed", "response": empty | {"status": "completed"}}
            return _events([_event(start), _event(end)], terminal=1)
        return json_response(empty | {"status": "completed"})


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


def _envelope(response: ChatResponse[Any], status: str) -> dict[str, Any]:
    return {
        "id": response.id,
        "object": "response",
        "created_at": _CREATED,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "model": response.model,
        "output": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "service_tier": response.service_tier or "default",
        "usage": None,
    }


def _whole(response: ChatResponse[Any]) -> dict[str, Any]:
    reason = _INCOMPLETE.get(response.finish_reason)
    return _envelope(response, "completed" if reason is None else "incomplete") | {
        "incomplete_details": None if reason is None else {"reason": reason},
        "output": [_item(part, position) for position, part in enumerate(_parts(response))],
        "usage": _usage(response.usage),
    }


def _parts(response: ChatResponse[Any]) -> list[Part]:
    supported = (TextPart, ReasoningPart, RefusalPart, ToolCall)
    return [part for part in response.message.parts if isinstance(part, supported)]


def _item(part: Part, position: int) -> dict[str, Any]:
    if isinstance(part, ToolCall):
        return {
            "type": "function_call",
            "id": f"fc_{position}",
            "status": "completed",
            "call_id": part.id,
            "name": part.name,
            "arguments": part.arguments_json,
        }
    if isinstance(part, ReasoningPart):
        summary = [{"type": "summary_text", "text": part.text}]
        item = {"type": "reasoning", "id": f"rs_{position}", "summary": summary}
        return item | {"encrypted_content": "simulated"}
    content = [_content(part)]
    message = {
        "type": "message",
        "id": f"msg_{position}",
        "status": "completed",
        "role": "assistant",
    }
    return message | {"content": content}


def _content(part: Part) -> dict[str, Any]:
    if isinstance(part, RefusalPart):
        return {"type": "refusal", "refusal": part.text}
    text = part.text if isinstance(part, TextPart) else ""
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _stream(response: ChatResponse[Any]) -> list[bytes]:
    start = _envelope(response, "in_progress")
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": start},
        {"type": "response.in_progress", "response": start},
    ]
    for position, part in enumerate(_parts(response)):
        item = _item(part, position)
        ids = {"item_id": item["id"], "output_index": position}
        events.append({"type": "response.output_item.added", **ids, "item": _empty_item(item)})
        events += (ids | event for event in _deltas(part, item))
        events.append({"type": "response.output_item.done", **ids, "item": item})
    whole = _whole(response)
    events.append({"type": f"response.{whole['status']}", "response": whole})
    return [_event(event | {"sequence_number": number}) for number, event in enumerate(events)]


def _empty_item(item: dict[str, Any]) -> dict[str, Any]:
    """Return the empty item at the start of its events."""
    match item["type"]:
        case "function_call":
            return item | {"status": "in_progress", "arguments": ""}
        case "reasoning":
            return item | {"summary": [], "encrypted_content": ""}
        case _:
            return item | {"status": "in_progress", "content": []}


def _deltas(part: Part, item: dict[str, Any]) -> list[dict[str, Any]]:
    if isinstance(part, ToolCall):
        kind = "response.function_call_arguments"
        chunks = split_words(part.arguments_json)
        deltas = [{"type": f"{kind}.delta", "delta": chunk} for chunk in chunks]
        return [*deltas, {"type": f"{kind}.done", "arguments": part.arguments_json}]
    text = part.text if isinstance(part, TextPart | ReasoningPart | RefusalPart) else ""
    if isinstance(part, ReasoningPart):
        kind, index = "response.reasoning_summary_text", {"summary_index": 0}
        return [{"type": f"{kind}.delta", **index, "delta": chunk} for chunk in split_words(text)]
    content_type = "refusal" if isinstance(part, RefusalPart) else "output_text"
    logprobs: dict[str, Any] = {"logprobs": []} if content_type == "output_text" else {}
    (content,) = item["content"]
    field = "refusal" if content_type == "refusal" else "text"
    index = {"content_index": 0}
    kind = f"response.{content_type}"
    return [
        {"type": "response.content_part.added", **index, "part": content | {field: ""}},
        *(
            {"type": f"{kind}.delta", **index, "delta": chunk, **logprobs}
            for chunk in split_words(text)
        ),
        {"type": f"{kind}.done", **index, field: text, **logprobs},
        {"type": "response.content_part.done", **index, "part": content},
    ]


def _usage(usage: Usage) -> dict[str, Any]:
    input_tokens, output_tokens = usage.input_tokens or 0, usage.output_tokens or 0
    return {
        "input_tokens": input_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cached_input_tokens or 0,
            "cache_write_tokens": usage.cache_write_tokens or 0,
        },
        "output_tokens": output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
        "total_tokens": input_tokens + output_tokens,
    }
