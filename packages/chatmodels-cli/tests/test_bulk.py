"""The command `bulk`."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import pytest

import chatmodels.bulk
from chatmodels.bulk import Progress, Stop, open_job
from chatmodels.bulk._clock import SystemClock
from chatmodels.bulk._stopping import StopConditions
from chatmodels.cli._bulk_plan import Plan
from chatmodels.cli._bulk_progress import Interrupts, figures_of
from chatmodels.cli._bulk_run import answer
from chatmodels.core import ErrorCode, Usage


class Hold(NamedTuple):
    """Events: a request was received, and responses are sent from now on."""

    received: Event
    released: Event


@pytest.fixture
def openai(simulator, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("OPENAI_BASE_URL", simulator.base_url)
    return "openai:gpt-6.1-terra"


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "rows.jsonl", 4)


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "answers.jsonl"


@pytest.fixture
def hold(simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hold]:
    """Hold all responses back until they are released."""
    released, handle = Event(), simulator._handle

    def held(exchange: Any) -> Any:
        received.set()
        released.wait()
        return handle(exchange)

    received = Event()
    monkeypatch.setattr(simulator, "_handle", held)
    yield Hold(received, released)
    released.set()


def write_rows(path: Path, count: int) -> Path:
    path.write_text("".join(f'{{"id": "r{n}", "text": "ticket {n}"}}\n' for n in range(count)))
    return path


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_run_answers_every_row(run, openai, simulator, rows: Path, to: Path) -> None:
    prompt = rows.with_name("prompt.txt")
    prompt.write_text("Classify: {text}")
    arguments = ("bulk", "run", openai, rows, "--to", to, "--prompt", f"@{prompt}", "-c", "1")
    result = run(*arguments, "--system", "Be {brief}.", "-o", "max_output_tokens=500", "--json")

    record = json.loads(result.out)
    assert result.code == 0, result.err
    assert (record["model"], record["answered"], record["failed"]) == (openai, 4, 0)
    assert record["usage"]["output_tokens"] > 0
    assert [each["id"] for each in records(to)] == ["r0", "r1", "r2", "r3"]
    assert b"Be {brief}." in simulator.exchanges[0].request.body
    assert b"Classify: ticket 0" in simulator.exchanges[0].request.body
    assert "sk-secret" not in (to.parent / "answers.jsonl.run" / "command.json").read_text()

    result = run(*arguments, "--system", "Be {brief}.", "-o", "max_output_tokens=500")
    assert len(simulator.exchanges) == 4
    assert result.out.startswith("4 answered, 0 failed\n")
    result = run(*arguments)
    assert result.code == 3
    assert "row 'r0' has changed" in result.err


def test_failed_rows_are_reported_and_asked_again(run, openai, simulator, rows, to) -> None:
    simulator.queue(ErrorCode.INVALID_REQUEST)
    result = run("bulk", "run", openai, rows, "--to", to, "-p", "{text}", "-c", "1")

    assert result.code == 1
    assert "3 answered, 1 failed (invalid_request: 1)" in result.out
    assert f"chatmodels bulk retry {to}" in result.err
    failed = to.with_name("failed.csv")
    assert run("bulk", "export", to, failed, "--failed").code == 0
    assert len(failed.read_text().splitlines()) == 2
    assert run("bulk", "resume", to).code == 1
    assert len(simulator.exchanges) == 4
    assert run("bulk", "retry", to, "--json").code == 0
    assert len(simulator.exchanges) == 5
    assert run("bulk", "status", to).out.startswith(f"{openai}: not running\n4 answered, 0 failed")


def test_a_schema_makes_the_results_values(run, openai, rows: Path, to: Path) -> None:
    schema = rows.with_name("ticket.json")
    schema.write_text(
        '{"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["kind"],'
        ' "additionalProperties": false}'
    )
    result = run("bulk", "run", openai, rows, "--to", to, "-p", "{text}", "--schema", schema)

    assert result.code == 0, result.err
    assert isinstance(records(to)[0]["output"]["kind"], str)
    schema.unlink()
    target = to.with_name("copy.jsonl")
    assert run("bulk", "export", to, target).code == 0
    assert records(target) == records(to)
    assert run("bulk", "resume", to).code == 0


def test_a_run_that_stops_at_a_limit_shows_the_way_on(run, openai, simulator, rows, to) -> None:
    for _ in range(2):
        simulator.queue(ErrorCode.INVALID_REQUEST)
    arguments = ("bulk", "run", openai, rows, "--to", to, "-p", "{text}", "-c", "1")
    result = run(*arguments, "--errors", "2", "--json")

    record = json.loads(result.out)
    assert result.code == record["error"]["exit_code"] == 7
    assert (record["failed"], record["interrupted"]) == (2, False)
    assert "2 of 2 rows have failed" in record["error"]["message"]
    for _ in range(2):
        simulator.queue(ErrorCode.INVALID_REQUEST)
    result = run("bulk", "retry", to)
    assert "error: 2 of 2 rows have failed" in result.err
    assert f"chatmodels bulk resume {to}" in result.err
    assert run("bulk", "retry", to, "--errors", "0.9").code == 0


class StopsAtFirst(SystemClock):
    """A clock of batches without pauses, which stops the run in the first of them."""

    def __init__(self, to: Path) -> None:
        self.to: Path | None = to

    async def sleep(self, seconds: float, stopping: StopConditions, /) -> None:
        if self.to is not None:
            assert open_job(self.to).stop()
        self.to = None


@pytest.fixture
def stopped(run, openai, rows: Path, to: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of four rows in two batches that was stopped while they are at the vendor."""
    monkeypatch.setattr("chatmodels.bulk._run.CLOCK", StopsAtFirst(to))
    arguments = (openai, rows, "--to", to, "-p", "{text}", "--via", "batch", "--batch-rows", "2")
    assert run("bulk", "run", *arguments).code == 130
    return to


def test_a_run_via_batches_is_cancelled_and_carried_out(run, stopped: Path) -> None:
    result = run("bulk", "cancel", stopped)
    assert (result.code, result.out) == (0, "2 batches cancelled\n")
    assert run("bulk", "resume", stopped).code == 0
    assert len(records(stopped)) == 4
    result = run("bulk", "cancel", stopped)
    assert (result.code, result.out) == (1, "0 batches cancelled\n")


def test_a_cancellation_is_reported_as_json(run, stopped: Path) -> None:
    result = run("bulk", "cancel", stopped, "--json")
    assert result.code == 0
    assert json.loads(result.out) == {
        "model": "openai:gpt-6.1-terra",
        "file": str(stopped),
        "cancelled_batches": 2,
        "stopping": False,
        "running": None,
    }


def test_one_batch_is_cancelled_in_the_singular(
    run, openai, rows: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatmodels.bulk._run.CLOCK", StopsAtFirst(to))
    arguments = (openai, rows, "--to", to, "-p", "{text}", "--via", "batch")
    assert run("bulk", "run", *arguments).code == 130
    assert run("bulk", "cancel", to).out == "1 batch cancelled\n"


def test_the_batches_of_a_run_in_python_are_cancelled_there(run, stopped: Path) -> None:
    (stopped.parent / "answers.jsonl.run" / "command.json").unlink()
    result = run("bulk", "cancel", stopped)
    assert result.code == 2
    assert "call chatmodels.bulk.cancel there" in result.err


def test_rows_in_batches_are_counted(run, stopped: Path) -> None:
    assert "0 answered, 0 failed, 4 in batches or waiting for one\n" in (
        run("bulk", "status", stopped).out
    )
    assert json.loads(run("bulk", "status", stopped, "--json").out)["batched"] == 4


def test_limits_of_batches_are_stored(run, simulator, stopped: Path) -> None:
    assert [len(batch.rows) for batch in simulator.batches.all] == [2, 2]
    assert run("bulk", "resume", stopped, "--batch-tokens", "9999").code == 0
    command = json.loads((stopped.parent / "answers.jsonl.run" / "command.json").read_text())
    assert command["limits"] == {"batch_rows": 2, "batch_tokens": 9999}


def test_a_batch_is_late_after_the_deadline_of_the_command_line(
    run, openai, simulator, rows: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hastening(SystemClock):
        """A clock on which each pause takes an hour."""

        hours = 0

        def now(self) -> float:
            return 3_600.0 * self.hours

        async def sleep(self, seconds: float, stopping: StopConditions, /) -> None:
            self.hours += 1

    clock = Hastening()
    monkeypatch.setattr("chatmodels.bulk._run.CLOCK", clock)
    simulator.batches.queue("endless")
    arguments = (openai, rows, "--to", to, "-p", "{text}", "--via", "auto")
    result = run("bulk", "run", *arguments, "--batch-deadline", "7200")
    assert result.code == 0, result.err
    assert 2 <= clock.hours < 24
    assert len(records(to)) == 4


@pytest.mark.parametrize(
    "option", ["--retries", "--requests-per-minute", "--tokens-per-minute", "--in-flight"]
)
def test_limits_of_calls_without_calls_are_refused(run, rows: Path, to: Path, option: str) -> None:
    arguments = ("mock:echo", rows, "--to", to, "--via", "batch")
    result = run("bulk", "run", *arguments, option, "2")
    assert result.code == 2
    assert f"{option} has no effect with --via batch; pass --via calls or --via auto" in result.err


def test_an_estimate_for_batches_obeys_no_limits_of_batches(run, rows: Path, to: Path) -> None:
    arguments = ("mock:echo", rows, "--to", to, "-p", "{text}", "--via", "batch")
    assert run("bulk", "estimate", *arguments, "--batch-rows", "2").code == 0


def test_an_estimate_for_batches_has_the_limits_of_its_calls(
    run, openai, simulator, rows: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatmodels.bulk._run.CLOCK", StopsAtFirst(to))
    arguments = (openai, rows, "--to", to, "-p", "{text}", "--via", "batch", "--batch-rows", "1")
    simulator.queue(ErrorCode.PROVIDER_UNAVAILABLE)
    limits = ("--retries", "0", "--in-flight", "1")
    result = run("bulk", "estimate", *arguments, *limits, "--rows", "2")
    assert "1 of 4 answered, 1 failed" in result.err
    assert len(simulator.exchanges) == 2

    assert run("bulk", "resume", to).code == 130  # the limits of calls do not apply to batches
    assert [len(batch.rows) for batch in simulator.batches.all] == [1, 1]


def test_an_estimate_refuses_limits_without_effect(run, rows: Path, to: Path) -> None:
    arguments = ("mock:echo", rows, "--to", to, "-p", "{text}")
    result = run("bulk", "estimate", *arguments, "--batch-rows", "2")
    assert result.code == 2
    assert "--batch-rows has no effect with --via calls; pass --via batch or" in result.err


def test_limits_of_batches_without_batches_are_refused(run, rows: Path, stopped: Path) -> None:
    arguments = ("mock:echo", rows, "--to", stopped.with_name("b.csv"))
    result = run("bulk", "run", *arguments, "--batch-rows", "2")
    assert result.code == 2
    assert "--batch-rows has no effect with --via calls; pass --via batch or --via auto" in (
        result.err
    )
    result = run("bulk", "resume", stopped, "--batch-deadline", "9")
    assert "--batch-deadline has no effect with --via batch; omit it" in result.err


def test_no_retries_are_a_limit_too(run, openai, simulator, rows: Path, to: Path) -> None:
    simulator.queue(ErrorCode.PROVIDER_UNAVAILABLE)
    arguments = (openai, rows, "--to", to, "-p", "{text}", "-c", "1", "--retries", "0")
    assert run("bulk", "run", *arguments).code == 1
    assert len(simulator.exchanges) == 4
    simulator.queue(ErrorCode.PROVIDER_UNAVAILABLE)
    assert run("bulk", "retry", to).code == 1


def test_an_estimate_of_a_run_via_batches_calls_the_model(
    run, openai, simulator, rows: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatmodels.bulk._run.CLOCK", StopsAtFirst(to))
    arguments = (openai, rows, "--to", to, "-p", "{text}", "--via", "batch")
    result = run("bulk", "estimate", *arguments, "--rows", "2")
    assert result.code == 0, result.err
    assert "the cost is that of calls" in result.err
    assert simulator.batches.all == []

    assert run("bulk", "resume", to).code == 130  # the other rows are in a batch
    assert [len(batch.rows) for batch in simulator.batches.all] == [2]
    result = run("bulk", "estimate", *arguments)
    assert result.code == 2
    assert f"chatmodels bulk resume {to}" in result.err


def test_an_estimate_counts_towards_the_run(run, openai, simulator, rows, to) -> None:
    arguments = (openai, rows, "--to", to, "-p", "{text}", "-o", "max_output_tokens=50")
    result = run("bulk", "estimate", *arguments, "--rows", "2")

    assert result.code == 0, result.err
    assert len(simulator.exchanges) == 2
    assert not to.exists()
    lines = [line.split("\t") for line in result.out.splitlines()]
    assert [line[0] for line in lines] == ["", "input tokens", "output tokens", "cost"]
    assert int(lines[2][1]) > 0
    found = json.loads(run("bulk", "estimate", *arguments, "--rows", "2", "--json").out)
    assert (found["answered"], found["results"]) == (2, 4)
    assert found["output_tokens"]["low"] <= found["output_tokens"]["expected"]
    assert run("bulk", "resume", to).code == 0
    assert len(simulator.exchanges) == 4
    simulator.queue(ErrorCode.AUTHENTICATION)
    other = to.with_name("other.csv")
    assert run("bulk", "estimate", openai, rows, "--to", other, "-p", "{text}").code == 4


def test_an_estimate_of_unknown_amounts_has_question_marks(run, rows: Path, to: Path) -> None:
    result = run("bulk", "estimate", "mock:echo", rows, "--to", to, "-p", "{text}")
    assert result.out.splitlines()[-1] == "cost\t?\t?\t?"


def test_ctrl_c_lets_the_calls_under_way_end(
    terminal, openai, hold: Hold, tmp_path: Path, to: Path
) -> None:
    rows = write_rows(tmp_path / "many.jsonl", 500)
    arguments = ("bulk", "run", openai, rows, "--to", to, "-p", "{text}", "-c", "1")
    screen = terminal(*arguments, columns=160)
    hold.received.wait()
    screen.send("\x03")
    screen.wait_for("press Ctrl-C again to stop at once")
    hold.released.set()

    assert screen.end() == 130
    assert "1 answered, 0 failed" in screen.text
    assert "chatmodels bulk resume" in screen.text


def test_ctrl_c_twice_cancels_the_calls(
    terminal, openai, hold: Hold, tmp_path: Path, to: Path
) -> None:
    rows = write_rows(tmp_path / "many.jsonl", 500)
    screen = terminal("bulk", "run", openai, rows, "--to", to, "-p", "{text}", columns=160)
    hold.received.wait()
    screen.send("\x03")
    screen.wait_for("press Ctrl-C again to stop at once")
    screen.send("\x03")

    assert screen.end() == 130
    assert "0 answered, 0 failed" in screen.text


def test_a_run_is_cancelled_from_elsewhere(
    terminal, run, openai, hold: Hold, tmp_path: Path, to: Path
) -> None:
    rows = write_rows(tmp_path / "many.jsonl", 500)
    screen = terminal("bulk", "run", openai, rows, "--to", to, "-p", "{text}", "-c", "1")
    hold.received.wait()
    status = json.loads(run("bulk", "status", to, "--json").out)
    result = run("bulk", "cancel", to)
    hold.released.set()

    assert f"process {screen.process.pid} on" in status["running"]
    assert f"chatmodels bulk resume {to}" in result.err
    assert screen.end() == 130
    assert "1 answered, 0 failed" in screen.text
    assert run("bulk", "cancel", to).code == 1
    assert run("bulk", "resume", to, "-c", "9").code == 0
    assert json.loads((to.parent / "answers.jsonl.run" / "command.json").read_text())["limits"] == {
        "in_flight": 9
    }


def test_wrong_command_lines_are_explained(
    run, rows: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("bulk", "run", "mock:echo", rows, "--to", to)
    assert "'x' is not a number such as 100 or 0.05" in run(*arguments, "--errors", "x").err
    assert "--system needs --prompt" in run(*arguments, "--system", "Be brief.").err
    assert "the prompt no.txt cannot be read" in run(*arguments, "-p", "@no.txt").err
    assert "there is no run in" in run("bulk", "status", to).err
    assert run(*arguments, "-p", "{text}").code == 0
    target = to.parent / "none" / "a.csv"
    assert f"{target} cannot be written" in run("bulk", "export", to, target).err
    assert "has the rows of the run" in run("bulk", "export", to, rows).err
    assert "would replace the rows" in run("bulk", "run", "mock:echo", rows, "--to", rows).err
    command = to.parent / "answers.jsonl.run" / "command.json"
    assert command.stat().st_mode & 0o077 == 0
    command.write_text('{"format": 99, "model": "m", "source": "a", "to": "b", "folder": "c"}')
    assert "has format 99" in run("bulk", "resume", to).err
    command.write_text("{")
    assert "cannot be read" in run("bulk", "resume", to).err
    command.unlink()
    assert "is the file of a run in Python" in run("bulk", "resume", to).err
    monkeypatch.setitem(sys.modules, "chatmodels.bulk", None)
    assert "pip install chatmodels-bulk" in run("bulk", "status", to).err


def test_secrets_are_not_stored(run, rows: Path, to: Path, tmp_path: Path) -> None:
    arguments = (rows, "--to", to, "-p", "{text}")
    header = 'headers={"Authorization": "Bearer sk-secret"}'
    result = run("bulk", "run", "mock:echo", *arguments, "-o", header)
    assert "headers can contain keys" in result.err
    config = tmp_path / "chatmodels.toml"
    config.write_text('[aliases]\nfast = "mock:echo"\n')
    secret = ("-o", "aws_secret_access_key=sk-secret")
    result = run("--config", config, "bulk", "run", "fast", *arguments, *secret)
    assert "can see aws_secret_access_key in the list of processes" in result.err


def test_a_run_with_an_alias_is_continued_with_its_configuration(
    spawn, rows: Path, to: Path, tmp_path: Path
) -> None:
    config = tmp_path / "chatmodels.toml"
    config.write_text('[aliases]\nfast = "mock:echo"\n')
    first = spawn("--config", config, "bulk", "run", "fast", rows, "--to", to, "-p", "{text}")
    assert first.code == 0, first.err
    assert spawn("bulk", "resume", to).code == 0


def test_a_run_that_failed_at_once_can_be_resumed(
    run, openai, rows: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "bad-key")
    result = run("bulk", "run", openai, rows, "--to", to, "-p", "{text}")
    assert result.code == 4
    assert f"chatmodels bulk resume {to}" in result.err
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert run("bulk", "resume", to).code == 0


def test_an_estimate_from_failed_rows_is_unknown(run, openai, simulator, rows, to) -> None:
    simulator.queue(*[ErrorCode.INVALID_REQUEST] * 2)
    result = run("bulk", "estimate", openai, rows, "--to", to, "-p", "{text}", "--rows", "2")
    assert result.code == 1
    assert "output tokens\t?\t?\t?" in result.out
    assert "bulk retry" in result.err
    empty = rows.with_name("empty.jsonl")
    empty.touch()
    result = run("bulk", "estimate", openai, empty, "--to", to.with_name("b.csv"), "-p", "{text}")
    assert "has no rows" in result.err


def test_a_file_that_cannot_be_written_loses_no_results(run, rows: Path, to: Path) -> None:
    to.with_name("answers.jsonl.tmp").mkdir()
    result = run("bulk", "run", "mock:echo", rows, "--to", to, "-p", "{text}")
    assert result.code == 3
    assert f"{to} cannot be written" in result.err
    assert f"go on with: chatmodels bulk resume {to}" in result.err
    to.with_name("answers.jsonl.tmp").rmdir()
    assert run("bulk", "resume", to).code == 0
    assert len(records(to)) == 4


@pytest.mark.skipif(sys.platform != "linux", reason="paths are bytes on Linux only")
def test_a_name_that_is_not_utf8_is_refused(run, rows: Path, tmp_path: Path) -> None:
    to = os.fsdecode(bytes(tmp_path) + b"/bad\xff.jsonl")
    assert "is not UTF-8" in run("bulk", "run", "mock:echo", rows, "--to", to).err


def test_attachments_are_found_from_every_folder(
    run, tmp_path: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rows.jsonl").write_text('{"attachments": "note.txt"}\n' * 3)
    (tmp_path / "note.txt").write_text("Three cats.")
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.chdir(tmp_path)
    arguments = ("mock:echo", "rows.jsonl", "--to", "answers.jsonl", "-p", "?")
    assert run("bulk", "estimate", *arguments, "--rows", "2").code == 0
    monkeypatch.chdir(other)

    result = run("bulk", "resume", "../answers.jsonl")
    assert result.code == 0, result.err
    assert len(records(to)) == 3
    assert Path.cwd() == other


def test_a_run_of_python_is_exported(run, rows: Path, to: Path) -> None:
    chatmodels.bulk.run("mock:echo", rows, to=to, prompt="{text}")
    target = to.with_name("a.csv")
    assert run("bulk", "export", to, target).code == 0
    assert len(target.read_text().splitlines()) == 5


def test_figures_show_what_is_known() -> None:
    facts = {"done": 1, "answered": 0, "failed": 1, "total": None}
    usage = Usage(input_tokens=1, output_tokens=2)
    assert figures_of(Progress(**facts, usage=Usage(), cost=Decimal(0))) == "1 failed"
    shown = figures_of(Progress(**facts, usage=usage, cost=Decimal(2)))
    assert shown == "1 failed · 1 in, 2 out · $2.00"


def test_a_folder_that_is_gone_is_left_out(run, rows: Path, to: Path) -> None:
    assert run("bulk", "run", "mock:echo", rows, "--to", to, "-p", "{text}").code == 0
    command = to.parent / "answers.jsonl.run" / "command.json"
    plan = json.loads(command.read_text()) | {"folder": str(to.parent / "gone")}
    command.write_text(json.dumps(plan))
    assert run("bulk", "resume", to).code == 0


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError("no more files")])
def test_a_failure_before_the_run_begins_is_raised(
    rows: Path, to: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr("chatmodels.bulk.arun", fail)
    plan = Plan(model="mock:echo", source=str(rows), to=str(to), folder=str(to.parent))
    with pytest.raises(type(error)):
        answer(plan)


def test_an_ignored_signal_stays_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced: list[int] = []
    monkeypatch.setattr("signal.getsignal", lambda number: signal.SIG_IGN)
    monkeypatch.setattr("signal.signal", lambda number, handler: replaced.append(number))
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(Interrupts(Stop())._guarded(asyncio.sleep(0)))
    finally:
        loop.close()
    assert replaced == []
