"""The server side of Anthropic's Message Batches API (API reference, "Message Batches")."""

import re
from typing import Any

import msgspec

from chatmodels.testing._batches.api import BatchApi, BatchCall, created_at, row_of
from chatmodels.testing._batches.batch import BatchedAnswer, SimulatedBatch
from chatmodels.testing._simulated_response import SimulatedResponse

_CUSTOM_ID = re.compile("[a-zA-Z0-9_-]{1,64}")
_COUNTS = {
    "completed": "errored",
    "cancelled": "canceled",
    "expired": "expired",
    "failed": "expired",
}
"""The counts of the rows that have not succeeded, by the state of their batch."""

_OUTCOMES = {"expired": "expired", "cancelled": "canceled"}


class AnthropicBatches(BatchApi):
    """The batches below `/messages/batches`."""

    paths = re.compile(r"(?P<messages>.*/messages)/batches(/(?P<id>[^/]+)(/(?P<action>\w+))?)?")
    missing = "Message batch {} not found"
    after = "after_id"

    def calls(self, path: re.Match[str], /) -> str:
        """Return the path of a call."""
        return path["messages"]

    def create(self, call: BatchCall, /) -> SimulatedResponse | str:
        """Create a batch."""
        entries: list[dict[str, Any]] = call.request.json["requests"]
        if not all(_CUSTOM_ID.fullmatch(entry["custom_id"]) for entry in entries):
            return "requests.0.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'"
        target = self.calls(call.path)
        rows = [row_of(entry["custom_id"], entry["params"], call, target) for entry in entries]
        if len({row.id for row in rows}) < len(rows):
            return "requests: custom_id must be unique"
        return self.created(call, call.batches.add("msgbatch_", "", rows))

    def respond_about(self, batch: SimulatedBatch, call: BatchCall, /) -> SimulatedResponse | str:
        """Cancel or return a batch, or return its answers."""
        if call.path["action"] == "results":
            return _results(batch)
        return super().respond_about(batch, call)

    def describe(self, batch: SimulatedBatch, /) -> dict[str, Any]:
        """Return a batch as the API does."""
        ended, rows, succeeded = batch.has_ended, len(batch.rows), batch.succeeded
        others = {"errored": 0, "canceled": 0, "expired": 0}
        if ended:
            others[_COUNTS[batch.state]] = rows - succeeded
        return {
            "id": batch.id,
            "type": "message_batch",
            "processing_status": "ended" if ended else "in_progress",
            "request_counts": {
                "processing": 0 if ended else rows,
                "succeeded": succeeded,
                **others,
            },
            "created_at": created_at(batch),
            "expires_at": created_at(batch, hours=24),
            "results_url": f"https://simulated.invalid/{batch.id}/results" if ended else None,
        }


def _results(batch: SimulatedBatch) -> SimulatedResponse:
    lines = [msgspec.json.encode(_line(answer)) for answer in batch.results]
    return SimulatedResponse(
        headers={"content-type": "application/x-jsonl"},
        body=(b"".join(line + b"\n" for line in lines),),
    )


def _line(answer: BatchedAnswer) -> dict[str, Any]:
    if answer.outcome != "processed":
        result: dict[str, Any] = {"type": _OUTCOMES[answer.outcome]}
    elif answer.succeeded:
        result = {"type": "succeeded", "message": msgspec.Raw(answer.body)}
    else:
        result = {"type": "errored", "error": msgspec.Raw(answer.body)}
    return {"custom_id": answer.id, "result": result}
