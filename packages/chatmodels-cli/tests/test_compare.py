"""The command `compare`."""

import json

import pytest

from chatmodels.core import ErrorCode
from chatmodels.testing import FAULTS


@pytest.fixture
def openai(simulator, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("OPENAI_BASE_URL", simulator.base_url)
    return "openai:gpt-6.1-terra"


def test_models_get_the_same_prompt(run, openai) -> None:
    result = run("compare", "mock:echo", openai, "-", stdin=b"Hello!")

    assert result.code == 0
    assert "== mock:echo\nHello!\n-- " in result.out
    assert f"== {openai}\nYou said: Hello!\n-- " in result.out
    assert "first token" in result.out


def test_json_has_times_tokens_and_cost_of_each(run, openai) -> None:
    record = json.loads(run("compare", "mock:echo", openai, "Hello!", "--json").out)
    first, second = record["results"]

    assert (first["spec"], first["text"], first["status"]) == ("mock:echo", "Hello!", "done")
    assert second["first_token"] <= second["seconds"]
    assert second["cost"]["amount"] > 0
    assert record["interrupted"] is False


def test_a_model_that_fails_does_not_end_the_others(run, openai, simulator) -> None:
    simulator.queue(ErrorCode.MODEL_NOT_FOUND)
    result = run("compare", "mock:echo", openai, "acme:large", "Hello!")
    record = json.loads(run("compare", "mock:echo", "acme:large", "Hello!", "--json").out)

    assert result.code == 7
    assert "== mock:echo\nHello!" in result.out
    assert "-- failed: model_not_found" in result.out
    assert record["results"][1]["error"]["code"] == "provider_not_found"


def test_a_stream_that_breaks_keeps_its_text(run, openai, simulator) -> None:
    simulator.queue(FAULTS["error-in-stream"])
    (result,) = json.loads(run("compare", openai, "Hello!", "-o", "max_retries=0", "--json").out)[
        "results"
    ]

    assert (result["status"], result["error"]["exit_code"]) == ("failed", 6)
    assert result["text"]


def test_a_model_is_needed(run) -> None:
    assert "there is no model before the prompt" in run("compare", "Hello!").err


def test_models_are_side_by_side_in_a_terminal(terminal, openai) -> None:
    screen = terminal("compare", "mock:echo", openai, "**Hello** you")

    assert screen.end() == 0
    (line,) = [line for line in screen.text.splitlines() if "You said: " in line]
    assert "Hello you" in line.partition("│ You")[0]
    assert "tokens/s" in screen.text


def test_a_narrow_terminal_has_models_below_each_other(terminal) -> None:
    screen = terminal("compare", "mock:one", "mock:two", "acme:large", "Hello!", columns=60)

    assert screen.end() == 3
    titles = [line for line in screen.text.splitlines() if "mock:" in line or "acme:" in line]
    assert len(titles) >= 3
    assert "failed: provider_not_found" in screen.text


def test_ctrl_c_keeps_what_has_arrived(terminal, openai, simulator) -> None:
    simulator.queue(FAULTS["stall-in-body"])
    screen = terminal("compare", "mock:echo", openai, "Hello!")
    screen.wait_for("You")
    screen.send("\x03")

    assert screen.end() == 130
    assert "stopped" in screen.text
    assert "You" in screen.text
