"""The contract, and tests specific to Hugging Face."""

from typing import Any

import pytest

from chatmodels.core import (
    Message,
    ReasoningPart,
    TextPart,
    UnsupportedError,
    create_chat_model,
    user,
)
from chatmodels.testing import Simulator
from chatmodels.testing.contract import Check, ProviderContract, accepted_efforts, checks

CONTRACT = ProviderContract(provider="huggingface", model="any-model")


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_huggingface_keeps_the_contract(check: Check) -> None:
    check()


def body(model: str, prompt: Any = "?", **options: Any) -> dict[str, Any]:
    explained = create_chat_model(f"huggingface:{model}", api_key="k").explain(prompt, **options)
    assert explained.url == "https://router.huggingface.co/v1/chat/completions"
    found: dict[str, Any] = explained.body
    return found


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("openai/gpt-oss-120b:groq", {"none", "minimal", "low", "medium", "high", "xhigh", "max"}),
    ],
)
def test_a_model_accepts_the_efforts_of_its_family(model: str, efforts: set[str]) -> None:
    assert accepted_efforts(create_chat_model(f"huggingface:{model}", api_key="k")) == efforts


def test_an_organization_pays() -> None:
    model = create_chat_model("huggingface:m", api_key="k", bill_to="acme")

    assert model.explain("?").headers["x-hf-bill-to"] == "acme"


def test_the_provider_behind_the_router_is_a_part_of_the_name() -> None:
    assert body("openai/gpt-oss-120b:groq")["model"] == "openai/gpt-oss-120b:groq"


def test_reasoning_returns_in_the_field_in_which_it_arrived() -> None:
    reply = Message("assistant", (ReasoningPart("2 + 2"), TextPart("4")))
    with Simulator(reply=reply) as simulator:
        model = create_chat_model("huggingface:m", api_key="k", base_url=simulator.base_url)
        response = model.generate("?")
        sent = model.explain([user("?"), response.message, user("Sure?")]).body["messages"][1]

    assert {sent.get("reasoning"), sent.get("reasoning_content")} == {"2 + 2", None}


def test_settings_without_an_effect_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="logit_bias"):
        body("m", logit_bias={"1": 1})
