"""The schemas and names that the Chat API accepts."""

from typing import Any

import pytest

from chatmodels.core import ChatRequest, user
from chatmodels.core.extending import SchemaRules, ToolDefinition, translate_schema
from chatmodels.http._codec.schema_support import translate_request
from chatmodels.providers.cohere._schemas import schemas_of

SUPPORT = schemas_of("command-a-03-2025")
ENFORCED = [SUPPORT.output, SUPPORT.strict_tools]
TEXT = {"type": "string"}


def field(rules: SchemaRules | None, schema: dict[str, Any]) -> dict[str, Any]:
    """Translate the schema of one property."""
    assert rules is not None
    root = {"type": "object", "properties": {"v": schema}, "required": ["v"]}
    translated = translate_schema(root, rules)
    return translated.schema["properties"]["v"]


def request(*tools: ToolDefinition) -> ChatRequest:
    return ChatRequest(messages=(user("?"),), tools=tools)


@pytest.mark.parametrize("rules", ENFORCED)
@pytest.mark.parametrize(
    "keyword",
    [
        "uniqueItems",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "minItems",
        "maxItems",
        "minLength",
        "maxLength",
    ],
)
def test_a_bound_is_described(keyword: str, rules: SchemaRules) -> None:
    made = field(rules, {"type": "string", keyword: 2})
    assert made == {"type": "string", "description": f"({keyword}: 2)"}


@pytest.mark.parametrize("rules", ENFORCED)
def test_other_unions_are_rewritten_with_supported_keywords(rules: SchemaRules) -> None:
    number = {"type": "integer"}
    assert field(rules, {"oneOf": [TEXT, number]}) == {"anyOf": [TEXT, number]}
    assert field(rules, {"prefixItems": [TEXT], "items": False, "type": "array"}) == {
        "type": "array",
        "items": TEXT,
    }
    all_of = {"type": "string", "allOf": [{"pattern": "a"}, {"pattern": "b"}]}
    assert "allOf" not in field(rules, all_of)


@pytest.mark.parametrize("rules", ENFORCED)
@pytest.mark.parametrize("name", ["date-time", "uuid", "date", "time"])
def test_a_format_is_kept(name: str, rules: SchemaRules) -> None:
    assert field(rules, {"type": "string", "format": name}) == {"type": "string", "format": name}


@pytest.mark.parametrize("rules", ENFORCED)
def test_another_format_is_described(rules: SchemaRules) -> None:
    made = field(rules, {"type": "string", "format": "email"})
    assert made == {"type": "string", "description": '(format: "email")'}


@pytest.mark.parametrize("rules", ENFORCED)
def test_enforced_objects_are_closed_and_require_something(rules: SchemaRules) -> None:
    schema = {"type": "object", "properties": {"q": TEXT}}
    assert translate_schema(schema, rules).problems == (
        "the top level is an object that requires nothing",
    )
    made = translate_schema({**schema, "required": ["q"]}, rules).schema
    assert made == {**schema, "required": ["q"], "additionalProperties": False}


def test_other_tools_have_any_schema() -> None:
    schema = {"type": "object", "properties": {"q": {"type": "string", "minLength": 2}}}
    assert SUPPORT.tools is not None
    assert translate_schema(schema, SUPPORT.tools).schema == schema


@pytest.mark.parametrize(
    ("name", "sent"), [("a_B7", "a_B7"), ("a-b.c", "a_b_c"), ("7a", "_7a"), ("x" * 64, "x" * 64)]
)
def test_names_of_tools_have_letters_digits_and_underscores(name: str, sent: str) -> None:
    tool = ToolDefinition(name, "", {"type": "object"})
    assert translate_request(request(tool), SUPPORT, "cohere").request.tools[0].name == sent


@pytest.mark.parametrize(("count", "strict"), [(200, True), (201, False)])
def test_strict_tools_have_up_to_200_properties(count: int, strict: bool) -> None:
    names = [f"p{number}" for number in range(count)]
    schema = {"type": "object", "properties": dict.fromkeys(names, TEXT), "required": names}
    tool = ToolDefinition("look", "", schema, strict=True)
    translated = translate_request(request(tool), SUPPORT, "cohere", lenient=True)
    assert translated.request.tools[0].strict is strict
