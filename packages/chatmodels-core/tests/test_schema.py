"""The JSON Schemas made of Python types, plain and strict."""

import dataclasses
import datetime as dt
import enum
import sys
import uuid
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    Required,
    TypedDict,
    TypeVar,
)

import msgspec
import pydantic
import pytest

from chatmodels.core._schema.annotations import Anatomy, described, named
from chatmodels.core._schema.docstrings import documentation
from chatmodels.core._schema.of_types import admits_null, json_schema, resolved
from chatmodels.core._schema.strict import strict_schema

T = TypeVar("T")
Celsius = NewType("Celsius", float)


class Level(enum.Enum):
    LOW = "low"
    HIGH = "high"
    ALARMING = "alarming"


class Size(enum.IntEnum):
    LARGE = 3
    SMALL = 1


@dataclasses.dataclass
class Place:
    """A place on earth.

    Attributes:
        latitude: Degrees north.
        longitude: Never shown, since the annotation has more.
    """

    latitude: float
    longitude: Annotated[float, "Degrees east.", msgspec.Meta(ge=-180)] = 0.0
    level: Level = Level.LOW
    near: "Place | None" = None


@dataclasses.dataclass
class Bare:
    count: int


class Person(TypedDict, total=False):
    """A person.

    :var name: What they are called.
    """

    name: Required[str]
    age: NotRequired[Annotated[int | None, "In years."]]
    title: str


class Point(NamedTuple):
    """A point of a plane.

    Attributes
    ----------
    x
        To the right.
    """

    x: int
    y: int = 0


class Camel(msgspec.Struct, rename="camel"):
    long_name: Annotated[str, msgspec.Meta(description="A long one.", min_length=2)]
    tags: list[str] = msgspec.field(default_factory=list)


class Box(msgspec.Struct, Generic[T]):
    """A box."""

    content: T


class Cat(msgspec.Struct, tag=True):
    lives: int = 9


class Dog(msgspec.Struct, tag=True):
    name: str


class Item(pydantic.BaseModel):
    """Something for sale."""

    price: float = pydantic.Field(description="In euros.", ge=0)
    parts: "list[Item]" = []


class Service(pydantic.BaseModel):
    kind: Literal["service"]
    grade: Literal["z", "a", 1]
    hours: int = 1


class Pair(pydantic.BaseModel):
    left: Item
    right: Service


@dataclasses.dataclass
class Order:
    item: Item
    others: list[Item]


def test_a_recursive_class_is_at_the_top_level_and_in_the_definitions() -> None:
    schema = json_schema(Place)

    assert "$ref" not in schema
    assert schema["description"] == "A place on earth."
    assert schema["required"] == ["latitude"]
    assert schema["properties"] == {
        "latitude": {"type": "number", "description": "Degrees north."},
        "longitude": {
            "type": "number",
            "minimum": -180,
            "default": 0.0,
            "description": "Degrees east.",
        },
        "level": {"enum": ["low", "high", "alarming"], "type": "string", "default": "low"},
        "near": {"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "null"}], "default": None},
    }
    assert schema["$defs"]["Place"]["properties"] == schema["properties"]


def test_a_typed_dict_has_required_keys_and_may_have_a_key_named_title() -> None:
    schema = json_schema(Person)

    assert schema == {
        "type": "object",
        "description": "A person.",
        "properties": {
            "name": {"type": "string", "description": "What they are called."},
            "age": {
                "anyOf": [{"type": "integer"}, {"type": "null"}],
                "description": "In years.",
            },
            "title": {"type": "string"},
        },
        "required": ["name"],
    }


def test_a_named_tuple_is_an_array_whose_places_are_described() -> None:
    schema = json_schema(Point)

    assert schema["prefixItems"] == [
        {"type": "integer", "description": "To the right."},
        {"type": "integer", "default": 0},
    ]
    assert schema["description"] == "A point of a plane."


def test_a_struct_is_described_under_its_encoded_names() -> None:
    properties = json_schema(Camel)["properties"]

    assert properties["longName"] == {
        "type": "string",
        "description": "A long one.",
        "minLength": 2,
    }


def test_a_generated_docstring_is_not_a_description() -> None:
    assert Bare.__doc__ is not None
    assert json_schema(Bare) == {
        "type": "object",
        "properties": {"count": {"type": "integer"}},
        "required": ["count"],
    }


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        pytest.param(Size, {"enum": [3, 1], "type": "integer"}, id="int enum"),
        pytest.param(Literal["z", "a"], {"enum": ["z", "a"], "type": "string"}, id="literal"),
        pytest.param(
            Annotated[str, msgspec.Meta(extra_json_schema={"allOf": [{"pattern": "a"}]})],
            {"type": "string", "pattern": "a"},
            id="one condition",
        ),
        pytest.param(Celsius, {"type": "number"}, id="new type"),
        pytest.param(dt.date, {"type": "string", "format": "date"}, id="date"),
        pytest.param(
            dict[str, list[Level]],
            {
                "type": "object",
                "additionalProperties": {
                    "type": "array",
                    "items": {"enum": ["low", "high", "alarming"], "type": "string"},
                },
            },
            id="enum inside",
        ),
        pytest.param(
            tuple[int, str],
            {
                "type": "array",
                "prefixItems": [{"type": "integer"}, {"type": "string"}],
                "items": False,
                "minItems": 2,
                "maxItems": 2,
            },
            id="tuple",
        ),
    ],
)
def test_a_type_that_is_not_a_class_is_described_in_place(annotation: Any, schema: Any) -> None:
    assert json_schema(annotation) == schema


def test_nested_generics_are_distinguished() -> None:
    schema = json_schema(Box[Box[int]])

    inner = resolved(schema["properties"]["content"], schema)
    assert inner["properties"]["content"] == {"type": "integer"}
    assert schema["description"] == inner["description"] == "A box."


def test_a_type_statement_is_resolved() -> None:
    names: dict[str, Any] = {"Literal": Literal}
    statement = "type " if sys.version_info >= (3, 12) else ""
    exec(f"{statement}Choice = Literal['b', 'a']", names)

    assert json_schema(names["Choice"]) == {"enum": ["b", "a"], "type": "string"}


def test_a_pydantic_model_keeps_its_own_descriptions_and_loses_its_titles() -> None:
    schema = json_schema(Item)

    assert schema["description"] == "Something for sale."
    assert schema["properties"]["price"] == {
        "type": "number",
        "minimum": 0,
        "description": "In euros.",
    }
    assert schema["properties"]["parts"]["items"] == {"$ref": "#/$defs/Item"}
    assert "title" not in str(schema)


def test_choices_of_several_types_have_all_their_types() -> None:
    assert json_schema(Service)["properties"]["grade"] == {
        "enum": ["z", "a", 1],
        "type": ["string", "integer"],
    }


def test_a_pydantic_model_inside_a_dataclass_is_defined_once() -> None:
    schema = json_schema(Order)

    assert schema["properties"] == {
        "item": {"$ref": "#/$defs/Item"},
        "others": {"type": "array", "items": {"$ref": "#/$defs/Item"}},
    }
    assert list(schema["$defs"]) == ["Item"]


def test_classes_of_one_name_from_two_libraries_do_not_mix() -> None:
    own = dataclasses.make_dataclass("Item", [("weight", int)])
    both = dataclasses.make_dataclass("Both", [("own", own), ("theirs", Item), ("pair", Pair)])

    schema = json_schema(both)

    properties = schema["properties"]
    assert resolved(properties["own"], schema)["properties"] == {"weight": {"type": "integer"}}
    assert "price" in resolved(properties["theirs"], schema)["properties"]
    pair = resolved(properties["pair"], schema)
    assert "price" in resolved(pair["properties"]["left"], schema)["properties"]


def test_types_without_a_json_form_are_named() -> None:
    with pytest.raises(TypeError, match="Path is not a type that can be parsed from JSON"):
        json_schema(list[Path])


def test_type_hints_that_cannot_be_resolved_are_explained() -> None:
    lost = dataclasses.make_dataclass("Lost", [("where", "Nowhere")])

    with pytest.raises(TypeError, match=r"Lost cannot be resolved \(.*Nowhere.*top level"):
        json_schema(lost)


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        pytest.param(int, None, id="nothing"),
        pytest.param(Annotated[int, 1, "One."], "One.", id="text"),
        pytest.param(Annotated[int, msgspec.Meta(description="Two.")], "Two.", id="meta"),
        pytest.param(Annotated[int, msgspec.Meta(ge=1)], None, id="meta without"),
        pytest.param(Annotated[int, "Three."] | None, "Three.", id="in a union"),
        pytest.param(list[Annotated[int, "Four."]], None, id="not of the items"),
    ],
)
def test_descriptions_are_found_in_annotations(annotation: Any, text: str | None) -> None:
    assert described(annotation) == text


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        pytest.param(Place, "Place", id="class"),
        pytest.param(list[int], "list[int]", id="generic"),
        pytest.param(Literal["a"], "Literal['a']", id="literal"),
        pytest.param(named, "named", id="function"),
    ],
)
def test_types_are_written_as_their_author_would(annotation: Any, name: str) -> None:
    assert named(annotation) == name


def test_the_anatomy_lists_models_and_records_once() -> None:
    anatomy = Anatomy(tuple[Order, Order, Item])

    assert anatomy.records == [Order]
    assert anatomy.models == [Item]


@pytest.mark.parametrize(
    ("docstring", "description", "arguments"),
    [
        pytest.param(None, "", {}, id="none"),
        pytest.param("One line.", "One line.", {}, id="one line"),
        pytest.param("Text.\n\nMore text.", "Text.\n\nMore text.", {}, id="no sections"),
        pytest.param(
            """Do it.

            Args:
                a: The first
                    of two.
                b (int): The second.

            Returns:
                Nothing.
            """,
            "Do it.",
            {"a": "The first\nof two.", "b": "The second."},
            id="google",
        ),
        pytest.param(
            """Do it.

            Parameters
            ----------
            a, b : int
                Both.
            c
            """,
            "Do it.",
            {"a": "Both.", "b": "Both."},
            id="numpy",
        ),
        pytest.param(
            ":param a: The first.\n:param int b: The second.\n:raises ValueError: Never.",
            "",
            {"a": "The first.", "b": "The second."},
            id="sphinx",
        ),
        pytest.param(
            "Do it.\n\n:ivar a: Kept.\n:param: Broken.",
            "Do it.\n\n:ivar a: Kept.\n:param: Broken.",
            {},
            id="broken",
        ),
        pytest.param(": :param\n\nText.", ": :param\n\nText.", {}, id="stumbled over"),
        pytest.param("@param a: The first.", "", {"a": "The first."}, id="epydoc"),
    ],
)
def test_docstrings_are_taken_apart_in_every_style(
    docstring: str | None, description: str, arguments: dict[str, str]
) -> None:
    parsed = documentation(docstring)

    assert parsed.description == description
    assert parsed.arguments == arguments


@pytest.mark.parametrize(
    ("schema", "admitted"),
    [
        pytest.param({}, True, id="anything"),
        pytest.param({"type": "null"}, True, id="null"),
        pytest.param({"type": ["string", "null"]}, True, id="a list of types"),
        pytest.param({"type": "string"}, False, id="another type"),
        pytest.param({"const": 1}, False, id="a constant"),
        pytest.param({"enum": ["a", None]}, True, id="a choice"),
        pytest.param({"enum": ["a"], "type": "string"}, False, id="no choice"),
        pytest.param({"anyOf": [{"type": "string"}, {"$ref": "#/$defs/A"}]}, True, id="a branch"),
        pytest.param({"oneOf": [{"type": "string"}]}, False, id="no branch"),
    ],
)
def test_whether_null_fits_is_read_from_the_schema(schema: Any, admitted: bool) -> None:
    assert admits_null(schema, {"$defs": {"A": {"type": "null"}}}) is admitted


def closed(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        **more,
    }


def test_a_strict_schema_closes_objects_and_lets_null_stand_for_absent() -> None:
    strict = strict_schema(json_schema(Place))

    place = closed(
        {
            "latitude": {"type": "number", "description": "Degrees north."},
            "longitude": {
                "type": ["number", "null"],
                "minimum": -180,
                "description": "Degrees east. (default: 0.0)",
            },
            "level": {
                "anyOf": [
                    {"enum": ["low", "high", "alarming"], "type": "string"},
                    {"type": "null"},
                ],
                "description": '(default: "low")',
            },
            "near": {"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "null"}]},
        },
        description="A place on earth.",
    )
    assert strict == {**place, "$defs": {"Place": place}}


def test_keywords_that_cannot_be_enforced_are_in_the_description() -> None:
    strict = strict_schema(json_schema(Camel))

    assert strict["properties"] == {
        "longName": {"type": "string", "description": "A long one. (minLength: 2)"},
        "tags": {
            "anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}],
            "description": "(default: [])",
        },
    }


@pytest.mark.parametrize(
    ("property_schema", "strict"),
    [
        pytest.param(
            json_schema(uuid.UUID), {"type": "string", "format": "uuid"}, id="known format"
        ),
        pytest.param(
            {"type": "string", "format": "uri"},
            {"type": "string", "description": '(format: "uri")'},
            id="unknown format",
        ),
        pytest.param(
            {"$ref": "#/$defs/A", "description": "An A."},
            {"anyOf": [{"$ref": "#/$defs/A"}], "description": "An A."},
            id="reference with a description",
        ),
        pytest.param(
            {"oneOf": [{"type": "string"}, {"type": "integer"}]},
            {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            id="one of",
        ),
        pytest.param(
            json_schema(tuple[int, int]),
            {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
            id="tuple of one type",
        ),
        pytest.param(
            json_schema(tuple[int, str]),
            {
                "type": "array",
                "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
                "minItems": 2,
                "maxItems": 2,
            },
            id="tuple of two types",
        ),
    ],
)
def test_equivalent_schemas_use_the_enforced_keywords(property_schema: Any, strict: Any) -> None:
    root = {
        "type": "object",
        "properties": {"p": property_schema},
        "required": ["p"],
        "$defs": {"A": {"type": "string"}},
    }

    assert strict_schema(root)["properties"]["p"] == strict


def test_an_optional_union_gets_one_more_branch() -> None:
    root = {"type": "object", "properties": {"p": {"anyOf": [{"type": "string"}]}}}

    assert strict_schema(root)["properties"]["p"] == {
        "anyOf": [{"type": "string"}, {"type": "null"}]
    }


def test_a_tagged_union_can_be_strict() -> None:
    strict = strict_schema(json_schema(dataclasses.make_dataclass("Pet", [("pet", Cat | Dog)])))

    assert strict["properties"]["pet"] == {
        "anyOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}]
    }
    assert strict["$defs"]["Dog"]["properties"]["type"] == {"enum": ["Dog"], "type": "string"}


def test_all_that_cannot_be_strict_is_named_with_its_place() -> None:
    root = {
        "type": "object",
        "properties": {
            "free": {"type": "object"},
            "open": {"type": "object", "properties": {}, "additionalProperties": True},
            "map": {"type": "object", "additionalProperties": {"type": "string"}},
            "any": {},
            "things": {"type": "array"},
            "deep": {"type": "array", "items": {"type": "array", "items": {}}},
            "not": {"type": "string", "not": {"const": "x"}},
            "a": {"$ref": "#/$defs/A"},
        },
        "$defs": {"A": {"type": "object", "properties": {"b": {"type": "object"}}}},
    }

    with pytest.raises(TypeError) as caught:
        strict_schema(root)

    assert str(caught.value).split("; ") == [
        "free is an object with free keys",
        "open is an object with free keys",
        "map is an object with free keys",
        "any can be anything",
        "things is a list of anything",
        "deep[][] can be anything",
        "not has conditions (not)",
        "A.b is an object with free keys",
    ]


def test_a_top_level_that_cannot_be_strict_is_called_so() -> None:
    with pytest.raises(TypeError, match="the top level is an object with free keys"):
        strict_schema({"type": "object"})
