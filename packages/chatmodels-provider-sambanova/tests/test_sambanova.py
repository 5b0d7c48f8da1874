"""The contract, and tests specific to SambaNova."""

from typing import Any

import pytest

from chatmodels.core import ImagePart, UnsupportedError, create_chat_model, user
from chatmodels.testing.contract import Check, ProviderContract, accepted_efforts, checks

CONTRACT = ProviderContract(
    provider="sambanova",
    model="any-model",
    exempt={"names-of-speakers-arrive": "the API has no names of speakers"},
)


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_sambanova_keeps_the_contract(check: Check) -> None:
    check()


def body(model: str, prompt: Any = "?", **options: Any) -> dict[str, Any]:
    explained = create_chat_model(f"sambanova:{model}", api_key="k").explain(prompt, **options)
    assert explained.url == "https://api.sambanova.ai/v1/chat/completions"
    found: dict[str, Any] = explained.body
    return found


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("gpt-oss-120b", {"low", "medium", "high"}),
    ],
)
def test_a_model_accepts_the_efforts_of_its_family(model: str, efforts: set[str]) -> None:
    assert accepted_efforts(create_chat_model(f"sambanova:{model}", api_key="k")) == efforts


@pytest.mark.parametrize(
    "setting",
    [
        {"presence_penalty": 1},
        {"user": "u"},
    ],
)
def test_settings_that_the_api_lacks_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError, match=next(iter(setting))):
        body("gpt-oss-120b", **setting)


def test_images_are_sent_as_bytes() -> None:
    image = ImagePart(data=b"\x89PNG", media_type="image/png")

    assert "data:image/png;base64," in str(body("gemma-3-12b-it", user("?", image)))
    with pytest.raises(UnsupportedError, match="image"):
        body("gemma-3-12b-it", user("?", ImagePart(url="https://example.com/a.png")))
