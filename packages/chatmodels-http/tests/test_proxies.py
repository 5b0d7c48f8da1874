import pytest

from chatmodels.http._proxies import environment_proxy

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
    ],
)
def test_the_environment_names_the_proxy(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert environment_proxy("https://api.acme.test:443") == expected
