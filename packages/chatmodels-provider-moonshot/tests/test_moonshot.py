"""The contract, and tests specific to Moonshot AI."""

from typing import Any

import pytest

from chatmodels.core import (
    ImagePart,
    ToolCall,
    UnsupportedError,
    assistant,
    create_chat_model,
    tool_result,
    user,
)
from chatmodels.core.extending import ToolDefinition
from chatmodels.testing.contract import Check, ProviderContract, accepted_efforts, checks

CONTRACT = ProviderContract(provider="moonshot", model="any-model")


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_moonshot_keeps_the_contract(check: Check) -> None:
    check()


def body(model: str, prompt: Any = "?", **options: Any) -> dict[str, Any]:
    explained = create_chat_model(f"moonshot:{model}", api_key="k").explain(prompt, **options)
    assert explained.url == "https://api.moonshot.ai/v1/chat/completions"
    found: dict[str, Any] = explained.body
    return found


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("kimi-next", {"none", "low", "high", "max"}),
        ("kimi-k3", {"low", "high", "max"}),
        ("kimi-k3.1-pro", {"low", "high", "max"}),
        ("kimi-k2.6", {"none"}),
        ("kimi-k2.7-code", set()),
        ("moonshot-v1-8k", set()),
    ],
)
def test_a_model_accepts_the_efforts_of_its_family(model: str, efforts: set[str]) -> None:
    assert accepted_efforts(create_chat_model(f"moonshot:{model}", api_key="k")) == efforts


def test_settings_have_the_names_of_the_api() -> None:
    sent = body("kimi-k3", max_output_tokens=9, user="u", prompt_cache_key="s")

    assert (sent["max_completion_tokens"], sent["safety_identifier"]) == (9, "u")
    assert sent["prompt_cache_key"] == "s"
    assert body("kimi-k2.6", reasoning_effort="none")["thinking"] == {"type": "disabled"}


def test_sampling_is_fixed_for_kimi() -> None:
    assert body("moonshot-v1-8k", temperature=0.5)["temperature"] == 0.5
    for model in ("kimi-k3", "kimi-k2.6", "kimi-k2.7-code"):
        with pytest.raises(UnsupportedError, match="temperature"):
            body(model, temperature=0.5)
    with pytest.raises(UnsupportedError, match="temperature"):
        body("moonshot-v1-8k", temperature=1.5)


def test_only_some_models_can_be_forced_to_call_tools() -> None:
    clock = ToolDefinition("clock", "Return the time.", {"type": "object", "properties": {}})

    assert body("kimi-k3", tools=[clock], tool_choice="required")["tool_choice"] == "required"
    for model in ("kimi-k2.6", "moonshot-v1-8k"):
        with pytest.raises(UnsupportedError, match="tool_choice"):
            body(model, tools=[clock], tool_choice="required")


def test_images_are_sent_to_models_that_see() -> None:
    image = user("?", ImagePart(url="ms://file-1"))

    for model in ("kimi-k3", "moonshot-v1-8k-vision-preview"):
        assert "ms://file-1" in str(body(model, image))
    with pytest.raises(UnsupportedError, match="image"):
        body("moonshot-v1-8k", image)


def test_strict_tools_are_refused() -> None:
    strict = ToolDefinition("clock", "", {"type": "object", "properties": {}}, strict=True)

    with pytest.raises(UnsupportedError, match="strict"):
        body("kimi-k3", tools=[strict])


@pytest.mark.parametrize(
    ("model", "reasoning"), [("kimi-k3", " "), ("kimi-k2.6", " "), ("moonshot-v1-8k", None)]
)
def test_tool_calls_of_another_model_have_the_least_reasoning(
    model: str, reasoning: str | None
) -> None:
    turns = [user("?"), assistant(ToolCall("1", "clock", "{}")), tool_result("1", "3")]

    assert body(model, turns)["messages"][1].get("reasoning_content") == reasoning
