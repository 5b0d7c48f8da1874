"""Tests specific to Ollama: hosts, keys, failures, models and import cost."""

import os
import subprocess
import sys

import msgspec
import pytest

from chatmodels.core import (
    ConfigurationError,
    ErrorCode,
    ModelNotFoundError,
    ResponseInvalidError,
    Settings,
    create_chat_model,
    registry,
)
from chatmodels.core.extending import Capability
from chatmodels.http import HttpFailure
from chatmodels.providers.ollama import PROVIDER
from chatmodels.providers.ollama._codec import CODEC
from chatmodels.providers.ollama._encode import SETTINGS
from chatmodels.providers.ollama._host import read_host
from chatmodels.providers.ollama._listing import read_models
from chatmodels.testing import Simulator

MODEL = "ollama:qwen3"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for spec in PROVIDER.metadata.options:
        for variable in spec.env:
            monkeypatch.delenv(variable, raising=False)


def test_importing_it_registers_it() -> None:
    assert registry.provider("ollama") is PROVIDER


def test_import_does_not_load_http_tls_or_event_loops() -> None:
    program = "import sys, chatmodels.providers.ollama; print(*sys.modules)"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    loaded = set(done.stdout.split())
    assert "chatmodels.providers.ollama" in loaded
    assert not loaded & {"httpx", "httpcore", "ssl", "asyncio", "anyio", "importlib.metadata"}


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("", "http://127.0.0.1:11434"),
        ("1.2.3.4", "http://1.2.3.4:11434"),
        (":56789", "http://127.0.0.1:56789"),
        ("1.2.3.4:56789", "http://1.2.3.4:56789"),
        ("http://1.2.3.4", "http://1.2.3.4:80"),
        ("HTTP://1.2.3.4", "http://1.2.3.4:80"),
        ("https://1.2.3.4", "https://1.2.3.4:443"),
        ("https://1.2.3.4:56789", "https://1.2.3.4:56789"),
        ("example.com", "http://example.com:11434"),
        ("example.com/", "http://example.com:11434"),
        ("example.com/path", "http://example.com:11434/path"),
        ("https://example.com:56789/path/", "https://example.com:56789/path"),
        ("[0001:002:003:0004::1]", "http://[0001:002:003:0004::1]:11434"),
        ("https://[::1]:56789/path", "https://[::1]:56789/path"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("http://[::]:8080", "http://[::1]:8080"),
        ("ollama.com", "https://ollama.com:443"),
        (' "gpu-box" ', "http://gpu-box:11434"),
    ],
)
def test_a_host_is_read_as_ollamas_own_client_reads_it(host: str, address: str) -> None:
    assert read_host(host) == address


@pytest.mark.parametrize(
    "host",
    [
        "localhost:port",
        "localhost:99999",
        "ftp://localhost",
        "localhost?x=1",
        "[::1",
        "a@localhost",
    ],
)
def test_an_invalid_host_is_refused_with_a_remedy(host: str) -> None:
    with pytest.raises(ConfigurationError, match="set OLLAMA_HOST or pass host=") as caught:
        read_host(host)

    assert "a@" not in str(caught.value)


@pytest.mark.filterwarnings("ignore::chatmodels.http.InsecureTransportWarning")
def test_the_default_is_localhost_without_a_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert create_chat_model(MODEL).explain("?").url == "http://127.0.0.1:11434/api/chat"
    assert "authorization" not in create_chat_model(MODEL).explain("?").headers

    monkeypatch.setenv("OLLAMA_HOST", "gpu-box")
    monkeypatch.setenv("OLLAMA_API_KEY", "k-1")
    explained = create_chat_model(MODEL).explain("?")

    assert explained.url == "http://gpu-box:11434/api/chat"
    assert explained.headers["authorization"] == "Bearer ***"
    there = create_chat_model(MODEL, base_url="https://example.com/ollama").explain("?")
    assert there.url == "https://example.com/ollama/api/chat"


def test_the_health_check_reports_an_invalid_host(monkeypatch: pytest.MonkeyPatch) -> None:
    options = registry.provider_options("ollama", host="localhost:port")
    report = PROVIDER.check_health(options)

    assert (report.status, report.code) == ("unknown", ErrorCode.CONFIGURATION_INVALID)
    with pytest.raises(ConfigurationError, match="ollama: host must be like"):
        create_chat_model(MODEL, host="localhost:port")


def test_the_models_on_the_machine_are_listed() -> None:
    with Simulator() as simulator:
        options = registry.provider_options("ollama", host=simulator.url)
        names = [model.name for model in PROVIDER.list_models(options)]
        model = create_chat_model(MODEL, host=simulator.url)

        assert names == list(simulator.models)
        assert model.check_health().status == "healthy"


def test_the_listing_of_newer_servers_reports_capabilities() -> None:
    record = {"name": "qwen3:4b", "size": 1, "capabilities": ["completion", "tools", "new"]}
    (model,) = read_models(msgspec.json.encode({"models": [record]}))

    assert model.capabilities == {Capability.STREAMING, Capability.TOOLS}
    assert model.raw == record


@pytest.mark.parametrize("body", [b"{}", b'{"models": [{}]}', b"<html>"])
def test_an_invalid_listing_is_refused(body: bytes) -> None:
    with pytest.raises(ResponseInvalidError, match="ollama sent data that is not a list of models"):
        read_models(body)


def test_the_settings_are_named_as_they_are() -> None:
    assert set(SETTINGS) <= set(Settings.__struct_fields__)


@pytest.mark.parametrize(
    ("status", "words", "code"),
    [
        (400, "the input length exceeds the context length", "context_length_exceeded"),
        (400, "registry.ollama.ai/library/x does not support tools", "unsupported"),
        (401, "unauthorized", "authentication"),
        (404, "model 'x' not found", "model_not_found"),
        (404, 'model "x" not found, try pulling it first', "model_not_found"),
        (200, "model 'x' not found", "model_not_found"),
        (429, "you have reached your weekly usage limit", "quota_exceeded"),
        (429, "slow down", "rate_limited"),
        (500, "model requires more system memory than is available", "configuration_invalid"),
        (500, "pull model manifest: file does not exist", "model_not_found"),
        (503, "server busy, please try again", "provider_unavailable"),
    ],
)
def test_the_message_of_a_failure_decides_its_code(status: int, words: str, code: str) -> None:
    failure = HttpFailure(status=status, headers={}, body=msgspec.json.encode({"error": words}))

    assert CODEC.failure(failure).code == ErrorCode(code)


def test_a_missing_model_is_reported_with_the_pull_command() -> None:
    failure = HttpFailure(status=404, headers={}, body=b"""{"error": "model 'x:1b' not found"}""")
    error = CODEC.failure(failure)

    assert isinstance(error, ModelNotFoundError)
    assert str(error) == error.message
    remedy = "`ollama pull x:1b` or chatmodels.providers.ollama.pull('x:1b')"
    assert error.message.endswith(f"; fetch it with {remedy}")
