"""The contract, and tests specific to Fireworks AI."""

from typing import Any

import pytest

from chatmodels.core import UnsupportedError, create_chat_model
from chatmodels.testing.contract import Check, ProviderContract, accepted_efforts, checks

CONTRACT = ProviderContract(
    provider="fireworks",
    model="any-model",
    exempt={"names-of-speakers-arrive": "the API has no names of speakers"},
)


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_fireworks_keeps_the_contract(check: Check) -> None:
    check()


def body(model: str, prompt: Any = "?", **options: Any) -> dict[str, Any]:
    explained = create_chat_model(f"fireworks:{model}", api_key="k").explain(prompt, **options)
    assert explained.url == "https://api.fireworks.ai/inference/v1/chat/completions"
    found: dict[str, Any] = explained.body
    return found


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("accounts/acme/models/mine", {"none", "minimal", "low", "medium", "high", "xhigh", "max"}),
        ("accounts/fireworks/models/gpt-oss-120b", {"low", "medium", "high"}),
        ("accounts/fireworks/models/minimax-m2p5", {"low", "medium", "high"}),
    ],
)
def test_a_model_accepts_the_efforts_of_its_family(model: str, efforts: set[str]) -> None:
    assert accepted_efforts(create_chat_model(f"fireworks:{model}", api_key="k")) == efforts


def test_a_limit_of_reasoning_has_a_type() -> None:
    sent = body("accounts/fireworks/models/qwen3-8b", reasoning_budget=2048)

    assert sent["thinking"] == {"type": "enabled", "budget_tokens": 2048}


@pytest.mark.parametrize(
    "setting",
    [{"reasoning_budget": 512}, {"top_logprobs": 6}, {"service_tier": "flex"}, {"store": True}],
)
def test_values_that_the_api_refuses_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError, match=next(iter(setting))):
        body("accounts/fireworks/models/qwen3-8b", **setting)
