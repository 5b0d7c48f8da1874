"""OpenAI's Responses API, as a server speaks it (API reference, "Responses" and its streaming)."""

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
from chatmodels.testing._pieces import pieces
from chatmodels.testing._protocols.openai_chat import bearer_key, error_body, error_words
from chatmodels.testing._protocols.openai_responses_request import read_ask
from chatmodels.testing._protocols.protocol import Ask, Recall
from chatmodels.testing._response import Answer, json_answer

_RESPONSES = "/responses"
_CREATED = 1_700_000_000
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


class OpenAIResponses:
    """A `KeepingProtocol` for `POST .../responses` and `GET .../responses/{id}`.

    The models are listed at the same path as those of chat completions.
    """

    name = "openai.responses"
    request_id_header = "x-request-id"

    def generates(self, request: ReceivedRequest, /) -> bool:
        """Tell whether it is a post to the path of responses, whatever stands before it."""
        return request.method == "POST" and request.path.endswith(_RESPONSES)

    def read(self, request: ReceivedRequest, /) -> Ask:
        """Read a request for a response.

        Raises:
            MalformedRequestError: It is none.
        """
        return read_ask(request.body)

    def recall(self, request: ReceivedRequest, /) -> Recall | None:
        """Read a request for a response that was given before."""
        name = request.path.rpartition(f"{_RESPONSES}/")[2]
        if request.method != "GET" or not name or name == request.path:
            return None
        return Recall(name, streamed=request.query.get("stream") == ["true"])

    def other(self, request: ReceivedRequest, models: tuple[str, ...], /) -> Answer | None:
        """Answer nothing else: what there is besides is the same for both APIs."""
        return None

    def key(self, request: ReceivedRequest, /) -> str:
        """Give the bearer token, or Azure's key."""
        return bearer_key(request)

    def write(self, response: ChatResponse[Any], ask: Ask, /) -> Answer:
        """Write a response, or its events; of a run in the background that it is queued."""
        if ask.streamed:
            return _events(_stream(response), terminal=1)
        if ask.background:
            return json_answer(_envelope(response, "queued"))
        return json_answer(_whole(response))

    def error(self, code: ErrorCode, status: int, message: str, /) -> Answer:
        """Write a failure."""
        return json_answer(error_body(code, message), status=status)

    def error_event(self, code: ErrorCode, message: str, /) -> bytes:
        """Write a failure as an event of a stream."""
        _, word = error_words(code)
        event = {"type": "error", "code": word, "message": message, "param": None}
        return _event(event | {"sequence_number": 0})

    def empty(self, ask: Ask, /) -> Answer:
        """Write a response without output."""
        empty: dict[str, Any] = {
            "id": "empty",
            "object": "response",
            "model": ask.model,
            "output": [],
        }
        if ask.streamed:
            begun = {"type": "response.created", "response": empty | {"status": "in_progress"}}
            ended = {"type": "response.completed", "response": empty | {"status": "completed"}}
            return _events([_event(begun), _event(ended)], terminal=1)
        return json_answer(empty | {"status": "completed"})


def _event(data: dict[str, Any]) -> bytes:
    name: str = data["type"]
    return b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode(data))


def _events(body: list[bytes], *, terminal: int) -> Answer:
    return Answer(
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
        "output": [_item(part, place) for place, part in enumerate(_parts(response))],
        "usage": _usage(response.usage),
    }


def _parts(response: ChatResponse[Any]) -> list[Part]:
    told = (TextPart, ReasoningPart, RefusalPart, ToolCall)
    return [part for part in response.message.parts if isinstance(part, told)]


def _item(part: Part, place: int) -> dict[str, Any]:
    if isinstance(part, ToolCall):
        return {
            "type": "function_call",
            "id": f"fc_{place}",
            "status": "completed",
            "call_id": part.id,
            "name": part.name,
            "arguments": part.arguments_json,
        }
    if isinstance(part, ReasoningPart):
        summary = [{"type": "summary_text", "text": part.text}]
        item = {"type": "reasoning", "id": f"rs_{place}", "summary": summary}
        return item | {"encrypted_content": "simulated"}
    content = [_content(part)]
    message = {"type": "message", "id": f"msg_{place}", "status": "completed", "role": "assistant"}
    return message | {"content": content}


def _content(part: Part) -> dict[str, Any]:
    if isinstance(part, RefusalPart):
        return {"type": "refusal", "refusal": part.text}
    text = part.text if isinstance(part, TextPart) else ""
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _stream(response: ChatResponse[Any]) -> list[bytes]:
    begun = _envelope(response, "in_progress")
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
    ]
    for place, part in enumerate(_parts(response)):
        item = _item(part, place)
        at = {"item_id": item["id"], "output_index": place}
        events.append({"type": "response.output_item.added", **at, "item": _begun(item)})
        events += (at | event for event in _deltas(part, item))
        events.append({"type": "response.output_item.done", **at, "item": item})
    whole = _whole(response)
    events.append({"type": f"response.{whole['status']}", "response": whole})
    return [_event(event | {"sequence_number": number}) for number, event in enumerate(events)]


def _begun(item: dict[str, Any]) -> dict[str, Any]:
    """Give an item as it begins, empty."""
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
        more = [{"type": f"{kind}.delta", "delta": piece} for piece in pieces(part.arguments_json)]
        return [*more, {"type": f"{kind}.done", "arguments": part.arguments_json}]
    text = part.text if isinstance(part, TextPart | ReasoningPart | RefusalPart) else ""
    if isinstance(part, ReasoningPart):
        kind, at = "response.reasoning_summary_text", {"summary_index": 0}
        return [{"type": f"{kind}.delta", **at, "delta": piece} for piece in pieces(text)]
    said = "refusal" if isinstance(part, RefusalPart) else "output_text"
    further: dict[str, Any] = {"logprobs": []} if said == "output_text" else {}
    (content,) = item["content"]
    field = "refusal" if said == "refusal" else "text"
    at = {"content_index": 0}
    kind = f"response.{said}"
    return [
        {"type": "response.content_part.added", **at, "part": content | {field: ""}},
        *({"type": f"{kind}.delta", **at, "delta": piece, **further} for piece in pieces(text)),
        {"type": f"{kind}.done", **at, field: text, **further},
        {"type": "response.content_part.done", **at, "part": content},
    ]


def _usage(usage: Usage) -> dict[str, Any]:
    asked, said = usage.input_tokens or 0, usage.output_tokens or 0
    return {
        "input_tokens": asked,
        "input_tokens_details": {
            "cached_tokens": usage.cached_input_tokens or 0,
            "cache_write_tokens": usage.cache_write_tokens or 0,
        },
        "output_tokens": said,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
        "total_tokens": asked + said,
    }
