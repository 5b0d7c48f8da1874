"""Faults of the transport, played to all providers; `./run faults` plays all of them."""

import http.client
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import fault_matrix
from chatmodels.core import (
    AuthenticationError,
    CallTimeoutError,
    ChatModelError,
    ChatResponse,
    NetworkError,
    RateLimitError,
    assistant,
)
from chatmodels.testing import WIRE_FAULTS, FaultServer
from fault_matrix import SECRET, SHAPES, Cell
from vendors import VENDORS

ROOT = Path(__file__).parent.parent
SOME = list(fault_matrix.some_cells())
INJECTED = [
    *list(fault_matrix.some_cells("httpx"))[::12],
    *list(fault_matrix.some_cells("httpx2"))[5::12],
]


@pytest.mark.parametrize("cell", [*SOME, *INJECTED], ids=str)
def test_a_fault_has_a_permitted_outcome_and_the_next_call_succeeds(cell: Cell) -> None:
    assert cell.problem() is None


def test_each_provider_gets_faults_in_each_call_form() -> None:
    met = Counter((cell.provider, cell.shape) for cell in SOME)

    assert set(met) == {(provider, shape) for provider in VENDORS for shape in SHAPES}
    assert min(met.values()) >= 10
    assert {cell.fault.name for cell in SOME} == set(WIRE_FAULTS)


def test_each_provider_has_a_hundred_applicable_faults_in_each_call_form() -> None:
    met = Counter(
        (cell.provider, cell.shape) for cell in fault_matrix.cells(list(WIRE_FAULTS.values()))
    )

    assert min(met.values()) >= 100


@pytest.mark.parametrize(
    ("name", "script_name", "command"),
    [
        ("faults.md", "fault_table.py", "fault-table"),
        ("simulator.md", "simulator_page.py", "simulator-page"),
    ],
)
def test_the_pages_of_faults_and_rules_are_current(
    name: str, script_name: str, command: str
) -> None:
    page = (ROOT / "docs" / "reference" / name).read_text("utf-8")
    script = ROOT / ".ci" / script_name

    printed = subprocess.run(
        [sys.executable, script, "--print"], capture_output=True, encoding="utf-8", check=False
    )

    assert printed.returncode == 0, printed.stderr
    assert printed.stdout == page, f"write it anew: ./run {command}"


def cell(fault: str, shape: str = "generate") -> Cell:
    return Cell(WIRE_FAULTS[fault], "openai", shape)


class Script:
    """A model whose calls are functions of the server's address."""

    def __init__(self, *calls: Any) -> None:
        self._calls = list(calls)
        self._root = ""

    def __call__(self, provider: str, root: str, **options: object) -> "Script":
        self._root = root
        return self

    def generate(self, prompt: str, *, timeout: object) -> object:
        return self._calls.pop(0)(self._root)


def failing(error: Exception) -> Any:
    def call(root: str) -> None:
        raise error

    return call


def right(root: str) -> ChatResponse[Any]:
    return ChatResponse(message=assistant(fault_matrix.RIGHT))


def wrong(root: str) -> ChatResponse[Any]:
    return ChatResponse(message=assistant("Something else."))


def right_after_two_requests(root: str) -> ChatResponse[Any]:
    for _ in range(2):
        with closing(http.client.HTTPConnection(root.removeprefix("http://"))) as client:
            client.request("GET", "/")
            client.getresponse().read()
    return right(root)


def named(kind: type[ChatModelError], message: str = "no", **more: Any) -> ChatModelError:
    return kind(message, **{"op": "generate", "provider": "openai"} | more)


LEAKING = named(NetworkError)
LEAKING.__cause__ = ValueError(f"key {SECRET}")


def never(server: FaultServer, timeout: float) -> bool:
    return False


PROBLEMS = [
    ("close-after-request", [right], "a success: "),
    ("gzip", [wrong], "a wrong response: "),
    ("gzip", [failing(ValueError("x"))], "a foreign exception: "),
    ("gzip", [failing(named(NetworkError))], "another code: "),
    ("429-seconds", [failing(named(RateLimitError, status=500))], "another status: "),
    ("429-seconds", [failing(named(RateLimitError, status=429))], "another delay: "),
    ("401-empty", [failing(named(AuthenticationError, status=401, op="x"))], "another place: "),
    ("reset-in-headers", [failing(LEAKING)], "the API key is in the error"),
    ("identity", [right_after_two_requests], "2 requests were sent"),
    ("gzip", [right, failing(named(NetworkError))], "the call afterwards failed: "),
    ("gzip", [right, wrong], "the call afterwards failed: "),
    ("stall-after-request", [failing(named(CallTimeoutError))], "the connection was not closed"),
]


@pytest.mark.parametrize(("fault", "calls", "problem"), PROBLEMS)
def test_an_outcome_that_is_not_permitted_is_reported(
    fault: str, calls: list[Any], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fault_matrix, "model_of", Script(*calls))
    monkeypatch.setattr(FaultServer, "wait_until_left", never)

    found = cell(fault).problem()

    assert found is not None
    assert found.startswith(problem)


def test_the_command_applies_the_selected_faults() -> None:
    script = ROOT / "tests-integration" / "fault_matrix.py"
    chosen = ("--fault", "gzip", "--fault", "crlf", "--provider", "openai", "--client", "httpx")

    played = subprocess.run(
        [sys.executable, script, *chosen], capture_output=True, encoding="utf-8", check=False
    )

    assert played.returncode == 0, played.stdout + played.stderr
    assert played.stdout.startswith("2 faults, 6 cells, 0 failed, ")


def test_the_command_reports_failures(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fault_matrix, "model_of", Script(wrong))

    failed = fault_matrix.main(
        ["--fault", "gzip", "--group", "body", "--provider", "openai", "--shape", "generate"]
    )

    assert failed == "1 of 1 cells failed"
    assert "gzip openai generate own: a wrong response: " in capsys.readouterr().out


def test_the_command_knows_the_names_of_faults(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        fault_matrix.main(["--fault", "gunzip"])
    assert "no fault is named 'gunzip'" in capsys.readouterr().err
