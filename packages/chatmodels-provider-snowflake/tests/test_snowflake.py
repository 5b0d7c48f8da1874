"""The contract, and tests specific to Snowflake."""

from typing import Any

import pytest

from chatmodels.core import (
    ConfigurationError,
    Message,
    TextPart,
    ToolCall,
    ToolResult,
    UnsupportedError,
    assistant,
    create_chat_model,
    system,
    user,
)
from chatmodels.core.extending import ToolDefinition
from chatmodels.providers.snowflake import part_options
from chatmodels.testing import Simulator
from chatmodels.testing.contract import Check, ProviderContract, accepted_efforts, checks

CONTRACT = ProviderContract(provider="snowflake", model="any-model")


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_snowflake_keeps_the_contract(check: Check) -> None:
    check()


def body(model: str, prompt: Any = "?", **options: Any) -> dict[str, Any]:
    explained = create_chat_model(f"snowflake:{model}", api_key="k", account="acme-eu").explain(
        prompt, **options
    )
    assert (
        explained.url == "https://acme-eu.snowflakecomputing.com/api/v2/cortex/v1/chat/completions"
    )
    found: dict[str, Any] = explained.body
    return found


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("openai-gpt-5", {"none", "minimal", "low", "medium", "high", "xhigh", "max"}),
        ("claude-sonnet-4-6", {"low", "medium", "high"}),
        ("llama3.1-70b", set()),
    ],
)
def test_a_model_accepts_the_efforts_of_its_family(model: str, efforts: set[str]) -> None:
    created = create_chat_model(f"snowflake:{model}", api_key="k", account="acme-eu")

    assert accepted_efforts(created) == efforts


@pytest.mark.parametrize(
    "setting",
    [
        {"seed": 1},
        {"parallel_tool_calls": True},
    ],
)
def test_settings_that_the_api_lacks_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError, match=next(iter(setting))):
        body("claude-sonnet-4-6", **setting)


def test_the_account_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWFLAKE_ACCOUNT", "acme-us")
    model = create_chat_model("snowflake:openai-gpt-4.1", api_key="k")

    assert model.explain("?").url.startswith("https://acme-us.snowflakecomputing.com/api/v2/")
    monkeypatch.delenv("SNOWFLAKE_ACCOUNT")
    with pytest.raises(ConfigurationError, match="set SNOWFLAKE_ACCOUNT or pass account"):
        create_chat_model("snowflake:openai-gpt-4.1", api_key="k")


def test_the_maximum_of_output_tokens_has_its_new_name() -> None:
    sent = body("openai-gpt-4.1", max_output_tokens=9, seed=1)

    assert (sent["max_completion_tokens"], sent["seed"]) == (9, 1)
    assert "max_tokens" not in sent


@pytest.mark.parametrize(
    ("model", "roles"),
    [
        ("openai-gpt-4.1", ["user", "assistant", "tool", "tool"]),
        ("claude-sonnet-4-6", ["user", "assistant", "tool", "assistant", "tool"]),
    ],
)
def test_calls_are_sent_one_by_one_to_claude(model: str, roles: list[str]) -> None:
    calls = Message("assistant", (ToolCall("1", "clock", "{}"), ToolCall("2", "clock", "{}")))
    results = Message("tool", tuple(ToolResult(each, (TextPart("3"),)) for each in ("1", "2")))
    sent = body(model, [user("?"), calls, results])

    assert [message["role"] for message in sent["messages"]] == roles


def test_the_reasoning_of_claude_is_an_object_and_requires_a_temperature_of_1() -> None:
    effort = body("claude-sonnet-4-6", reasoning_effort="low")
    budget = body("claude-sonnet-4-6", reasoning_budget=2048)

    assert (effort["reasoning"], effort["temperature"]) == ({"effort": "low"}, 1)
    assert (budget["reasoning"], budget["temperature"]) == ({"max_tokens": 2048}, 1)
    assert "temperature" not in body("claude-sonnet-4-6")
    assert body("claude-sonnet-4-6", temperature=0.5)["temperature"] == 0.5
    with pytest.raises(UnsupportedError, match="temperature with reasoning"):
        body("claude-sonnet-4-6", temperature=0.5, reasoning_effort="low")
    with pytest.raises(UnsupportedError, match="reasoning_effort with reasoning_budget"):
        body("claude-sonnet-4-6", reasoning_budget=2048, reasoning_effort="low")


def test_the_signed_reasoning_of_claude_returns() -> None:
    details = [{"type": "reasoning.text", "text": "2 + 2", "signature": "c2ln", "index": 0}]
    message = {"role": "assistant", "content": "4", "reasoning_details": details}
    with Simulator() as simulator:
        completion = {"choices": [{"index": 0, "finish_reason": "", "message": message}]}
        simulator.respond("/v1/chat/completions", completion)
        claude = create_chat_model(
            "snowflake:claude-sonnet-4-6", api_key="k", base_url=simulator.base_url
        )
        response = claude.generate("?")
        sent = claude.explain([user("?"), response.message, user("Sure?")]).body

    assert response.reasoning == "2 + 2"
    assert sent["messages"][1]["reasoning_details"] == details


def test_models_other_than_claude_and_gpt_have_no_tools_and_no_structured_output() -> None:
    clock = ToolDefinition("clock", "Return the time.", {"type": "object", "properties": {}})

    assert len(body("openai-gpt-5", tools=[clock])["tools"]) == 1
    for options in ({"tools": [clock]}, {"output_type": list[int]}):
        with pytest.raises(UnsupportedError):
            body("mistral-large2", **options)


def test_a_cache_ends_behind_a_part() -> None:
    cached = part_options(cache_control={"type": "ephemeral"})
    turns = [system("A long text.", cached), assistant("Yes.", cached), user("?")]
    sent = body("claude-sonnet-4-6", turns)["messages"]

    for message in sent[:2]:
        assert message["content"][0]["cache_control"] == {"type": "ephemeral"}
