"""`python -m chatmodels.testing`."""

import http.client
import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from chatmodels.testing import Simulator
from chatmodels.testing.__main__ import main


class Visit:
    """Asks the simulator once it runs, then interrupts it."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.answer: Any = None
        self.address = ""

    def __call__(self, seconds: float) -> None:
        first, second, *_ = self._capsys.readouterr().out.splitlines()
        self.address = first.removeprefix("OPENAI_BASE_URL=")
        assert f"{second.removeprefix('ANTHROPIC_BASE_URL=')}/v1" == self.address
        body = b'{"model": "m", "messages": [{"role": "user", "content": "Hi!"}]}'
        headers = {"authorization": "Bearer k"}
        asking = urllib.request.Request(f"{self.address}/chat/completions", body, headers)
        with urllib.request.urlopen(asking) as response:
            self.answer = json.loads(response.read())
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "You said: Hi!"),
        (["--reply", "Always.", "--latency", "0.001", "--pace", "0.001"], "Always."),
    ],
)
def test_it_runs_until_it_is_interrupted(
    capsys: pytest.CaptureFixture[str], arguments: list[str], text: str
) -> None:
    visit = Visit(capsys)
    main(arguments, sleep=visit)

    assert visit.answer["choices"][0]["message"]["content"] == text
    port = int(visit.address.rpartition(":")[2].partition("/")[0])
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", port).connect()


def test_it_replays_the_samples(capsys: pytest.CaptureFixture[str]) -> None:
    visit = Visit(capsys)
    main(["--samples"], sleep=visit)

    assert visit.answer["id"] == "demo-lighthouse"


def test_it_replays_a_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    body = {"choices": [{"message": {"content": "recorded"}}]}
    exchange = {"provider": "p", "api": "openai.chat", "response": {"body": body}}
    (tmp_path / "a.json").write_text(json.dumps(exchange))
    visit = Visit(capsys)
    main(["--replay", str(tmp_path)], sleep=visit)

    assert visit.answer == body


def test_an_error_is_reported_in_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with Simulator() as simulator:
        port = simulator.url.rpartition(":")[2]
        for arguments in (["--replay", str(tmp_path / "nowhere")], ["--port", port]):
            with pytest.raises(SystemExit):
                main(arguments)

    absent, taken = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert "error: the simulator cannot start: " in absent
    assert "nowhere" in absent
    assert "error: the simulator cannot start: " in taken


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_the_module_can_be_run() -> None:
    command = [sys.executable, "-m", "chatmodels.testing", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(300) == 0

    assert line.startswith("OPENAI_BASE_URL=http://127.0.0.1:")
