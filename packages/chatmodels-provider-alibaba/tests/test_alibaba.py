"""The contract, and tests specific to Alibaba Cloud."""

from typing import Any

import pytest

from chatmodels.core import UnsupportedError, create_chat_model, system, user
from chatmodels.core.extending import ToolDefinition
from chatmodels.providers.alibaba import part_options
from chatmodels.testing.contract import Check, ProviderContract, accepted_efforts, checks

CONTRACT = ProviderContract(provider="alibaba", model="any-model")


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_alibaba_keeps_the_contract(check: Check) -> None:
    check()


def body(model: str, prompt: Any = "?", **options: Any) -> dict[str, Any]:
    explained = create_chat_model(f"alibaba:{model}", api_key="k").explain(prompt, **options)
    assert (
        explained.url == "https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions"
    )
    found: dict[str, Any] = explained.body
    return found


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("qwen3.8-max", {"none", "minimal", "low", "medium", "high", "xhigh", "max"}),
    ],
)
def test_a_model_accepts_the_efforts_of_its_family(model: str, efforts: set[str]) -> None:
    assert accepted_efforts(create_chat_model(f"alibaba:{model}", api_key="k")) == efforts


@pytest.mark.parametrize(
    "setting",
    [
        {"frequency_penalty": 1},
        {"user": "u"},
    ],
)
def test_settings_that_the_api_lacks_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError, match=next(iter(setting))):
        body("qwen3.8-max", **setting)


@pytest.mark.parametrize(
    ("settings", "sent"),
    [
        ({"reasoning_effort": "none"}, {"enable_thinking": False}),
        (
            {"reasoning_effort": "high"},
            {"reasoning_effort": "high", "enable_thinking": True},
        ),
        ({"reasoning_budget": 50}, {"thinking_budget": 50, "enable_thinking": True}),
        ({"reasoning_budget": 0}, {"enable_thinking": False}),
        ({}, {}),
    ],
)
def test_reasoning_is_switched(settings: dict[str, Any], sent: dict[str, Any]) -> None:
    found = body("qwen-plus", **settings)

    assert {name: found[name] for name in found if name not in {"model", "messages"}} == sent


def test_a_choice_of_a_tool_switches_reasoning_off() -> None:
    clock = ToolDefinition("clock", "Return the time.", {"type": "object", "properties": {}})

    assert body("qwen-plus", tools=[clock], tool_choice="clock")["enable_thinking"] is False
    assert "enable_thinking" not in body("qwen-plus", tools=[clock], tool_choice="auto")
    with pytest.raises(UnsupportedError, match="tool_choice"):
        body("qwen-plus", tools=[clock], tool_choice="clock", reasoning_effort="high")


def test_the_address_of_a_workspace_is_read_from_the_variable_of_dashscope(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address = "https://acme.ap-southeast-1.maas.aliyuncs.com/compatible-mode/v1"
    monkeypatch.setenv("DASHSCOPE_COMPATIBLE_BASE_URL", address)

    url = create_chat_model("alibaba:qwen3.8-max", api_key="k").explain("?").url
    assert url == f"{address}/chat/completions"


def test_an_explicit_cache_ends_behind_a_part() -> None:
    cached = part_options(cache_control={"type": "ephemeral"})
    sent = body("qwen3.8-max", [system("A long text.", cached), user("?")])["messages"]

    assert sent[0]["content"][0]["cache_control"] == {"type": "ephemeral"}
