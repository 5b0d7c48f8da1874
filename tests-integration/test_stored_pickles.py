"""Pickles that earlier versions wrote still load."""

import pickle
from pathlib import Path
from typing import Any

import pytest

from chatmodels.core import (
    ChatRequest,
    ConfigurationError,
    RateLimitError,
    Secret,
    Settings,
    Timeout,
    create_chat_model,
    registry,
    set_alias,
    user,
)
from chatmodels.core.extending import ProviderOptions
from chatmodels.resilience import Retry

PICKLES = Path(__file__).parent / "pickles"

MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "anthropic": ("anthropic:claude-sonnet-4-6", {}),
    "azure": ("azure:gpt-5-mini", {"base_url": "https://acme.openai.azure.com"}),
    "azure-responses": (
        "azure:gpt-5-mini",
        {"base_url": "https://acme.openai.azure.com", "api": "responses"},
    ),
    "bedrock": ("bedrock:us.anthropic.claude-sonnet-4-6", {"region": "us-east-1"}),
    "bedrock-signed": ("bedrock:us.anthropic.claude-sonnet-4-6", {"region": "us-east-1"}),
    "cohere": ("cohere:command-a-plus-05-2026", {}),
    "google": ("google:gemini-3.5-flash", {}),
    "google-vertex": (
        "google-vertex:gemini-2.5-flash",
        {"project": "acme", "location": "europe-west4"},
    ),
    "mistral": ("mistral:mistral-large-latest", {}),
    "ollama": ("ollama:qwen3", {"host": "http://gpu:11434"}),
    "openai": ("openai:gpt-4o", {"organization": "org"}),
    "openai-responses": ("openai:gpt-6.1-terra", {}),
}
"""The models that 0.1.0 pickled: their specs and options."""

KEYS = (
    "ANTHROPIC_API_KEY",
    "AZURE_OPENAI_API_KEY",
    "CO_API_KEY",
    "GEMINI_API_KEY",
    "MISTRAL_API_KEY",
    "OPENAI_API_KEY",
)


@pytest.mark.filterwarnings("ignore:.*removed in 0.3")
@pytest.mark.parametrize("name", ["errors-0.pickle", "errors-1.pickle"])
def test_errors_options_and_requests_of_earlier_versions_load(name: str) -> None:
    error, options, secret, values = pickle.loads((PICKLES / name).read_bytes())
    assert type(error) is RateLimitError
    assert (str(error), error.status, error.retry_after) == ("acme: slow down", 429, 2.5)
    assert error.partial.text == "Half"
    assert [str(each) for each in error.__cause__.exceptions][1] == "no route"
    assert (type(options), options.max_retries) == (ProviderOptions, 5)
    assert isinstance(secret, Secret)
    settings, timeout, request = values
    assert settings == Settings(temperature=0.5)
    assert (type(timeout), timeout.total) == (Timeout, 3.0)
    assert (type(request), request.messages) == (ChatRequest, (user("Hi"),))


def test_models_of_aliases_of_earlier_versions_load() -> None:
    set_alias("kept", "mock:echo")
    try:
        model = pickle.loads((PICKLES / "alias.pickle").read_bytes())
        assert repr(model) == "<AliasedModel kept -> mock:echo>"
        assert model.generate("Hi").text == "Hi"
    finally:
        registry.remove_alias("kept")


@pytest.mark.parametrize("name", MODELS)
def test_models_of_earlier_versions_load(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = (*KEYS, "AWS_BEARER_TOKEN_BEDROCK") if name == "bedrock" else KEYS
    for variable in keys:
        monkeypatch.setenv(variable, "sk-kept")
    spec, options = MODELS[name]
    created = create_chat_model(
        spec, max_output_tokens=100, timeout=30, headers={"X-Team": "red"}, **options
    )

    model = pickle.loads((PICKLES / "models" / f"{name}.pickle").read_bytes())

    assert repr(model) == repr(created)
    assert model.explain("Hi") == created.explain("Hi")
    assert model._policies == (Retry(max_retries=1, max_delay=30.0),)  # pyright: ignore[reportPrivateUsage]
    assert pickle.loads(pickle.dumps(model)).explain("Hi") == created.explain("Hi")


def test_a_model_of_a_missing_provider_is_refused() -> None:
    pickle_data = (PICKLES / "models" / "cohere.pickle").read_bytes()
    renamed = pickle_data.replace(b"\x06cohere", b"\x06cogone")
    with pytest.raises(ConfigurationError, match=r"cogone:.* made by chatmodels 0\.1\.0") as caught:
        pickle.loads(renamed)
    assert "create the model again" in caught.value.message


@pytest.mark.filterwarnings("ignore:.*removed in 0.3")
def test_a_mock_of_earlier_versions_continues_its_script() -> None:
    model = pickle.loads((PICKLES / "mock.pickle").read_bytes())
    assert [call.text for call in model.calls] == ["hi"]
    response = model.generate("Go on", seed=1)
    assert response.text == "b"
    assert response.warnings == ("mock does not support seed: omitted",)
