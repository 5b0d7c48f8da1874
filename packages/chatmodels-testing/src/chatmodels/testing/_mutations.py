"""Alterations of responses by faults: functions that work with all wire formats."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from chatmodels.core import ErrorCode
from chatmodels.testing._json import is_array, is_object
from chatmodels.testing._protocols.event_stream import CONTENT_TYPE, altered, event
from chatmodels.testing._protocols.protocol import ParsedRequest, WireProtocol
from chatmodels.testing._simulated_response import SimulatedResponse

Alteration = Literal[
    "comments-only",
    "crlf",
    "empty",
    "error-in-stream",
    "huge-line",
    "invalid-utf8",
    "keep-alive-comments",
    "missing-end",
    "single-bytes",
    "truncated-json",
    "unknown-fields",
]

_HUGE = 33 * 2**20
_STRING = re.compile(rb':"[^"]*"')
_COMMENTS = 6_000  # with a pause of 0.01 s after each


def _with(response: SimulatedResponse, *body: bytes) -> SimulatedResponse:
    return msgspec.structs.replace(response, body=body)


def _halves(response: SimulatedResponse) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Split the chunks of a stream in two, within its text: after the start and before the end."""
    middle = max(1, (len(response.body) - response.terminal) // 2 + 1)
    return response.body[:middle], response.body[middle:]


def _is_binary(response: SimulatedResponse) -> bool:
    return response.headers.get("content-type") == CONTENT_TYPE


def _inside(response: SimulatedResponse, chunk: bytes, alter: Callable[[bytes], bytes]) -> bytes:
    """Alter the payload of a chunk; the checksums of binary frames are updated."""
    return altered(chunk, alter) if _is_binary(response) else alter(chunk)


def _truncated_json(
    response: SimulatedResponse, parsed: ParsedRequest, protocol: WireProtocol
) -> SimulatedResponse:
    if not response.streamed:
        return _with(response, response.content[: len(response.content) // 2])
    before, after = _halves(response)
    first = _inside(response, after[0], lambda data: data.rstrip()[:-10] + b"\n\n")
    return _with(response, *before, first, *after[1:])


def _invalid_utf8(
    response: SimulatedResponse, parsed: ParsedRequest, protocol: WireProtocol
) -> SimulatedResponse:
    if not response.streamed:
        # The longest string is the text; strings that a provider skips need not be valid.
        longest = max(_STRING.finditer(response.content), key=lambda found: len(found[0]))
        return _with(response, _invalid(response.content, longest.start()))
    before, after = _halves(response)
    return _with(response, *before, _inside(response, after[0], _invalid), *after[1:])


def _invalid(data: bytes, start: int = 0) -> bytes:
    """Insert a byte that is invalid in UTF-8 into a JSON value that is a string.

    Args:
        data: The JSON.
        start: The start of the value; by default that of the last one.
    """
    position = (start or data.rindex(b':"')) + 2
    return data[:position] + b"\xff" + data[position:]


def _huge_line(
    response: SimulatedResponse, parsed: ParsedRequest, protocol: WireProtocol
) -> SimulatedResponse:
    before, after = _halves(response)
    line = b"data: " + b"x" * _HUGE + b"\n\n"
    return _with(response, *before, event("ping", line) if _is_binary(response) else line, *after)


def _error_in_stream(
    response: SimulatedResponse, parsed: ParsedRequest, protocol: WireProtocol
) -> SimulatedResponse:
    before, _ = _halves(response)
    message = "simulated: the provider failed during the response"
    return _with(response, *before, protocol.error_event(ErrorCode.PROVIDER_UNAVAILABLE, message))


def _missing_end(
    response: SimulatedResponse, parsed: ParsedRequest, protocol: WireProtocol
) -> SimulatedResponse:
    return _with(response, *response.body[: -response.terminal])


def _comment(response: SimulatedResponse) -> bytes:
    """Return a comment, or an event or line without content if the format has no comments."""
    if _is_binary(response):
        return event("ping", b"{}")
    return b"\n" if "ndjson" in response.headers.get("content-type", "") else b": still here\n\n"


def _comments_only(
    response: SimulatedResponse, parsed: ParsedRequest, protocol: WireProtocol
) -> SimulatedResponse:
    return _with(response, *[_comment(response)] * _COMMENTS)


def _keep_alive_comments(
    response: SimulatedResponse, parsed: ParsedRequest, protocol: WireProtocol
) -> SimulatedResponse:
    chunks = [chunk for framed in response.body for chunk in (_comment(response), framed)]
    return _with(response, *chunks)


def _crlf(
    response: SimulatedResponse, parsed: ParsedRequest, protocol: WireProtocol
) -> SimulatedResponse:
    if _is_binary(response):  # event streams have no lines
        return response
    return _with(response, *(framed.replace(b"\n", b"\r\n") for framed in response.body))


def _single_bytes(
    response: SimulatedResponse, parsed: ParsedRequest, protocol: WireProtocol
) -> SimulatedResponse:
    content = response.content
    return _with(response, *(content[position : position + 1] for position in range(len(content))))


def _unknown_fields(
    response: SimulatedResponse, parsed: ParsedRequest, protocol: WireProtocol
) -> SimulatedResponse:
    def extend(chunk: bytes) -> bytes:
        return b"".join(map(_extended_line, _lines(chunk)))

    return _with(response, *(_inside(response, chunk, extend) for chunk in response.body))


def _lines(chunk: bytes) -> list[bytes]:
    return chunk.splitlines(keepends=True)


def _extended_line(line: bytes) -> bytes:
    """Add fields to every object in a line with JSON, alone or as the data of an event."""
    start = line.find(b"{")
    if start < 0:
        return line
    end = line.rindex(b"}") + 1
    return (
        line[:start]
        + msgspec.json.encode(_extended(msgspec.json.decode(line[start:end])))
        + line[end:]
    )


def _extended(value: Any) -> Any:
    if is_array(value):
        return [_extended(item) for item in value]
    if is_object(value):
        return {name: _extended(item) for name, item in value.items()} | {
            "x_new": {"nested": [None]}
        }
    return value


ALTERATIONS: Mapping[
    Alteration, Callable[[SimulatedResponse, ParsedRequest, WireProtocol], SimulatedResponse]
] = {
    "comments-only": _comments_only,
    "crlf": _crlf,
    "empty": lambda response, parsed, protocol: protocol.empty(parsed),
    "error-in-stream": _error_in_stream,
    "huge-line": _huge_line,
    "invalid-utf8": _invalid_utf8,
    "keep-alive-comments": _keep_alive_comments,
    "missing-end": _missing_end,
    "single-bytes": _single_bytes,
    "truncated-json": _truncated_json,
    "unknown-fields": _unknown_fields,
}
"""The alterations by name, so that faults are plain data."""
