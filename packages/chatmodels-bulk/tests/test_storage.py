"""Results when a process is stopped, a disk is full, a file is torn, or a folder is read-only."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chatmodels.bulk import Limits, _rows, open_job, run
from chatmodels.core import ConfigurationError, InvalidRequestError
from chatmodels.providers.mock import MockChatModel

ROWS = 400

_CHILD = """
import contextlib, os, random, signal, sys
from pathlib import Path
from chatmodels.bulk import Limits, open_job, run
from chatmodels.core import ConfigurationError
from chatmodels.providers.mock import MockChatModel

to, rows, padding = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])

def answer(on_progress=None, **options):
    model = MockChatModel("m", on_exhausted="echo")
    texts = [random.Random(number).randbytes(padding).hex() for number in range(rows)]
    run(model, texts, to=to, limits=Limits(in_flight=4), on_progress=on_progress, **options)

@contextlib.contextmanager
def limited_files(size):
    import resource
    _, most = before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)  # coverage writes a file at the end
"""

_WAITS = """
def wait(progress):
    if progress.done == 5:
        print("here", flush=True)
        sys.stdin.readline()
answer(wait)
"""

_KILLED = """
def kill(progress):
    is_last = progress.done == rows - 20
    if progress.done % 50 == 0 or is_last:  # commits of few rows each, on a slow machine, too
        while open_job(to).answered < progress.done:
            pass
    if is_last:
        os.kill(os.getpid(), signal.SIGKILL)
answer(kill)
"""

_FULL = """
def store_some(progress):
    if progress.done == 50:  # before the first result for which there is no room
        while open_job(to).answered < 50:
            pass

with limited_files(int(sys.argv[4])):
    try:
        answer(store_some)
    except ConfigurationError as error:
        print(error)
"""


def echo() -> MockChatModel:
    return MockChatModel("m", on_exhausted="echo")


def texts_of(rows: int, padding: int) -> list[str]:
    """Return the rows of a child, which cannot be compressed."""
    return [random.Random(number).randbytes(padding).hex() for number in range(rows)]


def child(script: str, to: Path, *arguments: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _CHILD + script, str(to), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def resume(to: Path, rows: int, padding: int) -> int:
    """Go on with the run of a child, check its results, and return the number of calls."""
    model = echo()
    texts = texts_of(rows, padding)
    run(model, texts, to=to, limits=Limits(in_flight=4))
    assert [json.loads(line)["text"] for line in to.read_text().splitlines()] == texts
    return len(model.calls)


def database(to: Path) -> Path:
    return to.with_name(to.name + ".run") / "results.db"


def kill(to: Path) -> None:
    """Leave a run that was killed, with most of its results in the log of its database."""
    with child(_KILLED, to, ROWS, 100) as process:
        _, errors = process.communicate()
    assert process.returncode == -signal.SIGKILL, errors


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_process_that_is_stopped_keeps_its_run(to: Path) -> None:
    with child(_WAITS, to, 20, 9) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)

        with pytest.raises(ConfigurationError, match=f"in use by process {process.pid} on "):
            run(echo(), ["another"], to=to)
        owner = open_job(to).owner
        assert owner is not None
        assert owner.process == process.pid

        process.send_signal(signal.SIGCONT)
        _, errors = process.communicate("\n")
        assert process.returncode == 0, errors
    assert open_job(to).answered == 20
    assert resume(to, 20, 9) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_a_disk_that_is_full_of_results_loses_none_of_those_before(to: Path) -> None:
    with child(_FULL, to, ROWS, 50, 300_000) as process:
        output, errors = process.communicate()
    assert process.returncode == 0, errors
    assert f"the results in {database(to)} cannot be read or written" in output
    assert "free disk space" in output
    assert not to.exists()

    answered = open_job(to).answered
    assert 0 < answered < ROWS
    assert resume(to, ROWS, 50) == ROWS - answered


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_a_disk_without_room_for_the_file_loses_no_results(tmp_path: Path, suffix: str) -> None:
    to = tmp_path / f"answers{suffix}"
    run(echo(), texts_of(ROWS, 500), to=to)
    before = to.read_bytes()
    with child(_FULL, to, ROWS, 500, 100_000) as process:
        output, errors = process.communicate()

    assert process.returncode == 0, errors
    assert f"{to} cannot be written" in output
    assert "free disk space" in output
    assert to.read_bytes() == before
    assert {each.name for each in tmp_path.iterdir()} == {to.name, f"{to.name}.run"}


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("tear", ["cut off", "overwritten", "without an index"])
def test_results_before_the_torn_end_of_the_log_remain(to: Path, tear: str) -> None:
    kill(to)
    log = database(to).with_name("results.db-wal")
    match tear:
        case "cut off":
            os.truncate(log, log.stat().st_size * 2 // 3 + 17)
        case "overwritten":
            with log.open("r+b") as file:
                file.seek(-log.stat().st_size // 3, os.SEEK_END)
                file.write(b"torn" * 1_000)
        case _:
            log.with_name("results.db-shm").unlink()

    answered = open_job(to).answered
    assert 0 < answered <= ROWS
    assert (answered >= ROWS - 20) == (tear == "without an index")
    assert len(list(open_job(to).results())) == answered
    assert resume(to, ROWS, 100) == ROWS - answered


def test_a_damaged_page_is_reported_with_its_file(to: Path) -> None:
    run(echo(), (f"row {number} " + "x" * 200 for number in range(ROWS)), to=to)
    path = database(to)
    size = path.stat().st_size
    with path.open("r+b") as file:
        for page in range(2, size // 4096):
            file.seek(page * 4096)
            file.write(b"\xff" * 4096)
    job = open_job(to)
    damaged: list[Callable[[], object]] = [
        lambda: job.answered,
        lambda: list(job.results()),
        lambda: run(echo(), ["a"], to=to),
    ]
    for read in damaged:
        with pytest.raises(ConfigurationError, match=r"results.db .*; restore it from a copy"):
            read()


def test_results_on_a_read_only_medium_are_read(to: Path) -> None:
    # A folder in the place of a file that SQLite creates: the medium refuses to create it.
    run(echo(), map(str, range(20)), to=to)
    (database(to).with_name("results.db-shm")).mkdir()

    job = open_job(to)
    assert job.answered == 20
    assert [result.text for result in job.results()] == [str(number) for number in range(20)]
    with pytest.raises(ConfigurationError, match="make its folder writable, or copy the folder"):
        run(echo(), ["a"], to=to)


def test_results_in_a_log_that_cannot_be_read_are_not_left_out(to: Path) -> None:
    run(echo(), ["a"], to=to)
    (database(to).with_name("results.db-wal")).mkdir()
    (database(to).with_name("results.db-wal") / "file").touch()
    with pytest.raises(ConfigurationError, match="make its folder writable, or copy the folder"):
        open_job(to)


def test_a_folder_without_room_for_a_lock_is_reported(to: Path) -> None:
    job = run(echo(), ["a"], to=to)
    lock = database(to).with_name("lock")
    lock.unlink(missing_ok=True)
    lock.mkdir()
    with pytest.raises(ConfigurationError, match=r"answers.jsonl.run cannot be written: .*; free"):
        run(echo(), ["a"], to=to)
    (job.folder / "owner").write_text('{"process": 1, "host": "other"}')
    assert job.owner is None
    assert not job.stop()


def test_a_database_that_another_program_holds_is_reported(
    to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(echo(), ["a"], to=to)
    monkeypatch.setattr("chatmodels.bulk._storage._BUSY_SECONDS", 0)
    other = sqlite3.connect(database(to))
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(ConfigurationError, match="close the program that uses it"):
            run(echo(), ["a", "b"], to=to)
    finally:
        other.close()


def test_rows_that_cannot_be_read_are_an_error_of_the_request(
    tmp_path: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_text('{"prompt": "a"}\n')

    def fail(path: Path) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setitem(_rows._READERS, ".jsonl", fail)
    with pytest.raises(InvalidRequestError, match=r"rows.jsonl cannot be read: the disk is gone"):
        run(echo(), source, to=to)
