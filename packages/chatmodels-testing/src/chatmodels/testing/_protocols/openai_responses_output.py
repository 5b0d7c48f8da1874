"""Responses of OpenAI's Responses API, whole and as the events of a stream."""

from collections.abc import Iterator
from typing import Any

from chatmodels.core import (
    ChatResponse,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    TokenLogprob,
    ToolCall,
    Usage,
)
from chatmodels.testing._protocols.openai_chat import custom_text, encoded_logprobs
from chatmodels.testing._protocols.protocol import ParsedRequest
from chatmodels.testing._words import split_words

_CREATED = 1_700_000_000
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}

Event = dict[str, Any]


def envelope(response: ChatResponse[Any], parsed: ParsedRequest, status: str, /) -> dict[str, Any]:
    """Encode a response without output."""
    return {
        "id": response.id,
        "object": "response",
        "created_at": _CREATED,
        "status": status,
        "background": parsed.background,
        "error": None,
        "incomplete_details": None,
        "model": response.model,
        "output": [],
        "parallel_tool_calls": True,
        "previous_response_id": parsed.previous,
        "tool_choice": "auto",
        "tools": [],
        "service_tier": response.service_tier or "default",
        "usage": None,
    }


def whole(response: ChatResponse[Any], parsed: ParsedRequest, /) -> dict[str, Any]:
    """Encode a whole response."""
    reason = _INCOMPLETE.get(response.finish_reason)
    status = "completed" if reason is None else "incomplete"
    return envelope(response, parsed, status) | {
        "incomplete_details": None if reason is None else {"reason": reason},
        "output": [
            _item(part, position, parsed, response)
            for position, part in enumerate(_parts(response))
        ],
        "usage": _usage(response.usage),
    }


def stream(response: ChatResponse[Any], parsed: ParsedRequest, /) -> Iterator[Event]:
    """Yield the events of a response, with their numbers."""
    for number, event in enumerate(_events(response, parsed)):
        yield event | {"sequence_number": number}


def _events(response: ChatResponse[Any], parsed: ParsedRequest) -> Iterator[Event]:
    start = envelope(response, parsed, "in_progress")
    yield {"type": "response.created", "response": start}
    yield {"type": "response.in_progress", "response": start}
    for position, part in enumerate(_parts(response)):
        item = _item(part, position, parsed, response)
        ids = {"item_id": item["id"], "output_index": position}
        yield {"type": "response.output_item.added", **ids, "item": _empty_item(item)}
        for event in _content_events(item):
            yield ids | event
        yield {"type": "response.output_item.done", **ids, "item": item}
    final = whole(response, parsed)
    yield {"type": f"response.{final['status']}", "response": final}


def _parts(response: ChatResponse[Any]) -> list[Part]:
    supported = (TextPart, ReasoningPart, RefusalPart, ToolCall)
    return [part for part in response.message.parts if isinstance(part, supported)]


def _item(
    part: Part, position: int, parsed: ParsedRequest, response: ChatResponse[Any]
) -> dict[str, Any]:
    if isinstance(part, ToolCall):
        return _call(part, position, custom=part.name in parsed.custom)
    if isinstance(part, ReasoningPart):
        return {
            "type": "reasoning",
            "id": f"rs_{position}",
            "summary": [{"type": "summary_text", "text": part.text}],
            "encrypted_content": "simulated",
        }
    return {
        "type": "message",
        "id": f"msg_{position}",
        "status": "completed",
        "role": "assistant",
        "content": [_content(part, response.logprobs)],
    }


def _call(call: ToolCall, position: int, *, custom: bool) -> dict[str, Any]:
    ids = {"call_id": call.id, "name": call.name, "status": "completed"}
    if custom:
        item = {"type": "custom_tool_call", "id": f"ctc_{position}", **ids}
        return item | {"input": custom_text(call)}
    item = {"type": "function_call", "id": f"fc_{position}", **ids}
    return item | {"arguments": call.arguments_json}


def _content(part: Part, logprobs: tuple[TokenLogprob, ...]) -> dict[str, Any]:
    if isinstance(part, RefusalPart):
        return {"type": "refusal", "refusal": part.text}
    text = part.text if isinstance(part, TextPart) else ""
    encoded = encoded_logprobs(logprobs)
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": encoded}


def _empty_item(item: dict[str, Any]) -> dict[str, Any]:
    """Return the empty item at the start of its events."""
    match item["type"]:
        case "function_call":
            return item | {"status": "in_progress", "arguments": ""}
        case "custom_tool_call":
            return item | {"status": "in_progress", "input": ""}
        case "reasoning":
            return item | {"summary": [], "encrypted_content": ""}
        case _:
            return item | {"status": "in_progress", "content": []}


def _content_events(item: dict[str, Any]) -> Iterator[Event]:
    match item["type"]:
        case "function_call":
            text = {"arguments": item["arguments"], "name": item["name"]}
            yield from _text_events("function_call_arguments", item["arguments"], {}, text)
        case "custom_tool_call":
            text = {"input": item["input"]}
            yield from _text_events("custom_tool_call_input", item["input"], {}, text)
        case "reasoning":
            index = {"summary_index": 0}
            (summary,) = item["summary"]
            yield from _part_events("reasoning_summary", "summary_text", summary, index)
        case _:
            (content,) = item["content"]
            yield from _part_events("content", content["type"], content, {"content_index": 0})


def _part_events(
    owner: str, kind: str, part: dict[str, Any], index: dict[str, Any]
) -> Iterator[Event]:
    """Yield the events of a part of a message or of a summary."""
    field = "refusal" if kind == "refusal" else "text"
    logprobs: dict[str, Any] = {"logprobs": []} if kind == "output_text" else {}
    name = "reasoning_summary_text" if kind == "summary_text" else kind
    yield {"type": f"response.{owner}_part.added", **index, "part": part | {field: ""}}
    text = part[field]
    yield from _text_events(name, text, index | logprobs, index | logprobs | {field: text})
    yield {"type": f"response.{owner}_part.done", **index, "part": part}


def _text_events(
    kind: str, text: str, delta: dict[str, Any], done: dict[str, Any]
) -> Iterator[Event]:
    for chunk in split_words(text):
        yield {"type": f"response.{kind}.delta", **delta, "delta": chunk}
    yield {"type": f"response.{kind}.done", **done}


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
