"""Kills runs over data sets at random points, and checks that each row has one result.

    ./run python .ci/bulk_kills.py [calls] [batch] [file] --kills 40 --seed 1

The process is killed with SIGKILL and started again: in the middle of calls, of batches, and of the
writing of the file. After the last kill it runs to its end. A result must be that of its row, none
may be missing or doubled, no row may be in two batches, and the file must be the former one or the
new one at any time. After a kill, no more rows are asked again than were under way or came in the
last tenth of a second.
"""

import argparse
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from chatmodels.bulk import Limits, open_job, run
from chatmodels.testing import Simulator

KINDS = ("calls", "batch", "file")
ROWS = 2_000
BATCHED = 400
WRITTEN = 20_000
IN_FLIGHT = 20
BATCH_ROWS = 20
COMMITTED = 200  # rows, or the tenth of a second if that is less


def child(kind: str, to: Path, base_url: str) -> None:
    """Carry out a run, as a process that is killed."""
    limits = Limits(in_flight=IN_FLIGHT)
    if kind == "batch":
        limits = Limits(batch_rows=BATCH_ROWS, batch_poll=0.05)
    options = {"api_key": "key", "base_url": base_url}
    model = "mock:echo" if kind == "file" else "openai:gpt-6.1-terra"
    run(
        model,
        texts(rows_of(kind)),
        to=to,
        via="batch" if kind == "batch" else "calls",
        limits=limits,
        model_options={"on_exhausted": "echo"} if kind == "file" else options,
    )


def rows_of(kind: str) -> int:
    return {"calls": ROWS, "batch": BATCHED, "file": WRITTEN}[kind]


def texts(rows: int) -> Iterator[str]:
    return (f"ticket {number} of many" for number in range(rows))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", metavar="kind")
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--child", nargs=3)
    arguments = parser.parse_args()
    if arguments.child:
        kind, to, base_url = arguments.child
        child(kind, Path(to), base_url)
        return 0
    problems = 0
    for kind in arguments.kinds or KINDS:
        chance = random.Random(arguments.seed)
        with Simulator() as simulator, TemporaryDirectory() as folder:
            to = Path(folder) / "answers.jsonl"
            if kind == "file":
                to.write_text("the former file\n")
                run(
                    "mock:echo",
                    texts(WRITTEN),
                    to=to,
                    first=WRITTEN,
                    model_options={"on_exhausted": "echo"},
                )
            kills = 0
            for _ in range(arguments.kills):
                kills += killed(kind, to, simulator, chance)
            finished = start(kind, to, simulator)
            assert finished.wait() == 0, "the last run failed"
            problems += report(kind, to, simulator, kills)
    return 1 if problems else 0


def start(kind: str, to: Path, simulator: Simulator) -> subprocess.Popen[bytes]:
    command = [sys.executable, __file__, "--child", kind, str(to), simulator.base_url]
    return subprocess.Popen(command)


def killed(kind: str, to: Path, simulator: Simulator, chance: random.Random) -> bool:
    """Start a run, and kill it at a random point; return whether it was still running."""
    if kind == "file":
        size, point = WRITTEN * 90, chance.random() * 1.1
        temporary = to.with_name(f"{to.name}.tmp")
        process = start(kind, to, simulator)
        while process.poll() is None:
            if temporary.exists() and size_of(temporary) >= size * point:
                break
    else:
        # About as many kills as the run has requests.
        most = 2 * ROWS // 40 if kind == "calls" else 12
        until = len(simulator.exchanges) + chance.randint(0, most)
        process = start(kind, to, simulator)
        while process.poll() is None and len(simulator.exchanges) < until:
            time.sleep(0.001)
        time.sleep(chance.random() * 0.05)
    was_running = process.poll() is None
    process.kill()
    process.wait()
    if kind == "file":
        lines = to.read_text().splitlines()
        assert lines == ["the former file"] or len(lines) == WRITTEN, "the file is incomplete"
    return was_running


def size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # it was renamed
        return 0


def report(kind: str, to: Path, simulator: Simulator, kills: int) -> int:
    rows = rows_of(kind)
    records = [json.loads(line) for line in to.read_text().splitlines()]
    ids = Counter(record["id"] for record in records)
    wrong = sum(
        not record.get("text", "").endswith(f"ticket {record['id']} of many") for record in records
    )
    missing = rows - len(ids)
    doubled = len(records) - len(ids)
    again = batched_twice = 0
    if kind == "calls":
        again = len(simulator.exchanges) - rows
    if kind == "batch":
        sent = Counter(
            row.id.rpartition("-")[2] for batch in simulator.batches.all for row in batch.rows
        )
        batched_twice = sum(count - 1 for count in sent.values())
    print(
        f"{kind}: {kills} kills, {rows:,} rows; wrong: {wrong}, missing: {missing}, doubled: "
        f"{doubled}, in two batches: {batched_twice}, asked again: {again}"
    )
    too_many = again > kills * (IN_FLIGHT + COMMITTED)
    assert open_job(to).answered == rows
    return wrong + missing + doubled + batched_twice + too_many


if __name__ == "__main__":
    sys.exit(main())
