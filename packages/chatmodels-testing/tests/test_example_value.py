"""Values that fit a schema."""

from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
import pytest

from chatmodels.core.extending import Json, structured_output
from chatmodels.testing import example_value


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({}, "value"),
        ({"type": "string"}, "value"),
        ({"type": "string", "minLength": 7}, "valuexx"),
        ({"type": "string", "maxLength": 2}, "va"),
        ({"type": "string", "format": "date"}, "2026-01-31"),
        ({"type": "string", "format": "unheard-of"}, "value"),
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "integer", "maximum": -5}, -5),
        ({"type": "integer", "exclusiveMinimum": 5}, 6),
        ({"type": "integer", "exclusiveMaximum": 0}, -1),
        ({"type": "integer", "minimum": 5, "multipleOf": 4}, 8),
        ({"type": "number"}, 1.5),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": ["integer", "null"]}, 1),
        ({"const": 7}, 7),
        ({"enum": ["a", "b"]}, "a"),
        ({"type": "integer", "default": 9}, 9),
        ({"default": [9]}, [9]),
        ({"type": ["string", "null"], "default": None}, None),
        ({"type": "boolean", "default": False}, False),
        ({"type": "string", "default": None}, "value"),
        ({"type": "integer", "default": True}, 1),
        ({"type": "text", "default": 7}, "value"),
        ({"type": "string", "examples": ["Oslo"]}, "Oslo"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, 1),
        ({"oneOf": [{"type": "null"}]}, None),
        ({"allOf": [{"type": "integer"}, {"minimum": 3}]}, 3),
        ({"type": "array"}, ["value"]),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 0}, []),
        ({"type": "array", "prefixItems": [{"type": "integer"}, {"const": "b"}]}, [1, "b"]),
        ({"type": "object"}, {}),
        ({"properties": {"city": {"type": "string"}, "any": True}}, {"city": "city", "any": "any"}),
        ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "integer"}}}, 1),
    ],
    ids=repr,
)
def test_a_value_fits(schema: dict[str, Any], value: Json) -> None:
    assert example_value(schema) == value


def test_a_recursive_schema_ends_as_early_as_possible() -> None:
    tree = {
        "$defs": {
            "tree": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "first": {"anyOf": [{"$ref": "#/$defs/tree"}, {"type": "null"}]},
                    "parent": {"$ref": "#/$defs/tree"},
                    "rest": {"type": "array", "items": {"$ref": "#/$defs/tree"}},
                },
                "required": ["name", "first", "rest"],
            }
        },
        "$ref": "#/$defs/tree",
    }

    assert example_value(tree) == {"name": "name", "first": None, "rest": []}


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"anyOf": [{"$ref": "#"}]},
        {"type": "array", "items": {"$ref": "#"}, "minItems": 1},
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
        {"$ref": "#/$defs/nowhere"},
        {"$ref": "#/$defs/x", "$defs": []},
    ],
    ids=repr,
)
def test_a_schema_without_a_value_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"infinite recursion|does not exist"):
        example_value(schema)


class Point(msgspec.Struct):
    x: Annotated[int, msgspec.Meta(ge=10)]
    y: float = 0.5


@dataclass
class Everything:
    text: str
    day: date
    pair: tuple[int, str]
    points: list[Point]
    choice: Literal["left", "right"]
    perhaps: str | None
    by_name: dict[str, int]
    many: set[int] = field(default_factory=set[int])
    nested: "Everything | None" = None


@pytest.mark.parametrize("output_type", [Point, Everything, list[Point], int, Literal["a"], dict])
def test_a_value_for_a_schema_of_core_can_be_parsed_by_core(output_type: Any) -> None:
    output = structured_output(output_type)
    schema = output.schema.schema or {"type": "object"}

    output.parse(msgspec.json.encode(example_value(schema)).decode())
