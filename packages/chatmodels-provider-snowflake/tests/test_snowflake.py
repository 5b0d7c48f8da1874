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
    create_chat_model,
    user,
)
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
