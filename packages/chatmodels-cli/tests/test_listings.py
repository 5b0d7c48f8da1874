"""The commands `providers` and `models`."""

import json
from importlib.metadata import version

import pytest

from chatmodels.core import ProviderImportError


def test_providers_are_listed_in_lines_when_piped(run, monkeypatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-secret")
    lines = run("providers").out.splitlines()
    rows = {line.split("\t")[0]: line.split("\t") for line in lines}

    assert rows["provider"] == ["provider", "version", "key", "description"]
    assert rows["openai"][1:3] == [version("chatmodels-provider-openai"), "set OPENAI_API_KEY"]
    assert rows["anthropic"][2] == "ANTHROPIC_API_KEY is set"
    assert rows["mock"][2] == ""


def test_providers_are_a_table_in_a_terminal(terminal) -> None:
    screen = terminal("providers", columns=140)

    assert screen.end() == 0
    assert "set OPENAI_API_KEY" in screen.text
    assert "──" in screen.text


def test_a_key_is_never_shown(run, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")

    for arguments in (("providers",), ("providers", "openai"), ("providers", "openai", "--json")):
        assert "sk-secret" not in "".join(map(str, run(*arguments)))


def test_a_provider_is_described_with_its_options(run) -> None:
    result = run("providers", "openai")

    assert "base_url: https://" in result.out
    assert "documentation: https://" in result.out
    assert "api_key (required)\tOPENAI_API_KEY" in result.out


def test_a_provider_without_a_url_is_described(run) -> None:
    result = run("providers", "mock")

    assert "base_url: " not in result.out
    assert "latency" in result.out


def test_providers_have_json(run, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    records = {each["name"]: each for each in json.loads(run("providers", "--json").out)}
    record = json.loads(run("providers", "openai", "--json").out)

    assert records["openai"] == record
    assert record["key"] == "OPENAI_API_KEY is set"
    assert record["options"][0]["set_by"] == "OPENAI_API_KEY"


def test_a_provider_that_cannot_be_imported_does_not_hide_the_others(run, monkeypatch) -> None:
    from chatmodels.core.extending import provider

    def broken(name: str):
        if name == "openai":
            raise ProviderImportError("openai cannot be imported")
        return provider(name)

    monkeypatch.setattr("chatmodels.cli._providers.provider", broken)
    result = run("providers")

    assert "openai\t\t\topenai cannot be imported" in result.out
    assert "\nmock\t" in result.out


def test_a_distribution_that_is_not_installed_has_no_version() -> None:
    from chatmodels.cli._providers import version_of

    assert version_of("chatmodels-provider-acme") is None


def test_an_unknown_provider_is_a_failure(run) -> None:
    assert run("providers", "opneai").code == 3


def test_models_of_an_account_are_listed(run, simulator, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    base = ("-o", f"base_url={simulator.base_url}")
    result = run("models", "openai", *base)

    assert result.code == 0
    assert result.out.startswith("model\tcontext\toutput\tinput\tcapabilities\n")
    assert len(result.out.splitlines()) > 1

    monkeypatch.setenv("OPENAI_API_KEY", "bad-key")
    assert run("models", "openai", *base).code == 4


def test_known_models_need_no_key_and_can_be_filtered(run) -> None:
    assert run("models", "mock", "--known", "ECHO").out.splitlines()[1].startswith("echo\t")
    record = json.loads(run("models", "mock", "--known", "--json", "scr").out)
    assert [each["name"] for each in record] == ["scripted"]


def test_a_search_without_a_result_fails(run) -> None:
    result = run("models", "mock", "--known", "gpt")

    assert result.code == 1
    assert "no such model" in result.err


@pytest.mark.parametrize("name", ["openai", "anthropic"])
def test_the_models_that_a_package_knows_are_complete(run, name: str) -> None:
    models = json.loads(run("models", name, "--known", "--json").out)

    assert all(model["context_window"] for model in models if model["capabilities"])
