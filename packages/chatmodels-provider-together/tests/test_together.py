"""The contract, and tests specific to Together AI."""

from typing import Any

import pytest

from chatmodels.core import (
    FilePart,
    Message,
    ReasoningPart,
    TextPart,
    UnsupportedError,
    create_chat_model,
    list_models,
    user,
)
from chatmodels.testing import Simulator
from chatmodels.testing.contract import Check, ProviderContract, accepted_efforts, checks

CONTRACT = ProviderContract(provider="together", model="any-model")


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_together_keeps_the_contract(check: Check) -> None:
    check()


def body(model: str, prompt: Any = "?", **options: Any) -> dict[str, Any]:
    explained = create_chat_model(f"together:{model}", api_key="k").explain(prompt, **options)
    assert explained.url == "https://api.together.ai/v1/chat/completions"
    found: dict[str, Any] = explained.body
    return found


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("some/model", {"none", "low", "medium", "high"}),
        ("openai/gpt-oss-120b", {"low", "medium", "high"}),
        ("moonshotai/Kimi-K2.6", {"none"}),
        ("MiniMaxAI/MiniMax-M2.7", set()),
    ],
)
def test_a_model_accepts_the_efforts_of_its_family(model: str, efforts: set[str]) -> None:
    assert accepted_efforts(create_chat_model(f"together:{model}", api_key="k")) == efforts


@pytest.mark.parametrize(
    "setting",
    [
        {"top_logprobs": 1},
        {"user": "u"},
    ],
)
def test_settings_that_the_api_lacks_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError, match=next(iter(setting))):
        body("some/model", **setting)


def test_reasoning_is_switched_off_by_a_field_of_its_own() -> None:
    sent = body("zai-org/GLM-5.1", reasoning_effort="none", top_k=5)

    assert (sent["reasoning"], sent["top_k"]) == ({"enabled": False}, 5)
    assert "reasoning_effort" not in sent


def test_videos_are_sent() -> None:
    video = FilePart(url="https://example.com/a.mp4", media_type="video/mp4")

    assert "video_url" in str(body("some/model", user("?", video)))


def test_reasoning_returns_in_the_field_in_which_it_arrived() -> None:
    reply = Message("assistant", (ReasoningPart("2 + 2"), TextPart("4")))
    with Simulator(reply=reply) as simulator:
        model = create_chat_model("together:m", api_key="k", base_url=simulator.base_url)
        response = model.generate("?")
        sent = model.explain([user("?"), response.message, user("Sure?")]).body

    assert response.reasoning == "2 + 2"
    assert sent["messages"][1]["reasoning"] == "2 + 2"


def test_a_bare_list_of_models_is_read() -> None:
    listing = [{"id": "openai/gpt-oss-120b", "type": "chat", "context_length": 131072}]
    with Simulator() as simulator:
        simulator.respond("/v1/models", listing)
        (model,) = list_models("together", api_key="k", base_url=simulator.base_url)

    assert (model.name, model.context_window) == ("openai/gpt-oss-120b", 131072)
