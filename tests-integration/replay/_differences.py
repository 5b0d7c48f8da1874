"""How what was read differs from what is expected of a recorded exchange.

Expected is what the vendor's SDK reads. Ours differs on purpose in these points, with all vendors:

* A tool call without an id gets one: a result could not refer to it.
* A call whose fields are all empty, as Snowflake sends it, is no call.
* Input includes what was read from a cache or written to one, output includes reasoning, also
  where the vendor counts them separately.
* A total that was not reported is the sum.
* What the SDK does not see may be read as well: cached tokens under a vendor's own name, and
  reasoning that is only in OpenRouter's `reasoning_details`.
* A vendor's error code that is a number, or nothing but digits, is an HTTP status.
* A stream that ends without its terminal event raises an error, which has what came as `partial`.

What is peculiar to one vendor is told by its tests, as a function `adapt`.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from chatmodels.core import ChatModelError, ChatResponse, ToolArgumentsError, ToolCall, Usage
from replay._exchanges import Exchange, Json

Adapt = Callable[[Exchange, ChatResponse[Any] | None], Json]
"""Gives what ours is to read in an exchange, from `exchange.expected`, which it leaves as it is.

The response is what was read, of which an error's is the part before it; None if nothing was.
"""

_Found = Iterator[tuple[str, object, object]]


def as_expected(exchange: Exchange, _response: ChatResponse[Any] | None, /) -> Json:
    """Expect what the vendor's SDK reads: the `adapt` of those with no peculiarities."""
    return exchange.expected


def differences(
    exchange: Exchange,
    response: ChatResponse[Any] | None,
    error: ChatModelError | None,
    adapt: Adapt = as_expected,
) -> list[str]:
    """Compare what was read with what is expected; nothing is the same as empty.

    An exchange of which nothing is expected is only to be read.
    """
    if exchange.expected is None:
        return []
    read = response if error is None else error.partial
    expected = adapt(exchange, read)
    return [
        f"{name}: expected {theirs!r}, got {ours!r}"
        for name, theirs, ours in _compared(exchange, expected, read, error)
        if (theirs if theirs != "" else None) != (ours if ours != "" else None)
    ]


def _compared(
    exchange: Exchange,
    expected: Json,
    read: ChatResponse[Any] | None,
    error: ChatModelError | None,
) -> _Found:
    told = expected["error"]
    fails = told is not None or bool(expected.get("partial"))
    yield "failed", fails, error is not None
    if error is not None and (told is not None or not fails):
        yield from _error(told or {}, error)
    if read is not None:
        yield "text", expected["text"], read.text
        yield "reasoning", _reasoning(exchange, expected, read), read.reasoning
        yield "refusal", expected["refusal"], read.refusal
        yield "finish reason", expected["finish_reason"], read.raw_finish_reason
        yield "model", expected["model"], read.model
        yield "id", expected["response_id"], read.id
        yield from _calls(expected["tool_calls"] or [], read.tool_calls)
        yield from _usage(expected["usage"], read.usage)


def _reasoning(exchange: Exchange, expected: Json, read: ChatResponse[Any]) -> str | None:
    detailed = b'"reasoning_details"' in exchange.content
    return expected["reasoning_text"] or (read.reasoning if detailed else None)


def _error(expected: Json, error: ChatModelError) -> _Found:
    code = expected.get("code")
    named = isinstance(code, str) and not code.isdigit()
    yield "status", expected.get("status"), None if error.status == 200 else error.status
    yield "message", expected.get("message"), error.details.get("provider_message")
    yield "type", expected.get("type"), error.details.get("provider_type")
    yield "code", code if named else None, error.details.get("provider_code")


def _calls(expected: list[Json], calls: Sequence[ToolCall]) -> _Found:
    theirs = [call for call in expected if call.get("id") or call.get("name")]
    yield "number of calls", len(theirs), len(calls)
    for wanted, call in zip(theirs, calls, strict=False):
        made_up = call.id.startswith("call_") and not wanted.get("id")
        said = wanted.get("input", wanted.get("arguments"))
        yield "call id", wanted.get("id"), None if made_up else call.id
        yield "call name", wanted.get("name"), call.name
        yield "arguments", wanted.get("arguments_raw", said), _arguments(call)


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
