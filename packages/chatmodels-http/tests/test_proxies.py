import os
import sys

import pytest

from chatmodels.http import RequestHead
from chatmodels.http._transport.httpcore_parts import prepare, route_to
from chatmodels.http._transport.proxies import environment_proxy

NAMES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"]


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param({}, None, id="nothing"),
        pytest.param({"HTTPS_PROXY": "http://p:1"}, "http://p:1", id="for the scheme"),
        pytest.param({"https_proxy": "http://p:1"}, "http://p:1", id="in lower case"),
        pytest.param({"HTTP_PROXY": "http://p:1"}, None, id="for another scheme"),
        pytest.param({"ALL_PROXY": "socks5://p:1"}, "socks5://p:1", id="for all"),
        pytest.param({"ALL_PROXY": "p:1"}, "http://p:1", id="without a scheme"),
        pytest.param({"ALL_PROXY": "p:1", "NO_PROXY": "acme.test"}, None, id="not for this host"),
        pytest.param({"ALL_PROXY": "p:1", "NO_PROXY": "*"}, None, id="for none"),
        pytest.param({"ALL_PROXY": "p:1", "NO_PROXY": "b.test"}, "http://p:1", id="not for others"),
        pytest.param({"ALL_PROXY": "p:1", "NO_PROXY": "b.test, *"}, None, id="for none, late"),
    ],
)
def test_the_environment_names_the_proxy(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert environment_proxy("https://api.acme.test:443") == expected


@pytest.mark.parametrize(
    ("url", "exceptions", "direct"),
    [
        ("https://api.acme.test:443", "acme.test", True),
        ("https://api.acme.test:443", ".acme.test", True),
        ("https://api.acme.test:443", "ACME.test", True),
        ("https://badacme.test:443", "acme.test", False),
        ("https://acme.test:8443", "acme.test:8443", True),
        ("https://acme.test:443", "acme.test:8443", False),
        ("http://10.1.2.3:80", "10.1.2.3", True),
        ("http://10.1.2.3:8080", "10.1.2.3:8080", True),
        ("http://10.1.2.3:80", "192.168.0.0/16, 10.0.0.0/8", True),
        ("http://10.1.2.3:80", "10.9.9.9/8", True),
        ("http://11.1.2.3:80", "10.0.0.0/8", False),
        ("http://[::1]:11434", "[::1]", True),
        ("http://[::1]:11434", "::1", True),
        ("http://[::1]:11434", "0:0:0:0:0:0:0:1", True),
        ("http://[::1]:11434", "[::1]:11434", True),
        ("http://[::1]:11434", "[::1]:80", False),
        ("http://[fd00::7]:80", "fd00::/8", True),
        ("http://[fd00::7]:80", "10.0.0.0/8, nonsense/9, ,", False),
        ("http://localhost:80", "127.0.0.0/8", False),
    ],
)
def test_no_proxy_excepts_hosts_ports_and_addresses(
    monkeypatch: pytest.MonkeyPatch, url: str, exceptions: str, direct: bool
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://p:1")
    monkeypatch.setenv("NO_PROXY", exceptions)
    assert environment_proxy(url) == (None if direct else "http://p:1")


def test_a_loopback_server_of_version_six_is_reached_without_the_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "[::1]")
    assert route_to(prepare(RequestHead("GET", "http://[::1]:11434", ())), None).proxy is None


@pytest.mark.parametrize("platform", ["darwin", "win32", "linux"])
def test_without_variables_only_a_system_with_settings_can_have_a_proxy(
    monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", "proxy.test:1")
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("urllib.request.getproxies", lambda: {"http": "proxy.test:3128"})
    monkeypatch.setattr("urllib.request.proxy_bypass", lambda host: False)
    monkeypatch.setattr(sys, "platform", platform)
    found = None if platform == "linux" else "http://proxy.test:3128"
    assert environment_proxy("http://api.acme.test") == found
