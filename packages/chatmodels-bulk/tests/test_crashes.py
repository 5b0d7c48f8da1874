"""Results survive a crash, and two runs do not write to the same folder."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

import pytest

from chatmodels.bulk import Job, Limits, open_job, run
from chatmodels.core import ChatRequest, ConfigurationError
from chatmodels.providers.mock import MockChatModel

_CRASH = """
import os, signal, sys
from pathlib import Path
from chatmodels.bulk import Limits, open_job, run
from chatmodels.providers.mock import MockChatModel

to, rows = Path(sys.argv[1]), int(sys.argv[2])

def watch(progress):
    # The kill comes when the results of this and of earlier processes are on the disk.
    while progress.done >= rows and open_job(to).answered < rows:
        pass
    if progress.done >= rows:
        os.kill(os.getpid(), signal.SIGKILL)

run(MockChatModel("m", on_exhausted="echo"), map(str, range(60)), to=to,
    limits=Limits(in_flight=4), on_progress=watch)
"""


def echo() -> MockChatModel:
    return MockChatModel("m", on_exhausted="echo")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the platform has no SIGKILL")
def test_committed_results_survive_a_kill_and_no_row_is_missing_or_doubled(to: Path) -> None:
    for rows in (7, 33, 50):
        command = [sys.executable, "-c", _CRASH, str(to), str(rows)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        assert open_job(to).answered >= rows
        assert not to.exists()

    model = echo()
    run(model, map(str, range(60)), to=to)

    assert [json.loads(line)["text"] for line in to.read_text().splitlines()] == [
        str(number) for number in range(60)
    ]
    assert len(model.calls) <= 10


def test_a_second_run_with_the_same_output_is_refused(to: Path) -> None:
    began, end = Event(), Event()

    def wait(request: ChatRequest) -> str:
        began.set()
        end.wait()
        return "fine"

    first = Thread(
        target=run, args=(MockChatModel("m", responses=[wait]), ["a"]), kwargs={"to": to}
    )
    first.start()
    began.wait()
    try:
        with pytest.raises(ConfigurationError, match=f"in use by process {os.getpid()} on "):
            run(echo(), ["a"], to=to)
    finally:
        end.set()
        first.join()
    assert open_job(to).answered == 1


def test_an_owner_that_has_not_written_its_name_is_another_process(to: Path) -> None:
    run(echo(), ["a"], to=to)
    folder = to.with_name(to.name + ".run")
    held = "import filelock, sys; a = filelock.FileLock(sys.argv[1]); a.acquire(); print(); input()"
    with subprocess.Popen(
        [sys.executable, "-u", "-c", held, str(folder / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(ConfigurationError, match="in use by another process"):
            run(echo(), ["a"], to=to)
        other.kill()


def test_a_damaged_file_is_reported(to: Path) -> None:
    run(echo(), ["a"], to=to)
    (to.with_name(to.name + ".run") / "results.db").write_bytes(b"no database" * 1000)
    with pytest.raises(ConfigurationError, match="file is not a database; restore it from a copy"):
        run(echo(), ["a"], to=to)


def test_a_file_of_a_later_version_is_refused(to: Path) -> None:
    run(echo(), ["a"], to=to)
    with sqlite3.connect(to.with_name(to.name + ".run") / "results.db") as connection:
        connection.execute("UPDATE run SET format = 9")
    connection.close()
    with pytest.raises(ConfigurationError, match="has the format 9"):
        run(echo(), ["a"], to=to)


def test_a_folder_without_a_run_is_an_error(to: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no run in"):
        open_job(to)
    to.with_name(to.name + ".run").mkdir()
    (to.with_name(to.name + ".run") / "results.db").touch()
    with pytest.raises(ConfigurationError, match="there is no run in"):
        open_job(to)


def test_an_output_in_a_folder_that_cannot_be_created_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"cannot be written: .* choose another output"):
        run(echo(), ["a"], to=tmp_path / "file" / "answers.jsonl")


def test_results_that_cannot_be_written_stop_the_run(to: Path) -> None:
    job: Job = run(echo(), ["a"], to=to)
    results = to.with_name(to.name + ".run") / "results.db"
    with sqlite3.connect(results) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON result BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    connection.close()
    with pytest.raises(ConfigurationError, match=r"the results in .* cannot be .*: full"):
        run(echo(), map(str, range(10_000)), to=to, changed="redo", limits=Limits(in_flight=2))
    assert job.answered == 1
