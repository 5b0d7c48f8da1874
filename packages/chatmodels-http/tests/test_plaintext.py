"""Credentials over plain HTTP."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chatmodels.core import ConfigurationError, Secret
from chatmodels.http import HttpChatModel, InsecureTransportWarning
from chatmodels.http._plaintext import warn_if_plaintext

Make = Callable[..., HttpChatModel]
KEY = Secret("sk-1234")


@pytest.fixture(autouse=True)
def _no_address_was_reported() -> Iterator[None]:
    warn_if_plaintext.cache_clear()
    yield
    warn_if_plaintext.cache_clear()


@pytest.mark.parametrize(
    "credentials", [{"api_key": KEY}, {"headers": {"Authorization": "Bearer sk-1234"}}]
)
@pytest.mark.parametrize(
    "base_url",
    [
        "http://gateway.test/v1",
        "HTTP://gateway.test",
        "http://10.0.0.7:4000",
        "http://[fd00::7]",
        "http://gateway.test:8080/http://127.0.0.1:8000/v1",
        "http://gateway.test/x://localhost/v1",
        "http://localhost.gateway.test",
    ],
)
def test_credentials_over_plain_http_to_another_machine_warn(
    model: Make, base_url: str, credentials: dict[str, Any]
) -> None:
    with pytest.warns(InsecureTransportWarning, match="acme: credentials .* https://") as caught:
        model(base_url=base_url, **credentials)
    assert "sk-1234" not in str(caught[0].message)


def test_a_program_is_warned_once_for_each_address(model: Make) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for host in ("a.test", "b.test", "a.test"):
            model(base_url=f"http://{host}", api_key=KEY)
    assert [warning.category for warning in caught] == [InsecureTransportWarning] * 2


@pytest.mark.parametrize(
    "base_url",
    [
        "http://localhost:8080",
        "http://api.localhost",
        "http://127.0.0.1:11434/v1",
        "http://127.1.2.3",
        "http://[::1]:11434",
        "http://localhost:9/proxy/https://gateway.test/v1",
        "http://localhost/x://gateway.test",
        "https://gateway.test",
        "HTTPS://gateway.test",
    ],
)
def test_loopback_and_tls_are_silent(model: Make, base_url: str) -> None:
    assert model(base_url=base_url, api_key=KEY)


def test_calls_without_credentials_are_silent(model: Make) -> None:
    assert model(base_url="http://gpu-box.test:11434", headers={"X-Team": "red"})


def test_an_address_that_cannot_be_read_is_left_to_the_engine(model: Make) -> None:
    assert model(base_url="http://[:::::]", api_key=KEY)


def test_a_program_that_turns_warnings_into_errors_gets_a_configuration_error(model: Make) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", InsecureTransportWarning)
        for _ in range(2):
            with pytest.raises(ConfigurationError, match=r"plain HTTP to gateway\.test"):
                model(base_url="http://gateway.test", api_key=KEY)


def test_the_warning_can_be_ignored(model: Make) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureTransportWarning)
        assert model(base_url="http://gateway.test", api_key=KEY)
