"""Tool calls, assembled from the deltas of a stream."""

import pytest

from chatmodels.core import StreamEvent, ToolCall, ToolCallEnd, ToolCallStart
from chatmodels.core.extending import ProviderState
from chatmodels.openai_compatible._tool_calls import CallAssembler, read_call
from chatmodels.openai_compatible._wire import WireFunction, WireToolCall


def piece(
    index: int | None = None,
    given_id: str | None = None,
    name: str | None = None,
    arguments: object = None,
) -> WireToolCall:
    return WireToolCall(index=index, id=given_id, function=WireFunction(name, arguments))


def assembled(*chunks: list[WireToolCall], created: int | None = None) -> list[ToolCall]:
    return calls_of(events_of(*chunks, created=created))


def events_of(*chunks: list[WireToolCall], created: int | None = None) -> list[StreamEvent]:
    assembler = CallAssembler("vendor")
    events = [event for chunk in chunks for event in assembler.feed(chunk, created)]
    return events + assembler.finish()


def calls_of(events: list[StreamEvent]) -> list[ToolCall]:
    whole = {event.index: event.tool_call for event in events if isinstance(event, ToolCallEnd)}
    return [whole[index] for index in sorted(whole)]


A, B = ToolCall("a", "add", '{"x":1}'), ToolCall("b", "mul", '{"y":2}')


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param(
            [
                [piece(0, "a", "add", "")],
                [piece(0, arguments='{"x"')],
                [piece(0, arguments=":1}")],
                [piece(1, "b", "mul", "")],
                [piece(1, arguments='{"y":2}')],
            ],
            id="as OpenAI does it",
        ),
        pytest.param(
            [[piece(0, "a", "add", '{"x":1}')], [piece(0, "b", "mul", '{"y":2}')]],
            id="all with index 0",
        ),
        pytest.param(
            [
                [piece(0, "a", "add", "")],
                [piece(0, arguments='{"x":1}')],
                [piece(0, "b", "mul", "")],
                [piece(0, arguments='{"y":2}')],
            ],
            id="all with index 0, in pieces",
        ),
        pytest.param(
            [[piece(None, "a", "add", '{"x":1}'), piece(None, "b", "mul", '{"y":2}')]],
            id="without index, in one chunk",
        ),
        pytest.param(
            [
                [piece(None, "a", "add", '{"x"')],
                [piece(None, arguments=":1}")],
                [piece(None, "b", "mul", '{"y":2}')],
            ],
            id="without index, in pieces",
        ),
        pytest.param(
            [
                [piece(None, "a", "add", '{"x"')],
                [piece(None, "b", "mul", '{"y"')],
                [piece(None, "a", None, ":1}")],
                [piece(None, "b", None, ":2}")],
            ],
            id="without index, interleaved by id",
        ),
        pytest.param(
            [[piece(1, "a", "add", '{"x":1}')], [piece(2, "b", "mul", '{"y":2}')]],
            id="from index 1 on",
        ),
        pytest.param(
            [
                [piece(0, "a", "add", "")],
                [piece(0, "a", "add", '{"x":1}')],
                [piece(0, "a", "add", "")],
                [piece(1, "b", "mul", '{"y":')],
                [piece(1, "b", "mul", "2}")],
            ],
            id="id and name in every piece",
        ),
        pytest.param(
            [
                [piece(0, "a", "add", '{"x"')],
                [piece(1, "b", "mul", '{"y"')],
                [piece(0, arguments=":1}")],
                [piece(1, arguments=":2}")],
            ],
            id="interleaved",
        ),
        pytest.param(
            [
                [piece(0, "a", "add", '{"x"')],
                [piece(0, "made-up", None, ":1}")],
                [piece(1, "b", "mul", '{"y":2}')],
            ],
            id="an id made up for each piece",
        ),
        pytest.param(
            [
                [piece(0, "a", "add", '{"x"')],
                [piece(7, None, None, ":1}")],
                [piece(1, "b", "mul", '{"y":2}')],
            ],
            id="an index that nobody announced",
        ),
        pytest.param(
            [[piece(0, "a", "add", {"x": 1})], [piece(1, "b", "mul", {"y": 2})]],
            id="arguments as an object",
        ),
    ],
)
def test_two_calls_stay_two_calls(chunks: list[list[WireToolCall]]) -> None:
    assert assembled(*chunks) == [A, B]


@pytest.mark.parametrize("index", [pytest.param(0, id="index 0"), pytest.param(None, id="none")])
@pytest.mark.parametrize("given", [pytest.param("", id="empty id"), pytest.param(None, id="none")])
def test_calls_without_ids_are_separated_by_names_and_complete_arguments(
    index: int | None, given: str | None
) -> None:
    chunks = [
        [piece(index, given, "add", '{"x":')],
        [piece(index, given, "add", "1}")],
        [piece(index, given, "add", "")],
        [piece(index, given, "add", '{"x":2}')],
        [piece(index, given, "mul", "{}")],
    ]
    assert assembled(*chunks, created=1700000000) == [
        ToolCall("call_1700000000_0", "add", '{"x":1}'),
        ToolCall("call_1700000000_1", "add", '{"x":2}'),
        ToolCall("call_1700000000_2", "mul", "{}"),
    ]


def test_a_generated_id_is_the_same_streamed_and_whole() -> None:
    wire = piece(name="now")
    call = read_call(wire, 0, None, "vendor")
    assert [call] == assembled([wire]) == [ToolCall("call_0", "now", "")]


def test_a_call_ends_when_the_next_begins_if_its_arguments_are_whole() -> None:
    events = events_of([piece(0, "a", "add", '{"x":1}')], [piece(1, "b", "mul", '{"y":2')])
    assert [type(event).__name__ for event in events] == [
        "ToolCallStart",
        "ToolCallDelta",
        "ToolCallEnd",
        "ToolCallStart",
        "ToolCallDelta",
        "ToolCallEnd",
    ]


def test_a_call_that_continues_after_its_end_ends_again() -> None:
    events = events_of(
        [piece(0, "a", "add", "1")], [piece(1, "b", "mul", '{"y":2}')], [piece(0, arguments="2")]
    )
    assert calls_of(events) == [ToolCall("a", "add", "12"), B]


def test_arguments_that_are_cut_off_are_not_changed() -> None:
    assert assembled([piece(0, "a", "add", '{"x')]) == [ToolCall("a", "add", '{"x')]


def test_a_delta_without_name_and_call_begins_a_nameless_call() -> None:
    events = events_of([WireToolCall()])
    assert events[0] == ToolCallStart("call_0", "", 4)
    assert calls_of(events) == [ToolCall("call_0", "", "")]


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param([[piece(0, "a")], [piece(0, name="add", arguments='{"x":1}')]], id="id first"),
        pytest.param(
            [[piece(0, "a", arguments='{"x":1}')], [piece(0, name="add")]], id="arguments first"
        ),
    ],
)
def test_a_late_name_is_added_to_the_open_call(chunks) -> None:
    assert assembled(*chunks) == [A]


def test_the_opaque_state_of_a_call_is_stored() -> None:
    wire = WireToolCall(id="a", function=WireFunction("add"), extra_content={"google": 1})
    signature = ProviderState("vendor", {"extra_content": {"google": 1}})
    assert assembled([wire]) == [ToolCall("a", "add", "", signature)]
    assert read_call(wire, 0, None, "vendor") == ToolCall("a", "add", "", signature)


def test_a_whole_call_without_a_function_is_nameless() -> None:
    assert read_call(WireToolCall(id="a"), 0, None, "vendor") == ToolCall("a", "", "")
