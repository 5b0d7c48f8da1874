"""Answers a data set with Ray Data on a cluster of two nodes, and kills a worker: `./run ray`.

Every row has to have one result, although the worker's tables are answered again.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import ray
from ray.cluster_utils import Cluster

from chatmodels.bulk import AnswerRows, Limits
from chatmodels.testing import Simulator

ROWS = 1_000
ROWS_OF_A_TABLE = 50
IN_FLIGHT = 20


class Worker(AnswerRows):
    """A worker whose process can be found: a file has its number as the name."""

    def __init__(self, model: str, /, *, folder: Path, **options: Any) -> None:
        super().__init__(model, **options)
        (folder / str(os.getpid())).touch()


def main() -> int:
    rows = [{"id": f"r{number}", "text": f"ticket {number}"} for number in range(ROWS)]
    with Simulator() as simulator, TemporaryDirectory() as name:
        folder = Path(name)
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        cluster.add_node(num_cpus=1)
        ray.init(address=cluster.address, logging_level="ERROR")
        Thread(target=kill_a_worker, args=[simulator, folder], daemon=True).start()
        answered = (
            ray.data.from_items(rows, override_num_blocks=ROWS // ROWS_OF_A_TABLE)
            .map_batches(
                Worker,
                fn_constructor_args=["openai:gpt-6.1-terra"],
                fn_constructor_kwargs={
                    "folder": folder,
                    "prompt": "Classify: {text}",
                    "limits": Limits(in_flight=IN_FLIGHT),
                    "model_options": {"base_url": simulator.base_url, "api_key": "sk-ray"},
                },
                batch_format="pyarrow",
                batch_size=ROWS_OF_A_TABLE,
                compute=ray.data.ActorPoolStrategy(size=2),
            )
            .take_all()
        )
        nodes, requests = len(ray.nodes()), len(simulator.exchanges)
        is_killed = (folder / "killed").exists()
        ray.shutdown()
        cluster.shutdown()
    ids = Counter(row["id"] for row in answered)
    wrong = sum(not row["answer_text"].endswith(f" {row['text']}") for row in answered)
    print(f"Ray {ray.__version__}, {nodes} nodes, worker killed: {is_killed}")
    print(f"{len(ids)} of {ROWS} rows")
    print(f"doubled: {len(answered) - len(ids)}, wrong: {wrong}, asked again: {requests - ROWS}")
    return 0 if is_killed and len(ids) == len(answered) == ROWS and not wrong else 1


def kill_a_worker(simulator: Simulator, folder: Path) -> None:
    """Kill one of the workers in the middle of the run."""
    simulator.wait(ROWS // 3)
    worker = next(folder.iterdir())
    os.kill(int(worker.name), signal.SIGKILL)
    (folder / "killed").touch()


if __name__ == "__main__":
    sys.exit(main())
