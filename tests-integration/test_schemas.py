"""Schemas of tools and outputs, and the names of tools, at every provider."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import pydantic
import pytest

from chatmodels.core import (
    ChatResponse,
    Message,
    TextPart,
    ToolCall,
    ToolResult,
    UnsupportedError,
    create_chat_model,
    tool,
    tool_result,
    user,
)
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.testing import Simulator
from vendors import VENDORS, model_of

TEXT = {"type": "string"}
OPENAI = ("openai", "openai responses", "azure", "azure responses", "mistral")
GOOGLE = ("google", "google-vertex")
CLAUDE = ("anthropic", "bedrock")
STRICT = (*OPENAI, *CLAUDE, "cohere")


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


def body(provider: str, *prompt: Any, **options: Any) -> Any:
    return model_of(provider).explain(*(prompt or ("Hello",)), **options).body


def definition(made: Any) -> Any:
    """Find the definition of the first tool in a request, whatever the vendor calls its fields."""
    found = (made.get("tools") or made["toolConfig"]["tools"])[0]
    found = found.get("functionDeclarations", [found])[0]
    return found.get("toolSpec") or found.get("function") or found


def sent(
    provider: str, schema: dict[str, Any], *, strict: bool = False, text: str = "Look."
) -> Any:
    """Return the schema of a tool as it is sent."""
    made = definition(body(provider, tools=[ToolDefinition("look", text, schema, strict)]))
    for name in ("parameters", "input_schema", "parametersJsonSchema"):
        if name in made:
            return made[name]
    return made["inputSchema"]["json"]


@pytest.mark.parametrize("provider", VENDORS)
def test_a_schema_without_a_type_is_that_of_an_object(provider: str) -> None:
    if provider != "ollama":
        assert sent(provider, {})["type"] == "object"


@pytest.mark.parametrize("provider", OPENAI)
@pytest.mark.parametrize("schema", [{}, {"type": "object"}])
def test_a_tool_without_arguments_has_properties(provider: str, schema: dict[str, Any]) -> None:
    assert sent(provider, schema) == {"type": "object", "properties": {}}


@pytest.mark.parametrize("provider", OPENAI)
def test_an_array_of_anything_has_items(provider: str) -> None:
    made = sent(provider, {"type": "object", "properties": {"values": {"type": "array"}}})
    assert made["properties"]["values"] == {"type": "array", "items": {}}


@pytest.mark.parametrize("provider", [*OPENAI, *CLAUDE])
def test_a_choice_at_the_root_is_described(provider: str) -> None:
    schema = {
        "type": "object",
        "properties": {"id": TEXT, "path": TEXT},
        "anyOf": [{"required": ["id"]}, {"required": ["path"]}],
    }
    assert sent(provider, schema) == {
        "type": "object",
        "properties": {"id": TEXT, "path": TEXT},
        "description": '(anyOf: [{"required":["id"]},{"required":["path"]}])',
    }


@pytest.mark.parametrize("provider", [name for name in VENDORS if name != "ollama"])
def test_a_constant_is_an_enumeration(provider: str) -> None:
    made = sent(provider, {"type": "object", "properties": {"kind": {"const": "cat"}}})
    assert made["properties"]["kind"] == {"enum": ["cat"], "type": "string"}


@pytest.mark.parametrize("provider", [name for name in VENDORS if name != "ollama"])
def test_the_tag_of_a_union_is_an_enumeration(provider: str) -> None:
    class Cat(pydantic.BaseModel):
        kind: Literal["cat"]

    class Dog(pydantic.BaseModel):
        kind: Literal["dog"]
        tricks: int

    class Owner(pydantic.BaseModel):
        pet: Cat | Dog = pydantic.Field(discriminator="kind")

    text = json.dumps(body(provider, output_type=Owner))
    assert "const" not in text
    assert "enum" in text


@pytest.mark.parametrize("provider", STRICT)
def test_a_foreign_schema_is_enforced_in_the_format_of_the_api(provider: str) -> None:
    schema = {
        "type": "object",
        "properties": {"path": TEXT, "head": {"type": "integer"}},
        "required": ["path"],
    }
    made = sent(provider, schema, strict=True)
    assert made["additionalProperties"] is False
    nullable = {"type": ["integer", "null"]}
    if provider in OPENAI:
        assert made["required"] == ["path", "head"]
        assert made["properties"]["head"] == nullable
    else:
        assert made["required"] == ["path"]
        assert made["properties"]["head"] == {"type": "integer"}


@pytest.mark.parametrize("provider", STRICT)
def test_bounds_are_described_at_any_depth(provider: str) -> None:
    choice = {"oneOf": [{"type": "integer"}, {"type": "string", "minLength": 2}]}
    schema = {"type": "object", "properties": {"at": choice}, "required": ["at"]}
    made = sent(provider, schema, strict=True)
    assert made["properties"]["at"] == {
        "anyOf": [{"type": "integer"}, {"type": "string", "description": "(minLength: 2)"}]
    }


@pytest.mark.parametrize("provider", STRICT)
def test_a_strict_tool_that_cannot_be_enforced_is_refused_or_reported(
    provider: str, simulator: Simulator
) -> None:
    free = {"type": "object", "properties": {"map": {"type": "object"}}, "required": ["map"]}
    look = ToolDefinition("look", "", free, strict=True)
    with pytest.raises(UnsupportedError, match="'look' as strict: map is an object with free keys"):
        body(provider, tools=[look])

    if provider not in {"azure", "azure responses"}:
        lenient = model_of(provider, simulator, on_unsupported="warn")
        for response in shapes(lenient, "Hello", tools=[look]):
            assert "map is an object with free keys" in response.warnings[0]


@pytest.mark.parametrize(
    "provider", ["openai", "openai responses", "mistral", "anthropic", "bedrock", "cohere"]
)
def test_an_output_that_cannot_be_enforced_is_reported(provider: str, simulator: Simulator) -> None:
    (first, second) = shapes(model_of(provider, simulator), "Hello", output_type=dict[str, int])
    assert first.warnings == second.warnings
    assert (
        "the output's schema cannot be enforced: the top level is an object with free keys"
        in (first.warnings[0])
    )


class Node(pydantic.BaseModel):
    """A type that refers to itself."""

    name: str
    next: "Node | None" = None


@pytest.mark.parametrize("provider", GOOGLE)
def test_a_type_that_refers_to_itself_does_so_in_optional_properties(provider: str) -> None:
    @tool(strict=True)
    def walk(node: Node) -> str:
        """Walk."""
        return node.name

    assert walk(Node(name="a")) == "a"
    output = body(provider, output_type=Node)["generationConfig"]["responseJsonSchema"]
    argument = definition(body(provider, tools=[walk]))["parametersJsonSchema"]
    for made in (output, argument):
        assert made["$defs"]["Node"]["required"] == ["name"]


@pytest.mark.parametrize("provider", GOOGLE)
def test_a_reference_stands_alone(provider: str) -> None:
    schema = {
        "type": "object",
        "properties": {"q": {"$ref": "#/definitions/Q", "title": "Q"}},
        "definitions": {"Q": TEXT},
    }
    assert sent(provider, schema) == {
        "type": "object",
        "properties": {"q": {"anyOf": [{"$ref": "#/$defs/Q"}], "title": "Q"}},
        "$defs": {"Q": TEXT},
    }


@pytest.mark.parametrize("provider", ["azure", "azure responses"])
def test_azure_limits_descriptions(provider: str) -> None:
    assert sent(provider, {}, text="x" * 1_024)
    with pytest.raises(UnsupportedError, match="'look' with a description of more than 1024"):
        sent(provider, {}, text="x" * 1_025)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"q": TEXT}},
        {
            "type": "object",
            "properties": {f"p{n}": TEXT for n in range(201)},
            "required": ["p0"],
        },
    ],
)
def test_cohere_limits_strict_tools(schema: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError, match="the tool 'look' as strict"):
        sent("cohere", schema, strict=True)


def test_optional_properties_with_several_types_can_be_strict() -> None:
    class Wide(pydantic.BaseModel):
        key: Annotated[str | int, pydantic.WithJsonSchema({"type": ["string", "integer"]})] = 0
        none: Annotated[
            dict[str, int],
            pydantic.WithJsonSchema({"type": "object", "additionalProperties": False}),
        ]

    @tool(strict=True)
    def find(query: Wide) -> str:
        return str(query)

    assert find(Wide(none={})) == "key=0 none={}"
    model = create_chat_model("openai-compatible:any", base_url="http://127.0.0.1:1/v1")
    (sent,) = model.explain("?", tools=[find]).body["tools"]
    made = sent["function"]["parameters"]["$defs"]["Wide"]["properties"]
    assert made["key"]["type"] == ["string", "integer", "null"]
    assert made["none"]["properties"] == {}


# Names of tools

SEARCH = ToolDefinition("kb.search/2", "Search.", {"type": "object", "properties": {"q": TEXT}})
CONVERSATION = [
    user("Hello"),
    Message("assistant", (ToolCall("call_1", "kb.search/2", '{"q": "x"}'),)),
    tool_result(ToolResult("call_1", (TextPart("Nothing."),), "kb.search/2")),
    user("Go on."),
]
RENAMED = {"google": "kb.search_2", "google-vertex": "kb.search_2", "ollama": "kb.search/2"}


def shapes(model: Any, *prompt: Any, **options: Any) -> tuple[ChatResponse[Any], ChatResponse[Any]]:
    """Call a model whole and streamed."""
    whole = model.generate(*prompt, **options)
    with model.stream(*prompt, **options) as stream:
        for _ in stream:
            pass
    return whole, stream.response


@pytest.mark.parametrize("provider", VENDORS)
def test_a_tool_has_one_name_in_the_whole_request(provider: str) -> None:
    expected = RENAMED.get(provider, "kb_search_2")
    forced = {} if provider == "ollama" else {"tool_choice": "kb.search/2"}

    made = body(provider, CONVERSATION, tools=[SEARCH], **forced)

    assert definition(made)["name"] == expected
    text = json.dumps(made)
    assert expected == "kb.search/2" or "kb.search/2" not in text
    assert text.count(f'"{expected}"') >= 2 + bool(forced and provider != "cohere")


@pytest.mark.parametrize("provider", [name for name in VENDORS if not name.startswith("azure")])
def test_calls_have_the_name_that_the_caller_chose(provider: str, simulator: Simulator) -> None:
    forced = {} if provider == "ollama" else {"tool_choice": "required"}
    model = model_of(provider, simulator)
    for response in shapes(model, "Search.", tools=[SEARCH], **forced):
        assert [call.name for call in response.tool_calls] == ["kb.search/2"]


@pytest.mark.parametrize("provider", [name for name in VENDORS if not name.startswith("azure")])
def test_an_output_may_have_any_name(provider: str, simulator: Simulator) -> None:
    schema = {
        "type": "object",
        "properties": {"city": TEXT},
        "required": ["city"],
        "additionalProperties": False,
    }
    output = OutputSchema("kb.place", schema)
    for response in shapes(model_of(provider, simulator), "Where?", output_type=output):
        assert response.parsed.keys() == {"city"}
