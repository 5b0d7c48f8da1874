"""The contract, and tests specific to xAI."""

from typing import Any

import pytest

from chatmodels.core import (
    ConfigurationError,
    ImagePart,
    UnsupportedError,
    create_chat_model,
    user,
)
from chatmodels.testing.contract import Check, ProviderContract, accepted_efforts, checks

CONTRACT = ProviderContract(provider="xai", model="any-model")
CHAT = ProviderContract(
    provider="xai",
    model="any-model",
    options={"api": "chat_completions"},
    exempt={"the-capabilities-are-correct": "seeds are in chat completions only"},
)


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_xai_keeps_the_contract(check: Check) -> None:
    check()


@pytest.mark.parametrize("check", checks(CHAT))
def test_chat_completions_keep_the_contract(check: Check) -> None:
    check()


def explained(model: str, prompt: Any = "?", api: str | None = None, **options: Any) -> Any:
    return create_chat_model(f"xai:{model}", api_key="k", api=api).explain(prompt, **options)


def test_the_responses_api_is_the_default() -> None:
    found = explained("grok-4.6", max_output_tokens=9, user="u-1", reasoning_effort="xhigh")

    assert found.url == "https://api.x.ai/v1/responses"
    assert found.body["max_output_tokens"] == 9
    assert found.body["safety_identifier"] == "u-1"
    assert found.body["reasoning"] == {"effort": "xhigh"}
    assert found.body["include"] == ["reasoning.encrypted_content"]


def test_chat_completions_are_an_option() -> None:
    found = explained("grok-4.3", api="chat_completions", max_output_tokens=9, seed=7)

    assert found.url == "https://api.x.ai/v1/chat/completions"
    assert (found.body["max_completion_tokens"], found.body["seed"]) == (9, 7)
    with pytest.raises(ConfigurationError, match="xai has no api 'chat'; pass 'chat_completions'"):
        explained("grok-4.3", api="chat")


@pytest.mark.parametrize("api", ["responses", "chat_completions"])
@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("grok-4.3", {"none", "low", "medium", "high"}),
        ("grok-4.5", {"low", "medium", "high"}),
        ("grok-4.6", {"low", "medium", "high", "xhigh"}),
        ("grok-4.7-fast", {"low", "medium", "high", "xhigh"}),
        ("grok-3-mini", {"low", "high"}),
        ("grok-4.20-non-reasoning", set()),
    ],
)
def test_a_model_accepts_the_efforts_of_its_family(model: str, efforts: set[str], api: str) -> None:
    assert accepted_efforts(create_chat_model(f"xai:{model}", api_key="k", api=api)) == efforts


def test_reasoning_models_refuse_penalties_and_stop_texts() -> None:
    options: dict[str, Any] = {"api": "chat_completions", "stop": ["."], "presence_penalty": 1}
    with pytest.raises(UnsupportedError) as caught:
        explained("grok-4.3", **options)

    assert "stop" in str(caught.value)
    assert "presence_penalty" in str(caught.value)
    assert explained("grok-4.20-non-reasoning", **options).body["stop"] == ["."]


def test_images_are_jpeg_or_png() -> None:
    image = user("?", ImagePart(data=b"RIFF", media_type="image/webp"))
    for api in ("responses", "chat_completions"):
        with pytest.raises(UnsupportedError, match="image/webp"):
            explained("grok-4.3", image, api=api)
