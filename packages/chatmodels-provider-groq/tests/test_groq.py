"""The contract, and tests specific to Groq."""

from typing import Any

import pytest

from chatmodels.core import (
    ImagePart,
    Message,
    TextPart,
    UnsupportedError,
    create_chat_model,
    user,
)
from chatmodels.core.extending import ToolDefinition
from chatmodels.testing.contract import Check, ProviderContract, accepted_efforts, checks

CONTRACT = ProviderContract(
    provider="groq",
    model="any-model",
    exempt={"names-of-speakers-arrive": "the name of a speaker is an error"},
)
CLOCK = ToolDefinition("clock", "Return the time.", {"type": "object", "properties": {}})


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_groq_keeps_the_contract(check: Check) -> None:
    check()


def body(model: str, prompt: Any = "?", **options: Any) -> dict[str, Any]:
    explained = create_chat_model(f"groq:{model}", api_key="k").explain(prompt, **options)
    assert explained.url == "https://api.groq.com/openai/v1/chat/completions"
    found: dict[str, Any] = explained.body
    return found


def test_settings_have_groqs_names() -> None:
    sent = body("llama-3.3-70b-versatile", max_output_tokens=9, service_tier="flex", seed=7)

    assert (sent["max_completion_tokens"], sent["service_tier"], sent["seed"]) == (9, "flex", 7)
    assert "service_tier" not in body("llama-3.3-70b-versatile", service_tier="default")


@pytest.mark.parametrize("setting", ["logprobs", "logit_bias", "presence_penalty", "store"])
def test_settings_that_groq_refuses_are_refused(setting: str) -> None:
    values = {"logit_bias": {"1": 1}, "presence_penalty": 1}
    with pytest.raises(UnsupportedError, match=setting):
        body("openai/gpt-oss-20b", **{setting: values.get(setting, True)})


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("openai/gpt-oss-20b", {"low", "medium", "high"}),
        ("qwen/qwen3-32b", {"none"}),
        ("qwen/qwen3.6-27b", {"none"}),
        ("qwen/qwen3.8-27b", {"none", "low", "medium", "high"}),
        ("llama-3.1-8b-instant", set()),
    ],
)
def test_a_model_accepts_the_efforts_of_its_family(model: str, efforts: set[str]) -> None:
    assert accepted_efforts(create_chat_model(f"groq:{model}", api_key="k")) == efforts


def test_the_reasoning_of_qwen_is_requested_apart_from_the_text() -> None:
    assert body("qwen/qwen3.6-27b")["reasoning_format"] == "parsed"
    assert "reasoning_format" not in body("openai/gpt-oss-120b")
    hidden = body("qwen/qwen3-32b", provider_options={"reasoning_format": "hidden"})
    assert hidden["reasoning_format"] == "hidden"


def test_structured_output_is_a_tool_beside_tools_and_for_models_without_schemas() -> None:
    schema = body("openai/gpt-oss-120b", output_type=list[int])
    assert schema["response_format"]["type"] == "json_schema"
    beside = body("openai/gpt-oss-120b", output_type=list[int], tools=[CLOCK])
    assert "response_format" not in beside
    assert len(beside["tools"]) == 2
    assert "response_format" not in body("llama-3.3-70b-versatile", output_type=list[int])


def test_images_are_sent_to_models_that_see() -> None:
    image = user("?", ImagePart(url="https://example.com/a.png"))

    assert "image_url" in str(body("qwen/qwen3.6-27b", image))
    with pytest.raises(UnsupportedError, match="image"):
        body("openai/gpt-oss-120b", image)


def test_names_of_speakers_are_left_out() -> None:
    named = Message("user", (TextPart("Hi"),), "Ada")

    assert body("openai/gpt-oss-20b", named)["messages"] == [{"role": "user", "content": "Hi"}]


def test_the_address_of_groqs_own_sdk_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_BASE_URL", "https://api.groq.com")  # the SDK adds the path itself

    assert body("openai/gpt-oss-20b")["model"] == "openai/gpt-oss-20b"
