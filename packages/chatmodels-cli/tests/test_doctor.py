"""The command `doctor`."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chatmodels.cli import _doctor_checks
from chatmodels.cli._doctor_checks import masked
from chatmodels.cli._doctor_network import Reached, server_findings

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def openai(simulator, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("OPENAI_BASE_URL", simulator.base_url)
    return "openai"


def findings(run, *arguments: str) -> list[dict]:
    return json.loads(run("doctor", *arguments, "--json").out)


def test_an_installation_in_order_has_no_problems(run, openai) -> None:
    result = run("doctor", "openai")

    assert result.code == 0
    assert "✓ OPENAI_API_KEY is set" in result.out
    assert "contract-1" in result.out
    assert "reached without TLS in" in result.out
    assert "a request was accepted in" in result.out
    assert "problems: 0" in result.out
    assert "sk-secret" not in result.out


def test_a_provider_without_an_address_is_checked_too(run) -> None:
    facts = [each["fact"] for each in findings(run, "mock") if each["area"] == "mock"]

    assert facts[-1] == "a request was accepted in 0 ms"


def test_an_address_that_is_no_url_is_a_problem() -> None:
    (found,) = server_findings("acme", "nonsense://api.example/v1", 1.0)

    assert "cannot be reached" in found.fact


@pytest.mark.parametrize("url", ["api.example/v1", "http://[api.example/v1"])
def test_a_base_url_that_cannot_be_parsed_is_a_problem(run, openai, monkeypatch, url: str) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    result = run("doctor", "openai")

    assert result.code == 1
    assert f"{url} is not a URL" in result.out
    assert "begin the base URL with https://" in result.out


def test_an_unparsable_base_url_is_shown_without_its_credentials() -> None:
    (found,) = server_findings("acme", "user:secret@api.example/v1", 1.0)

    assert "secret" not in found.fact


def test_a_server_that_does_not_speak_http_is_a_problem() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as thread:

        def greet() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"220 mail.example ESMTP\r\n")

        thread.submit(greet)
        address = f"127.0.0.1:{server.getsockname()[1]}"
        (found,) = server_findings("acme", f"http://{address}/v1", 60.0)

    assert found.status == "problem"
    assert found.fact.startswith(f"{address} does not respond with HTTP")


def test_no_request_is_sent_offline(run, openai, simulator) -> None:
    assert run("doctor", "--offline").code == 0
    assert simulator.exchanges == ()


def test_a_missing_key_of_a_chosen_provider_is_a_problem(run, openai, monkeypatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    result = run("doctor", "openai")

    assert result.code == 1
    assert "✗ api_key is not set\n    → set OPENAI_API_KEY" in result.out


def test_the_address_of_the_environment_is_checked_without_a_key(
    run, openai, simulator, monkeypatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")

    assert f"{simulator.url.removeprefix('http://')} reached" in run("doctor", "openai").out


def test_a_key_that_cannot_be_sent_is_a_problem(run, openai, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret with spaces")
    result = run("doctor", "--offline", "openai")

    assert result.code == 1
    assert "OPENAI_API_KEY contains spaces" in result.out
    assert "sk-secret" not in result.out


def test_a_rejected_key_has_a_remedy(run, openai, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "bad-key")

    assert "create a new key" in run("doctor", "openai").out


def test_a_server_that_does_not_run_has_a_remedy(run, openai, simulator, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", simulator.refusing_url)
    result = run("doctor", "openai")

    assert result.code == 1
    assert "cannot be reached" in result.out
    assert "is a local server running?" in result.out


def test_an_unknown_provider_is_a_problem(run) -> None:
    (problem,) = [each for each in findings(run, "acme") if each["area"] == "acme"]

    assert problem["status"] == "problem"
    assert problem["remedy"] == "chatmodels providers"


def test_a_provider_that_cannot_be_imported_has_the_command_that_repairs_it(
    run, monkeypatch
) -> None:
    from chatmodels.core import ProviderImportError

    def broken(name: str):
        raise ProviderImportError(f"{name} cannot be imported")

    monkeypatch.setattr("chatmodels.cli._doctor_checks.provider", broken)
    remedies = [each["remedy"] for each in findings(run, "openai")]

    assert "pip install --upgrade chatmodels-provider-openai chatmodels-core" in remedies


def test_packages_of_different_versions_are_remarked(run, monkeypatch) -> None:
    class Package:
        def __init__(self, name: str, version: str) -> None:
            self.name, self.version = name, version

    packages = [Package("chatmodels-core", "0.2.0"), Package("chatmodels-http", "0.1.0")]
    monkeypatch.setattr(_doctor_checks, "distributions", lambda: packages)
    (remark,) = [each for each in findings(run, "mock", "--offline") if each["status"] == "warning"]

    assert remark["remedy"] == "pip install --upgrade chatmodels-http chatmodels-core"


def test_optional_packages_that_are_absent_have_their_purpose(run, monkeypatch) -> None:
    monkeypatch.setattr(_doctor_checks, "version_of", lambda name: None)

    assert "for the cost of calls: pip install genai-prices" in run("doctor", "--offline").out


def test_the_configuration_file_is_checked(run, monkeypatch, tmp_path) -> None:
    path = tmp_path / "chatmodels.toml"
    monkeypatch.setattr(_doctor_checks, "os", FakeEnvironment({"CHATMODELS_CONFIG": str(path)}))
    path.write_text("[nonsense]")
    assert any(each.status == "problem" for each in _doctor_checks._config_file())

    path.write_text('[aliases]\nfast = "mock:echo"\n')
    assert [each.fact for each in _doctor_checks._config_file()] == [f"{path} is valid"]


class FakeEnvironment:
    """The module `os` with other variables, which the registry does not read."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = environ


def test_proxies_are_shown_without_their_credentials(run, monkeypatch) -> None:
    monkeypatch.setenv("https_proxy", "http://user:sk-secret@proxy.example:3128")
    monkeypatch.setenv("http_proxy", "proxy.example:3128")
    monkeypatch.setenv("no_proxy", "localhost")
    result = run("doctor", "--offline", "mock")

    assert "proxy for https: http://***@proxy.example:3128" in result.out
    assert "✗ the proxy of http has no scheme: proxy.example:3128" in result.out
    assert "no proxy for localhost" in result.out
    assert "sk-secret" not in result.out
    assert masked("user:sk-secret@proxy:1") == "***@proxy:1"


def test_certificates_that_do_not_exist_are_a_problem(run, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    result = run("doctor", "--offline", "mock")

    assert f"certificates of SSL_CERT_DIR: {tmp_path}" in result.out
    assert "→ unset SSL_CERT_FILE" in result.out


@pytest.fixture
def slow_clock() -> Iterator[str]:
    """Return the address of a server whose clock is an hour behind."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response_only(302)
            self.send_header("Date", formatdate(1_000_000, usegmt=True))
            self.send_header("Location", "http://192.0.2.1/")
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (1_000_500, "the clock is 500 s ahead of"),
        (999_000, "the clock is 1000 s behind"),
        (1_000_030, None),
    ],
)
def test_the_clock_is_compared_with_that_of_the_server(slow_clock, now: int, expected) -> None:
    found = list(server_findings("openai", slow_clock, 60.0, clock=lambda: now))

    assert "reached without TLS" in found[0].fact  # with a remark if the machine is slow
    assert [each.fact.startswith(expected or "") for each in found[1:]] == [True] * bool(expected)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ssl.SSLCertVerificationError("self-signed"), "is not trusted"),
        (ssl.SSLError("wrong version number"), "no TLS connection to api.example"),
        (OSError("no route"), "cannot be reached: no route"),
    ],
)
def test_failures_of_a_connection_are_distinguished(error: OSError, expected: str) -> None:
    def reach(url: str, timeout: float) -> Reached:
        raise error

    (found,) = server_findings("acme", "https://user@api.example/v1", 1.0, reach=reach)

    assert found.status == "problem"
    assert expected in found.fact
    assert found.remedy


def test_a_slow_connection_is_remarked() -> None:
    url = "https://api.example/v1"
    (found,) = server_findings("acme", url, 9.0, reach=lambda *_: Reached(3.0, None))

    assert (found.status, found.fact) == ("warning", "api.example reached by TLS in 3000 ms")


def test_a_server_that_sends_no_proper_date_is_in_order() -> None:
    from chatmodels.cli._doctor_network import _timestamp

    assert _timestamp(None) is None
    assert _timestamp("yesterday") is None


@pytest.mark.parametrize("variable", ["", "SSL_CERT_FILE"])
def test_certificates_are_those_that_calls_trust(monkeypatch, variable: str) -> None:
    import certifi

    from chatmodels.cli._doctor_network import _trust

    if variable:
        monkeypatch.setenv(variable, certifi.where())

    assert _trust().cert_store_stats()["x509_ca"] > 0
