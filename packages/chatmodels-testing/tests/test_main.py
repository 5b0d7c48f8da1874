"""`python -m chatmodels.testing`."""

import http.client
import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from client import request

from chatmodels.testing import FAULTS, WIRE_FAULTS, Simulator
from chatmodels.testing.__main__ import main
from chatmodels.testing._protocols.endpoints import ENDPOINTS, Endpoints

BODY = b'{"model": "m", "messages": [{"role": "user", "content": "Hi!"}]}'


class Visit:
    """Asks the simulator once it runs, then interrupts it."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.answer: Any = None
        self.status = 0
        self.address = ""

    def __call__(self, seconds: float) -> None:
        first, second, *_ = self._capsys.readouterr().out.splitlines()
        self.address = first.removeprefix("OPENAI_BASE_URL=")
        assert f"{second.removeprefix('ANTHROPIC_BASE_URL=')}/v1" == self.address
        headers = {"authorization": "Bearer k"}
        asking = urllib.request.Request(f"{self.address}/chat/completions", BODY, headers)
        try:
            with urllib.request.urlopen(asking) as response:
                self.answer = json.loads(response.read())
                self.status = response.status
        except HTTPError as error:
            self.status = error.code
            error.close()
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
        for arguments in (
            ["--replay", str(tmp_path / "nowhere")],
            ["--port", port],
            ["--fault", "nonsense"],
            ["--fault-server", "--wire-fault", "nonsense"],
        ):
            with pytest.raises(SystemExit):
                main(arguments)

    absent, taken, fault, wire_fault = [
        line for line in capsys.readouterr().err.splitlines() if "error:" in line
    ]
    assert "error: the simulator cannot start: " in absent
    assert "nowhere" in absent
    assert "error: the simulator cannot start: " in taken
    assert "no fault named 'nonsense'" in fault
    assert "no fault of the transport is named 'nonsense'; see --list-wire-faults" in wire_fault


SPEED = ["--first-token", "0.001", "--tokens-per-second", "10000", "--jitter", "0.5"]
LIMITS = ["--requests-per-minute", "1000", "--input-tokens-per-minute", "1000"]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["serve", "--model", "m", *SPEED, *LIMITS], 200),
        (["serve", "--first-token", "0.001"], 200),
        (["serve", "--model", "n", "--model", "o"], 404),
        (["--fault", "overloaded"], 529),
        (["--fault", "overloaded", "--fault-rate", "0"], 200),
        (["--fault-rate", "0", "--seed", "3"], 200),
        (["--tokens-per-minute", "1"], 200),
        (["--output-tokens-per-minute", "1"], 200),
    ],
)
def test_options_choose_models_speed_limits_and_faults(
    capsys: pytest.CaptureFixture[str], arguments: list[str], status: int
) -> None:
    visit = Visit(capsys)
    main(arguments, sleep=visit)

    assert visit.status == status


def test_a_fault_server_runs_beside_the_simulator(capsys: pytest.CaptureFixture[str]) -> None:
    def visit(_: float) -> None:
        *_, last = capsys.readouterr().out.splitlines()
        url = last.removeprefix("# faults of the transport: ")
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            urllib.request.urlopen(f"{url}/chat/completions", BODY).read()
        raise KeyboardInterrupt

    main(["serve", "--fault-server", "--wire-fault", "close-in-body"], sleep=visit)


def test_all_apis_faults_and_options_are_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, check=lambda left: left.code == 0):
        main(["serve", "--help"])
    text = capsys.readouterr().out

    assert all(name in text for name in FAULTS)
    assert all(request in text for endpoints in ENDPOINTS for request in endpoints.requests)
    with pytest.raises(SystemExit, check=lambda left: left.code == 0):
        main(["--list-wire-faults"])
    assert len(capsys.readouterr().out.splitlines()) == len(WIRE_FAULTS)


@pytest.mark.parametrize("endpoints", ENDPOINTS, ids=lambda endpoints: endpoints.api)
def test_each_request_in_the_help_is_served(endpoints: Endpoints, simulator: Simulator) -> None:
    headers = {"authorization": "Bearer k", "x-api-key": "k"}
    if endpoints.api.startswith("Anthropic"):
        headers["anthropic-version"] = "2023-06-01"
    for served in endpoints.requests:
        method, path = served.split()
        path = path.replace("{model}", simulator.models[0])
        got = request(simulator, method, path, b"{}" if method == "POST" else None, headers)
        assert "Unknown request URL" not in got.content.decode(), served


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_the_module_can_be_run() -> None:
    command = [sys.executable, "-m", "chatmodels.testing", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(300) == 0

    assert line.startswith("OPENAI_BASE_URL=http://127.0.0.1:")
