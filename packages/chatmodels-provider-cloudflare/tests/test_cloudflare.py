"""The contract, and tests specific to Cloudflare."""

from typing import Any

import pytest

from chatmodels.core import (
    ConfigurationError,
    ResponseInvalidError,
    Secret,
    UnsupportedError,
    create_chat_model,
    list_models,
)
from chatmodels.core.extending import ProviderOptions, provider
from chatmodels.testing import Simulator
from chatmodels.testing.contract import Check, ProviderContract, accepted_efforts, checks

CONTRACT = ProviderContract(
    provider="cloudflare",
    model="any-model",
    exempt={
        "models-are-listed-if-they-can-be": "the list has a format of its own",
        "a-healthy-provider-is-healthy": "the path of the list is its own",
    },
)


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_cloudflare_keeps_the_contract(check: Check) -> None:
    check()


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("@cf/openai/gpt-oss-120b", {"none", "minimal", "low", "medium", "high", "xhigh", "max"}),
    ],
)
def test_a_model_accepts_the_efforts_of_its_family(model: str, efforts: set[str]) -> None:
    created = create_chat_model(f"cloudflare:{model}", api_key="k", account_id="acme")

    assert accepted_efforts(created) == efforts


@pytest.mark.parametrize(
    "setting",
    [
        {"logprobs": True},
        {"user": "u"},
    ],
)
def test_settings_that_the_api_lacks_are_refused(setting: dict[str, Any]) -> None:
    model = create_chat_model("cloudflare:@cf/openai/gpt-oss-120b", api_key="k", account_id="acme")

    with pytest.raises(UnsupportedError, match=next(iter(setting))):
        model.explain("?", **setting)


def test_the_account_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", "acme")
    model = create_chat_model("cloudflare:@cf/openai/gpt-oss-120b", api_key="k")

    assert "/accounts/acme/ai/v1/" in model.explain("?").url
    monkeypatch.delenv("CLOUDFLARE_ACCOUNT_ID")
    with pytest.raises(ConfigurationError, match="set CLOUDFLARE_ACCOUNT_ID or pass account_id"):
        create_chat_model("cloudflare:@cf/openai/gpt-oss-120b", api_key="k")


def test_models_that_generate_text_are_listed() -> None:
    window = {"property_id": "context_window", "value": "128000"}
    text = {"name": "Text Generation"}
    catalog = {
        "success": True,
        "result": [
            {"name": "@cf/openai/gpt-oss-120b", "task": text, "properties": [window]},
            {"name": "@cf/acme/anvil", "task": text},
            {"name": "@cf/baai/bge-m3", "task": {"name": "Text Embeddings"}},
        ],
    }
    with Simulator() as simulator:
        simulator.respond("/v1/models/search", catalog)
        found = list_models("cloudflare", api_key="k", base_url=simulator.base_url)

    assert [(model.name, model.context_window) for model in found] == [
        ("@cf/openai/gpt-oss-120b", 128000),
        ("@cf/acme/anvil", None),
    ]


def test_another_body_is_not_the_catalog() -> None:
    with Simulator() as simulator:
        simulator.respond("/v1/models/search", ["a"])
        with pytest.raises(ResponseInvalidError, match="not a list of models"):
            list_models("cloudflare", api_key="k", base_url=simulator.base_url)


def test_a_listing_shows_health() -> None:
    with Simulator() as simulator:
        simulator.respond("/v1/models/search", {"result": []})
        options = ProviderOptions(base_url=simulator.base_url, api_key=Secret("k"))
        assert provider("cloudflare").check_health(options).status == "healthy"
