"""Lone UTF-16 surrogates: valid in JSON escapes, but not in Unicode text.

Gateways that split texts by UTF-16 length send an emoji as two surrogates in two chunks. JSON
parsers that check Unicode reject both. Before parsing, each surrogate is replaced by a stand-in, a
private-use character. After parsing, adjacent surrogates become the character, and all others
U+FFFD.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec

from chatmodels.core import (
    PartEnd,
    ReasoningDelta,
    RefusalDelta,
    StreamEnd,
    StreamEvent,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
)
from chatmodels.http._framing.frames import Frame, StreamDecoder

# Most frames have no backslash. Searching bytes for an integer is forty times as fast as for bytes.
BACKSLASH = ord(b"\\")

may_have_surrogates = re.compile(rb"\\u[dD]").search

# Patterns are compiled on first use: most programs do not need them.
_ESCAPE = (
    rb"(?s)\\u[dD][89abAB]..\\u[dD][c-fC-F].."  # a whole character
    rb"|\\u([dD][89a-fA-F][0-9a-fA-F]{2})"  # a lone surrogate or one of a pair that is split
    rb"|\\."
)
_SURROGATES = 0xD800
_STAND_INS = 0x10F000  # in a private-use plane without any known use
_HIGH = "\U0010f000-\U0010f3ff"
_LOW = "\U0010f400-\U0010f7ff"
_STAND_IN = f"([{_HIGH}])([{_LOW}])|[{_HIGH}{_LOW}]"
_ENDS_WITH_HIGH = f"[{_HIGH}]\\Z"

_Delta = TextDelta | ReasoningDelta | RefusalDelta | ToolCallDelta


def with_stand_ins(data: bytes) -> bytes:
    """Replace surrogates in JSON by their stand-ins; return the same object if none."""
    if BACKSLASH not in data or not may_have_surrogates(data):
        return data
    replaced = re.sub(_ESCAPE, _stand_in, data)
    return data if replaced == data else replaced


class SurrogateJoiner:
    """A `StreamDecoder` whose events have whole characters instead of stand-ins.

    Args:
        decoder: The vendor's decoder.
    """

    __slots__ = ("_decoder", "_pending")

    def __init__(self, decoder: StreamDecoder) -> None:
        self._decoder = decoder
        self._pending: dict[tuple[str, int], _Delta] = {}

    def feed(self, frame: Frame, /) -> Sequence[StreamEvent]:
        """Read a frame and return the events that it causes.

        Raises:
            ChatModelError: The frame reports an error or is not in this wire format.
        """
        return list(self._join(self._decoder.feed(frame)))

    def close(self) -> Sequence[StreamEvent]:
        """Return the events that the end of the bytes causes."""
        return list(self._join(self._decoder.close()))

    def whole(self, body: bytes, /) -> Sequence[StreamEvent]:
        """Return the events of a response that arrived whole.

        Raises:
            ChatModelError: The body reports an error or is not in this wire format.
        """
        return list(self._join(self._decoder.whole(body)))

    def _join(self, events: Sequence[StreamEvent]) -> Iterator[StreamEvent]:
        for event in events:
            if isinstance(event, TextDelta | ReasoningDelta | RefusalDelta | ToolCallDelta):
                yield from self._join_delta(event)
                continue
            if isinstance(event, PartEnd | ToolCallEnd):
                yield from self._flush(event.index)
            elif isinstance(event, StreamEnd):
                yield from self._flush(None)
            yield _restored(event)

    def _join_delta(self, event: _Delta) -> Iterator[StreamEvent]:
        key = event.type, event.index
        before = self._pending.pop(key, None)
        text = _text(event) if before is None else _text(before) + _text(event)
        if re.search(_ENDS_WITH_HIGH, text):  # the next delta can contain the other surrogate
            self._pending[key] = _with(event, text[-1])
            text = text[:-1]
        if text:
            yield _with(event, _join_surrogates(text))

    def _flush(self, index: int | None) -> Iterator[StreamEvent]:
        for key in [key for key in self._pending if index is None or key[1] == index]:
            pending = self._pending.pop(key)
            yield _with(pending, _join_surrogates(_text(pending)))


def _text(event: _Delta) -> str:
    return event.arguments_json if isinstance(event, ToolCallDelta) else event.text


def _with(event: _Delta, text: str) -> _Delta:
    field = "arguments_json" if isinstance(event, ToolCallDelta) else "text"
    return msgspec.structs.replace(event, **{field: text})


def _stand_in(match: re.Match[bytes]) -> bytes:
    if match[1] is None:
        return match[0]
    return chr(int(match[1], 16) - _SURROGATES + _STAND_INS).encode()


def _join_surrogates(text: str) -> str:
    return re.sub(_STAND_IN, _character, text)


def _character(match: re.Match[str]) -> str:
    if match[1] is None:
        return "\ufffd"
    high, low = ord(match[1]) - _STAND_INS, ord(match[2]) - _STAND_INS
    return chr(0x10000 + (high << 10) + (low - 0x400))


def _restored(event: StreamEvent) -> StreamEvent:
    """Replace the stand-ins in all texts of an event, at any depth."""
    encoded = msgspec.json.encode(event).decode()
    if not re.search(_STAND_IN, encoded):
        return event
    return msgspec.json.decode(_join_surrogates(encoded), type=type(event))
