"""Recorded exchanges: where they are, and how ours differs from what is expected of them.

A small choice of them lies here; the whole of them, if it is there, is found through the
environment variable `CHATMODELS_RECORDED` or as `*/recorded/` beside the checkout.

Expected is what the vendor's SDK reads. Ours differs on purpose in these points:

* A tool call without an id gets one: a result could not refer to it.
* A `function_call` whose fields are all empty, as Snowflake sends it, is no call.
* Output includes reasoning, also with xAI, which counts it separately.
* Input includes sound, also with Mistral, which counts it separately.
* A total that was not reported is the sum.
* What vendors other than OpenAI name their own way is read as well, where the SDK sees nothing:
  cached tokens, and reasoning that is only in OpenRouter's `reasoning_details`.
* A vendor's error code that is a number, or nothing but digits, is an HTTP status.
"""

import json
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import httpx
from coverage import Coverage

from chatmodels.core import ChatModelError, ChatResponse, ToolArgumentsError, ToolCall, Usage

HERE = Path(__file__).parent / "recorded"
CHECKOUT = Path(__file__).parents[3]
PIECES = (1, 7, 4096)
"""In how many bytes at a time an answer arrives."""

Exchange = dict[str, Any]


def everything() -> Path | None:
    """Find the folder with all recordings."""
    named = os.environ.get("CHATMODELS_RECORDED")
    places = [Path(named)] if named else CHECKOUT.parent.glob("*/recorded")
    return next((place for place in places if (place / "MANIFEST.json").is_file()), None)


def exchanges(
    folder: Path, provider: str = "*", api: str = "openai.chat"
) -> Iterator[tuple[str, Exchange]]:
    """Read the exchanges over an API, by name.

    While all of them are read no coverage is measured: it would add nothing, and take minutes.
    """
    with uncounted() if folder == everything() else nullcontext():
        for path in sorted(folder.glob(f"{provider}/*.json")):
            exchange = json.loads(path.read_text(encoding="utf-8"))
            if exchange["api"] == api:
                yield f"{path.parent.name}/{path.stem}", exchange


@contextmanager
def uncounted() -> Iterator[None]:
    """Measure no coverage."""
    measured = Coverage.current()
    if measured is not None:
        measured.stop()
    yield
    if measured is not None:
        measured.start()


def is_streamed(exchange: Exchange) -> bool:
    return "body_text" in exchange["response"]


def content(exchange: Exchange) -> bytes:
    response = exchange["response"]
    return (
        response["body_text"].encode()
        if is_streamed(exchange)
        else json.dumps(response["body"]).encode()
    )


def pieces(exchange: Exchange, size: int) -> list[bytes]:
    data = content(exchange)
    return [data[start : start + size] for start in range(0, len(data), size)]


def differences(
    exchange: Exchange, response: ChatResponse[Any] | None, error: ChatModelError | None
) -> list[str]:
    """Compare what was read with what is expected; nothing is the same as empty."""
    expected = exchange["expected"]
    failed = expected["error"] is not None
    found: list[tuple[str, object, object]] = [("failed", failed, error is not None)]
    if error is not None:
        found += _error(expected["error"] or _NO_ERROR, error)
        response = error.partial
    if response is not None:
        found += [
            ("text", expected["text"], response.text),
            ("reasoning", _reasoning(exchange, response), response.reasoning),
            ("refusal", expected["refusal"], response.refusal),
            ("finish reason", expected["finish_reason"], response.raw_finish_reason),
            ("model", expected["model"], response.model),
            ("id", expected["response_id"], response.id),
            *_calls(expected["tool_calls"] or [], response.tool_calls),
            *_usage(expected["usage"], response.usage),
        ]
    return [
        f"{name}: expected {theirs!r}, got {ours!r}"
        for name, theirs, ours in found
        if (theirs if theirs != "" else None) != (ours if ours != "" else None)
    ]


_NO_ERROR = dict.fromkeys(("status", "message", "type", "code"))


def _reasoning(exchange: Exchange, response: ChatResponse[Any]) -> str | None:
    detailed = b'"reasoning_details"' in content(exchange)
    return exchange["expected"]["reasoning_text"] or (response.reasoning if detailed else None)


def _error(expected: Exchange, error: ChatModelError) -> list[tuple[str, object, object]]:
    code = expected["code"] if isinstance(expected["code"], str) else None
    return [
        ("status", expected["status"], None if error.status == 200 else error.status),
        ("message", expected["message"], error.details.get("provider_message")),
        ("type", expected["type"], error.details.get("provider_type")),
        ("code", None if code and code.isdigit() else code, error.details.get("provider_code")),
    ]


def _calls(expected: list[Exchange], calls: Sequence[ToolCall]) -> list[tuple[str, object, object]]:
    theirs = [call for call in expected if call["id"] or call["name"]]
    found: list[tuple[str, object, object]] = [("number of calls", len(theirs), len(calls))]
    for wanted, call in zip(theirs, calls, strict=False):
        made_up = call.id.startswith("call_") and not wanted["id"]
        found += [
            ("call id", wanted["id"], None if made_up else call.id),
            ("call name", wanted["name"], call.name),
            ("arguments", wanted.get("arguments_raw", wanted["arguments"]), _arguments(call)),
        ]
    return found


def _arguments(call: ToolCall) -> object:
    try:
        return call.arguments
    except ToolArgumentsError:
        return call.arguments_json


def _usage(expected: Exchange | None, usage: Usage) -> list[tuple[str, object, object]]:
    if expected is None:
        return [("usage", Usage(), usage)]
    separate = expected["output_includes_reasoning"] is False
    output = expected["output"] + expected["reasoning"] if separate else expected["output"]
    total = usage.total_tokens if expected["total"] is None else expected["total"]
    sound = usage.input_audio_tokens or 0
    beside = expected["input"] + output + sound == total
    cached, written = usage.cached_input_tokens, usage.cache_write_tokens
    return [
        ("input", expected["input"] + (sound if beside else 0), usage.input_tokens),
        ("output", output, usage.output_tokens),
        ("total", total, usage.total_tokens),
        ("reasoning tokens", expected["reasoning"], usage.reasoning_tokens),
        (
            "cached",
            cached if expected["cached_input"] is None else expected["cached_input"],
            cached,
        ),
        (
            "written",
            written if expected["cache_write"] is None else expected["cache_write"],
            written,
        ),
    ]


class Replay(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that arrives in pieces."""

    def __init__(self, data: list[bytes]) -> None:
        self._data = data

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._data)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._data:
            yield piece


def answers(exchange: Exchange, size: int) -> httpx.MockTransport:
    recorded = exchange["response"]
    return httpx.MockTransport(
        lambda _: httpx.Response(
            recorded["status"], headers=recorded["headers"], stream=Replay(pieces(exchange, size))
        )
    )
