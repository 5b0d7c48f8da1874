"""Responses built from all of their events at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import (
    LogprobsDelta,
    PartEnd,
    ReasoningPart,
    StreamEnd,
    StreamEvent,
    StreamStart,
    TextDelta,
    TextPart,
    TokenLogprob,
    ToolCall,
    ToolCallEnd,
    Usage,
    UsageUpdate,
)
from chatmodels.core.extending import Accumulator, whole_response

START = StreamStart("r-1", "m-1")
END = StreamEnd("tool_calls", "tool_use", warnings=("odd",))
EVENTS = st.one_of(
    st.integers(0, 3).map(lambda index: PartEnd(TextPart("text"), index)),
    st.integers(0, 3).map(lambda index: PartEnd(ReasoningPart("why"), index)),
    st.integers(0, 3).map(lambda index: TextDelta("more", index)),
    st.integers(0, 3).map(lambda index: ToolCallEnd(ToolCall("c", "f", "{}"), index)),
    st.just(UsageUpdate(Usage(input_tokens=1))),
    st.just(LogprobsDelta((TokenLogprob("a", -0.5),))),
)


def unique(events: list[StreamEvent]) -> list[StreamEvent]:
    """Keep one complete part of each kind at an index, as decoders do."""
    seen: dict[object, StreamEvent] = {}
    for event in events:
        key = (type(event), getattr(event, "index", None), type(getattr(event, "part", None)))
        seen[key] = event
    return list(seen.values())


@given(st.lists(EVENTS).map(unique))
def test_a_complete_response_equals_the_accumulation_of_its_events(
    events: list[StreamEvent],
) -> None:
    accumulator = Accumulator()
    for event in (START, *events, END):
        accumulator.add(event)
    assert whole_response([START, *events, END]) == accumulator.response()


@pytest.mark.parametrize("events", [[], [END], [START], [TextDelta("Hi"), END]])
def test_events_need_neither_begin_nor_end(events: list[StreamEvent]) -> None:
    accumulator = Accumulator()
    for event in events:
        accumulator.add(event)
    assert whole_response(events) == accumulator.response()
