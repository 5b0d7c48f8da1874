"""The schemas of servers with grammars of XGrammar."""

from typing import Any

import pytest

from chatmodels.core.extending import translate_schema
from chatmodels.openai_compatible import GRAMMAR_SCHEMAS


def translated(schema: dict[str, Any]) -> tuple[Any, Any]:
    """Return the schema of a property as it is sent, and what is not enforced."""
    root = {"type": "object", "properties": {"v": schema}, "required": ["v"]}
    assert GRAMMAR_SCHEMAS.output is not None
    found = translate_schema(root, GRAMMAR_SCHEMAS.output)
    assert found.problems == ()
    return found.schema["properties"]["v"], found.unenforced


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 3, "exclusiveMaximum": 5},
        {"type": "string", "minLength": 3, "maxLength": 8},
        {"type": "array", "prefixItems": [{"type": "integer"}], "items": False, "minItems": 1},
        {"type": "object", "additionalProperties": {"type": "integer"}, "maxProperties": 2},
        {"oneOf": [{"type": "integer"}, {"type": "string"}]},
        {"type": "string", "format": "uri"},
        {"type": ["integer", "null"]},
    ],
    ids=lambda schema: list(schema)[-1],
)
def test_keywords_that_grammars_enforce_are_sent(schema: dict[str, Any]) -> None:
    assert translated(schema) == (schema, ())


def test_optional_properties_stay_optional_and_objects_are_closed() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    assert translated(schema) == ({**schema, "additionalProperties": False}, ())


def test_patterns_of_keys_do_not_close_an_object() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "patternProperties": {"^b": {"type": "integer"}},
    }
    assert translated(schema) == (schema, ())


@pytest.mark.parametrize(
    ("schema", "keyword"),
    [
        ({"type": "array", "items": {"type": "integer"}, "uniqueItems": True}, "uniqueItems"),
        ({"type": "integer", "not": {"enum": [3]}}, "not"),
        ({"type": "string", "format": "regex"}, "format"),
        ({"type": "string", "pattern": r"^(?=a)\w+$"}, "pattern"),
        ({"type": "string", "pattern": r"^\bfoo$"}, "pattern"),
        ({"type": "object", "propertyNames": {"pattern": "^a"}}, "propertyNames"),
        ({"type": "integer", "multipleOf": 7}, "multipleOf"),
        (
            {
                "type": "object",
                "patternProperties": {"^a": {"type": "integer"}, "^b": {"type": "string"}},
                "additionalProperties": False,
            },
            "additionalProperties",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_keywords_are_described_and_reported(schema: dict[str, Any], keyword: str) -> None:
    sent, unenforced = translated({"description": "Some.", **schema})

    assert keyword not in sent
    assert sent["description"].startswith(f"Some. ({keyword}: ")
    assert unenforced == (f"{keyword} of v",)


@pytest.mark.parametrize(
    ("pattern", "sent"),
    [
        (r"^\d{3}-[A-F]\w$", r"^\d{3}-[A-F]\w$"),
        ("^[A-Z]", "^[A-Z].*$"),
        ("@", "^.*@.*$"),
        ("e$", "^.*e$"),
        (r"\$", r"^.*\$.*$"),
        ("a|b", "^.*(?:a|b).*$"),
        ("^(a|b)$", "^(a|b)$"),
    ],
)
def test_a_pattern_matches_the_whole_text(pattern: str, sent: str) -> None:
    expected = {"type": "string", "pattern": sent}
    assert translated({"type": "string", "pattern": pattern}) == (expected, ())


def test_keywords_beside_a_choice_are_reported() -> None:
    schema = {"type": "integer", "minimum": 3, "anyOf": [{"maximum": 5}, {"minimum": 9}]}
    assert translated(schema) == (schema, ("minimum of v",))


def test_a_text_has_one_rule() -> None:
    schema = {"type": "string", "pattern": "^[a-z]+$", "format": "email", "maxLength": 9}

    assert translated(schema) == (
        {
            "type": "string",
            "pattern": "^[a-z]+$",
            "description": "(format: email; maxLength: 9)",
        },
        ("format of v", "maxLength of v"),
    )
    unknown = {"type": "string", "format": "regex", "minLength": 2, "maxLength": 9}
    lengths = {"type": "string", "minLength": 2, "maxLength": 9}
    assert translated(lengths) == (lengths, ())
    assert translated(unknown) == (
        {**lengths, "description": "(format: regex)"},
        ("format of v",),
    )
