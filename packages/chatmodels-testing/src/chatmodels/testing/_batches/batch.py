"""Batches of a simulator: their rows, their progress and their faults."""

import itertools
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal, get_args

import msgspec

from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._simulated_response import SimulatedResponse

BatchFault = Literal[
    "lost_answer",
    "too_many_tokens",
    "missing_errors",
    "without_output",
    "shuffled",
    "doubled",
    "unknown_ids",
    "expired_midway",
    "all_failed",
    "endless",
]
"""A fault of a batch; see `SimulatedBatches.queue`."""

Answer = Callable[[ReceivedRequest], SimulatedResponse]
"""Returns the response to the request of one row, as to a call."""

BatchState = Literal["running", "completed", "expired", "cancelled", "failed"]


class BatchedRow(msgspec.Struct, frozen=True):
    """A row of a batch: its id, and its request as that of a call."""

    id: str
    request: ReceivedRequest


class BatchedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a row.

    Attributes:
        id: The id of the row.
        outcome: Whether it was processed, and if not, why.
        status: The status of the response of a call.
        body: The body of the response of a call.
    """

    id: str
    outcome: Literal["processed", "expired", "cancelled"] = "processed"
    status: int = 200
    body: bytes = b""

    @property
    def succeeded(self) -> bool:
        """True if the row has the response of a successful call."""
        return self.outcome == "processed" and self.status < 300


class SimulatedBatch:
    """A batch that a client has created.

    Attributes:
        id: Its id.
        label: Its name at the client; empty if the API has none.
        rows: Its rows.
        fault: Its fault.
        state: Its state.
        results: The answers to its rows; empty until it has ended.
        created: The time of its creation, in seconds since the epoch.
        file: The id of the file with its rows; empty if the request contained them.
        output: The location of its answers, if the client has chosen it.
    """

    def __init__(
        self, id_: str, label: str, rows: Sequence[BatchedRow], fault: BatchFault | None, polls: int
    ) -> None:
        self.id = id_
        self.label = label
        self.rows = tuple(rows)
        self.fault: BatchFault | None = fault
        self.state: BatchState = "failed" if fault == "too_many_tokens" else "running"
        self.results: list[BatchedAnswer] = []
        self.created = time.time()
        self.file = ""
        self.output = ""
        self._polls = polls

    @property
    def has_ended(self) -> bool:
        """True if no further row is processed."""
        return self.state != "running"

    @property
    def processed(self) -> list[BatchedAnswer]:
        """The answers to rows that were processed."""
        return [each for each in self.results if each.outcome == "processed"]

    @property
    def succeeded(self) -> int:
        """The number of rows with the response of a successful call."""
        return sum(each.succeeded for each in self.results)

    def poll(self, answer: Answer, /) -> None:
        """Advance by one poll, which can be a listing; the last one ends the batch."""
        if self.has_ended or self.fault == "endless":
            return
        self._polls -= 1
        if self._polls >= 0:
            return
        half = len(self.rows) // 2 if self.fault == "expired_midway" else len(self.rows)
        results = [_answered(row, answer) for row in self.rows[:half]]
        results += [BatchedAnswer(id=row.id, outcome="expired") for row in self.rows[half:]]
        self.state = "expired" if self.fault == "expired_midway" else "completed"
        self.results = _faulty(results, self.fault)

    def cancel(self, answer: Answer, /) -> None:
        """Stop the batch when half of its rows are processed."""
        if self.has_ended:
            return
        half = len(self.rows) // 2
        self.results = [_answered(row, answer) for row in self.rows[:half]]
        self.results += [BatchedAnswer(id=row.id, outcome="cancelled") for row in self.rows[half:]]
        self.state = "cancelled"


def _answered(row: BatchedRow, answer: Answer) -> BatchedAnswer:
    response = answer(row.request)
    return BatchedAnswer(id=row.id, status=response.status, body=response.content)


def _faulty(results: list[BatchedAnswer], fault: BatchFault | None) -> list[BatchedAnswer]:
    match fault:
        case "missing_errors":
            return [each for each in results if each.succeeded]
        case "without_output":
            return []
        case "shuffled":
            return results[1::2] + results[::2]
        case "doubled":
            return [each for each in results for _ in range(2)]
        case "unknown_ids":
            return [msgspec.structs.replace(results[0], id="unknown"), *results]
        case "all_failed":
            error = msgspec.json.encode(
                {"type": "error", "error": {"type": "api_error", "message": "Internal error"}}
            )
            return [BatchedAnswer(id=each.id, status=500, body=error) for each in results]
        case _:
            return results


class SimulatedBatches:
    """The batches of a simulator, which end after some polls.

    Attributes:
        polls: The number of polls for which a new batch still runs.
        all: The batches since the start or the last `reset` of the simulator, oldest first.
        files: The uploaded files by their ids.
        names: The names of these files by their ids, if the vendor has them.
        polled: The ids of the files whose status was requested.
        numbers: The numbers of the rows' responses.
    """

    def __init__(self) -> None:
        self.polls = 1
        self.reset()

    def reset(self) -> None:
        """Remove all batches, files and queued faults."""
        self.all: list[SimulatedBatch] = []
        self.files: dict[str, bytes] = {}
        self.names: dict[str, str] = {}
        self.polled: set[str] = set()
        self.numbers = itertools.count(1)
        self._ids = itertools.count(1)
        self._faults: deque[BatchFault | None] = deque()

    def queue(self, *faults: BatchFault | None) -> None:
        """Set the faults of the next batches, one each.

        Args:
            faults: None for no fault, or one of these. "lost_answer": the connection breaks after
                the batch was created. "too_many_tokens": the vendor refuses the batch, afterwards
                or with a 429.
                "missing_errors": the failed rows have no answer. "without_output": no row has one.
                "shuffled", "doubled", "unknown_ids": the answers are out of order, repeated, or
                have one more, with an unknown id. "expired_midway": the second half has expired.
                "all_failed": each row has an error, though the batch succeeds. "endless": the batch
                runs until it is cancelled.

        Raises:
            ValueError: A fault is unknown.
        """
        for fault in faults:
            if fault is not None and fault not in get_args(BatchFault):
                raise ValueError(
                    f"there is no fault {fault!r} of batches; choose one of "
                    f"{', '.join(get_args(BatchFault))}"
                )
        self._faults.extend(faults)

    def add(self, prefix: str, label: str, rows: Sequence[BatchedRow], /) -> SimulatedBatch:
        """Create a batch with the next queued fault.

        Args:
            prefix: The start of its id.
            label: Its name at the client.
            rows: Its rows.
        """
        fault = self._faults.popleft() if self._faults else None
        id_ = f"{prefix}{next(self._ids)}"  # which is not used again if the batch is deleted
        batch = SimulatedBatch(id_, label, rows, fault, self.polls)
        self.all.append(batch)
        return batch

    def find(self, id_: str, /) -> SimulatedBatch | None:
        """Return the batch with an id."""
        return next((batch for batch in self.all if batch.id == id_), None)
