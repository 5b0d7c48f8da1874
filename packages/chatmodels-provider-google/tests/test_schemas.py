"""The schemas and names that generateContent accepts."""

from typing import Any

import pytest

from chatmodels.core import ChatRequest, user
from chatmodels.core.extending import SchemaRules, ToolDefinition, translate_schema
from chatmodels.http._codec.schema_support import translate_request
from chatmodels.providers.google._schemas import schemas_of

SUPPORT = schemas_of("gemini-3.8-flash")
RULES = [SUPPORT.tools, SUPPORT.output]


def field(rules: SchemaRules | None, schema: dict[str, Any]) -> dict[str, Any]:
    """Translate the schema of one property."""
    assert rules is not None
    translated = translate_schema({"type": "object", "properties": {"v": schema}}, rules)
    assert translated.problems == ()
    return translated.schema["properties"]["v"]


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize(
    "keyword",
    [
        "pattern",
        "minLength",
        "maxLength",
        "multipleOf",
        "uniqueItems",
        "exclusiveMinimum",
        "exclusiveMaximum",
    ],
)
def test_a_keyword_that_the_api_ignores_is_described(keyword: str, rules: SchemaRules) -> None:
    made = field(rules, {"type": "string", keyword: 2})
    assert made == {"type": "string", "description": f"({keyword}: 2)"}


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("schema", [{"minimum": 2}, {"format": "regex"}, {"minItems": 2}])
def test_other_keywords_are_kept(schema: dict[str, Any], rules: SchemaRules) -> None:
    assert field(rules, schema) == schema


@pytest.mark.parametrize("rules", RULES)
def test_an_enumeration_holds_texts_and_numbers(rules: SchemaRules) -> None:
    for value, name in (("a", "string"), (1, "integer"), (1.5, "number")):
        assert field(rules, {"enum": [value]}) == {"type": name, "enum": [value]}
    assert field(rules, {"enum": [None]}) == {"type": "null"}
    assert "enum" not in field(rules, {"enum": [True]})


@pytest.mark.parametrize("rules", RULES)
def test_references_stand_alone_and_may_lead_back(rules: SchemaRules) -> None:
    again = {"type": "object", "properties": {"next": {"$ref": "#", "title": "Next"}}}
    translated = translate_schema(again, rules)
    assert translated.problems == ()
    assert translated.schema["properties"]["next"] == {"anyOf": [{"$ref": "#"}], "title": "Next"}
    loop = {"type": "object", "properties": {"all": {"type": "array", "items": {"$ref": "#"}}}}
    assert translate_schema({**loop, "required": ["all"]}, rules).schema["required"] == []
    assert translate_schema({"type": "object", "allOf": [{"$ref": "#"}]}, rules).problems == (
        "the top level refers to itself",
    )


def test_only_tools_need_objects() -> None:
    array = {"type": "array", "items": {"type": "string"}}
    assert SUPPORT.tools is not None
    assert SUPPORT.output is not None
    assert translate_schema(array, SUPPORT.tools).problems == ("the top level is not an object",)
    assert translate_schema(array, SUPPORT.output).problems == ()


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("a.b-C_7", "a.b-C_7"),
        ("7a", "_7a"),
        ("a:b", "a_b"),
        ("x" * 64, "x" * 64),
        ("x" * 65, "x" * 55 + "_7f5fb567"),
    ],
)
def test_names_of_tools_have_up_to_64_characters(name: str, sent: str) -> None:
    tools = (ToolDefinition(name, "", {"type": "object"}),)
    request = ChatRequest(messages=(user("?"),), tools=tools)
    assert translate_request(request, SUPPORT, "google").request.tools[0].name == sent
