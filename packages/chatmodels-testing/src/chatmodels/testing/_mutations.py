"""How answers are altered by faults: functions of the answer, the same for all wire formats."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from chatmodels.core import ErrorCode
from chatmodels.testing._json import is_array, is_object
from chatmodels.testing._protocols.event_stream import CONTENT_TYPE, altered, event
from chatmodels.testing._protocols.protocol import Ask, WireProtocol
from chatmodels.testing._response import Answer

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
_PATIENCE = 6_000  # comments, a hundredth of a second apart


def _with(answer: Answer, *body: bytes) -> Answer:
    return msgspec.structs.replace(answer, body=body)


def _halves(answer: Answer) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Part a stream within its text: before what ends it, and after what begins it."""
    middle = max(1, (len(answer.body) - answer.terminal) // 2 + 1)
    return answer.body[:middle], answer.body[middle:]


def _is_binary(answer: Answer) -> bool:
    return answer.headers.get("content-type") == CONTENT_TYPE


def _inside(answer: Answer, piece: bytes, alter: Callable[[bytes], bytes]) -> bytes:
    """Alter what is in a piece of a body: in binary frames, their checksums shall fit again."""
    return altered(piece, alter) if _is_binary(answer) else alter(piece)


def _truncated_json(answer: Answer, ask: Ask, protocol: WireProtocol) -> Answer:
    if not answer.streamed:
        return _with(answer, answer.content[: len(answer.content) // 2])
    before, after = _halves(answer)
    first = _inside(answer, after[0], lambda data: data.rstrip()[:-10] + b"\n\n")
    return _with(answer, *before, first, *after[1:])


def _invalid_utf8(answer: Answer, ask: Ask, protocol: WireProtocol) -> Answer:
    if not answer.streamed:
        return _with(answer, _spoiled(answer.content))
    before, after = _halves(answer)
    return _with(answer, *before, _inside(answer, after[0], _spoiled), *after[1:])


def _spoiled(data: bytes) -> bytes:
    """Put a byte that never occurs in UTF-8 into the last string that is a value of some JSON."""
    place = data.rindex(b':"') + 2
    return data[:place] + b"\xff" + data[place:]


def _huge_line(answer: Answer, ask: Ask, protocol: WireProtocol) -> Answer:
    before, after = _halves(answer)
    line = b"data: " + b"x" * _HUGE + b"\n\n"
    return _with(answer, *before, event("ping", line) if _is_binary(answer) else line, *after)


def _error_in_stream(answer: Answer, ask: Ask, protocol: WireProtocol) -> Answer:
    before, _ = _halves(answer)
    message = "simulated: the provider failed while it answered"
    return _with(answer, *before, protocol.error_event(ErrorCode.PROVIDER_UNAVAILABLE, message))


def _missing_end(answer: Answer, ask: Ask, protocol: WireProtocol) -> Answer:
    return _with(answer, *answer.body[: -answer.terminal])


def _comment(answer: Answer) -> bytes:
    """Give what keeps a connection alive: a comment, or where there are none what means nothing."""
    if _is_binary(answer):
        return event("ping", b"{}")
    return b"\n" if "ndjson" in answer.headers.get("content-type", "") else b": still here\n\n"


def _comments_only(answer: Answer, ask: Ask, protocol: WireProtocol) -> Answer:
    return _with(answer, *[_comment(answer)] * _PATIENCE)


def _keep_alive_comments(answer: Answer, ask: Ask, protocol: WireProtocol) -> Answer:
    pieces = [piece for framed in answer.body for piece in (_comment(answer), framed)]
    return _with(answer, *pieces)


def _crlf(answer: Answer, ask: Ask, protocol: WireProtocol) -> Answer:
    if _is_binary(answer):  # which has no lines
        return answer
    return _with(answer, *(framed.replace(b"\n", b"\r\n") for framed in answer.body))


def _single_bytes(answer: Answer, ask: Ask, protocol: WireProtocol) -> Answer:
    content = answer.content
    return _with(answer, *(content[place : place + 1] for place in range(len(content))))


def _unknown_fields(answer: Answer, ask: Ask, protocol: WireProtocol) -> Answer:
    def widen(piece: bytes) -> bytes:
        return b"".join(map(_widened, _lines(piece)))

    return _with(answer, *(_inside(answer, piece, widen) for piece in answer.body))


def _lines(piece: bytes) -> list[bytes]:
    return piece.splitlines(keepends=True)


def _widened(line: bytes) -> bytes:
    """Add fields to every object in a line that holds JSON, alone or as the data of an event."""
    start = line.find(b"{")
    if start < 0:
        return line
    end = line.rindex(b"}") + 1
    return (
        line[:start] + msgspec.json.encode(_more(msgspec.json.decode(line[start:end]))) + line[end:]
    )


def _more(value: Any) -> Any:
    if is_array(value):
        return [_more(item) for item in value]
    if is_object(value):
        return {name: _more(item) for name, item in value.items()} | {"x_new": {"nested": [None]}}
    return value


ALTERATIONS: Mapping[Alteration, Callable[[Answer, Ask, WireProtocol], Answer]] = {
    "comments-only": _comments_only,
    "crlf": _crlf,
    "empty": lambda answer, ask, protocol: protocol.empty(ask),
    "error-in-stream": _error_in_stream,
    "huge-line": _huge_line,
    "invalid-utf8": _invalid_utf8,
    "keep-alive-comments": _keep_alive_comments,
    "missing-end": _missing_end,
    "single-bytes": _single_bytes,
    "truncated-json": _truncated_json,
    "unknown-fields": _unknown_fields,
}
"""By name, so that a fault is plain data."""
