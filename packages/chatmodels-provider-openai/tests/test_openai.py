"""What is particular to OpenAI: options, headers, names of settings, and what importing costs."""

import subprocess
import sys

import pytest

from chatmodels.core import (
    AudioOutput,
    ConfigurationError,
    FilePart,
    ProviderOptions,
    create_chat_model,
    registry,
    user,
)
from chatmodels.providers.openai import DIALECT, PROVIDER


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for spec in PROVIDER.metadata.options:
        for variable in spec.env:
            monkeypatch.delenv(variable, raising=False)


def test_importing_it_registers_it() -> None:
    assert registry.provider("openai") is PROVIDER


def test_importing_it_imports_no_http_library_no_tls_and_no_event_loop() -> None:
    program = "import sys, chatmodels.providers.openai; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "chatmodels.providers.openai" in loaded
    assert not loaded & {"httpx", "httpcore", "ssl", "asyncio", "anyio", "importlib.metadata"}


def test_every_setting_but_two_is_honoured() -> None:
    model = create_chat_model("openai:gpt-5-mini", api_key="sk-1")
    explained = model.explain(
        user("Hello", FilePart(file_id="file-1")),
        temperature=1,
        max_output_tokens=9,
        reasoning_effort="low",
        verbosity="low",
        store=True,
        metadata={"a": "b"},
        service_tier="flex",
        prompt_cache_key="k",
        prompt_cache_retention="24h",
        prediction="x",
        audio_output=AudioOutput("alloy"),
        user="u",
    )
    content = [
        {"type": "text", "text": "Hello"},
        {"type": "file", "file": {"file_id": "file-1"}},
    ]
    assert explained.url == "https://api.openai.com/v1/chat/completions"
    assert explained.body == {
        "model": "gpt-5-mini",
        "messages": [{"role": "user", "content": content}],
        "temperature": 1,
        "max_completion_tokens": 9,
        "reasoning_effort": "low",
        "verbosity": "low",
        "store": True,
        "metadata": {"a": "b"},
        "service_tier": "flex",
        "prompt_cache_key": "k",
        "prompt_cache_retention": "24h",
        "prediction": {"type": "content", "content": "x"},
        "audio": {"voice": "alloy", "format": "wav"},
        "modalities": ["text", "audio"],
        "user": "u",
    }
    missing = {"top_k", "reasoning_budget"}
    assert set(ProviderOptions().settings.__struct_fields__) - set(DIALECT.settings) == missing


@pytest.mark.parametrize(
    ("options", "headers"),
    [
        pytest.param({}, {}, id="none"),
        pytest.param(
            {"organization": "org-1"}, {"openai-organization": "org-1"}, id="an organization"
        ),
        pytest.param({"project": "proj-1"}, {"openai-project": "proj-1"}, id="a project"),
        pytest.param({"api": "chat_completions"}, {}, id="the API named"),
    ],
)
def test_the_account_to_bill_goes_into_headers(
    options: dict[str, str], headers: dict[str, str]
) -> None:
    model = create_chat_model("openai:gpt-5-mini", api_key="sk-1", **options)
    sent = model.explain("Hello").headers
    found = {name.lower(): value for name, value in sent.items()}
    assert {name: value for name, value in found.items() if name.startswith("openai-")} == headers
    assert found["authorization"] == "Bearer ***"


def test_the_environment_is_read_as_the_vendors_sdk_reads_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://proxy.example/v1/")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    explained = create_chat_model("openai:gpt-5-mini").explain("Hello")
    sent = {name.lower(): value for name, value in explained.headers.items()}
    assert explained.url == "https://proxy.example/v1/chat/completions"
    assert (sent["openai-organization"], sent["openai-project"]) == ("org-1", "proj-1")


def test_an_api_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="openai has no api 'responses'"):
        create_chat_model("openai:gpt-5-mini", api_key="sk-1", api="responses")


@pytest.mark.parametrize("value", ["org\nX-Other: 1", "örg"], ids=["line end", "letter"])
def test_an_account_that_no_header_can_carry_is_refused(value: str) -> None:
    with pytest.raises(ConfigurationError, match="organization must be printable ASCII text"):
        create_chat_model("openai:gpt-4o", api_key="sk-1", organization=value)


def test_known_models_are_described_and_all_others_accepted() -> None:
    known = PROVIDER.model_info("gpt-5-mini")
    assert (known.context_window, known.max_output_tokens) == (400_000, 128_000)
    assert known.deprecated == "2026-12-11"
    assert PROVIDER.model_info("gpt-99").context_window is None
    assert len({model.name for model in PROVIDER.metadata.models}) == len(PROVIDER.metadata.models)
