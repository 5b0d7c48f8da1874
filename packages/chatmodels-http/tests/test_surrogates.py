"""Half characters: escapes of lone UTF-16 surrogates."""

from collections.abc import Sequence

import msgspec
import pytest

from chatmodels.core import (
    AudioDelta,
    PartEnd,
    ProviderPart,
    ReasoningDelta,
    StreamEnd,
    StreamEvent,
    StreamStart,
    TextDelta,
    TextPart,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
)
from chatmodels.core.extending import ProviderState
from chatmodels.http import Frame
from chatmodels.http._surrogates import SurrogateJoiner, with_stand_ins

HIGH, LOW = msgspec.json.decode(with_stand_ins(rb'["\ud83d", "\uDE00"]'))


class Script:
    """A decoder whose frames name the events that they cause."""

    def __init__(self, *events: Sequence[StreamEvent]) -> None:
        self._events = events

    def feed(self, frame: Frame, /) -> Sequence[StreamEvent]:
        return self._events[int(frame.data)]

    def whole(self, body: bytes, /) -> Sequence[StreamEvent]:
        return self._events[0]

    def close(self) -> Sequence[StreamEvent]:
        return self._events[-1]


def read(*events: StreamEvent) -> list[StreamEvent]:
    """Read a stream of one event for each frame."""
    decoder = SurrogateJoiner(Script(*((event,) for event in events)))
    return [event for number in range(len(events)) for event in decoder.feed(Frame(b"%d" % number))]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(rb'"a\ud83d\ude00b"', id="a whole character"),
        pytest.param(rb'"\uD83D\uDE00"', id="capitals"),
        pytest.param(rb'"\\ud83d"', id="a backslash before u"),
        pytest.param(rb'"\\\\ud83d \" \u00fc"', id="two backslashes"),
        pytest.param(rb'"\u0000\ue000"', id="others"),
    ],
)
def test_json_without_surrogates_stays_the_same_object(text: bytes) -> None:
    assert with_stand_ins(text) is text


def test_a_surrogate_has_a_stand_in_that_parsers_accept() -> None:
    text = with_stand_ins(rb'"a\ud83d\\\uDE00\ud83d\ude00"')
    assert msgspec.json.decode(text) == f"a{HIGH}\\{LOW}\U0001f600"


def test_surrogates_of_neighbouring_deltas_are_joined() -> None:
    assert read(TextDelta(f"a{HIGH}"), TextDelta(f"{LOW}b"), TextDelta(LOW)) == [
        TextDelta("a"),
        TextDelta("\U0001f600b"),
        TextDelta("\ufffd"),
    ]


def test_surrogates_of_different_parts_are_not_joined() -> None:
    assert read(
        TextDelta(HIGH, 0), ReasoningDelta(LOW, 0), TextDelta(f"{LOW}.", 1), TextDelta("!", 0)
    ) == [ReasoningDelta("\ufffd", 0), TextDelta("\ufffd.", 1), TextDelta("\ufffd!", 0)]


def test_a_pending_surrogate_is_yielded_when_its_part_ends() -> None:
    call = ToolCall("c", "f", f'{{"a":"{HIGH}')
    assert read(
        TextDelta(HIGH, 0), ToolCallDelta(f'{{"a":"{HIGH}', 1), ToolCallEnd(call, 1), StreamEnd()
    ) == [
        ToolCallDelta('{"a":"', 1),
        ToolCallDelta("\ufffd", 1),
        ToolCallEnd(ToolCall("c", "f", '{"a":"\ufffd'), 1),
        TextDelta("\ufffd", 0),
        StreamEnd(),
    ]


def test_the_transcript_of_audio_is_restored_chunk_by_chunk() -> None:
    assert read(AudioDelta(b"\x00", f"a{HIGH}", 3)) == [AudioDelta(b"\x00", "a\ufffd", 3)]


def test_whole_parts_are_restored_at_any_depth() -> None:
    part = ProviderPart(ProviderState("acme", {"list": [{"text": f"{HIGH}{LOW}{LOW}"}]}))
    whole = ProviderPart(ProviderState("acme", {"list": [{"text": "\U0001f600\ufffd"}]}))
    end = StreamEnd(payload=msgspec.Raw(f'["{HIGH}"]'.encode()))
    events = [StreamStart("r"), PartEnd(TextPart(f"{HIGH}{LOW}")), PartEnd(part, 1), end]
    replaced = list(SurrogateJoiner(Script(events)).whole(b""))
    assert replaced[:3] == [StreamStart("r"), PartEnd(TextPart("\U0001f600")), PartEnd(whole, 1)]
    assert isinstance(replaced[3], StreamEnd)
    assert msgspec.json.decode(replaced[3].payload) == ["\ufffd"]
    assert SurrogateJoiner(Script(events)).close()[0] == StreamStart("r")
