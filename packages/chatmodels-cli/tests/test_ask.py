import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatmodels.cli._event_writer import EventWriter
from chatmodels.cli._failures import show_error
from chatmodels.core import (
    ChatModelError,
    ChatResponse,
    ErrorCode,
    ReasoningDelta,
    ReasoningPart,
    ToolCall,
    ToolEnd,
    ToolResult,
    ToolStart,
    assistant,
)
from chatmodels.providers.mock import MockChatModel
from chatmodels.testing import FAULTS, Simulator

PNG = b"\x89PNG\r\n\x1a\n of a pixel"
WAV = b"RIFF\x04\x00\x00\x00WAVE"
FULL = Path("/dev/full")


@pytest.fixture
def openai(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Return the model and options that reach the simulator."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    options = ("-o", f"base_url={simulator.base_url}", "-o", "max_retries=0")
    options += ("-o", "reasoning_effort=none")  # which functions need in chat completions
    return "openai:gpt-6.1-terra", *options


def test_the_response_is_printed_with_a_final_newline(run) -> None:
    assert run("ask", "mock:echo", "Hello, world!") == (0, "Hello, world!\n", "")


def test_the_texts_of_a_prompt_are_joined_with_standard_input(run) -> None:
    result = run("ask", "mock:echo", "Review:", "-", "Be brief.", stdin=b"+ a line\n")

    assert result.out == "Review:\n\n+ a line\n\nBe brief.\n"


def test_standard_input_is_the_prompt_if_there_is_no_other(run) -> None:
    assert run("ask", "mock:echo", stdin="Grüße".encode()).out == "Grüße\n"


@pytest.mark.parametrize(
    ("stdin", "expected"),
    [(b" \n", "the prompt is empty"), (b"\xff\xfe", "standard input is not UTF-8")],
    ids=["empty", "binary"],
)
def test_standard_input_without_a_text_is_refused(run, stdin: bytes, expected: str) -> None:
    result = run("ask", "mock:echo", stdin=stdin)

    assert result.code == 2
    assert expected in result.err


def test_a_terminal_is_not_read_as_a_prompt(terminal) -> None:
    screen = terminal("ask", "mock:echo")

    assert screen.end() == 2
    assert "there is no prompt" in screen.text


def test_attachments_are_sent_by_their_types(run, openai, simulator, tmp_path: Path) -> None:
    for name, data in (("a.png", PNG), ("b.wav", WAV), ("c.pdf", b"%PDF-1.7 of a page")):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "system.md").write_text("Be brief.")

    result = run(
        *("ask", *openai, "Describe.", "--system", f"@{tmp_path / 'system.md'}"),
        *("-a", tmp_path / "a.png", "-a", tmp_path / "b.wav", "-a", tmp_path / "c.pdf"),
        *("-a", "https://example.com/cat.png?size=2", "-o", "max_output_tokens=500"),
    )

    assert result.code == 0, result.err
    request = simulator.requests[-1]
    assert request["max_completion_tokens"] == 500
    assert request["messages"][0]["content"] == "Be brief."
    kinds = [part["type"] for part in request["messages"][1]["content"]]
    assert kinds == ["text", "image_url", "input_audio", "file", "image_url"]


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (("-a", "missing.png"), 7, "missing.png"),
        (("--system", "@missing.md"), 2, "missing.md"),
        (("--schema", "schema.toml"), 2, "the schema schema.toml cannot be read"),
        (("--tools", "empty.py"), 2, "empty.py has no functions"),
        (("--tools", "broken.py"), 2, "broken.py failed: ZeroDivisionError"),
        (("--tools", "schema.toml"), 2, "is not a Python file"),
        (("-o", "temperature"), 2, "'temperature' is not NAME=VALUE"),
        (("-o", "temprature=1"), 3, "there is no option 'temprature'"),
        (("-o", "temperature=9"), 3, "temperature must be"),
        (("-o", "api_key=sk-1"), 2, "list of processes"),
        (("--api-key-env", "ACME_KEY"), 2, "ACME_KEY is not set"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_mistakes_are_reported_before_a_call(
    run, monkeypatch, tmp_path: Path, arguments, code: int, expected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schema.toml").write_text("a = 1")
    (tmp_path / "empty.py").write_text("x = 1\ndef _private(): ...\n")
    (tmp_path / "broken.py").write_text("1 / 0")

    result = run("ask", "mock:echo", "Hello!", *arguments)

    assert result.code == code
    assert expected in result.err
    assert "sk-1" not in result.err


def test_the_key_can_come_from_another_variable(run, openai, simulator, monkeypatch) -> None:
    monkeypatch.setenv("ACME_KEY", "sk-acme")

    assert run("ask", *openai, "Hello!", "--api-key-env", "ACME_KEY").code == 0
    assert simulator.exchanges[-1].request.headers["authorization"] == "Bearer sk-acme"


def test_the_request_is_explained_without_the_key(run, openai, simulator) -> None:
    result = run(
        "ask", *openai, "Hello!", "--explain", "-o", "max_output_tokens=9", "--extra", "x=1"
    )

    assert result.code == 0
    assert result.out.startswith(f"POST {simulator.base_url}/chat/completions\n")
    assert '"x": 1' in result.out
    assert "sk-secret" not in result.out
    assert "max_output_tokens is sent as max_completion_tokens" in result.err
    assert simulator.requests == []


def test_the_explanation_has_warnings_and_json(run, openai) -> None:
    unsupported = ("-o", "top_k=3", "-o", "on_unsupported=warn", "--explain")
    text = run("ask", *openai, "Hello!", *unsupported)
    record = json.loads(run("ask", *openai, "Hello!", *unsupported, "--json").out)

    assert "\nwarning: " in text.err
    assert record["method"] == "POST"
    assert record["warnings"]


def test_with_a_schema_the_output_is_json(run, openai, simulator, tmp_path: Path) -> None:
    schema = {
        "title": "A city!",
        "type": "object",
        "properties": {"name": {"type": "string"}},
        "required": ["name"],
        "additionalProperties": False,
    }
    (tmp_path / "city.json").write_text(json.dumps(schema))
    simulator.queue('{"name": "Oslo"}')

    result = run("ask", *openai, "A city?", "--schema", tmp_path / "city.json")

    assert json.loads(result.out) == {"name": "Oslo"}
    assert simulator.requests[-1]["response_format"]["json_schema"]["name"] == "A_city"


def test_output_that_does_not_match_the_schema_is_a_failure(
    run, openai, simulator, tmp_path
) -> None:
    (tmp_path / "city.json").write_text('{"type": "object", "required": ["name"]}')
    simulator.queue("Oslo", "Oslo")
    arguments = ("ask", *openai, "A city?", "--schema", tmp_path / "city.json")

    text = run(*arguments)
    record = json.loads(run(*arguments, "--json").out)

    assert text.code == 8
    assert text.err.startswith("error: ")
    assert record["text"] == "Oslo"
    assert record["error"]["code"] == "output_invalid"


def test_json_has_the_response(run, openai) -> None:
    record = json.loads(run("ask", *openai, "Hello!", "--json").out)

    assert record["text"] == "You said: Hello!"
    assert record["provider"] == "openai"
    assert record["usage"]["output_tokens"] > 0
    assert isinstance(record["cost"]["amount"], float)


def test_a_schema_applies_without_streaming_too(run, openai, simulator, tmp_path: Path) -> None:
    (tmp_path / "city.json").write_text('{"type": "object"}')
    simulator.queue('{"name": "Oslo"}')
    arguments = ("--schema", tmp_path / "city.json", "--no-stream")

    assert json.loads(run("ask", *openai, "A city?", *arguments).out) == {"name": "Oslo"}


def test_ctrl_c_without_streaming_prints_nothing(run, monkeypatch, tmp_path: Path) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    model = MockChatModel(latency=1, sleep=interrupt)
    monkeypatch.setattr("chatmodels.cli._ask.create_model", lambda *_: model)
    (tmp_path / "city.json").write_text("{}")
    whole = run("ask", "m", "Hello!", "--no-stream", "--json")
    streamed = run("ask", "m", "Hello!", "--schema", tmp_path / "city.json")

    assert whole == streamed == (130, "", "stopped\n")


def test_a_call_without_streaming_prints_the_same(run, openai, simulator) -> None:
    result = run("ask", *openai, "Hello!", "--no-stream", "--usage")

    assert result.out == "You said: Hello!\n"
    assert "tokens/s" in result.err
    assert "stream" not in simulator.requests[-1]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (ErrorCode.AUTHENTICATION, 4),
        (ErrorCode.RATE_LIMITED, 5),
        (ErrorCode.PROVIDER_UNAVAILABLE, 6),
        (ErrorCode.MODEL_NOT_FOUND, 7),
    ],
)
def test_a_failure_has_a_message_and_an_exit_code(run, openai, simulator, code, expected) -> None:
    simulator.queue(code, code)

    text = run("ask", *openai, "Hello!")
    record = json.loads(run("ask", *openai, "Hello!", "--json").out)["error"]

    assert (text.code, text.out) == (expected, "")
    assert text.err.startswith("error: openai")
    assert (record["code"], record["exit_code"]) == (code, expected)


def test_the_message_of_a_failure_has_no_control_sequences(capsys) -> None:
    show_error(ChatModelError("the model is \x1b[8mgone\x1b]0;title\x07"))

    assert "the model is gone\n" in capsys.readouterr().err


def test_the_delay_that_a_provider_requests_is_shown(run, openai, simulator) -> None:
    simulator.queue(FAULTS["rate-limited-retry-after"])

    assert "try again in 7 s" in run("ask", *openai, "Hello!").err


def test_the_text_before_a_failure_is_kept(run, openai, simulator) -> None:
    simulator.queue(FAULTS["error-in-stream"], FAULTS["error-in-stream"])

    text = run("ask", *openai, "Hello!")
    record = json.loads(run("ask", *openai, "Hello!", "--json").out)

    assert text.code == record["error"]["exit_code"] == 6
    assert text.out.removesuffix("\n") == record["text"] != ""


def test_a_provider_that_is_not_installed_is_a_matter_of_configuration(run) -> None:
    result = run("ask", "acme:large", "Hello!", "-o", "temperature=0")
    record = json.loads(run("ask", "acme:large", "Hello!", "--json").out)

    assert record["error"]["code"] == "provider_not_found"

    assert result.code == 3
    assert "no provider named 'acme'" in result.err


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that sets the replies of the model that the command creates."""

    def script(*replies: Any) -> None:
        model = MockChatModel(responses=replies)
        monkeypatch.setattr("chatmodels.cli._ask.create_model", lambda *_: model)

    return script


def test_reasoning_goes_to_standard_error(run, scripted) -> None:
    reply = (ReasoningPart("thinking it over"), "Done.")
    scripted(reply, reply)

    assert run("ask", "m", "Hello!", "--reasoning") == (0, "Done.\n", "thinking it over\n")
    assert run("ask", "m", "Hello!").err == ""


CONTROLLED = "Hello\x1b]52;c;c2VjcmV0\x07, \x1b[8mworld\x9b2J!"


@pytest.mark.parametrize("option", ["--no-stream", "--markdown", "--reasoning"])
def test_control_sequences_of_a_model_do_not_reach_the_terminal(
    terminal, openai, simulator, option: str
) -> None:
    simulator.queue(CONTROLLED)
    screen = terminal("ask", *openai, "Hello!", option)

    assert screen.end() == 0
    assert "Hello" in screen.text
    assert not any(each in screen.raw for each in (b"\x1b]", b"\x1b[8m", "\x9b".encode()))


def test_output_that_is_not_a_terminal_is_the_text_as_it_is(run, openai, simulator) -> None:
    simulator.queue(CONTROLLED)

    assert run("ask", *openai, "Hello!").out == f"{CONTROLLED}\n"


def test_tool_calls_and_reasoning_have_no_control_sequences(capsys) -> None:
    writer = EventWriter(reasoning=True)
    call = ToolCall("c1", "\x1b[8mweather", "{}")
    writer.write(ReasoningDelta("\x1b]0;title\x07thinking"))
    writer.write(ToolStart(call))
    writer.write(ToolEnd(call, ToolResult("c1", is_error=True)))

    assert capsys.readouterr().err == "thinking\n→ weather({})\n← weather failed\n"


def test_warnings_and_a_cut_response_are_remarked(run, scripted) -> None:
    message = assistant("The be")
    scripted(ChatResponse(message=message, finish_reason="length", warnings=("top_k is ignored",)))

    result = run("ask", "m", "Hello!")

    assert "warning: top_k is ignored" in result.err
    assert "the response is cut off (length)" in result.err


TOOLS = '''
"""Tools."""
from chatmodels.core import tool
from dataclasses import dataclass

def weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"
'''


def test_functions_of_a_file_are_tools(run, openai, simulator, tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text(TOOLS)
    simulator.queue(ToolCall("c1", "weather", '{"city": "Oslo"}'), "It is sunny.")

    result = run("ask", *openai, "Weather?", "--tools", tmp_path / "tools.py", "--usage")

    assert result.out == "It is sunny.\n"
    assert '→ weather({"city": "Oslo"})' in result.err
    assert simulator.requests[-1]["messages"][-1]["content"] == "sunny in Oslo"


def test_decorated_functions_alone_are_tools(run, openai, simulator, tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text(TOOLS + "\n@tool\ndef fails(text: str): 1 / 0\n")
    simulator.queue(ToolCall("c1", "fails", json.dumps({"text": "x" * 300})), "It failed.")

    result = run("ask", *openai, "Fail!", "--tools", tmp_path / "tools.py", "--json", "--no-stream")
    simulator.queue(ToolCall("c1", "fails", json.dumps({"text": "x" * 300})), "It failed.")
    text = run("ask", *openai, "Fail!", "--tools", tmp_path / "tools.py")

    record = json.loads(result.out)
    assert record["rounds"] == 2
    assert [(each["name"], each["is_error"]) for each in record["tools"]] == [("fails", True)]
    assert [each["function"]["name"] for each in simulator.requests[-1]["tools"]] == ["fails"]
    assert "← fails failed" in text.err
    assert "x..." in text.err


def test_a_run_that_reaches_its_limit_reports_its_rounds(run, openai, simulator, tmp_path) -> None:
    (tmp_path / "tools.py").write_text(TOOLS)
    simulator.queue(ToolCall("c1", "weather", '{"city": "Oslo"}'))

    result = run(
        *("ask", *openai, "Weather?", "--tools", tmp_path / "tools.py", "--json"),
        *("--max-rounds", "1"),
    )

    assert result.code == 1
    assert json.loads(result.out)["rounds"] == 1


@pytest.mark.parametrize(("reply", "content"), [("y", "sunny in Oslo"), ("n", "denied")])
def test_a_person_approves_tool_calls(
    terminal, openai, simulator, tmp_path: Path, reply: str, content: str
) -> None:
    (tmp_path / "tools.py").write_text(TOOLS)
    simulator.queue(ToolCall("c1", "weather", '{"city": "Oslo"}'), "Done.")

    screen = terminal("ask", *openai, "Weather?", "--tools", tmp_path / "tools.py", "--approve")
    screen.wait_for("[y/N]")
    screen.send(f"{reply}\n")

    assert screen.end() == 0
    assert content in simulator.requests[-1]["messages"][-1]["content"]


def test_without_a_terminal_tool_calls_are_denied(
    run, openai, simulator, tmp_path, monkeypatch
) -> None:
    (tmp_path / "tools.py").write_text(TOOLS)
    monkeypatch.setattr("chatmodels.cli._approval.TERMINAL", str(tmp_path / "missing"))
    simulator.queue(ToolCall("c1", "weather", '{"city": "Oslo"}'), "Done.")

    result = run("ask", *openai, "Weather?", "--tools", tmp_path / "tools.py", "--approve")

    assert "weather is denied" in result.err
    assert "denied" in simulator.requests[-1]["messages"][-1]["content"]


MCP_SERVER = '''
from mcp.server import MCPServer

server = MCPServer("numbers")

@server.tool()
def double(number: int) -> int:
    """Double a number."""
    return 2 * number

server.run()
'''


def test_tools_of_an_mcp_server_can_be_called(run, openai, simulator, tmp_path: Path) -> None:
    script = tmp_path / "server.py"
    script.write_text(MCP_SERVER)
    simulator.queue(ToolCall("c1", "numbers_double", '{"number": 21}'), "42")

    result = run("ask", *openai, "21 + 21?", "--mcp", f"numbers={sys.executable} {script}")

    assert result.code == 0, result.err
    assert result.out == "42\n"
    assert "42" in str(simulator.requests[-1]["messages"][-1]["content"])


def test_an_mcp_server_that_cannot_be_reached_is_a_failure(run, simulator) -> None:
    result = run("ask", "mock:echo", "Hello!", "--mcp", f"{simulator.refusing_url}/mcp")

    assert result.code == 6
    assert run("ask", "mock:echo", "Hello!", "--mcp", "").code == 3


def test_mcp_servers_need_their_package(run, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "chatmodels.mcp", None)

    assert "pip install chatmodels-mcp" in run("ask", "mock:echo", "Hi", "--mcp", "x").err


def test_ctrl_c_keeps_the_text_that_has_arrived(terminal, simulator, openai) -> None:
    simulator.queue(FAULTS["stall-in-body"])
    screen = terminal("ask", *openai, "one two three")
    screen.wait_for("You")
    screen.send("\x03")

    assert screen.end() == 130
    assert "You" in screen.text
    assert "stopped" in screen.text


def test_ctrl_c_before_the_first_event_ends_the_command(terminal, simulator, openai) -> None:
    simulator.queue(FAULTS["slow-first-byte"])
    screen = terminal("ask", *openai, "Hello!", "--json")
    simulator.wait()
    screen.send("\x03")

    assert screen.end() == 130


def test_ctrl_c_prints_the_json_of_the_partial_response() -> None:
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", INTERRUPTED], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = process.communicate()

    record = json.loads(out)
    assert record["text"].strip() == "one"
    assert record["interrupted"] is True
    assert (process.returncode, err.strip()) == (130, b"stopped")


# The signal arrives when the model waits for the second time.
INTERRUPTED = """
import os, signal
from chatmodels.cli import main
from chatmodels.core import create_chat_model, set_alias

delays = iter([None])

def sleep(seconds):
    if next(delays, "second") == "second":
        os.kill(os.getpid(), signal.SIGINT)

set_alias("slow", create_chat_model("mock:echo", interval=1, sleep=sleep))
main(["ask", "slow", "one two", "--json"])
"""


@pytest.mark.skipif(not FULL.exists(), reason="the system has no /dev/full")
def test_output_that_cannot_be_written_is_reported() -> None:
    with FULL.open("wb") as full:
        process = subprocess.run(
            [sys.executable, "-m", "chatmodels.cli", "ask", "mock:echo", "one two three"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert process.stderr == f"error: the output cannot be written: {os.strerror(errno.ENOSPC)}\n"
    assert process.returncode == 1


def test_a_reader_that_has_ended_is_no_failure_to_report() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "chatmodels.cli", "ask", "mock:echo", "one two three"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()

    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert process.wait() == 141
    process.stderr.close()
