"""Settings, tools and output schemas are encoded for Converse."""

from typing import Any

import msgspec
import pytest

from chatmodels.core import (
    ChatRequest,
    InvalidRequestError,
    Settings,
    ToolChoice,
    UnsupportedError,
    assistant,
    create_chat_model,
    system,
    tool_result,
    user,
)
from chatmodels.core import ToolCall as Call
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.providers.bedrock._codec import converse_codec

CODEC = converse_codec()
CLAUDE = "us.anthropic.claude-sonnet-4-6"
CLAUDE_4_5 = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
CLAUDE_3 = "anthropic.claude-3-haiku-20240307-v1:0"
NOVA = "us.amazon.nova-2-lite-v1:0"
NOVA_1 = "amazon.nova-pro-v1:0"
GPT = "openai.gpt-oss-120b-1:0"
PROFILE = "arn:aws:bedrock:us-east-1:1:application-inference-profile/a1"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"size": {"type": "integer", "minimum": 1}},
}
WEATHER = ToolDefinition("weather", "Tell the weather.", SCHEMA)
FORM = OutputSchema("Shoe", SCHEMA, "A shoe.")


def body(model: str = CLAUDE, **given: Any) -> dict[str, Any]:
    request = ChatRequest(**{"messages": (user("Hi"),)} | given)
    made = create_chat_model(f"bedrock:{model}", api_key="k", region="us-east-1")
    return made.explain(request).body


def fields(model: str, **settings: Any) -> Any:
    return body(model, settings=Settings(**settings)).get("additionalModelRequestFields")


def test_the_model_is_in_the_path_and_the_stream_too() -> None:
    request = ChatRequest(messages=(user("Hi"),))
    whole = CODEC.encode("arn:aws:bedrock:eu-west-1::model/m:0", request, stream=False)
    assert whole.path == "/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A%3Amodel%2Fm%3A0/converse"
    streamed = CODEC.encode("m", request, stream=True)
    assert streamed.path == "/model/m/converse-stream"
    assert streamed.headers == (("accept", "application/vnd.amazon.eventstream"),)
    assert msgspec.json.decode(streamed.body) == {
        "messages": [{"role": "user", "content": [{"text": "Hi"}]}]
    }


def test_settings_go_to_their_places() -> None:
    chosen = Settings(
        temperature=0.5,
        top_p=0.9,
        max_output_tokens=100,
        stop=("END",),
        metadata={"team": "a"},
        service_tier="flex",
    )
    encoded = body(NOVA_1, settings=chosen)
    assert encoded["inferenceConfig"] == {
        "temperature": 0.5,
        "topP": 0.9,
        "maxTokens": 100,
        "stopSequences": ["END"],
    }
    assert encoded["requestMetadata"] == {"team": "a"}
    assert encoded["serviceTier"] == {"type": "flex"}
    assert "serviceTier" not in body(settings=Settings(service_tier="auto"))
    assert body(settings=Settings(service_tier="reserved"))["serviceTier"] == {"type": "reserved"}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (CLAUDE, {"top_k": 5}),
        (NOVA, {"inferenceConfig": {"topK": 5}}),
        ("mistral.mistral-7b-instruct-v0:2", {"top_k": 5}),
        ("cohere.command-r-v1:0", {"k": 5}),
    ],
)
def test_top_k_is_a_field_of_the_model(model: str, expected: Any) -> None:
    assert fields(model, top_k=5) == expected


@pytest.mark.parametrize(
    ("model", "settings", "expected"),
    [
        (CLAUDE, {"reasoning_budget": 2000}, {"thinking": "enabled 2000"}),
        (CLAUDE_4_5, {"reasoning_budget": 0}, {"thinking": "disabled"}),
        (CLAUDE_4_5, {"reasoning_effort": "high"}, {"thinking": "enabled 16384"}),
        (
            CLAUDE_4_5,
            {"reasoning_effort": "high", "max_output_tokens": 6000},
            {"thinking": "enabled 3000"},
        ),
        (
            CLAUDE_4_5,
            {"reasoning_effort": "low", "max_output_tokens": 100},
            {"thinking": "enabled 1024"},
        ),
        (CLAUDE_4_5, {"reasoning_effort": "none"}, {"thinking": "disabled"}),
        (CLAUDE, {"reasoning_effort": "none"}, {"thinking": "disabled"}),
        (
            CLAUDE,
            {"reasoning_effort": "max"},
            {"thinking": "adaptive", "output_config": {"effort": "max"}},
        ),
        (NOVA, {"reasoning_effort": "none"}, {"reasoningConfig": {"type": "disabled"}}),
        (
            NOVA,
            {"reasoning_effort": "low"},
            {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}},
        ),
        (GPT, {"reasoning_effort": "medium"}, {"reasoning_effort": "medium"}),
    ],
)
def test_thinking_is_requested_in_the_format_of_the_family(
    model: str, settings: Any, expected: Any
) -> None:
    if isinstance(expected.get("thinking"), str):
        kind, _, budget = expected["thinking"].partition(" ")
        how = {"type": kind} | ({"budget_tokens": int(budget)} if budget else {})
        expected = expected | {"thinking": how}
    assert fields(model, **settings) == expected


@pytest.mark.parametrize(
    ("model", "settings", "problem"),
    [
        (CLAUDE, {"seed": 1, "logprobs": True}, "does not support seed, logprobs;"),
        (CLAUDE, {"service_tier": "scale"}, "service_tier='scale' (supported: 'auto'"),
        (CLAUDE, {"temperature": 1.5}, "temperature=1.5 (supported: 0 to 1)"),
        (NOVA_1, {"reasoning_effort": "low"}, "does not support reasoning_effort;"),
        (NOVA, {"reasoning_effort": "max"}, "reasoning_effort='max' (supported: 'none', 'low'"),
        (CLAUDE_4_5, {"reasoning_effort": "minimal"}, "reasoning_effort='minimal' (supported"),
        (GPT, {"reasoning_effort": "none"}, "reasoning_effort='none' (supported: 'low'"),
        (NOVA, {"reasoning_budget": 5}, "does not support reasoning_budget;"),
        (
            CLAUDE,
            {"reasoning_budget": 5, "reasoning_effort": "low"},
            "reasoning_effort with reasoning_budget",
        ),
        ("meta.llama3-8b-instruct-v1:0", {"top_k": 5}, "does not support top_k;"),
        (PROFILE, {"top_k": 5}, "does not support top_k;"),
    ],
)
def test_unsupported_settings_of_a_model_are_refused(
    model: str, settings: Any, problem: str
) -> None:
    with pytest.raises(UnsupportedError) as caught:
        body(model, settings=Settings(**settings))
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, None),
        (ToolChoice("auto"), {"auto": {}}),
        (ToolChoice("required"), {"any": {}}),
        (ToolChoice("tool", "weather"), {"tool": {"name": "weather"}}),
    ],
    ids=["nothing", "auto", "required", "tool"],
)
def test_tools_are_offered(choice: Any, expected: Any) -> None:
    config = body(tools=(WEATHER,), tool_choice=choice)["toolConfig"]
    assert config.get("toolChoice") == expected
    assert config["tools"] == [
        {
            "toolSpec": {
                "name": "weather",
                "description": "Tell the weather.",
                "inputSchema": {"json": SCHEMA},
            }
        }
    ]


def test_a_tool_without_a_description_has_an_object_schema() -> None:
    (tool,) = body(tools=(ToolDefinition("t", "", {}),))["toolConfig"]["tools"]
    assert tool == {"toolSpec": {"name": "t", "inputSchema": {"json": {"type": "object"}}}}


def test_strict_tools_have_enforceable_schemas() -> None:
    strict = ToolDefinition("weather", "", SCHEMA, strict=True)
    (tool,) = body(tools=(strict,))["toolConfig"]["tools"]
    assert tool["toolSpec"]["strict"] is True
    size = tool["toolSpec"]["inputSchema"]["json"]["properties"]["size"]
    assert size == {"type": "integer", "description": "(minimum: 1)"}
    with pytest.raises(UnsupportedError, match="strict in the tool 'weather'"):
        body(NOVA, tools=(strict,))


TALK = (
    user("Oslo?"),
    assistant(Call("c1", "weather", "{}"), Call("c2", "clock", "{}")),
    tool_result("c1", "Rain."),
    tool_result("c2", "Noon."),
)


def test_called_tools_are_declared_in_requests_without_tools() -> None:
    assert "toolConfig" not in body()
    specs = [tool["toolSpec"] for tool in body(messages=TALK)["toolConfig"]["tools"]]
    assert specs == [
        {"name": "clock", "inputSchema": {"json": {"type": "object"}}},
        {"name": "weather", "inputSchema": {"json": {"type": "object"}}},
    ]


def test_tools_are_left_out_if_they_must_not_be_called() -> None:
    none = ToolChoice("none")
    assert "toolConfig" not in body(tools=(WEATHER,), tool_choice=none)
    with pytest.raises(UnsupportedError, match="'none' in a conversation with tool calls"):
        body(messages=TALK, tools=(WEATHER,), tool_choice=none)


@pytest.mark.parametrize(
    "model",
    [CLAUDE, CLAUDE_4_5, GPT, "qwen.qwen3-32b-v1:0", "mistral.mistral-large-3-675b-instruct"],
)
def test_output_is_requested_natively_if_it_is_enforced(model: str) -> None:
    encoded = body(model, output=FORM)
    form = encoded["outputConfig"]["textFormat"]["structure"]["jsonSchema"]
    assert encoded["outputConfig"]["textFormat"]["type"] == "json_schema"
    assert (form["name"], form["description"]) == ("Shoe", "A shoe.")
    size = msgspec.json.decode(form["schema"])["properties"]["size"]
    assert size == {"type": "integer", "description": "(minimum: 1)"}
    assert "toolConfig" not in encoded


def test_a_native_schema_can_lack_a_description() -> None:
    encoded = body(output=OutputSchema("Shoe", SCHEMA))
    assert "description" not in encoded["outputConfig"]["textFormat"]["structure"]["jsonSchema"]


@pytest.mark.parametrize("model", [NOVA, CLAUDE_3, "meta.llama3-8b-instruct-v1:0", PROFILE])
def test_output_is_requested_through_a_tool_by_other_models(model: str) -> None:
    config = body(model, output=FORM)["toolConfig"]
    assert config["toolChoice"] == {"tool": {"name": "Shoe"}}
    (tool,) = config["tools"]
    assert tool["toolSpec"] == {
        "name": "Shoe",
        "description": "A shoe.",
        "inputSchema": {"json": SCHEMA},
    }


@pytest.mark.parametrize(
    "output",
    [
        OutputSchema("Any", None),
        OutputSchema("Loose", SCHEMA, strict=False),
        OutputSchema("Tree", {"type": "object", "properties": {"child": {"$ref": "#"}}}),
    ],
    ids=["any JSON", "not strict", "recursive"],
)
def test_an_unenforceable_schema_is_requested_through_a_tool(output: OutputSchema) -> None:
    config = body(output=output)["toolConfig"]
    (tool,) = config["tools"]
    assert tool["toolSpec"]["name"] == output.name
    assert tool["toolSpec"]["inputSchema"]["json"] == (output.schema or {"type": "object"})


def test_with_other_tools_the_output_is_one_of_them() -> None:
    config = body(NOVA, tools=(WEATHER,), output=FORM)["toolConfig"]
    assert [tool["toolSpec"]["name"] for tool in config["tools"]] == ["weather", "Shoe"]
    assert config["toolChoice"] == {"any": {}}
    forced = body(NOVA, tools=(WEATHER,), tool_choice=ToolChoice("required"), output=FORM)
    assert len(forced["toolConfig"]["tools"]) == 1


def test_claude_does_not_think_if_a_tool_is_forced() -> None:
    loose = OutputSchema("Any", None)
    with pytest.raises(UnsupportedError, match="reasoning together with an output"):
        body(output=loose, settings=Settings(reasoning_effort="low"))
    assert "toolConfig" in body(output=loose, settings=Settings(reasoning_effort="none"))
    assert "toolConfig" in body(NOVA, output=loose, settings=Settings(reasoning_effort="low"))


def test_output_that_needs_a_forced_tool_is_refused_if_unsupported() -> None:
    with pytest.raises(UnsupportedError, match="this model cannot be forced to call a tool"):
        body("us.anthropic.claude-sonnet-5-5", output=OutputSchema("Any", None))


def test_provider_options_are_added() -> None:
    options = {
        "guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1"},
        "performanceConfig": {"latency": "optimized"},
        "additionalModelRequestFields": {"anthropic_beta": ["b"]},
        "toolConfig": {"tools": [{"cachePoint": {"type": "default"}}]},
    }
    encoded = body(
        tools=(WEATHER,),
        settings=Settings(top_k=5),
        provider_options=options,
        messages=(user("?"),),
    )
    assert encoded["guardrailConfig"]["guardrailIdentifier"] == "g"
    assert encoded["performanceConfig"] == {"latency": "optimized"}
    assert encoded["additionalModelRequestFields"] == {"top_k": 5, "anthropic_beta": ["b"]}
    assert encoded["toolConfig"]["tools"][1:] == [{"cachePoint": {"type": "default"}}]


def test_a_value_without_json_form_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="cannot be written as JSON"):
        body(provider_options={"x": object()})


def test_instructions_are_the_system_prompt_wherever_they_stand() -> None:
    encoded = body(messages=(system("Be brief."), user("Hi"), system("In Dutch.")))
    assert encoded["system"] == [{"text": "Be brief."}, {"text": "In Dutch."}]
    assert len(encoded["messages"]) == 1
