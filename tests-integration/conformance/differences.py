"""Compares the reading of a response with the expected one.

The expected reading is that of the vendor's SDK. chatmodels differs on purpose in these points,
with all vendors:

* A tool call without an id gets one, because a result could not refer to it.
* A call whose fields are all empty, as Snowflake sends it, is not a call.
* The input includes tokens that were read from a cache or written to one, and the output includes
  reasoning, also if the vendor counts them separately.
* A total that was not reported is the sum.
* Fields that the SDK does not know may be read as well: cached tokens under a vendor's own name,
  and reasoning that is only in OpenRouter's `reasoning_details`.
* A vendor's error code that is a number, or consists of digits, is an HTTP status.
* A stream that ends without its terminal event raises an error with the `partial` response.

The `adapt` functions of the rows state the differences of one wire format.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from chatmodels.core import (
    ChatModelError,
    ChatResponse,
    Citation,
    TextPart,
    ToolArgumentsError,
    ToolCall,
    Usage,
)
from chatmodels.testing import Recording
from conformance.exchanges import Json

Adapt = Callable[[Json, Recording, ChatResponse[Any] | None], Json]
"""Returns the reading that chatmodels should have, made from the expected one.

The response is the one that was read; of an error, its partial response; or None.
"""

FIELDS = (
    *("text", "reasoning_text", "refusal", "tool_calls", "finish_reason", "model"),
    *("response_id", "usage", "error", "partial", "tool_plan", "block_reason"),
)
USAGE_FIELDS = (
    *("input", "output", "cached_input", "cache_write", "reasoning", "total", "tool_prompt"),
    *("input_includes_cached", "output_includes_reasoning"),
)
ERROR_FIELDS = ("status", "message", "type", "code")

_Found = Iterator[tuple[str, object, object]]


def as_expected(expected: Json, _: Recording, __: ChatResponse[Any] | None, /) -> Json:
    """Adapt nothing."""
    return expected


def differences(
    exchange: Recording,
    response: ChatResponse[Any] | None,
    error: ChatModelError | None,
    adapt: Adapt = as_expected,
) -> list[str]:
    """Compare a reading with the expected one; a missing value equals an empty one.

    An exchange without an expected reading only has to be readable.
    """
    if exchange.expected is None:
        return []
    read = response if error is None else error.partial
    expected = adapt(_filled(exchange.expected), exchange, read)
    return [
        f"{name}: expected {theirs!r}, got {ours!r}"
        for name, theirs, ours in _compared(exchange, expected, read, error)
        if (theirs if theirs != "" else None) != (ours if ours != "" else None)
    ]


def _filled(expected: Json) -> Json:
    """Fill in missing fields, so that rows can rely on them."""
    filled = dict.fromkeys(FIELDS) | expected
    for name, fields in (("usage", USAGE_FIELDS), ("error", ERROR_FIELDS)):
        if filled[name] is not None:
            filled[name] = dict.fromkeys(fields) | filled[name]
    return filled


def _compared(
    exchange: Recording,
    expected: Json,
    read: ChatResponse[Any] | None,
    error: ChatModelError | None,
) -> _Found:
    expected_error = expected["error"]
    fails = expected_error is not None or bool(expected["partial"])
    yield "failed", fails, error is not None
    if error is not None and (expected_error is not None or not fails):
        yield from _error(expected_error or {}, error)
    if read is not None:
        yield "text", expected["text"], read.text
        yield "reasoning", _reasoning(exchange, expected, read), read.reasoning
        yield "refusal", expected["refusal"], read.refusal
        yield "finish reason", expected["finish_reason"], read.raw_finish_reason
        yield "model", expected["model"], read.model
        yield "id", expected["response_id"], read.id
        yield from _calls(expected["tool_calls"] or [], read.tool_calls)
        yield from _usage(expected["usage"], read.usage)
        yield from _ours(expected, read)


def _reasoning(exchange: Recording, expected: Json, read: ChatResponse[Any]) -> str | None:
    detailed = b'"reasoning_details"' in exchange.content
    return expected["reasoning_text"] or (read.reasoning if detailed else None)


def _error(expected: Json, error: ChatModelError) -> _Found:
    code = expected.get("code")
    named = isinstance(code, str) and not code.isdigit()
    yield "status", expected.get("status"), None if error.status == 200 else error.status
    yield "message", expected.get("message"), error.details.get("provider_message")
    yield "type", expected.get("type"), error.details.get("provider_type")
    yield "code", code if named else None, error.details.get("provider_code")
    if "class" in expected:
        yield "class", expected["class"], type(error).__name__
    if "retry_after" in expected:
        yield "retry after", expected["retry_after"], error.retry_after


def _calls(expected: list[Json], calls: Sequence[ToolCall]) -> _Found:
    theirs = [call for call in expected if call.get("id") or call.get("name")]
    yield "number of calls", len(theirs), len(calls)
    for wanted, call in zip(theirs, calls, strict=False):
        made_up = call.id.startswith("call_") and not wanted.get("id")
        arguments = wanted.get("input", wanted.get("arguments"))
        yield "call id", wanted.get("id"), None if made_up else call.id
        yield "call name", wanted.get("name"), call.name
        yield "arguments", wanted.get("arguments_raw", arguments), _arguments(call)


def _arguments(call: ToolCall) -> object:
    try:
        return call.arguments
    except ToolArgumentsError:
        return call.arguments_json


def _usage(expected: Json, usage: Usage) -> _Found:
    if expected is None:
        yield "usage", Usage(), usage
        return
    fed, output = expected["input"], expected["output"]
    cached, written = expected["cached_input"], expected["cache_write"]
    if expected["input_includes_cached"] is False:
        fed = (fed or 0) + (cached or 0) + (written or 0)
    if expected["output_includes_reasoning"] is False:
        output = (output or 0) + (expected["reasoning"] or 0)
    yield "input", fed, usage.input_tokens
    yield "output", output, usage.output_tokens
    yield "reasoning tokens", expected["reasoning"], usage.reasoning_tokens
    for name, theirs, ours in (
        ("total", expected["total"], usage.total_tokens),
        ("cached", cached, usage.cached_input_tokens),
        ("written", written, usage.cache_write_tokens),
    ):
        if theirs is not None:
            yield name, theirs, ours


def _ours(expected: Json, read: ChatResponse[Any]) -> _Found:
    """Compare what only the exchanges of this repository state."""
    parts = read.message.parts
    found: dict[str, object] = {
        "finish": read.finish_reason,
        "parts": [part.type for part in parts],
        "logprobs": len(read.logprobs),
        "warnings": len(read.warnings),
    }
    for name, ours in found.items():
        if name in expected:
            yield name, expected[name], ours
    if "citations" in expected:
        cited = [c for part in parts if isinstance(part, TextPart) for c in part.citations]
        yield "number of citations", len(expected["citations"]), len(cited)
        for wanted, citation in zip(expected["citations"], cited, strict=False):
            yield "citation", wanted, _chosen(citation, wanted)


def _chosen(citation: Citation, wanted: Json) -> Json:
    return {name: getattr(citation, name, None) for name in wanted}
