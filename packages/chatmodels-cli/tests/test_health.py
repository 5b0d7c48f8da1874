"""The command `health`."""

import json

import pytest

from chatmodels.core import ProviderImportError


@pytest.fixture
def openai(simulator, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("OPENAI_BASE_URL", simulator.base_url)
    return "openai"


def test_providers_with_a_key_are_checked(run, openai) -> None:
    result = run("health")

    assert result.code == 0
    assert [line.split("\t")[:2] for line in result.out.splitlines()] == [
        ["provider", "status"],
        ["openai", "● healthy"],
    ]


def test_a_provider_without_a_key_is_unknown_and_a_failure(run) -> None:
    result = run("health", "mock", "openai", "--json")
    mock, openai = json.loads(result.out)

    assert result.code == 1
    assert (mock["status"], mock["latency"]) == ("healthy", 0.0)
    assert (openai["status"], openai["code"]) == ("unknown", "authentication")


def test_a_server_that_cannot_be_reached_is_unhealthy(run, openai, simulator, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", simulator.refusing_url)

    assert "✗ unhealthy" in run("health").out


def test_without_keys_there_is_nothing_to_check(run) -> None:
    result = run("health")

    assert result.code == 2
    assert "no key is set" in result.err


def test_a_provider_that_cannot_be_imported_has_no_key(run, openai, monkeypatch) -> None:
    from chatmodels.core.extending import provider

    def broken(name: str):
        if name == "mock":
            raise ProviderImportError("mock cannot be imported")
        return provider(name)

    monkeypatch.setattr("chatmodels.cli._health.provider", broken)

    assert len(run("health").out.splitlines()) == 2


def test_all_providers_are_checked_on_request(run, monkeypatch) -> None:
    checked: list[str] = []

    def check(names, *, timeout: float):
        checked.extend(names)
        return {}

    monkeypatch.setattr("chatmodels.cli._health.check_health", check)

    assert run("health", "--all").code == 0
    assert {"mock", "openai", "anthropic"} <= set(checked)


def test_health_is_watched_until_ctrl_c(terminal) -> None:
    screen = terminal("health", "mock", "--watch", "0.01", columns=140)
    screen.wait_for("●●●")
    screen.send("\x03")

    assert screen.end() == 130


@pytest.mark.parametrize("json_option", [True, False])
def test_a_watch_that_is_piped_has_lines(run, monkeypatch, json_option: bool) -> None:
    pauses = iter([None])

    def sleep(seconds: float) -> None:
        if next(pauses, "second") == "second":
            raise KeyboardInterrupt

    monkeypatch.setattr("chatmodels.cli._health.time.sleep", sleep)
    result = run("health", "mock", "--watch", "5", *(["--json"] if json_option else []))

    assert result.code == 130
    if json_option:
        records = [json.loads(line) for line in result.out.splitlines()]
        assert [record["reports"][0]["status"] for record in records] == ["healthy", "healthy"]
    else:
        assert result.out.splitlines()[-1].endswith("●●")
