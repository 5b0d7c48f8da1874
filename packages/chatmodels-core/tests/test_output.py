"""Structured output: the schemas of types, and the parsing of responses."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import subprocess
import sys
from pathlib import Path
from typing import Any, Generic, Literal, TypedDict, TypeVar

import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core._errors.classes import ErrorCode, InvalidRequestError, OutputInvalidError
from chatmodels.core._schema.reading import Reader, problem, without_nulls
from chatmodels.core._tools.output import structured_output
from chatmodels.core._values.request import OutputSchema

T = TypeVar("T")


@dataclasses.dataclass
class Primes:
    """Some primes."""

    numbers: list[int]
    note: str = "-"
    next: Primes | None = None


class Card(TypedDict):
    title: str
    tags: list[str]


class Mood(enum.Enum):
    GOOD = "good"
    BAD = "bad"


class Cat(msgspec.Struct, tag=True):
    lives: int = 9


class Dog(msgspec.Struct, tag=True):
    name: str
    ages: dict[str, int] = {}


class Page(msgspec.Struct, Generic[T]):
    items: list[T]


class Item(pydantic.BaseModel):
    price: int = pydantic.Field(ge=0)
    sold: dt.date | None = None


class Service(pydantic.BaseModel):
    kind: Literal["service"]
    hours: int = 1


@pytest.mark.parametrize(
    ("output_type", "written", "parsed"),
    [
        pytest.param(Primes, '{"numbers": [2, 3]}', Primes([2, 3]), id="dataclass"),
        pytest.param(
            Card, '{"title": "t", "tags": []}', {"title": "t", "tags": []}, id="typed dict"
        ),
        pytest.param(Cat, '{"type": "Cat", "lives": 7}', Cat(7), id="struct"),
        pytest.param(
            Page[Primes], '{"items": [{"numbers": []}]}', Page([Primes([])]), id="generic"
        ),
        pytest.param(
            Item,
            '{"price": 1, "sold": "2024-02-29"}',
            Item(price=1, sold=dt.date(2024, 2, 29)),
            id="pydantic",
        ),
        pytest.param(list[Item], '{"value": [{"price": 1}]}', [Item(price=1)], id="models"),
        pytest.param(
            Item | Service,
            '{"value": {"kind": "service"}}',
            Service(kind="service"),
            id="union of models",
        ),
        pytest.param(
            Cat | Dog, '{"value": {"type": "Dog", "name": "Rex"}}', Dog("Rex"), id="tagged union"
        ),
        pytest.param(int, '{"value": 7}', 7, id="int"),
        pytest.param(str, '{"value": "seven"}', "seven", id="str"),
        pytest.param(Literal["a", "b"], '{"value": "b"}', "b", id="literal"),
        pytest.param(Mood, '{"value": "good"}', Mood.GOOD, id="enum"),
        pytest.param(dict, '{"a": [1]}', {"a": [1]}, id="any object"),
        pytest.param(dict[str, int], '{"a": 1}', {"a": 1}, id="mapping"),
        pytest.param(OutputSchema("x", None), '{"a": 1}', {"a": 1}, id="schema of any object"),
        pytest.param(OutputSchema("x", {"type": "array"}), "[1]", [1], id="schema"),
    ],
)
def test_a_response_is_parsed_as_the_type(output_type: Any, written: str, parsed: Any) -> None:
    assert structured_output(output_type).parse(written) == parsed


@pytest.mark.parametrize(
    ("output_type", "name"),
    [
        pytest.param(Primes, "Primes", id="class"),
        pytest.param(list[int], "output", id="list"),
        pytest.param(Literal["a"], "output", id="nameless"),
        pytest.param(Page[int], "Page", id="generic"),
        # Providers decide whether they can enforce free keys, and warn if they cannot.
        pytest.param(dict[str, int], "dict", id="free keys"),
        pytest.param(Dog, "Dog", id="free keys inside"),
    ],
)
def test_every_output_type_is_strict(output_type: Any, name: str) -> None:
    schema = structured_output(output_type).schema

    assert (schema.name, schema.strict) == (name, True)
    assert schema.schema is not None
    assert schema.schema["type"] == "object"


def test_the_schema_of_a_class_is_whole_and_providers_write_the_part_that_they_enforce() -> None:
    schema = structured_output(Primes).schema

    assert schema.strict
    assert schema.schema is not None
    assert schema.schema["required"] == ["numbers"]
    assert schema.schema["description"] == "Some primes."


def test_any_object_has_no_schema() -> None:
    assert structured_output(dict).schema == OutputSchema("dict", None, strict=False)
    assert structured_output(dict[str, Any]).schema.schema is None


def test_an_output_schema_is_sent_unchanged() -> None:
    ready = OutputSchema("mine", {"type": "object"}, strict=False)

    assert structured_output(ready).schema is ready


def test_a_type_is_prepared_once() -> None:
    assert structured_output(Primes) is structured_output(Primes)


def test_null_is_parsed_as_absent_if_only_the_strict_schema_allows_it() -> None:
    text = '{"numbers": [2], "note": null, "next": {"numbers": [], "note": null, "next": null}}'

    assert structured_output(Primes).parse(text) == Primes([2], next=Primes([]))


@pytest.mark.parametrize(
    "text",
    [
        '  {"numbers": [2]}\n',
        '\ufeff{"numbers": [2]}',
        '```json\n{"numbers": [2]}\n```',
        '```JSON\n{"numbers": [2]}\n```\n\nI hope this helps.',
        'Here you are:\n```\n{"numbers": [2]}\n```',
        '```json {"numbers": [2]} ```',
        '```json\n{"numbers": [2]}',
    ],
    ids=["blanks", "mark", "fence", "words after", "words before", "one line", "no end"],
)
def test_text_around_the_output_is_tolerated(text: str) -> None:
    assert structured_output(Primes).parse(text) == Primes([2])


def test_a_fence_inside_a_text_is_content() -> None:
    text = '{"numbers": [], "note": "```json\\n{}\\n```"}'

    assert structured_output(Primes).parse(text).note == "```json\n{}\n```"


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        pytest.param("", "the output is empty; it begins with ''", id="empty"),
        pytest.param("I cannot.", "the output is not JSON", id="prose"),
        pytest.param('{"numbers": [2', "the output is not JSON (", id="cut off"),
        pytest.param('{"note": "\ud800"}', "the output is not JSON", id="lone surrogate"),
        pytest.param(
            '{"numbers": [2, "x"]}',
            "the output does not match 'Primes': ",
            id="wrong type",
        ),
        pytest.param(
            "[]",
            "the output does not match 'Primes': ",
            id="no object",
        ),
        pytest.param("{" + '"a": ' + "[" * 100_000, "the output is nested too deeply", id="deep"),
    ],
)
def test_an_invalid_output_is_explained(text: str, fragment: str) -> None:
    with pytest.raises(OutputInvalidError) as caught:
        structured_output(Primes).parse(text)

    assert fragment in str(caught.value)
    assert caught.value.code is ErrorCode.OUTPUT_INVALID
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        pytest.param("Expected `int` - at `$.a[1]`", "a[1]: expected `int`", id="with a path"),
        pytest.param("Expected `int`", "expected `int`", id="at the top"),
    ],
)
def test_a_problem_begins_with_its_place(words: str, shown: str) -> None:
    assert problem(msgspec.ValidationError(words)) == shown


def test_an_invalid_output_of_a_pydantic_model_is_explained_completely() -> None:
    words = r"the output does not match 'Item': .*price: .+; sold: .+"
    with pytest.raises(OutputInvalidError, match=words):
        structured_output(Item).parse('{"price": -1, "sold": "soon"}')


def test_a_type_without_json_form_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match=r"output_type cannot be .*Path'>: Path is not"):
        structured_output(Path)


@given(st.lists(st.integers(-(2**63), 2**64 - 1)), st.text(), st.integers(0, 3))
def test_an_output_round_trips(numbers: list[int], note: str, depth: int) -> None:
    primes = Primes(numbers, note)
    for _ in range(depth):
        primes = Primes(numbers, note, primes)

    text = msgspec.json.encode(primes).decode()

    assert structured_output(Primes).parse(text) == primes
    assert structured_output(Primes).parse(f"```json\n{text}\n```") == primes


OBJECT = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "null"}}}


@pytest.mark.parametrize(
    ("schema", "value", "left"),
    [
        pytest.param(OBJECT, {"a": None, "b": None}, {"b": None}, id="object"),
        pytest.param({**OBJECT, "required": ["a"]}, {"a": None}, {"a": None}, id="required"),
        pytest.param({}, {"a": None, "l": [None]}, {"a": None, "l": [None]}, id="anything"),
        pytest.param({"type": "array", "items": OBJECT}, [{"a": None}], [{}], id="in a list"),
        pytest.param(
            {"type": "object", "additionalProperties": OBJECT},
            {"x": {"a": None}},
            {"x": {}},
            id="in a mapping",
        ),
        pytest.param(
            {"type": "object", "properties": {}, "additionalProperties": True},
            {"x": {"a": None}},
            {"x": {"a": None}},
            id="in an open object",
        ),
        pytest.param(
            {
                "oneOf": [
                    {"type": "string"},
                    {"type": "object", "properties": {"t": {"const": 1}, "a": {"type": "string"}}},
                    {
                        "type": "object",
                        "properties": {"t": {"enum": [2, 3]}, "a": {"type": "null"}},
                    },
                    {"type": "array", "items": OBJECT},
                ]
            },
            [{"a": None}],
            [{}],
            id="a list in a union",
        ),
        pytest.param(
            {"anyOf": [{"type": "string"}, OBJECT]}, {"c": None}, {"c": None}, id="no branch"
        ),
        pytest.param({"anyOf": [{"type": "string"}]}, [{"a": None}], [{"a": None}], id="no list"),
        pytest.param(
            {
                "anyOf": [
                    {"type": "object", "properties": {"t": {"const": 1}, "a": {"type": "null"}}},
                    {"type": "object", "properties": {"t": {"enum": [2]}, "a": {"type": "string"}}},
                ]
            },
            {"t": 2, "a": None},
            {"t": 2},
            id="the branch with the tag",
        ),
    ],
)
def test_nulls_are_omitted_if_null_is_not_allowed(schema: Any, value: Any, left: Any) -> None:
    assert without_nulls(value, schema, schema) == left


def test_a_reader_reads_bytes_as_well() -> None:
    assert Reader(int, {"type": "integer"}, {}).read(b"1") == 1


def test_neither_pydantic_nor_the_docstring_parser_is_imported_without_need() -> None:
    program = """
import sys
from chatmodels.core._tools.output import structured_output
from chatmodels.core._tools.tools import tool
loaded = {
    "chatmodels.core._schema.of_types",
    "chatmodels.core._schema.signatures",
    "docstring_parser",
}
assert not loaded & set(sys.modules), loaded & set(sys.modules)

@tool
def add(a: int) -> int:
    "Add one."
    return a + 1

assert structured_output(int).parse('{"value": 1}') == 1
assert not {"docstring_parser", "pydantic", "anyio"} & set(sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("depth", [400, 3_000])
def test_a_type_that_is_nested_too_deeply_is_refused_clearly(depth: int) -> None:
    form: Any = int
    for _ in range(depth):
        form = list[form]

    with pytest.raises(InvalidRequestError, match="output_type is nested too deeply") as caught:
        structured_output(form)

    assert len(caught.value.message) < 200


def test_a_class_inside_too_many_others_is_refused_clearly() -> None:
    form: Any = int
    for number in range(400):
        form = dataclasses.make_dataclass(f"Level{number}", [("inner", list[list[form]])])

    with pytest.raises(InvalidRequestError, match="output_type is nested too deeply"):
        structured_output(form)


def test_a_lone_surrogate_in_an_output_is_parsed_as_the_replacement_character() -> None:
    read = structured_output(Card).parse(r'{"title": "\\ud83d \ud83d\ude00 \ud83d", "tags": []}')
    assert read == {"title": "\\ud83d \U0001f600 \ufffd", "tags": []}
