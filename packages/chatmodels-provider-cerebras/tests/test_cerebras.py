"""The contract, and tests specific to Cerebras."""

from typing import Any

import pytest

from chatmodels.core import UnsupportedError, create_chat_model
from chatmodels.testing import Simulator
from chatmodels.testing.contract import Check, ProviderContract, accepted_efforts, checks

CONTRACT = ProviderContract(provider="cerebras", model="any-model")


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_cerebras_keeps_the_contract(check: Check) -> None:
    check()


def body(model: str, prompt: Any = "?", **options: Any) -> dict[str, Any]:
    explained = create_chat_model(f"cerebras:{model}", api_key="k").explain(prompt, **options)
    assert explained.url == "https://api.cerebras.ai/v1/chat/completions"
    found: dict[str, Any] = explained.body
    return found


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("gpt-oss-120b", {"low", "medium", "high"}),
        ("zai-glm-4.7", {"none", "low", "medium", "high"}),
    ],
)
def test_a_model_accepts_the_efforts_of_its_family(model: str, efforts: set[str]) -> None:
    assert accepted_efforts(create_chat_model(f"cerebras:{model}", api_key="k")) == efforts


@pytest.mark.parametrize(
    "setting",
    [
        {"top_k": 1},
        {"store": True},
    ],
)
def test_settings_that_the_api_lacks_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError, match=next(iter(setting))):
        body("gpt-oss-120b", **setting)


def test_settings_have_the_names_of_the_api() -> None:
    sent = body("gpt-oss-120b", max_output_tokens=9, prediction="4", service_tier="flex")

    assert (sent["max_completion_tokens"], sent["service_tier"]) == (9, "flex")
    assert sent["prediction"] == {"type": "content", "content": "4"}


def test_the_reasoning_of_qwen_is_read_from_its_tags() -> None:
    with Simulator(reply="<think>2 + 2</think>4") as simulator:
        model = create_chat_model("cerebras:qwen-3-32b", api_key="k", base_url=simulator.base_url)
        response = model.generate("?")

    assert (response.reasoning, response.text) == ("2 + 2", "4")
