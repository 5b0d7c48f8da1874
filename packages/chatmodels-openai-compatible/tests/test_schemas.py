"""The schemas and names that OpenAI's APIs accept."""

import pytest

from chatmodels.core import ChatRequest, user
from chatmodels.core.extending import STRICT_SCHEMA, ToolDefinition, translate_schema
from chatmodels.http._codec.schema_support import translate_request
from chatmodels.openai_compatible._schemas import OPENAI_SCHEMAS


def test_tools_have_properties_and_items_and_no_choices_at_the_root() -> None:
    assert OPENAI_SCHEMAS.tools is not None
    assert translate_schema({}, OPENAI_SCHEMAS.tools).schema == {"type": "object", "properties": {}}
    schema = {
        "type": "object",
        "properties": {"v": {"type": "array"}},
        "anyOf": [{"required": ["v"]}],
    }
    assert translate_schema(schema, OPENAI_SCHEMAS.tools).schema == {
        "type": "object",
        "properties": {"v": {"type": "array", "items": {}}},
        "required": ["v"],
        "description": '(anyOf: [{"required":["v"]}])',
    }


def test_strict_tools_and_outputs_are_enforced() -> None:
    assert OPENAI_SCHEMAS.strict_tools is STRICT_SCHEMA
    assert OPENAI_SCHEMAS.output is STRICT_SCHEMA


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("7-a_Z", "7-a_Z"),
        ("a.b c", "a_b_c"),
        ("x" * 64, "x" * 64),
        ("x" * 65, "x" * 55 + "_7f5fb567"),
    ],
)
def test_names_of_tools_have_up_to_64_characters(name: str, sent: str) -> None:
    tools = (ToolDefinition(name, "", {"type": "object"}),)
    request = ChatRequest(messages=(user("?"),), tools=tools)
    assert translate_request(request, OPENAI_SCHEMAS, "acme").request.tools[0].name == sent
