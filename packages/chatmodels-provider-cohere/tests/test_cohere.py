"""Tests specific to Cohere: options, headers, URLs, failures and import cost."""

import os
import subprocess
import sys

import msgspec
import pytest

from chatmodels.core import (
    AuthenticationError,
    ErrorCode,
    ResponseInvalidError,
    Settings,
    create_chat_model,
    registry,
)
from chatmodels.core.extending import Capability
from chatmodels.http import HttpFailure
from chatmodels.providers.cohere import PROVIDER
from chatmodels.providers.cohere._codec import CODEC
from chatmodels.providers.cohere._listing import read_models
from chatmodels.providers.cohere._profile import SETTINGS
from chatmodels.testing import Simulator

MODEL = "cohere:command-a-03-2025"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for spec in PROVIDER.metadata.options:
        for variable in spec.env:
            monkeypatch.delenv(variable, raising=False)


def test_importing_it_registers_it() -> None:
    assert registry.provider("cohere") is PROVIDER


def test_import_does_not_load_http_tls_or_event_loops() -> None:
    program = "import sys, chatmodels.providers.cohere; print(*sys.modules)"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    loaded = set(done.stdout.split())
    assert "chatmodels.providers.cohere" in loaded
    assert not loaded & {"httpx", "httpcore", "ssl", "asyncio", "anyio", "importlib.metadata"}


def test_the_key_is_a_token_and_the_address_has_a_version() -> None:
    explained = create_chat_model(MODEL, api_key="k-1").explain("Hello")

    assert explained.url == "https://api.cohere.com/v2/chat"
    assert explained.headers["authorization"] == "Bearer ***"
    assert explained.body == {
        "model": "command-a-03-2025",
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": False,
    }


@pytest.mark.parametrize("variable", ["CO_API_KEY", "COHERE_API_KEY"])
def test_key_and_base_url_are_read_from_the_variables_of_the_official_sdk(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    with pytest.raises(AuthenticationError, match="CO_API_KEY"):
        create_chat_model(MODEL)

    with Simulator() as simulator:
        monkeypatch.setenv(variable, "k-1")
        monkeypatch.setenv("CO_API_URL", simulator.url)
        create_chat_model(MODEL).generate("Hello")
        sent = simulator.exchanges[-1].request

    assert sent.headers["authorization"] == "Bearer k-1"


def test_the_settings_are_named_as_they_are() -> None:
    assert set(SETTINGS) <= set(Settings.__struct_fields__)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"message": "too many tokens: one over the limit"}, "context_length_exceeded"),
        (400, {"message": "x", "error_type": "TOO_MANY_TOKENS"}, "context_length_exceeded"),
        (401, {"message": "invalid api token"}, "authentication"),
        (404, {"message": "model 'x' not found, make sure"}, "model_not_found"),
        (422, {"message": "invalid request"}, "invalid_request"),
        (429, {"message": "limited to 20 API calls / minute"}, "rate_limited"),
        (429, {"message": "limited to 1000 API calls / month"}, "quota_exceeded"),
        (498, {"message": "blocked"}, "content_filtered"),
        (499, {"message": "cancelled"}, "provider_unavailable"),
        (503, {"message": "try later"}, "provider_unavailable"),
    ],
)
def test_a_failure_has_a_code(status: int, body: dict[str, str], code: str) -> None:
    failure = HttpFailure(status=status, headers={}, body=msgspec.json.encode(body))

    assert CODEC.failure(failure).code == ErrorCode(code)


def test_the_listing_reports_capabilities() -> None:
    records = [
        {
            "name": "command-a",
            "endpoints": ["chat"],
            "context_length": 256_000.0,
            "features": ["json_schema", "reasoning", "new", "tools", "vision"],
        },
        {"name": "command", "is_deprecated": True, "features": None},
    ]
    new, old = read_models(msgspec.json.encode({"models": records}))

    assert (new.name, new.provider, new.context_window) == ("command-a", "cohere", 256_000)
    assert new.capabilities == {
        Capability.STRUCTURED_OUTPUT,
        Capability.REASONING,
        Capability.TOOLS,
        Capability.VISION,
    }
    assert (old.deprecated, old.capabilities) == ("yes", frozenset())
    assert old.raw == records[1]


@pytest.mark.parametrize("body", [b"{}", b'{"models": [{}]}', b"<html>"])
def test_an_invalid_listing_is_refused(body: bytes) -> None:
    with pytest.raises(ResponseInvalidError, match="cohere sent data that is not a list of models"):
        read_models(body)
