"""The contract, and tests specific to NVIDIA."""

from typing import Any

import pytest

from chatmodels.core import create_chat_model
from chatmodels.testing.contract import Check, ProviderContract, accepted_efforts, checks

CONTRACT = ProviderContract(provider="nvidia", model="any-model")


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_nvidia_keeps_the_contract(check: Check) -> None:
    check()


def body(model: str, prompt: Any = "?", **options: Any) -> dict[str, Any]:
    explained = create_chat_model(f"nvidia:{model}", api_key="k").explain(prompt, **options)
    assert explained.url == "https://integrate.api.nvidia.com/v1/chat/completions"
    found: dict[str, Any] = explained.body
    return found


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("openai/gpt-oss-120b", {"none", "minimal", "low", "medium", "high", "xhigh", "max"}),
    ],
)
def test_a_model_accepts_the_efforts_of_its_family(model: str, efforts: set[str]) -> None:
    assert accepted_efforts(create_chat_model(f"nvidia:{model}", api_key="k")) == efforts


def test_an_address_of_your_own_is_read_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NVIDIA_BASE_URL", "http://127.0.0.1:9/v1")
    model = create_chat_model("nvidia:m", api_key="k")

    assert model.explain("?").url == "http://127.0.0.1:9/v1/chat/completions"


def test_settings_have_the_names_of_the_api() -> None:
    sent = body("openai/gpt-oss-120b", max_output_tokens=9, top_k=5)

    assert (sent["max_tokens"], sent["top_k"]) == (9, 5)
