"""The command `chat`: prompts, commands, other models in the middle, history."""

import json
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest

from chatmodels.cli._history import History
from chatmodels.core import ErrorCode, ToolCall, assistant, user
from chatmodels.providers.mock import MockChatModel
from chatmodels.testing import FAULTS

PNG = b"\x89PNG\r\n\x1a\n of a pixel"


@pytest.fixture(autouse=True)
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "data" / "chats.sqlite"
    monkeypatch.setenv("CHATMODELS_HISTORY", str(path))
    return path


@pytest.fixture
def openai(simulator, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    options = ("-o", f"base_url={simulator.base_url}", "-o", "max_retries=0")
    options += ("-o", "reasoning_effort=none")  # which functions need in chat completions
    return "openai:gpt-6.1-terra", *options


def lines(*texts: str) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()


def chats(run) -> list[dict]:
    return json.loads(run("chat", "--list", "--json").out)


def test_a_chat_sends_the_whole_conversation(run, openai, simulator) -> None:
    result = run(
        "chat", *openai, "--system", "Be brief.", stdin=lines("Hello!", "", "And \\", "you?")
    )

    assert result == (0, "You said: Hello!\nYou said: And \nyou?\n", "")
    roles = [message["role"] for message in simulator.requests[-1]["messages"]]
    assert roles == ["system", "user", "assistant", "user"]


def test_a_stored_chat_is_continued_with_its_model(run, openai, simulator, monkeypatch) -> None:
    run("chat", *openai, stdin=lines("Hello!"))
    monkeypatch.setenv("OPENAI_BASE_URL", simulator.base_url)
    run("chat", "--continue", stdin=lines("And you?"))

    assert len(simulator.requests[-1]["messages"]) == 3
    (chat,) = chats(run)
    assert (chat["title"], chat["model"], chat["messages"]) == ("Hello!", openai[0], 4)


def test_a_chat_is_resumed_by_the_beginning_of_its_id_with_another_vendor(
    run, openai, simulator, monkeypatch
) -> None:
    run("chat", "mock:echo", stdin=lines("Hello!"))
    (chat,) = chats(run)
    result = run("chat", *openai, "--resume", chat["id"][:4], stdin=lines("And you?"))

    assert result.out == "You said: And you?\n"
    assert [m["content"] for m in simulator.requests[-1]["messages"]][:2] == ["Hello!", "Hello!"]
    assert chats(run)[0]["model"] == openai[0]


def test_the_model_is_switched_in_the_middle(run, simulator, monkeypatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")
    switch = f"/model anthropic:claude-sonnet-5 base_url={simulator.url} max_output_tokens=50"
    result = run("chat", "mock:echo", stdin=lines("Hello!", switch, "And you?"))

    assert "the model is anthropic:claude-sonnet-5" in result.err
    assert result.out == "Hello!\nYou said: And you?\n"
    assert simulator.requests[-1]["max_tokens"] == 50
    assert len(simulator.requests[-1]["messages"]) == 3


def test_a_model_that_cannot_be_created_changes_nothing(run) -> None:
    result = run("chat", "mock:echo", stdin=lines("/model acme:large", "/model", "Hello!"))

    assert "no provider named 'acme'" in result.err
    assert "the model is mock:echo" in result.err
    assert result.out == "Hello!\n"


def test_the_system_prompt_can_change(run, openai, simulator) -> None:
    run("chat", *openai, stdin=lines("Hi", "/system Be brief.", "Hello!", "/system", "Bye"))

    first, second, third = ([m["role"] for m in r["messages"]] for r in simulator.requests)
    assert first[0] == third[0] == "user"
    assert second[0] == "system"
    assert chats(run)[0]["messages"] == 6


def test_files_are_attached_to_the_next_prompt(run, openai, simulator, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    result = run(
        *("chat", *openai, "-a", tmp_path / "a.png"),
        stdin=lines(f"/attach '{tmp_path / 'a.png'}'", "Describe them.", "Thanks."),
    )

    assert "2 attached" in result.err
    messages = simulator.requests[-1]["messages"]
    assert [part["type"] for part in messages[0]["content"]] == ["text", "image_url", "image_url"]
    assert messages[2]["content"] == "Thanks."


def test_the_last_exchange_is_undone_or_sent_again(run) -> None:
    result = run("chat", "mock:echo", stdin=lines("/undo", "/retry", "a", "b", "/undo", "/retry"))

    assert result.out == "a\nb\na\n"
    assert "nothing to undo" in result.err
    assert "there is no prompt to send again" in result.err
    assert "removed: b" in result.err
    assert chats(run)[0]["messages"] == 2


def test_a_new_chat_does_not_have_the_messages_of_the_last(run) -> None:
    run("chat", "mock:echo", stdin=lines("a", "/new", "b", "/quit", "c"))

    assert [(chat["title"], chat["messages"]) for chat in chats(run)] == [("b", 2), ("a", 2)]


def test_commands_are_listed_and_mistakes_are_remarked(run) -> None:
    result = run("chat", "mock:echo", stdin=lines("/help", "/xyzzy", "/attach 'a", "/model a x"))

    assert "/model " in result.err
    assert "there is no command /xyzzy" in result.err
    assert "/attach: No closing quotation" in result.err
    assert "'x' is not NAME=VALUE" in result.err
    assert chats(run) == []


def test_tokens_and_cost_are_added_up(run, openai) -> None:
    result = run("chat", *openai, stdin=lines("Hello!", "Hello!", "/usage"))

    assert "$" in result.err
    assert "2 in" not in result.err


def test_the_reason_of_an_unknown_cost_is_shown(run) -> None:
    assert "cost: " in run("chat", "mock:echo", stdin=lines("Hi", "/usage")).err


def test_a_failure_does_not_end_the_chat(run, openai, simulator) -> None:
    simulator.queue(ErrorCode.RATE_LIMITED)
    result = run("chat", *openai, stdin=lines("Hello!", "/retry"))

    assert result.out == "You said: Hello!\n"
    assert result.err.startswith("error: openai")
    assert result.code == 5
    assert chats(run)[0]["messages"] == 2


def test_undo_after_a_failure_removes_the_failed_prompt_alone(run, openai, simulator) -> None:
    simulator.queue("Hi!", ErrorCode.RATE_LIMITED)
    result = run("chat", *openai, stdin=lines("Hello!", "And you?", "/undo"))

    assert "removed: And you?" in result.err
    assert chats(run)[0]["messages"] == 2


def test_retry_after_undo_does_not_send_the_failed_prompt(run, openai, simulator) -> None:
    simulator.queue("Hi!", ErrorCode.RATE_LIMITED)
    run("chat", *openai, stdin=lines("Hello!", "And you?", "/undo", "/retry"))

    assert [message["content"] for message in simulator.requests[-1]["messages"]] == ["Hello!"]


def test_a_new_chat_does_not_have_the_failed_prompt_of_the_last(run, openai, simulator) -> None:
    simulator.queue(ErrorCode.RATE_LIMITED)
    result = run("chat", *openai, stdin=lines("Hello!", "/new", "/retry"))

    assert "there is no prompt to send again" in result.err
    assert len(simulator.requests) == 1


def test_the_text_before_a_failure_is_part_of_the_chat(run, openai, simulator) -> None:
    simulator.queue(FAULTS["error-in-stream"])
    result = run("chat", *openai, stdin=lines("Hello!"))

    assert result.out != ""
    assert result.code == 6
    assert chats(run)[0]["messages"] == 2


def test_each_turn_is_a_line_of_json(run, openai, simulator) -> None:
    simulator.queue("Hi!", ErrorCode.RATE_LIMITED)
    result = run("chat", *openai, "--json", stdin=lines("Hello!", "Again."))

    first, second = map(json.loads, result.out.splitlines())
    assert (first["text"], first["interrupted"]) == ("Hi!", False)
    assert first["chat"] == second["chat"]
    assert second["error"]["code"] == "rate_limited"


TOOLS = """
def weather(city: str) -> str:
    return f"sunny in {city}"
"""


def test_tool_calls_and_their_results_are_stored(run, openai, simulator, tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text(TOOLS)
    simulator.queue(ToolCall("c1", "weather", '{"city": "Oslo"}'), "It is sunny.", "Yes.")
    arguments = ("--tools", tmp_path / "tools.py")
    result = run("chat", *openai, *arguments, stdin=lines("Weather?", "Sure?"))

    assert result.out == "It is sunny.\nYes.\n"
    roles = [message["role"] for message in simulator.requests[-1]["messages"]]
    assert roles == ["user", "assistant", "tool", "assistant", "user"]
    assert chats(run)[0]["messages"] == 6


def test_a_run_that_fails_at_once_adds_nothing(run, openai, simulator, tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text(TOOLS)
    simulator.queue(ErrorCode.RATE_LIMITED)
    run("chat", *openai, "--tools", tmp_path / "tools.py", stdin=lines("Weather?"))

    assert chats(run) == []


def test_ctrl_c_before_a_response_adds_nothing(run, monkeypatch) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    model = MockChatModel(latency=1, sleep=interrupt)
    monkeypatch.setattr("chatmodels.cli._chat.create_model", lambda *_: model)

    assert run("chat", "m", stdin=lines("Hello!")) == (130, "", "stopped\n")
    assert chats(run) == []


def test_tools_with_equal_names_are_refused_at_each_prompt(run, openai, tmp_path: Path) -> None:
    paths = tmp_path / "a.py", tmp_path / "b.py"
    for path in paths:
        path.write_text(TOOLS)
    options = [word for path in paths for word in ("--tools", path)]
    result = run("chat", *openai, *options, stdin=lines("Weather?"))

    assert result.code in {3, 7}
    assert "weather" in result.err
    assert chats(run) == []


def test_nothing_is_stored_if_that_is_requested(run, history: Path) -> None:
    run("chat", "mock:echo", "--no-history", stdin=lines("Hello!"))

    assert not history.exists()


def test_only_the_owner_can_read_the_history(run, history: Path) -> None:
    run("chat", "mock:echo", stdin=lines("Hello!"))

    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert stat.S_IMODE(history.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
def test_a_history_that_others_can_read_becomes_private(run, history: Path) -> None:
    run("chat", "mock:echo", stdin=lines("Hello!"))
    history.chmod(0o644)
    run("chat", "--list")

    assert stat.S_IMODE(history.stat().st_mode) == 0o600


def test_a_history_whose_mode_cannot_change_is_usable(run, monkeypatch) -> None:
    def refuse(*arguments: object) -> None:
        raise PermissionError("not the owner")

    monkeypatch.setattr("chatmodels.cli._history.os.chmod", refuse)

    assert run("chat", "mock:echo", stdin=lines("Hello!")).code == 0


@pytest.mark.parametrize(
    ("table", "arguments"),
    [
        ("messages", ("--list",)),
        ("chats", ("--continue",)),
        ("chats", ("--delete", "a")),
    ],
)
def test_a_damaged_history_is_reported(run, history: Path, table: str, arguments) -> None:
    run("chat", "mock:echo", stdin=lines("Hello!"))
    with sqlite3.connect(history) as database:
        database.execute(f"DROP TABLE {table}")
    database.close()
    result = run("chat", *arguments)

    assert result.code == 2
    assert f"the history {history} cannot be read" in result.err


def test_pages_of_a_history_that_were_overwritten_are_reported(run, history: Path) -> None:
    run("chat", "mock:echo", stdin=lines("Hello!"))
    content = bytearray(history.read_bytes())
    content[4096:] = b"x" * (len(content) - 4096)
    history.write_bytes(content)
    result = run("chat", "--continue")

    assert result.code == 2
    assert "cannot be read" in result.err


@pytest.mark.parametrize("method", ["messages", "delete"])
def test_damage_of_an_open_history_is_reported(tmp_path: Path, method: str) -> None:
    path = str(tmp_path / "chats.sqlite")
    with History(path) as history:
        with sqlite3.connect(path) as other:
            other.executescript("DROP TABLE messages; DROP TABLE chats")
        other.close()
        with pytest.raises(click.UsageError, match="cannot be"):
            getattr(history, method)("a")


def test_chats_are_listed_and_deleted(run) -> None:
    run("chat", "mock:echo", stdin=lines("A long question " * 9))
    (chat,) = chats(run)
    listed = run("chat", "--list").out.splitlines()

    assert listed[0] == "id\tupdated\tmodel\tmessages\ttitle"
    assert listed[1].startswith(f"{chat['id']}\t")
    assert listed[1].endswith("...")
    assert run("chat", "--delete", chat["id"]).code == 0
    assert chats(run) == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), "there is no model"),
        (("--continue",), "there is no chat to continue"),
        (("--resume", "abc"), "there is no chat with 'abc'"),
    ],
)
def test_a_chat_needs_a_model_or_a_stored_chat(run, arguments, expected: str) -> None:
    result = run("chat", *arguments)

    assert result.code == 2
    assert expected in result.err


def test_the_beginning_of_several_ids_is_refused(run) -> None:
    run("chat", "mock:echo", stdin=lines("a", "/new", "b"))

    assert "several chats begin with ''" in run("chat", "--resume", "").err


def test_a_file_that_is_no_history_is_refused(run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes, " * 1000)
    with sqlite3.connect(tmp_path / "later.sqlite") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()

    for name in ("notes.txt", "later.sqlite", "."):
        result = run("chat", "mock:echo", "--history", tmp_path / name)
        assert result.code == 2, name


def test_a_history_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    path = str(tmp_path / "chats.sqlite")
    with History(path) as history:
        with sqlite3.connect(path) as other:
            other.execute("DROP TABLE messages")
        other.close()
        with pytest.raises(Exception, match="cannot be written"):
            history.save(None, "mock:echo", 0, [user("a"), assistant("b")])


def test_the_history_is_in_the_data_folder_of_the_user(monkeypatch, tmp_path: Path) -> None:
    from chatmodels.cli._history import default_path

    monkeypatch.delenv("CHATMODELS_HISTORY")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    assert Path(default_path()).name == "chats.sqlite"


def test_a_person_chats_in_a_terminal(terminal, openai, simulator) -> None:
    simulator.queue("# Tides\n\nThe **moon** pulls:\n\n- twice a day\n", "Sure.")
    screen = terminal("chat", *openai)
    screen.wait_for_prompt()
    screen.send("Why are there tides?\n")
    screen.wait_for("tokens/s")
    screen.wait_for_prompt()
    screen.send("Sure?\n")
    screen.wait_for("in total")
    screen.wait_for_prompt()
    screen.send("\x04")

    assert screen.end() == 0
    assert "Tides" in screen.text
    assert " • twice a day" in screen.text
    assert "**" not in screen.text
    assert "continue with: chatmodels chat --resume" in screen.text


def test_ctrl_c_keeps_a_partial_response_and_the_chat(terminal, openai, simulator, run) -> None:
    simulator.queue(FAULTS["stall-in-body"], "All of it.")
    screen = terminal("chat", *openai, "--plain")
    screen.wait_for_prompt()
    screen.send("Hello!\n")
    screen.wait_for("You")
    screen.send("\x03")
    screen.wait_for("/retry sends the prompt again")
    screen.wait_for_prompt()
    screen.send("/retry\n")
    screen.wait_for("All of it.")
    screen.wait_for_prompt()
    screen.send("/quit\n")

    assert screen.end() == 0
    assert chats(run)[0]["messages"] == 2


def test_ctrl_c_at_the_prompt_names_the_way_out(
    openai, run, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not in a terminal: a signal that comes right before `input` waits is seen with the next key.
    keys = iter([KeyboardInterrupt, EOFError])

    def interrupted(prompt: str) -> str:
        raise next(keys)

    monkeypatch.setattr("builtins.input", interrupted)
    result = run("chat", *openai, interactive=True)

    assert result.code == 0
    assert "/quit or Ctrl-D" in result.err


INTERRUPTED = """
import os, signal
from chatmodels.cli import main
from chatmodels.core import create_chat_model, set_alias

delays = iter([None])

def sleep(seconds):
    if next(delays, "second") == "second":
        os.kill(os.getpid(), signal.SIGINT)

set_alias("slow", create_chat_model("mock:echo", interval=1, sleep=sleep))
main(["chat", "slow", "--json"])
"""


def test_ctrl_c_ends_a_chat_without_a_terminal(run) -> None:
    command = [sys.executable, "-c", INTERRUPTED]
    done = subprocess.run(
        command, input=lines("one two", "three"), capture_output=True, check=False
    )

    (record,) = map(json.loads, done.stdout.splitlines())
    assert (record["text"].strip(), record["interrupted"]) == ("one", True)
    assert (done.returncode, done.stderr.strip()) == (130, b"stopped")
    assert chats(run)[0]["messages"] == 2


def test_the_last_exchange_is_shown_when_a_chat_is_resumed(terminal, run) -> None:
    run("chat", "mock:echo", stdin=lines("**Hello!**"))
    screen = terminal("chat", "--continue")
    screen.wait_for("> **Hello!**")
    screen.wait_for("\nHello!")
    screen.wait_for_prompt()
    screen.send("\x04")

    assert screen.end() == 0
