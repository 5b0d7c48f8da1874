"""The contract, and tests specific to Databricks."""

from typing import Any

import pytest

from chatmodels.core import (
    Message,
    ResponseInvalidError,
    Secret,
    TextPart,
    ToolCall,
    ToolResult,
    UnsupportedError,
    create_chat_model,
    list_models,
    system,
    user,
)
from chatmodels.core.extending import ProviderOptions, ToolDefinition, provider
from chatmodels.providers.databricks import part_options
from chatmodels.testing import Simulator
from chatmodels.testing.contract import Check, ProviderContract, accepted_efforts, checks


def connect(simulator: Simulator) -> dict[str, Any]:
    simulator.stream_usage = True
    return {"base_url": simulator.base_url}


CONTRACT = ProviderContract(
    provider="databricks",
    model="any-model",
    connect=connect,
    exempt={
        "models-are-listed-if-they-can-be": "the list has a format of its own",
        "a-healthy-provider-is-healthy": "the path of the list is its own",
        "an-unhealthy-provider-is-reported": "the path of the list is its own",
    },
)


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_databricks_keeps_the_contract(check: Check) -> None:
    check()


def body(model: str, prompt: Any = "?", **options: Any) -> dict[str, Any]:
    explained = create_chat_model(
        f"databricks:{model}", api_key="k", base_url="https://acme.cloud.databricks.com"
    ).explain(prompt, **options)
    assert explained.url == "https://acme.cloud.databricks.com/serving-endpoints/chat/completions"
    found: dict[str, Any] = explained.body
    return found


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("mine", {"none", "minimal", "low", "medium", "high", "xhigh", "max"}),
        ("databricks-gpt-oss-120b", {"low", "medium", "high"}),
        ("databricks-claude-sonnet-4-5", set()),
    ],
)
def test_a_model_accepts_the_efforts_of_its_family(model: str, efforts: set[str]) -> None:
    created = create_chat_model(
        f"databricks:{model}", api_key="k", base_url="https://acme.cloud.databricks.com"
    )

    assert accepted_efforts(created) == efforts


@pytest.mark.parametrize(
    "setting",
    [
        {"seed": 1},
        {"user": "u"},
    ],
)
def test_settings_that_the_api_lacks_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError, match=next(iter(setting))):
        body("mine", **setting)


def test_a_limit_of_reasoning_has_a_type() -> None:
    sent = body("databricks-claude-sonnet-4-5", reasoning_budget=4096)

    assert sent["thinking"] == {"type": "enabled", "budget_tokens": 4096}


@pytest.mark.parametrize(
    ("model", "roles"),
    [
        ("databricks-claude-sonnet-4-5", ["user", "assistant", "tool", "tool"]),
        ("databricks-gpt-oss-120b", ["user", "assistant", "tool", "assistant", "tool"]),
    ],
)
def test_calls_are_sent_one_by_one_except_to_claude(model: str, roles: list[str]) -> None:
    calls = Message("assistant", (ToolCall("1", "clock", "{}"), ToolCall("2", "clock", "{}")))
    results = Message("tool", tuple(ToolResult(each, (TextPart("3"),)) for each in ("1", "2")))
    sent = body(model, [user("?"), calls, results])

    assert [message["role"] for message in sent["messages"]] == roles


def test_endpoints_for_chat_are_listed() -> None:
    listing = {
        "endpoints": [
            {"name": "mine", "task": "llm/v1/chat", "creation_timestamp": 1700000000000},
            {"name": "vectors", "task": "llm/v1/embeddings"},
        ]
    }
    with Simulator() as simulator:
        simulator.respond("/v1/api/2.0/serving-endpoints", listing)
        (model,) = list_models("databricks", api_key="k", base_url=simulator.base_url)

    assert (model.name, model.created) == ("mine", 1700000000)


def test_another_body_is_not_a_list_of_endpoints() -> None:
    with Simulator() as simulator:
        simulator.respond("/v1/api/2.0/serving-endpoints", ["a"])
        with pytest.raises(ResponseInvalidError, match="not a list of models"):
            list_models("databricks", api_key="k", base_url=simulator.base_url)


def test_a_listing_shows_health() -> None:
    with Simulator() as simulator:
        simulator.respond("/v1/api/2.0/serving-endpoints", {"endpoints": []})
        options = ProviderOptions(base_url=simulator.base_url, api_key=Secret("k"))
        assert provider("databricks").check_health(options).status == "healthy"


def test_claude_has_schemas_but_no_strict_tools() -> None:
    clock = ToolDefinition(
        "clock", "", {"type": "object", "properties": {}, "additionalProperties": False}, True
    )
    claude = "databricks-claude-sonnet-4-5"

    assert body(claude, output_type=list[int])["response_format"]["type"] == "json_schema"
    assert "response_format" not in body(claude, output_type=dict)
    assert body("mine", tools=[clock])["tools"][0]["function"]["strict"]
    with pytest.raises(UnsupportedError, match="strict"):
        body(claude, tools=[clock])


def test_claude_5_5_has_no_budget() -> None:
    with pytest.raises(UnsupportedError, match="reasoning_budget"):
        body("databricks-claude-opus-5-5", reasoning_budget=4096)


def test_a_cache_of_claude_ends_behind_a_part() -> None:
    cached = part_options(cache_control={"type": "ephemeral"})
    sent = body("databricks-claude-sonnet-4-5", [system("A long text.", cached), user("?")])

    assert sent["messages"][0]["content"][0]["cache_control"] == {"type": "ephemeral"}
