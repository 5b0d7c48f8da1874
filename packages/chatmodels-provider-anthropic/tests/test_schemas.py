"""The schemas and names that the Messages API accepts."""

from typing import Any

import pytest

from chatmodels.core import ChatRequest, create_chat_model, user
from chatmodels.core.extending import OutputSchema, SchemaRules, ToolDefinition, translate_schema
from chatmodels.http import SchemaSupport
from chatmodels.http._codec.schema_support import translate_request
from chatmodels.providers.anthropic._schemas import schemas_of

NEW, OLD = schemas_of("claude-sonnet-5"), schemas_of("claude-3-opus-20240229")
ENFORCED = [NEW.output, NEW.strict_tools]
CHOICE = {"properties": {"q": {"type": "string"}}, "anyOf": [{"required": ["q"]}]}


def field(rules: SchemaRules | None, schema: dict[str, Any]) -> dict[str, Any]:
    """Translate the schema of one property."""
    assert rules is not None
    root = {"type": "object", "properties": {"v": schema}, "required": ["v"]}
    translated = translate_schema(root, rules)
    assert translated.problems == ()
    return translated.schema["properties"]["v"]


def problems(rules: SchemaRules | None, schema: dict[str, Any]) -> tuple[str, ...]:
    assert rules is not None
    return translate_schema(schema, rules).problems


@pytest.mark.parametrize("rules", ENFORCED)
@pytest.mark.parametrize(
    "keyword",
    [
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "maxItems",
        "uniqueItems",
        "minContains",
        "maxContains",
    ],
)
def test_a_bound_is_described(keyword: str, rules: SchemaRules) -> None:
    made = field(rules, {"type": "number", keyword: 2})
    assert made == {"type": "number", "description": f"({keyword}: 2)"}


@pytest.mark.parametrize("rules", ENFORCED)
def test_unsupported_keywords_are_rewritten_with_supported_ones(rules: SchemaRules) -> None:
    text, number = {"type": "string"}, {"type": "integer"}
    assert field(rules, {"oneOf": [text, number]}) == {"anyOf": [text, number]}
    assert field(rules, {"type": "array", "prefixItems": [text], "items": False}) == {
        "type": "array",
        "items": text,
    }
    assert field(rules, {"type": "string", "pattern": "a+"}) == {"type": "string", "pattern": "a+"}


@pytest.mark.parametrize("rules", ENFORCED)
@pytest.mark.parametrize(
    "name",
    ["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"],
)
def test_a_format_is_kept(name: str, rules: SchemaRules) -> None:
    assert field(rules, {"type": "string", "format": name}) == {"type": "string", "format": name}


@pytest.mark.parametrize("rules", ENFORCED)
def test_another_format_is_described(rules: SchemaRules) -> None:
    made = field(rules, {"type": "string", "format": "regex"})
    assert made == {"type": "string", "description": '(format: "regex")'}


@pytest.mark.parametrize("rules", ENFORCED)
@pytest.mark.parametrize("least", [0, 1, 2])
def test_at_most_one_item_can_be_required(least: int, rules: SchemaRules) -> None:
    made = field(
        rules, {"type": "array", "items": {}, "minItems": least} | {"items": {"type": "null"}}
    )
    assert made.get("minItems") == (None if least == 2 else least)
    assert made.get("description") == ("(minItems: 2)" if least == 2 else None)


@pytest.mark.parametrize("rules", ENFORCED)
def test_enforced_objects_are_closed_and_do_not_refer_to_themselves(rules: SchemaRules) -> None:
    assert problems(rules, {"type": "object"}) == ("the top level is an object with free keys",)
    again = {"type": "object", "properties": {"next": {"$ref": "#"}}}
    assert problems(rules, again) == ("the top level refers to itself",)


def test_choices_at_the_root_are_for_outputs_that_are_enforced() -> None:
    for rules in (NEW.tools, NEW.strict_tools, OLD.tools, OLD.output):
        assert rules is not None
        assert "anyOf" not in translate_schema(CHOICE, rules).schema
    assert NEW.output is not None
    closed = {"type": "object", "properties": {}, "additionalProperties": False}
    assert "anyOf" in translate_schema({"type": "object", "anyOf": [closed]}, NEW.output).schema


def test_models_without_structured_output_do_not_enforce_schemas() -> None:
    assert schemas_of("claude-3-opus-20240229").strict_tools is None
    assert schemas_of("claude-sonnet-5").strict_tools is not None
    for rules in (OLD.tools, OLD.output, NEW.tools):
        assert field(rules, {"minimum": 2}) == {"minimum": 2}


@pytest.mark.parametrize("rules", [NEW.tools, NEW.strict_tools, OLD.tools, OLD.output])
def test_the_keys_of_a_root_are_short_and_plain(rules: SchemaRules) -> None:
    assert field(rules, {"type": "string"})
    longest = {"type": "object", "properties": {"x" * 64: {"type": "string"}}}
    assert problems(rules, longest) == ()
    for name in ("x" * 65, "$filter"):
        schema = {"type": "object", "properties": {name: {"type": "string"}}}
        assert problems(rules, schema) == ()
        (short,) = translate_schema(schema, rules).renamed
        assert short in {"x" * 64, "_filter"}


def test_the_keys_of_an_enforced_output_are_free() -> None:
    schema = {"type": "object", "properties": {"$filter": {"type": "string"}}}
    assert problems(NEW.output, schema) == ()


@pytest.mark.parametrize("support", [NEW, OLD])
def test_names_of_tools_have_up_to_128_characters(support: SchemaSupport) -> None:
    def sent(name: str) -> str:
        tools = (ToolDefinition(name, "", {"type": "object"}),)
        request = ChatRequest(messages=(user("?"),), tools=tools)
        return translate_request(request, support, "anthropic").request.tools[0].name

    for name in ("x" * 128, "7-a_Z"):
        assert sent(name) == name
    assert sent("a.b c") == "a_b_c"
    assert len(sent("x" * 129)) == 128


def test_output_of_other_models_is_strict_only_if_it_can_be_enforced() -> None:
    model = create_chat_model("anthropic:kimi-k2", base_url="https://kimi.test/v1", api_key="k")
    explained = model.explain("?", output_type=dict[str, int])
    (sent,) = explained.body["tools"]
    assert "strict" not in sent
    assert "cannot be enforced" in explained.warnings[0]


def test_strict_tools_of_other_models_follow_the_rules_of_output() -> None:
    model = create_chat_model("anthropic:kimi-k2", base_url="https://kimi.test/v1", api_key="k")
    output = OutputSchema("place", {"type": "object", "properties": {"a": {"type": "string"}}})
    clock = ToolDefinition("clock", "", {"type": "object", "properties": {}}, strict=True)
    request = ChatRequest(messages=(user("?"),), tools=(clock,), output=output)
    sent = model.explain(request).body["tools"]
    assert [each["strict"] for each in sent] == [True, True]
    assert [each["input_schema"]["additionalProperties"] for each in sent] == [False, False]
