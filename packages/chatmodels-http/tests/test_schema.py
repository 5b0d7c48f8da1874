"""What of a schema is enforced, and what is told."""

from typing import Any

import pytest

from chatmodels.http.wire import enforceable, is_recursive

REFERRING = {"$ref": "#/$defs/B"}


def test_what_is_not_enforced_is_told_where_the_model_reads_it() -> None:
    schema = {
        "type": "object",
        "properties": {
            "minimum": {"type": "integer", "minimum": 1, "maximum": 9},
            "names": {
                "type": "array",
                "items": {"type": "string", "maxLength": 9},
                "minItems": 2,
                "description": "All of them.",
            },
            "day": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
            "colour": {"type": "string", "format": "color"},
            "one": {"type": "array", "minItems": 1, "items": True},
        },
        "$defs": {"A": {"type": "number", "multipleOf": 2}},
        "additionalProperties": False,
    }
    assert enforceable(schema) == {
        "type": "object",
        "properties": {
            "minimum": {"type": "integer", "description": "(minimum: 1, maximum: 9)"},
            "names": {
                "type": "array",
                "items": {"type": "string", "description": "(maxLength: 9)"},
                "description": "All of them. (minItems: 2)",
            },
            "day": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
            "colour": {"type": "string", "description": '(format: "color")'},
            "one": {"type": "array", "minItems": 1, "items": True},
        },
        "$defs": {"A": {"type": "number", "description": "(multipleOf: 2)"}},
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("schema", "recursive"),
    [
        pytest.param({"type": "object", "properties": {"a": {"type": "string"}}}, False, id="flat"),
        pytest.param(
            {"properties": {"a": REFERRING, "b": REFERRING}, "$defs": {"B": {"type": "string"}}},
            False,
            id="referring twice",
        ),
        pytest.param({"properties": {"a": {"items": {"$ref": "#"}}}}, True, id="to itself"),
        pytest.param(
            {"$defs": {"A": {"anyOf": [REFERRING]}, "B": {"$ref": "#/$defs/A"}}}, True, id="mutual"
        ),
        pytest.param({"properties": {"$ref": {"type": "string"}}}, False, id="so called"),
    ],
)
def test_schemas_that_refer_to_themselves_are_found(schema: Any, recursive: bool) -> None:
    assert is_recursive(schema) is recursive
