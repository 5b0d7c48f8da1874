"""The group of commands: help, colours, completion, exit codes."""

import io
import json
import re
import shlex
from importlib import import_module

import click
import pytest

from chatmodels.cli._command import Command
from chatmodels.cli._commands import COMMANDS, load
from chatmodels.cli._exit_codes import MEANINGS, ExitCode, exit_code
from chatmodels.cli._main import accept_all_characters, cli
from chatmodels.core import ErrorCode, ProviderImportError, ToolFailedError
from chatmodels.core.extending import error_class


def commands(name: str = "") -> dict[str, click.Command]:
    """Return all commands, those of groups by their full names."""
    found: dict[str, click.Command] = {}
    for each in COMMANDS:
        command = load(each)
        assert command is not None
        if isinstance(command, click.Group):
            found |= {f"{each} {name}": inner for name, inner in command.commands.items()}
        else:
            found[each] = command
    return found


each_command = pytest.mark.parametrize("name", commands())


def test_the_help_lists_all_commands_without_importing_them(spawn) -> None:
    code = "import sys; from chatmodels.cli import main\ntry: main(['--help'])\n"
    code += "finally: print(*sys.modules)"
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    page, _, modules = done.stdout.rpartition("\n  ")

    assert all(f"\n  {name}" in done.stdout for name in COMMANDS)
    assert not {"chatmodels.core", "rich", "msgspec", "platformdirs"} & set(modules.split()), page


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_has_the_first_sentence_of_their_help(name: str) -> None:
    command = load(name)

    assert command is not None
    assert command.name == name
    assert (command.help or "").split("\n\n")[0] == COMMANDS[name].help


@each_command
def test_the_help_of_a_command_ends_with_examples(run, name: str) -> None:
    result = run(*name.split(), "--help")

    assert result.code == 0
    assert "\nExamples:\n  " in result.out


@each_command
def test_the_examples_of_a_command_can_be_parsed(name: str) -> None:
    command = commands()[name]

    assert isinstance(command, Command)
    for example in command.examples:
        words = shlex.split(re.split(r" [<>] | #|\)\"", example.partition("chatmodels ")[2])[0])
        arguments = words[len(name.split()) :]
        with cli.make_context("chatmodels", [], resilient_parsing=True) as group:
            group.obj = None
            command.make_context(name, arguments, parent=group, resilient_parsing=True)
        assert words[: len(name.split())] == name.split(), example


def test_a_misspelt_command_is_corrected(run) -> None:
    result = run("aks", "mock:echo")

    assert result.code == 2
    assert "did you mean 'ask'?" in result.err


def test_an_unknown_command_gets_the_list(run) -> None:
    assert "use one of: ask," in run("xyzzy").err


def test_the_version_is_shown(run) -> None:
    assert re.fullmatch(r"chatmodels \d+\.\d+\.\d+\n", run("--version").out)


@pytest.mark.parametrize("code", [*ErrorCode])
def test_each_error_has_a_documented_exit_code(code: ErrorCode) -> None:
    if code is not ErrorCode.CANCELLED:
        assert exit_code(error_class(code)("?", code=code)) in MEANINGS


def test_exit_codes_of_some_errors_are_fixed() -> None:
    assert exit_code(ProviderImportError("?")) == ExitCode.CONFIGURATION
    assert exit_code(ToolFailedError("?")) == ExitCode.FAILED
    assert set(MEANINGS) == set(ExitCode)


def test_a_defect_is_not_hidden(run, monkeypatch) -> None:
    monkeypatch.setattr("chatmodels.cli._ask.create_model", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        run("ask", "mock:echo", "Hello!")


def test_colours_are_off_when_piped(spawn) -> None:
    assert "\x1b" not in "".join(map(str, spawn("providers", "mock")))


@pytest.mark.parametrize(
    ("options", "env", "colored"),
    [
        (("--color", "always"), {}, True),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colours_follow_the_option_and_the_environment(
    run, monkeypatch, options, env, colored: bool
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    assert ("\x1b" in run(*options, "providers", "mock").out) is colored


def test_colours_are_on_in_a_terminal(terminal) -> None:
    screen = terminal("providers", "mock")

    assert screen.end() == 0
    assert b"\x1b[1mmock" in screen.raw


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_completion_script(run, shell: str) -> None:
    assert "_CHATMODELS_COMPLETE" in run("completion", shell).out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("chatmodels as", "plain,ask"),
        ("chatmodels ask mock", "plain,mock:"),
        ("chatmodels ask mock:e", "plain,mock:echo"),
        ("chatmodels ask acme:", ""),
        ("chatmodels aks mock", ""),
        ("chatmodels providers moc", "plain,mock"),
    ],
)
def test_commands_providers_and_models_are_completed(spawn, words: str, expected: str) -> None:
    env = {
        "_CHATMODELS_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }

    assert spawn(env=env).out.strip() == expected


def test_a_configuration_file_is_loaded(spawn, tmp_path) -> None:
    path = tmp_path / "chatmodels.toml"
    path.write_text('[aliases]\nfast = "mock:echo"\n')

    assert spawn("--config", path, "ask", "fast", "Hello!") == (0, "Hello!\n", "")
    assert spawn("--config", tmp_path / "missing.toml", "providers").code == 2


def test_a_configuration_file_is_checked(run, tmp_path) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text('[aliases]\nfast = "mock:echo"\n')
    bad.write_text('[aliases]\nfast = "mock"\n[models.x]\ntemprature = 1\n')

    assert run("config", "check", good) == (0, f"{good} is valid\n", "")
    assert json.loads(run("config", "check", good, "--json").out)["valid"] is True
    assert run("config", "check", bad).code == 3
    assert "models.x" in run("config", "check", bad).err
    record = json.loads(run("config", "check", bad, "--json").out)
    assert record["valid"] is False
    assert len(record["problems"]) >= 2


def test_a_configuration_file_that_cannot_be_read_is_a_problem(run, tmp_path) -> None:
    record = json.loads(run("config", "check", tmp_path / "no.toml", "--json").out)

    assert "no.toml" in record["problems"][0]["problem"]


def test_piped_output_is_utf8_whatever_the_locale(spawn) -> None:
    env = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
    result = spawn("ask", "mock:echo", stdin="Grüße, 漢字".encode(), env=env)

    assert (result.code, result.out.strip(), result.err) == (0, "Grüße, 漢字", "")


def test_an_encoding_that_is_requested_replaces_characters_that_it_lacks(spawn) -> None:
    env = {"PYTHONIOENCODING": "ascii"}
    result = spawn("ask", "mock:echo", stdin="Grüße, all of you".encode(), env=env)

    assert (result.code, result.out.strip(), result.err) == (0, "Gr??e, all of you", "")


def test_a_terminal_that_is_not_utf8_shows_the_whole_response(terminal) -> None:
    env = {"PYTHONIOENCODING": "ascii"}
    screen = terminal("ask", "mock:echo", "Grüße, all of you", env=env)

    assert screen.end() == 0
    assert screen.text == "Gr??e, all of you"


class Output(io.TextIOWrapper):
    """Standard output with an encoding, as a terminal or as a pipe."""

    def __init__(self, encoding: str, *, terminal: bool) -> None:
        super().__init__(io.BytesIO(), encoding)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.mark.parametrize(
    ("encoding", "terminal", "requested", "expected"),
    [
        ("cp1252", False, "", "utf-8"),
        ("cp1252", True, "", "cp1252"),
        ("cp1252", False, "cp1252", "cp1252"),
        ("utf-8", True, "", "utf-8"),
    ],
)
def test_output_accepts_every_character(
    monkeypatch, encoding: str, terminal: bool, requested: str, expected: str
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", requested)
    output = Output(encoding, terminal=terminal)
    accept_all_characters(output)
    accept_all_characters(None)

    assert output.encoding == expected
    assert output.write("漢字\ud800") == 3
    output.flush()


def test_the_module_is_the_command_too() -> None:
    assert import_module("chatmodels.cli").__all__ == ["main"]


@pytest.mark.parametrize(
    "arguments",
    [("ask", "--json"), ("bench", "mock:echo", "--json", "-n", "x"), ("bench", "--json")],
)
def test_a_wrong_command_line_is_json_if_that_is_requested(run, arguments) -> None:
    result = run(*arguments)

    error = json.loads(result.out)["error"]
    assert (result.code, result.err) == (2, "")
    assert (error["code"], error["exit_code"]) == ("usage", 2)
    assert error["message"]
