"""Tests specific to Anthropic: options, headers, URLs and import cost."""

import os
import subprocess
import sys

import msgspec
import pytest

from chatmodels.core import (
    AuthenticationError,
    ConfigurationError,
    Settings,
    create_chat_model,
    registry,
)
from chatmodels.providers.anthropic import PROVIDER
from chatmodels.providers.anthropic._profile import SETTINGS
from chatmodels.testing import Simulator

MODEL = "anthropic:claude-sonnet-5-5"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for spec in PROVIDER.metadata.options:
        for variable in spec.env:
            monkeypatch.delenv(variable, raising=False)


def test_importing_it_registers_it() -> None:
    assert registry.provider("anthropic") is PROVIDER


def test_import_does_not_load_http_tls_or_event_loops() -> None:
    program = "import sys, chatmodels.providers.anthropic; print(*sys.modules)"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    loaded = set(done.stdout.split())
    assert "chatmodels.providers.anthropic" in loaded
    assert not loaded & {"httpx", "httpcore", "ssl", "asyncio", "anyio", "importlib.metadata"}


def test_the_key_and_the_version_are_in_headers() -> None:
    explained = create_chat_model(MODEL, api_key="sk-1").explain("Hello")
    assert explained.url == "https://api.anthropic.com/v1/messages"
    assert explained.headers["x-api-key"] == "***"
    assert explained.headers["anthropic-version"] == "2023-06-01"
    assert explained.body == {
        "model": "claude-sonnet-5-5",
        "max_tokens": 128_000,
        "messages": [{"role": "user", "content": "Hello"}],
    }


def test_headers_of_the_caller_count_before_ours() -> None:
    headers = {"anthropic-beta": "context-1m-2025-08-07", "Anthropic-Version": "2026-10-21"}
    sent = create_chat_model(MODEL, api_key="sk-1", headers=headers).explain("Hello").headers
    assert sent["anthropic-beta"] == "context-1m-2025-08-07"
    assert sent["anthropic-version"] == "2026-10-21"


@pytest.mark.parametrize(
    ("variables", "header"),
    [
        ({"ANTHROPIC_API_KEY": "sk-1"}, "x-api-key"),
        ({"ANTHROPIC_AUTH_TOKEN": "token"}, "authorization"),
        ({"ANTHROPIC_API_KEY": "sk-1", "ANTHROPIC_AUTH_TOKEN": "token"}, "x-api-key"),
    ],
)
def test_environment_variables_are_those_of_the_official_sdk(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], header: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "https://proxy.example/anthropic/")
    explained = create_chat_model(MODEL).explain("Hello")
    assert explained.url == "https://proxy.example/anthropic/v1/messages"
    assert explained.headers.keys() & {"x-api-key", "authorization"} == {header}


def test_a_token_may_be_passed() -> None:
    model = create_chat_model(MODEL, api_key="token", auth="bearer")
    assert model.explain("Hello").headers["authorization"] == "Bearer ***"


def test_an_address_may_end_with_the_version() -> None:
    model = create_chat_model(MODEL, api_key="sk-1", base_url="https://proxy.example/v1/")
    assert model.explain("Hello").url == "https://proxy.example/v1/messages"


class City(msgspec.Struct):
    city: str


async def test_output_through_a_forced_tool_is_equal_in_all_four_call_forms(
    simulator: Simulator,
) -> None:
    simulator.as_of = "2026-08-01"  # the later models have native structured output
    old = "anthropic:claude-opus-4-1"
    model = create_chat_model(old, api_key="sk-1", base_url=simulator.url)
    responses = [
        model.generate("Where?", output_type=City),
        model.stream("Where?", output_type=City).collect(),
        await model.agenerate("Where?", output_type=City),
        await model.astream("Where?", output_type=City).collect(),
    ]
    for response in responses:
        assert response.parsed == City("city")
        assert (response.finish_reason, response.tool_calls) == ("stop", ())
        assert response.warnings == responses[0].warnings
    assert len(responses[0].warnings) == 1
    assert simulator.requests[0]["tool_choice"] == {"type": "tool", "name": "City"}


def test_an_unknown_authentication_is_refused() -> None:
    with pytest.raises(ConfigurationError, match='auth must be "api_key" or "bearer"'):
        create_chat_model(MODEL, api_key="sk-1", auth="basic")


def test_a_missing_key_names_the_variables() -> None:
    with pytest.raises(AuthenticationError, match="ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN"):
        create_chat_model(MODEL)


def test_unsupported_settings_are_not_claimed() -> None:
    assert set(Settings.__struct_fields__) - set(SETTINGS) == {
        "seed",
        "frequency_penalty",
        "presence_penalty",
        "logit_bias",
        "logprobs",
        "top_logprobs",
        "metadata",
        "store",
        "prompt_cache_key",
        "prompt_cache_retention",
        "prediction",
        "audio_output",
        "verbosity",
    }


def test_known_models_are_described_and_all_others_accepted() -> None:
    known = PROVIDER.model_info("claude-sonnet-4-5")
    assert (known.context_window, known.max_output_tokens) == (200_000, 64_000)
    assert known.deprecated == "2026-11-30"
    assert PROVIDER.model_info("claude-99").context_window is None
    assert len({model.name for model in PROVIDER.metadata.models}) == len(PROVIDER.metadata.models)


@pytest.mark.parametrize(
    ("name", "prefill"),
    [
        ("claude-3-5-haiku-latest", "rest"),
        ("claude-3-7-sonnet-latest", "rest"),
        ("claude-sonnet-4-20250514", "rest"),
        ("claude-opus-4-1", "rest"),
        ("claude-haiku-4-5", "rest"),
        ("claude-opus-4-5", "rest"),
        ("claude-sonnet-4-6", "none"),
        ("claude-opus-4-7", "none"),
        ("claude-haiku-5-5", "none"),
        ("claude-of-tomorrow", "none"),
        ("another-vendors-model", "none"),
    ],
)
def test_models_up_to_claude_4_5_continue_a_text(name: str, prefill: str) -> None:
    model = create_chat_model(f"anthropic:{name}", api_key="sk-1")
    assert model.profile.prefill == prefill
