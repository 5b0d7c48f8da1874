"""Tools made of functions, and the calls that models make of them."""

import contextvars
import copy
import dataclasses
import datetime as dt
import enum
import functools
import gc
import inspect
import json
import math
import pickle
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core._errors.classes import (
    ConfigurationError,
    ErrorCode,
    InvalidRequestError,
    ToolArgumentsError,
)
from chatmodels.core._tools.toolbox import tool_choice, tool_definitions
from chatmodels.core._tools.tools import Tool, tool
from chatmodels.core._values.parts import ImagePart, TextPart, ToolCall, ToolResult
from chatmodels.core._values.request import ToolChoice, ToolDefinition


class Unit(enum.Enum):
    CELSIUS = "C"
    FAHRENHEIT = "F"


@dataclasses.dataclass
class Place:
    latitude: float
    longitude: float = 0.0
    names: list[str] = dataclasses.field(default_factory=list)


class Item(pydantic.BaseModel):
    price: int = pydantic.Field(ge=0)
    sold: dt.date | None = None

    model_config = pydantic.ConfigDict(strict=True)


class Service(pydantic.BaseModel):
    hours: int


@tool
def weather(city: str, place: Place | None = None, unit: Unit = Unit.CELSIUS, days: int = 3) -> str:
    """Give the weather of the coming days.

    Rain is in millimetres.

    Args:
        city: Where.
        unit: What to measure in.
    """
    return f"{city} {place} {unit.name} {days}"


async def _remember(text: str) -> str:
    """Remember a text."""
    return f"remembered {text}"


remember = tool(_remember, name="remember")


def call(of: Tool[..., Any], arguments: Any) -> ToolCall:
    written = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return ToolCall("call_1", of.name, written)


def test_a_tool_is_described_by_signature_hints_and_docstring() -> None:
    assert weather.name == "weather"
    assert weather.description == (
        "Give the weather of the coming days.\n\nRain is in millimetres."
    )
    assert weather.parameters["properties"] == {
        "city": {"type": "string", "description": "Where."},
        "place": {"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "null"}], "default": None},
        "unit": {
            "enum": ["C", "F"],
            "type": "string",
            "default": "C",
            "description": "What to measure in.",
        },
        "days": {"type": "integer", "default": 3},
    }
    assert weather.parameters["required"] == ["city"]
    assert weather.parameters["additionalProperties"] is False
    assert weather.definition == ToolDefinition(
        "weather", weather.description, weather.parameters, strict=False
    )


def test_a_tool_is_still_the_function() -> None:
    assert weather("Oslo", days=1) == "Oslo None CELSIUS 1"
    assert weather.__doc__ == weather.function.__doc__
    assert list(inspect.signature(weather).parameters) == ["city", "place", "unit", "days"]
    assert repr(weather) == "<Tool 'weather'>"


def test_name_and_description_can_be_passed() -> None:
    @tool(name="add-up", description="Adds.")
    def add(a: int) -> int:
        """Not described."""
        return a

    assert (add.name, add.description, add(1)) == ("add-up", "Adds.", 1)


def test_an_annotation_describes_an_argument_before_the_docstring_does() -> None:
    @tool
    def search(query: Annotated[str, "What to look for."], limit: int) -> None:
        """Search.

        :param query: Never described.
        :param limit: At most.
        """

    properties = search.parameters["properties"]
    assert properties["query"]["description"] == "What to look for."
    assert properties["limit"]["description"] == "At most."


def test_a_tool_without_parameters_accepts_an_empty_object() -> None:
    @tool
    def now() -> int:
        return 7

    assert now.description == ""
    assert now.parameters["properties"] == {}
    for arguments in ("", "{}", "null", " null "):
        assert now.call(call(now, arguments)).text == "7"


def test_a_default_without_a_json_form_is_used_but_not_described() -> None:
    marker = object()

    @tool
    def find(key: Any = marker, item: Item = Item(price=3)) -> bool:  # noqa: B008 - to be tested
        return key is marker and item.price == 3

    assert "default" not in find.parameters["properties"]["key"]
    assert find.parameters["properties"]["item"]["default"] == {"price": 3, "sold": None}
    assert find.call(call(find, {})).text == "true"


def test_arguments_are_converted_to_the_annotated_types() -> None:
    arguments = weather.validate(
        call(weather, {"city": "Oslo", "place": {"latitude": 59.9}, "unit": "F"})
    )

    assert arguments == {
        "city": "Oslo",
        "place": Place(59.9),
        "unit": Unit.FAHRENHEIT,
        "days": 3,
    }


def test_null_is_the_default_if_null_is_not_allowed() -> None:
    arguments = {
        "city": "Oslo",
        "place": {"latitude": 1, "longitude": None, "names": None},
        "unit": None,
        "days": None,
    }

    assert weather.validate(call(weather, arguments)) == {
        "city": "Oslo",
        "place": Place(1.0),
        "unit": Unit.CELSIUS,
        "days": 3,
    }


def test_numbers_written_as_texts_are_taken() -> None:
    assert weather.validate(call(weather, {"city": "Oslo", "days": "5"}))["days"] == 5


def test_every_argument_that_does_not_fit_is_named() -> None:
    wrong = {"citi": "Oslo", "place": {"latitude": "north"}, "unit": "K", "days": 1.5, "x": 1}

    with pytest.raises(ToolArgumentsError) as caught:
        weather.validate(call(weather, wrong))

    assert caught.value.code is ErrorCode.TOOL_ARGUMENTS_INVALID
    problems = caught.value.details["problems"]
    assert problems[:3] == [
        "citi: unknown argument; did you mean 'city'?",
        "x: unknown argument; there are: city, place, unit, days",
        "city: missing",
    ]
    place, unit, days = problems[3:]
    assert place.startswith("place")
    assert unit.startswith("unit: ")
    assert unit.endswith("; expected one of 'C', 'F'")
    assert days.startswith("days: ")


@pytest.mark.parametrize(
    ("written", "fragment"),
    [
        pytest.param('{"city": "Os', "not a JSON object", id="cut off"),
        pytest.param("[1]", "not a JSON object", id="a list"),
        pytest.param('{"city": "\ud800"}', "not a JSON object", id="lone surrogate"),
        pytest.param('{"city": null}', "invalid arguments for tool 'weather': city: ", id="null"),
    ],
)
def test_invalid_arguments_are_reported_to_the_model(written: str, fragment: str) -> None:
    result = weather.call(call(weather, written))

    assert result.is_error
    assert (result.id, result.name) == ("call_1", "weather")
    assert fragment in result.text


def test_arguments_nested_without_end_are_refused() -> None:
    @tool
    def keep(value: Any) -> None:
        """Keep anything."""

    result = keep.call(call(keep, '{"value": ' + "[" * 100_000))

    assert result.is_error
    assert "nested too deeply" in result.text


def test_an_unknown_argument_is_refused_by_a_tool_without_parameters() -> None:
    @tool
    def now() -> None:
        """Return the time."""

    assert "a: unknown argument; there are: none" in now.call(call(now, {"a": 1})).text


def test_a_call_of_another_tool_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ConfigurationError, match="'weather' received a call of 'other'"):
        weather.call(ToolCall("1", "other"))


def test_exceptions_of_the_function_propagate_unchanged() -> None:
    @tool
    def fail(why: str) -> str:
        raise LookupError(why)

    with pytest.raises(LookupError, match="because"):
        fail.call(call(fail, {"why": "because"}))


class Box(msgspec.Struct):
    value: Any


@pytest.mark.parametrize(
    ("value", "content"),
    [
        pytest.param("text", (TextPart("text"),), id="text"),
        pytest.param(TextPart("part"), (TextPart("part"),), id="part"),
        pytest.param(
            ["see:", ImagePart(url="https://example.org/a.png")],
            (TextPart("see:"), ImagePart(url="https://example.org/a.png")),
            id="parts and texts",
        ),
        pytest.param(["a", "b"], (TextPart('["a","b"]'),), id="texts alone are data"),
        pytest.param(
            [TextPart("a"), 1], (TextPart('[{"type":"text","text":"a"},1]'),), id="mixed with data"
        ),
        pytest.param(None, (TextPart("null"),), id="nothing"),
        pytest.param(Place(1), (TextPart('{"latitude":1,"longitude":0.0,"names":[]}'),), id="data"),
        pytest.param(Unit.CELSIUS, (TextPart('"C"'),), id="enum"),
        pytest.param(
            {"items": [Item(price=1, sold=dt.date(2024, 2, 29))]},
            (TextPart('{"items":[{"price":1,"sold":"2024-02-29"}]}'),),
            id="pydantic inside",
        ),
    ],
)
def test_the_return_value_of_a_function_becomes_content(value: Any, content: Any) -> None:
    @tool
    def give() -> Any:
        return value

    assert give.call(call(give, {})) == ToolResult("call_1", content, "give")


ENDLESS: list[object] = []
ENDLESS.append(ENDLESS)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        pytest.param(object(), "no encoder for something in it", id="object"),
        pytest.param({1j: 2}, "", id="complex"),
        pytest.param(ENDLESS, ".", id="endless"),
        pytest.param(["\ud800"], ".", id="lone surrogate"),
    ],
)
def test_a_result_without_json_form_is_a_mistake_of_the_program(value: object, why: str) -> None:
    @tool
    def give() -> object:
        return value

    with pytest.raises(
        ConfigurationError, match=rf"'give' returned an .* cannot be written as JSON \(.*{why}"
    ):
        give.call(call(give, {}))


def test_the_nearest_argument_is_found_regardless_of_case() -> None:
    @tool
    def order(SKU: str, isGift: bool = False) -> str:  # noqa: N803 - as others write
        raise AssertionError("the arguments do not fit")

    text = order.call(call(order, {"sku": "a", "isgift": True})).text
    assert "did you mean 'SKU'?" in text
    assert "did you mean 'isGift'?" in text


async def test_an_async_function_is_awaited() -> None:
    assert (await remember.acall(call(remember, {"text": "it"}))).text == "remembered it"
    assert (await remember.acall(call(remember, {}))).is_error


def test_an_async_function_cannot_be_called_synchronously() -> None:
    with pytest.raises(ConfigurationError, match=r"is async; use await tool.acall"):
        remember.call(call(remember, {"text": "it"}))


async def test_a_function_that_returns_a_coroutine_is_found_out_and_awaited() -> None:
    @tool
    def later(text: str) -> Any:
        return _remember(text)

    with pytest.raises(ConfigurationError, match="is async"):
        later.call(call(later, {"text": "it"}))
    assert (await later.acall(call(later, {"text": "it"}))).text == "remembered it"


async def test_a_blocking_function_runs_in_another_thread_with_the_context_of_the_task() -> None:
    request = contextvars.ContextVar[str]("request")

    @tool
    def where() -> tuple[bool, str]:
        return threading.current_thread() is threading.main_thread(), request.get()

    request.set("r1")
    assert (await where.acall(call(where, {}))).text == '[false,"r1"]'


async def test_an_object_with_an_async_call_is_async() -> None:
    class Finder:
        """Never described, since it is the class's."""

        async def __call__(self, key: Annotated[str, "What."]) -> str:
            return key

    find = tool(Finder(), name="find")

    assert (find.description, find.parameters["required"]) == ("", ["key"])
    assert (await find.acall(call(find, {"key": "k"}))).text == "k"


def test_a_partial_function_is_a_tool_with_an_explicit_name() -> None:
    def power(base: float, exponent: int) -> float:
        return math.pow(base, exponent)

    square = tool(functools.partial(power, exponent=2), name="square")

    assert square.parameters["required"] == ["base"]
    assert square.call(call(square, {"base": 3})).text == "9.0"


def test_a_bound_method_is_a_tool() -> None:
    class Shop:
        def price(self, item: str) -> int:
            """Return the price."""
            return len(item)

    price = tool(Shop().price)

    assert (price.name, price.description) == ("price", "Return the price.")
    assert price.call(call(price, {"item": "hat"})).text == "3"


def test_pydantic_models_are_validated_by_pydantic() -> None:
    @tool
    def sell(item: Item, others: list[Item] | None = None) -> None:
        """Sell items."""

    right = {"item": {"price": 1, "sold": "2024-02-29"}, "others": [{"price": 2}]}
    wrong = {"item": {"price": -1, "sold": "soon"}, "others": [{}]}

    assert sell.validate(call(sell, right)) == {
        "item": Item(price=1, sold=dt.date(2024, 2, 29)),
        "others": [Item(price=2)],
    }
    text = sell.call(call(sell, wrong)).text
    item, _, others = text.partition("others")
    assert re.search(r"item: .*price: .+; sold: .+", item)
    assert "price: " in others


def test_a_union_of_pydantic_models_is_parsed_by_pydantic() -> None:
    @tool
    def add(what: Annotated[Item | Service, "What to add."], count: int = 1) -> str:
        return f"{what!r} {count}"

    assert add.parameters["properties"]["what"] == {
        "description": "What to add.",
        "anyOf": [{"$ref": "#/$defs/Item"}, {"$ref": "#/$defs/Service"}],
    }
    assert add.call(call(add, {"what": {"hours": 2}})).text == "Service(hours=2) 1"
    text = add.call(call(add, {"what": {}})).text
    assert "invalid arguments for tool 'add': what: " in text
    assert "hours: " in text


def test_a_strict_tool_keeps_its_schema_and_accepts_null_for_defaults() -> None:
    @tool(strict=True)
    def forecast(city: str, unit: Literal["C", "F"] = "C") -> str:
        return f"{city} {unit}"

    assert forecast.definition.strict
    assert forecast.parameters["required"] == ["city"]  # providers require all where it is needed
    assert forecast.call(call(forecast, {"city": "Oslo", "unit": None})).text == "Oslo C"


def test_a_schema_that_cannot_be_strict_is_refused_with_its_places() -> None:
    def keep(facts: dict[str, str], more: Any) -> None:
        """Keep facts."""

    with pytest.raises(
        ConfigurationError,
        match="strict is impossible: facts is an object with free keys; more can be anything",
    ):
        tool(keep, strict=True)


def _lacking(a, b: int, /, c, *rest: int, **more: Any) -> None:  # type: ignore[no-untyped-def]
    """Take what no model can give."""


class Shop:
    def sell(self, item: str) -> None:
        """Sell an item."""


def _made_of(source: str) -> Any:
    names: dict[str, Any] = {}
    exec(source, names)
    return names["made"]


def _unreadable(a: Path, b: int, c: Item | Box) -> None: ...


def _lost(a: "Nowhere") -> None: ...  # type: ignore[name-defined]  # noqa: F821


@pytest.mark.parametrize(
    ("function", "problems"),
    [
        pytest.param(
            _lacking,
            [
                "a is positional-only, and a model passes arguments by name",
                "b: int is positional-only, and a model passes arguments by name",
                "c has no type annotation",
                "*rest: int accepts any number of arguments; accept a list instead",
                "**more: Any accepts arguments of any name; accept a dict instead",
            ],
            id="parameters",
        ),
        pytest.param(
            Shop.sell,
            ["it is a method; make the tool of a bound one: tool(instance.method)"],
            id="method",
        ),
        pytest.param(Shop, ["it is a class; decorate a function that makes one"], id="class"),
        pytest.param(
            _made_of("def made():\n    yield 1"),
            ["it is a generator; return a list or a string"],
            id="generator",
        ),
        pytest.param(
            _made_of("async def made():\n    yield 1"),
            ["it is a generator; return a list or a string"],
            id="async",
        ),
        pytest.param(
            _made_of("made = lambda: 1"),
            ["its name '<lambda>' is not 1 to 64 letters, digits, '_' and '-'; pass name="],
            id="lambda",
        ),
    ],
)
def test_all_problems_of_a_tool_are_listed(
    function: Callable[..., Any], problems: list[str]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        tool(function)

    assert [
        problem.replace("typing.", "").removesuffix("...")
        for problem in caught.value.details["problems"]  # type: ignore[attr-defined]
    ] == problems
    assert "; ".join(problems[:1]) in str(caught.value)


@pytest.mark.parametrize(
    ("function", "fragment"),
    [
        pytest.param(_unreadable, "a: Path is not a type that can be parsed", id="type"),
        pytest.param(_unreadable, "; c: ", id="model"),
        pytest.param(_lost, "type hints of _lost cannot be resolved", id="hint"),
        pytest.param(max, "its signature cannot be read: ", id="builtin"),
    ],
)
def test_types_that_cannot_be_read_are_named(function: Callable[..., Any], fragment: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        tool(function)

    assert fragment in str(caught.value)
    assert "b:" not in str(caught.value)


@pytest.mark.parametrize(
    "original",
    [weather, remember, tool(_remember, name="again", description="Anew.")],
    ids=["decorated", "renamed", "described"],
)
def test_a_tool_is_pickled_if_its_function_can_be(original: Tool[..., Any]) -> None:
    for twin in (pickle.loads(pickle.dumps(original)), copy.deepcopy(original)):
        assert twin.definition == original.definition
        assert twin.function is original.function


def test_a_tool_that_replaces_its_function_is_pickled_by_name() -> None:
    assert pickle.loads(pickle.dumps(weather)) is weather


def look_up(**arguments: Any) -> str:
    return json.dumps(arguments)


ELSEWHERE = ToolDefinition("files.read", "Read.", {"type": "object", "$defs": {}}, strict=True)


def test_a_tool_can_have_a_definition_from_elsewhere() -> None:
    read = Tool.from_definition(ELSEWHERE, look_up)
    arguments = {"path": "a.txt", "two words": [1, None]}

    assert read.definition is ELSEWHERE
    assert tool_definitions([read]) == (ELSEWHERE,)
    assert read.call(call(read, arguments)).text == json.dumps(arguments)
    assert read(path="b") == '{"path": "b"}'
    assert repr(read) == "<Tool 'files.read'>"


async def test_a_tool_with_a_definition_from_elsewhere_can_be_async() -> None:
    async def read(**arguments: str) -> str:
        return arguments["path"]

    defined = Tool.from_definition(ELSEWHERE, read)

    assert defined.is_async
    assert (await defined.acall(call(defined, {"path": "a.txt"}))).text == "a.txt"


def test_arguments_that_are_no_object_are_reported_to_the_model() -> None:
    result = Tool.from_definition(ELSEWHERE, look_up).call(ToolCall("1", "files.read", "[1]"))

    assert result.is_error
    assert "not a JSON object" in result.text


NULLS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "head": {"type": "integer"},
        "tail": {"type": ["integer", "null"]},
        "either": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "any": {},
        "true": True,
        "point": {"$ref": "#/$defs/Point"},
        "maybe": {"$ref": "#/$defs/Maybe"},
        "points": {"type": "array", "items": {"$ref": "#/$defs/Point"}},
        "choice": {"enum": ["a", None]},
        "loop": {"$ref": "#/$defs/Loop"},
    },
    "required": ["path"],
    "$defs": {
        "Point": {"type": "object", "properties": {"x": {"type": "number"}}},
        "Maybe": {"oneOf": [{"$ref": "#/$defs/Point"}, {"type": "null"}]},
        "Loop": {"$ref": "#/$defs/Loop"},
    },
}


@pytest.mark.parametrize(
    ("written", "received"),
    [
        ({"path": "a", "head": None}, {"path": "a"}),
        ({"path": None}, {"path": None}),  # required: the server decides
        ({"tail": None, "either": None, "any": None, "true": None}, ...),
        ({"choice": None, "maybe": None}, ...),
        ({"point": None, "loop": None}, {}),
        ({"point": {"x": None}}, {"point": {}}),
        ({"points": [{"x": None}, {"x": 1}]}, {"points": [{}, {"x": 1}]}),
        ({"maybe": {"x": None}}, ...),  # a choice
        ({"unknown": None, "any": [None, {"x": None}]}, ...),
    ],
    ids=str,
)
def test_nulls_of_optional_arguments_are_left_out(
    written: dict[str, Any], received: dict[str, Any]
) -> None:
    read = Tool.from_definition(ToolDefinition("read", "", NULLS), look_up)
    result = read.call(call(read, written))

    assert json.loads(result.text) == (written if received is ... else received)


def test_nulls_stay_if_the_schema_is_malformed() -> None:
    definition = ToolDefinition("read", "", {"properties": {"a": {"type": 7}}})
    read = Tool.from_definition(definition, look_up)

    assert read.call(call(read, {"a": None})).text == '{"a": null}'


def test_arguments_of_a_recursive_schema_can_be_nested_too_deeply() -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": "#"}, "b": {"type": "string"}}}
    read = Tool.from_definition(ToolDefinition("read", "", schema), look_up)
    depth = 900 if sys.version_info < (3, 12) else 2_000  # deeper than Python's own recursion
    result = read.call(ToolCall("1", "read", '{"a":' * depth + '{"b":null}' + "}" * depth))

    assert result.is_error
    assert result.text == "the arguments of tool call 'read' are nested too deeply"


async def test_a_function_can_return_the_whole_result() -> None:
    def read(**arguments: Any) -> ToolResult:
        return ToolResult("", (TextPart("no such file"),), is_error=True)

    async def aread(**arguments: Any) -> ToolResult:
        return read(**arguments)

    expected = ToolResult("1", (TextPart("no such file"),), "files.read", is_error=True)
    requested = ToolCall("1", "files.read")
    assert Tool.from_definition(ELSEWHERE, read).call(requested) == expected
    assert await Tool.from_definition(ELSEWHERE, aread).acall(requested) == expected


def test_a_tool_with_a_definition_from_elsewhere_is_pickled() -> None:
    original = Tool.from_definition(ELSEWHERE, look_up)
    for twin in (pickle.loads(pickle.dumps(original)), copy.deepcopy(original)):
        assert twin.definition == ELSEWHERE
        assert twin.call(call(twin, {"a": 1})).text == '{"a": 1}'


@pytest.mark.parametrize(("definition", "function"), [("read", look_up), (ELSEWHERE, "read")])
def test_a_definition_and_a_function_are_required(definition: Any, function: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"accepts a ToolDefinition and a function, not"):
        Tool.from_definition(definition, function)


def test_one_tool_serves_many_threads() -> None:
    results: list[str] = []

    def work(number: int) -> None:
        calls = [call(weather, {"city": "Oslo", "days": str(number)})] * 50
        results.extend(weather.call(one).text for one in calls)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(set(results)) == [f"Oslo None CELSIUS {number}" for number in range(4)]
    assert len(results) == 200


class Facts(TypedDict):
    name: str
    numbers: list[int]


@given(
    st.fixed_dictionaries(
        {"name": st.text(), "numbers": st.lists(st.integers(-(2**63), 2**64 - 1))}
    ),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(Unit),
    st.dates(),
)
def test_arguments_round_trip_through_json(
    facts: Facts, number: float, unit: Unit, day: dt.date
) -> None:
    arguments = {"facts": facts, "number": number, "unit": unit, "day": day}

    bound = _record.validate(call(_record, msgspec.json.encode(arguments).decode()))

    assert bound == arguments


@tool
def _record(facts: Facts, number: float, unit: Unit, day: dt.date) -> None:
    """Keep facts."""


def _plain(a: int) -> int:
    """Do something."""
    raise AssertionError("nobody calls it")


def test_every_form_of_a_tool_becomes_its_definition() -> None:
    ready = ToolDefinition("ready", "", {"type": "object"})

    definitions = tool_definitions([_plain, weather, ready])

    assert [definition.name for definition in definitions] == ["_plain", "weather", "ready"]
    assert definitions[1] is weather.definition
    assert definitions[2] is ready
    assert tool_definitions(None) == tool_definitions([]) == ()


def test_the_definition_of_a_plain_function_is_created_once() -> None:
    adder = Adder()

    assert tool_definitions([_plain])[0] is tool_definitions([_plain])[0]
    assert tool_definitions([adder.add])[0] is tool_definitions([Adder().add])[0]


def test_the_definition_of_a_function_is_collected_with_the_function() -> None:
    from chatmodels.core._tools.toolbox import _definition_cache

    def gone(a: int) -> None:
        """Go."""

    tool_definitions([gone])
    assert gone in _definition_cache()
    before = len(_definition_cache())
    del gone
    gc.collect()

    assert len(_definition_cache()) < before


class Adder:
    __slots__ = ()
    __name__ = "adder"

    def __call__(self, a: int) -> None:
        """Return one."""

    def add(self, a: int) -> None:
        """Return another."""


def test_an_object_that_cannot_be_cached_is_described_each_time() -> None:
    assert tool_definitions([Adder()])[0].name == "adder"


def test_other_values_than_tools_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="a Tool or a ToolDefinition, not int"):
        tool_definitions([1])  # type: ignore[list-item]


def test_two_tools_of_one_name_are_refused() -> None:
    other = ToolDefinition("weather", "", {"type": "object"})

    with pytest.raises(InvalidRequestError, match="several tools are named 'weather'; rename them"):
        tool_definitions([weather, _plain, other])


@pytest.mark.parametrize(
    ("choice", "chosen"),
    [
        pytest.param(None, None, id="none"),
        pytest.param("auto", ToolChoice("auto"), id="auto"),
        pytest.param("none", ToolChoice("none"), id="no tool"),
        pytest.param("required", ToolChoice("required"), id="any tool"),
        pytest.param("weather", ToolChoice("tool", "weather"), id="a name"),
        pytest.param(weather, ToolChoice("tool", "weather"), id="a tool"),
        pytest.param(_plain, ToolChoice("tool", "_plain"), id="a function"),
        pytest.param(weather.definition, ToolChoice("tool", "weather"), id="a definition"),
        pytest.param(ToolChoice("required"), ToolChoice("required"), id="ready"),
    ],
)
def test_every_form_of_a_tool_choice_becomes_one(choice: Any, chosen: ToolChoice | None) -> None:
    assert tool_choice(choice, tool_definitions([weather, _plain])) == chosen


def test_a_tool_choice_without_tools_is_none() -> None:
    assert tool_choice("auto", ()) is None


@pytest.mark.parametrize(
    ("choice", "given_tools", "fragment"),
    [
        pytest.param("wether", [weather, _plain], "did you mean 'weather'?", id="misspelt"),
        pytest.param(
            "xyz",
            [weather, _plain],
            "no tool named 'xyz' (tools: weather, _plain); choose one of them or a mode: 'auto'",
            id="unknown",
        ),
        pytest.param(weather, [], "(tools: none)", id="nothing to choose from"),
        pytest.param("required", [], "but there are no tools", id="nothing to require"),
    ],
)
def test_an_invalid_tool_choice_is_explained(
    choice: Any, given_tools: list[Any], fragment: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        tool_choice(choice, tool_definitions(given_tools))

    assert fragment in str(caught.value)


@pytest.mark.parametrize("strict", [False, True], ids=["loose", "strict"])
@pytest.mark.parametrize("depth", [400, 3_000])
def test_a_parameter_that_is_nested_too_deeply_is_refused_clearly(depth: int, strict: bool) -> None:
    form: Any = int
    for _ in range(depth):
        form = list[form]

    def search(query: Any) -> str:
        raise AssertionError("it is never called")

    search.__annotations__["query"] = form

    with pytest.raises(ConfigurationError, match="a parameter's type is nested too deeply"):
        tool(search, strict=strict)


def test_a_default_that_is_nested_too_deeply_is_omitted_from_the_schema() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]

    @tool
    def search(query: list[Any] = deep) -> str:
        return "found" if query is deep else "lost"

    assert search.parameters["properties"] == {"query": {"type": "array"}}
    assert search.call(ToolCall("1", "search", "{}")).text == "found"


def test_a_lone_surrogate_in_arguments_is_read_as_the_replacement_character() -> None:
    assert ToolCall("c", "f", r'{"a": "x\ud83d"}').arguments == {"a": "x\ufffd"}
