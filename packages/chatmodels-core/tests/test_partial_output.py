"""Streams of structured output show the output so far: `stream.partial.parsed`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypedDict

import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import (
    ChatRequest,
    RefusalDelta,
    StreamEnd,
    StreamEvent,
    TextDelta,
    ToolCallDelta,
    ToolCallStart,
    tool,
)
from chatmodels.core.extending import OutputSchema, StandardChatModel, structured_output


class Place(TypedDict):
    city: str
    people: int


@dataclass
class PlaceOfDataclass:
    city: str
    people: int


class PlaceOfStruct(msgspec.Struct):
    city: str
    people: int


class PlaceOfPydantic(pydantic.BaseModel):
    city: str
    people: int


@tool
def weather(city: str) -> str:
    """Return the weather."""
    raise AssertionError("the model only calls it")


class Scripted(StandardChatModel):
    """Streams events that it was given."""

    def __init__(self, *events: StreamEvent) -> None:
        super().__init__("fake", "scripted")
        self.script = events

    def events(self, request: ChatRequest, call: object, /) -> Iterator[StreamEvent]:
        yield from self.script
        yield StreamEnd()


def texts(*pieces: str) -> Scripted:
    return Scripted(*map(TextDelta, pieces))


@pytest.fixture(params=["sync", "asyncio", "trio"])
def shape(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def anyio_backend(shape: str) -> str:
    return "asyncio" if shape == "sync" else shape


@pytest.fixture
def partials(shape: str) -> Any:
    """Return the outputs so far after each event, and the whole output."""

    async def run(model: Scripted, output_type: Any, **options: Any) -> tuple[list[Any], Any]:
        found: list[Any] = []
        if shape == "sync":
            with model.stream("Where?", output_type=output_type, **options) as stream:
                found += [stream.partial.parsed for _ in stream]
            return found, stream.response.parsed
        async with model.astream("Where?", output_type=output_type, **options) as astream:
            found += [astream.partial.parsed async for _ in astream]
        return found, astream.response.parsed

    return run


@pytest.mark.parametrize(
    "output_type", [Place, PlaceOfDataclass, PlaceOfStruct, PlaceOfPydantic, OutputSchema("p", {})]
)
async def test_the_output_so_far_is_plain_data_whatever_the_type(
    partials: Any, output_type: Any
) -> None:
    model = texts('{"ci', 'ty": "Os', 'lo", "people": 7', "17000", "}")

    found, parsed = await partials(model, output_type)

    oslo = {"city": "Oslo", "people": 717000}
    assert found == [
        {},
        {"city": "Os"},
        {"city": "Oslo"},
        {"city": "Oslo"},
        oslo,  # the last text, and the end with the whole response
        parsed,
    ]
    as_dict = getattr(parsed, "model_dump", lambda **_: msgspec.to_builtins(parsed))
    assert as_dict() == oslo


async def test_output_that_is_wrapped_in_an_object_is_shown_without_it(partials: Any) -> None:
    found, parsed = await partials(texts('{"', 'value": ', "[2, 3", ", 5]}"), list[int])

    assert found == [None, None, [2], [2, 3, 5], [2, 3, 5]]
    assert parsed == [2, 3, 5]


async def test_a_stream_without_an_output_type_has_no_output_so_far(partials: Any) -> None:
    assert await partials(texts('{"a": 1}'), None) == ([None, None], None)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        pytest.param(["```js", 'on\n{"city": "Os', 'lo"', ', "people": 7}\n`'], "Oslo", id="fence"),
        pytest.param(["Sure: ", '```\n{"city": "Oslo"'], "Oslo", id="words before"),
        pytest.param(["Oslo is a city"], None, id="no JSON"),
        pytest.param(["true"], None, id="scalar"),
        pytest.param(['{"city": "Oslo" "people"'], None, id="broken"),
        pytest.param(['{"city": "Oslo", '], "Oslo", id="comma"),
        pytest.param(['{"city": "Oslo", oops'], "Oslo", id="nonsense"),
    ],
)
def test_a_text_is_read_as_far_as_it_is_json(pieces: list[str], expected: str | None) -> None:
    with texts(*pieces).stream("Where?", output_type=Place) as stream:
        next(event for event in stream if event == TextDelta(pieces[-1]))
        parsed = stream.partial.parsed

    assert (parsed and parsed.get("city")) == expected


def test_the_last_text_counts_if_a_model_comments_on_its_work() -> None:
    model = Scripted(
        TextDelta("I know.", 0), TextDelta('{"city": "Os', 1), TextDelta('lo", "people": 7}', 1)
    )

    with model.stream("Where?", output_type=Place) as stream:
        found = [stream.partial.parsed for event in stream if event.type == "text_delta"]

    assert found == [None, {"city": "Os"}, {"city": "Oslo", "people": 7}]


def test_before_the_first_event_there_is_no_output() -> None:
    stream = texts("{}").stream("Where?", output_type=Place)

    assert stream.partial.parsed is None
    stream.close()


@pytest.mark.parametrize(
    "events",
    [
        pytest.param((TextDelta("{}"), RefusalDelta("No.", 1)), id="refusal"),
        pytest.param(
            (TextDelta("{}"), ToolCallStart("1", "weather", 1), ToolCallDelta("{}", 1)), id="call"
        ),
    ],
)
def test_a_refusal_or_a_tool_call_is_no_output(events: tuple[StreamEvent, ...]) -> None:
    with Scripted(*events).stream("Where?", output_type=Place, tools=[weather]) as stream:
        next(event for event in stream if event == events[-1])
        assert stream.partial.parsed is None


def is_beginning(part: Any, whole: Any) -> bool:
    """Report whether later text can only add to a value to get another."""
    if part is None or part == whole:
        return True
    if isinstance(part, str) and isinstance(whole, str):
        return whole.startswith(part)
    if isinstance(part, list) and isinstance(whole, list):
        last = len(part) - 1
        return not part or (
            last < len(whole)
            and part[:last] == whole[:last]
            and is_beginning(part[last], whole[last])
        )
    return (
        isinstance(part, dict)
        and isinstance(whole, dict)
        and list(part) == list(whole)[: len(part)]
        and all(
            is_beginning(value, whole[key]) if key == list(part)[-1] else value == whole[key]
            for key, value in part.items()
        )
    )


CHARACTERS = st.characters(exclude_categories=["Cs"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(CHARACTERS | st.sampled_from('\\"/{}[],:u\U0001f600\u00e9')),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(CHARACTERS), inner),
)
OBJECTS = st.dictionaries(st.text(CHARACTERS), VALUES) | st.lists(VALUES)


@given(OBJECTS, st.booleans(), st.sampled_from([None, 1]))
def test_every_beginning_of_json_is_read_as_a_beginning_of_the_value(
    value: Any, ascii_only: bool, indent: int | None
) -> None:
    output = structured_output(OutputSchema("any", {}))
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    before: Any = None

    for end in range(len(text) + 1):
        part = output.parse_partial(text[:end])
        assert is_beginning(before, part), (text[:end], before, part)
        assert is_beginning(part, value), (text[:end], part)
        before = part

    assert before == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(r'["a\ud83d', ["a"], id="half a pair"),
        pytest.param(r'["a\ud83d\ude0', ["a"], id="half a pair and a bit"),
        pytest.param(r'["a\ud83d\ude00', ["a\U0001f600"], id="pair"),
        pytest.param(r'["a\ud83db', ["a\ufffdb"], id="lone surrogate"),
        pytest.param(r'["a\ud83d\u0062', ["a\ufffdb"], id="lone surrogate and an escape"),
        pytest.param(r'["a\ud83d", 1]', ["a\ufffd", 1], id="lone surrogate in a whole text"),
        pytest.param(r'["a\\ud83d', ["a\\ud83d"], id="an escaped backslash"),
        pytest.param('["a\\', ["a"], id="half an escape"),
        pytest.param('["a\\x', ["a"], id="no escape"),
        pytest.param('["\ud800', None, id="surrogate"),
        pytest.param('{"a": [tr', {"a": []}, id="half a word"),
        pytest.param('{"a": [true', {"a": [True]}, id="word"),
        pytest.param("[-1.5e", [], id="half a number"),
        pytest.param("[-1.5e3 ,", [-1500.0], id="number"),
        pytest.param("[1e999]", None, id="number too large"),
        pytest.param('{"a": 1}]', {"a": 1}, id="too many brackets"),
        pytest.param('["a"]["b"', ["a"], id="two values"),
        pytest.param("[" * 100_000, None, id="too deep"),
        pytest.param("", None, id="empty"),
    ],
)
def test_traps_of_json(text: str, expected: Any) -> None:
    assert structured_output(OutputSchema("any", {})).parse_partial(text) == expected
