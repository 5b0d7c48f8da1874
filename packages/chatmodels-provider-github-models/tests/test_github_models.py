"""The contract, and tests specific to GitHub Models."""

from typing import Any

import pytest

from chatmodels.core import (
    ConfigurationError,
    ResponseInvalidError,
    UnsupportedError,
    create_chat_model,
    list_models,
)
from chatmodels.core.extending import ToolDefinition
from chatmodels.testing import Simulator
from chatmodels.testing.contract import Check, ProviderContract, accepted_efforts, checks

CONTRACT = ProviderContract(
    provider="github-models",
    model="any-model",
    exempt={
        "names-of-speakers-arrive": "the API has no names of speakers",
        "models-are-listed-if-they-can-be": "the catalog has a format of its own",
    },
)


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_github_models_keeps_the_contract(check: Check) -> None:
    check()


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("openai/gpt-4.1", set()),
    ],
)
def test_a_model_accepts_the_efforts_of_its_family(model: str, efforts: set[str]) -> None:
    assert accepted_efforts(create_chat_model(f"github-models:{model}", api_key="k")) == efforts


@pytest.mark.parametrize(
    "setting",
    [
        {"temperature": 1.5},
        {"logprobs": True},
    ],
)
def test_settings_that_the_api_lacks_are_refused(setting: dict[str, Any]) -> None:
    model = create_chat_model("github-models:openai/gpt-4.1", api_key="k")

    with pytest.raises(UnsupportedError, match=next(iter(setting))):
        model.explain("?", **setting)


def test_calls_are_attributed_to_an_organization() -> None:
    model = create_chat_model("github-models:openai/gpt-4.1", api_key="k", organization="acme")

    expected = "https://models.github.ai/orgs/acme/inference/chat/completions"
    assert model.explain("?").url == expected
    with pytest.raises(ConfigurationError, match="organization 'a/x' is not the login of one"):
        create_chat_model("github-models:openai/gpt-4.1", api_key="k", organization="a/x")


def test_a_tool_choice_does_not_name_a_tool() -> None:
    clock = ToolDefinition("clock", "Return the time.", {"type": "object", "properties": {}})

    model = create_chat_model("github-models:openai/gpt-4.1", api_key="k")

    with pytest.raises(UnsupportedError, match="tool_choice"):
        model.explain("?", tools=[clock], tool_choice="clock")


def test_the_catalog_lists_limits_and_modalities() -> None:
    catalog = [
        {
            "id": "openai/gpt-4.1",
            "publisher": "OpenAI",
            "limits": {"max_input_tokens": 1048576, "max_output_tokens": 32768},
            "supported_input_modalities": ["text", "image"],
            "supported_output_modalities": ["text"],
        }
    ]
    with Simulator() as simulator:
        simulator.respond("/v1/catalog/models", catalog)
        (model,) = list_models("github-models", api_key="k", base_url=simulator.base_url)

    assert (model.name, model.owner) == ("openai/gpt-4.1", "OpenAI")
    assert (model.context_window, model.max_output_tokens) == (1048576, 32768)
    assert model.input_modalities == ("text", "image")


def test_another_body_is_not_the_catalog() -> None:
    with Simulator() as simulator:
        simulator.respond("/v1/catalog/models", {"models": []})
        with pytest.raises(ResponseInvalidError, match="not a list of models"):
            list_models("github-models", api_key="k", base_url=simulator.base_url)
