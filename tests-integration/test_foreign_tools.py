"""Tools that another program defined, as MCP servers do, in the requests to each provider."""

import re
from typing import Any

import pytest

from chatmodels.core import (
    AudioPart,
    FilePart,
    Message,
    TextPart,
    ToolCall,
    ToolResult,
    UnsupportedError,
    create_chat_model,
    tool_result,
    user,
)
from chatmodels.core.extending import ToolDefinition
from chatmodels.testing import Simulator

TEXT = {"type": "string"}
MODELS: dict[str, Any] = {
    "openai chat": ("openai:gpt-5.4", {"api": "chat_completions"}),
    "openai responses": ("openai:gpt-5.4", {"api": "responses"}),
    "azure": ("azure:gpt-5.4", {"base_url": "https://acme.openai.azure.com"}),
    "anthropic": ("anthropic:claude-opus-4-6", {}),
    "bedrock": ("bedrock:anthropic.claude-sonnet-4-5-20250929-v1:0", {"region": "us-east-1"}),
    "google": ("google:gemini-3-pro", {}),
    "cohere": ("cohere:command-a-03-2025", {}),
    "mistral": ("mistral:mistral-large-latest", {}),
}
OPENAI = ("openai chat", "openai responses", "azure", "mistral")
every_vendor = pytest.mark.parametrize("vendor", MODELS)


def explained(vendor: str, prompt: Any = "Hello", **options: Any) -> Any:
    spec, own = MODELS[vendor]
    return create_chat_model(spec, api_key="x", **own).explain(prompt, **options)


def sent(vendor: str, schema: dict[str, Any], name: str = "look", **more: Any) -> dict[str, Any]:
    """Return name, description, schema and strictness of a tool as they are sent."""
    definition = ToolDefinition(name, more.pop("text", "Look."), schema, **more, lenient=True)
    explanation = explained(vendor, tools=[definition])
    body = explanation.body
    tool = (body.get("tools") or body["toolConfig"]["tools"])[0]
    tool = tool.get("toolSpec") or tool.get("function") or tool
    tool = (tool.get("functionDeclarations") or [tool])[0]
    for key in ("parameters", "input_schema", "inputSchema", "parametersJsonSchema"):
        if key in tool:
            schema = tool[key].get("json", tool[key])
    return {
        "name": tool["name"],
        "description": tool.get("description", ""),
        "schema": schema,
        "strict": tool.get("strict", body.get("strict_tools", False)),
        "warnings": explanation.warnings,
    }


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


@every_vendor
@pytest.mark.parametrize("name", ["files_kb.search", "1st", "größe", "a" * 100])
def test_names_are_accepted_and_translated_back_in_the_history(vendor: str, name: str) -> None:
    prompt = [
        user("Hello"),
        Message("assistant", (ToolCall("call_1", name, "{}"),)),
        tool_result(ToolResult("call_1", (TextPart("Nothing."),), name)),
        user("Go on."),
    ]
    explanation = explained(vendor, prompt, tools=[ToolDefinition(name, "", obj())])
    short = sent(vendor, obj(), name)["name"]

    longest = 128 if vendor == "anthropic" else 64
    assert re.fullmatch(rf"[a-zA-Z0-9_.-]{{1,{longest}}}", short)
    assert ("." in short) <= (vendor == "google")
    assert short in str(explanation.body)
    if short != name:
        assert f"'{name}'" not in str(explanation.body)


@every_vendor
def test_names_do_not_collide_and_are_stable(vendor: str) -> None:
    names = ["a.b", "a/b", "a_b", "a b"]
    bodies = [
        str(explained(vendor, tools=[ToolDefinition(n, "", obj()) for n in order]).body)
        for order in (names, names)
    ]
    found = set(re.findall(r"'name': '(a[^']*)'", bodies[0]))

    assert len(found) == len(names)
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize("vendor", OPENAI)
def test_the_type_and_the_properties_of_a_root_are_added(vendor: str) -> None:
    assert sent(vendor, {})["schema"] == obj()
    assert sent(vendor, {"type": "object"})["schema"] == obj()


@pytest.mark.parametrize("vendor", OPENAI)
def test_arrays_have_items_at_any_depth(vendor: str) -> None:
    schema = obj(a=obj(b={"type": "array", "items": {"type": "array"}}))
    inner = sent(vendor, schema)["schema"]["properties"]["a"]["properties"]["b"]

    assert inner == {"type": "array", "items": {"type": "array", "items": {}}}


@pytest.mark.parametrize("vendor", [*OPENAI, "anthropic", "bedrock"])
def test_a_choice_at_the_root_is_described(vendor: str) -> None:
    choice = [{"required": ["id"]}, {"properties": {"path": TEXT}, "required": ["path"]}]
    schema = sent(vendor, {**obj(id=TEXT), "anyOf": choice})["schema"]

    assert "anyOf" not in schema
    assert schema["properties"] == {"id": TEXT, "path": TEXT}
    assert '"required":["path"]' in schema["description"]


@pytest.mark.parametrize("vendor", sorted(set(MODELS) - {"google"}))
def test_the_rest_of_a_schema_is_sent_as_it_is(vendor: str) -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {
            "path": {"type": "string", "minLength": 1, "pattern": "^/", "examples": ["/a"]},
            "head": {"type": ["integer", "null"], "default": 10, "exclusiveMinimum": 0},
            "either": {"oneOf": [{"type": "string", "format": "uri"}, {"type": "number"}]},
            "map": {"type": "object", "propertyNames": {"pattern": "^x"}},
        },
        "required": ["path"],
        "additionalProperties": False,
    }
    assert sent(vendor, schema)["schema"] == schema


def test_names_of_arguments_are_renamed_and_mapped_back() -> None:
    tool = ToolDefinition("search", "", obj(**{"$filter": TEXT, "top": {"type": "integer"}}))
    requested = ToolCall("call_1", "search", '{"_filter": "a eq 1", "top": 3}')
    with Simulator() as simulator:
        model = create_chat_model(
            "anthropic:claude-opus-4-6", api_key="x", base_url=simulator.base_url
        )
        simulator.queue(requested, requested, "Done.")
        whole = model.generate("Search.", tools=[tool])
        streamed = model.stream("Search.", tools=[tool]).collect()
        history = [user("Search."), whole.message, tool_result(ToolResult("call_1", (), "search"))]
        model.generate(history, tools=[tool])
        body = simulator.requests[-1]

    for response in (whole, streamed):
        assert response.tool_calls[0].arguments == {"$filter": "a eq 1", "top": 3}
    assert body["tools"][0]["input_schema"]["properties"]["_filter"]["type"] == "string"
    assert body["messages"][1]["content"][0]["input"] == {"_filter": "a eq 1", "top": 3}


@pytest.mark.parametrize("vendor", [*OPENAI, "anthropic", "bedrock"])
def test_a_strict_tool_is_converted(vendor: str) -> None:
    schema = {**obj(path=TEXT, head={"type": "integer"}), "required": ["path"]}
    tool = sent(vendor, schema, strict=True)

    assert tool["strict"] is True
    assert tool["schema"]["additionalProperties"] is False
    assert tool["warnings"] == ()


@pytest.mark.parametrize("vendor", [*OPENAI, "anthropic", "bedrock", "cohere"])
def test_a_tool_that_cannot_be_strict_is_sent_without_and_a_warning(vendor: str) -> None:
    schema = {**obj(map={"type": "object"}), "required": ["map"]}
    tool = sent(vendor, schema, strict=True)

    assert not tool["strict"]
    assert tool["schema"] == schema
    (warning,) = tool["warnings"]
    assert "the tool 'look' as strict: map is an object with free keys" in warning
    with pytest.raises(UnsupportedError, match="the tool 'look' as strict"):
        explained(vendor, tools=[ToolDefinition("look", "", schema, strict=True)])


def test_a_long_description_has_a_warning_on_azure() -> None:
    tool = sent("azure", obj(), text="x" * 1025)

    assert tool["description"] == "x" * 1024
    (warning,) = tool["warnings"]
    assert "the tool 'look' with a description of more than 1024 characters" in warning
    assert sent("openai chat", obj(), text="x" * 1025)["description"] == "x" * 1025


@every_vendor
@pytest.mark.parametrize(
    "part",
    [
        AudioPart(data=b"RIFF", media_type="audio/wav"),
        FilePart(data=b"PK", media_type="application/zip", name="a.zip"),
        FilePart(data=b"a,b", media_type="text/csv", name="a.csv"),
    ],
    ids=["audio", "zip", "csv"],
)
def test_a_result_that_a_vendor_cannot_show_becomes_a_note(vendor: str, part: Any) -> None:
    prompt = [
        user("Hello"),
        Message("assistant", (ToolCall("call_1", "look", "{}"),)),
        tool_result(ToolResult("call_1", (part,), "look", lenient=True)),
    ]
    explanation = explained(vendor, prompt)
    notes = [warning for warning in explanation.warnings if "replaced by a line" in warning]

    assert ("is omitted: the model does not accept it" in str(explanation.body)) is bool(notes)
    if notes:
        with pytest.raises(UnsupportedError, match="in the result of the tool 'look'"):
            explained(vendor, [*prompt[:2], tool_result(ToolResult("call_1", (part,), "look"))])


@every_vendor
def test_a_result_without_content_can_be_sent(vendor: str) -> None:
    prompt = [
        user("Hello"),
        Message("assistant", (ToolCall("call_1", "look", "{}"),)),
        tool_result(ToolResult("call_1", (), "look")),
    ]
    assert explained(vendor, prompt).body
