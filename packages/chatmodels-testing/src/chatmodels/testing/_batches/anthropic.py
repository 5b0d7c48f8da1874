"""The server side of Anthropic's Message Batches API (API reference, "Message Batches")."""

import datetime as dt
import re
from typing import Any

import msgspec

from chatmodels.testing._batches.api import page_of
from chatmodels.testing._batches.batch import (
    Answer,
    BatchedAnswer,
    BatchedRow,
    SimulatedBatch,
    SimulatedBatches,
)
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._simulated_response import SimulatedResponse, json_response

_CUSTOM_ID = re.compile("[a-zA-Z0-9_-]{1,64}")
_OUTCOMES = {"expired": "expired", "cancelled": "canceled"}


class AnthropicBatches:
    """The batches below `/messages/batches`."""

    paths = re.compile(r"(?P<messages>.*/messages)/batches(/(?P<id>[^/]+)(/(?P<action>\w+))?)?")

    def calls(self, path: re.Match[str], /) -> str:
        """Return the path of a call."""
        return path["messages"]

    def respond(
        self,
        request: ReceivedRequest,
        path: re.Match[str],
        batches: SimulatedBatches,
        answer: Answer,
        /,
    ) -> SimulatedResponse | str:
        """Create, return, list or cancel batches, or return the answers of one."""
        id_, action = path["id"], path["action"]
        if id_ is None:
            if request.method != "POST":
                return self._list(request, batches, answer)
            return self._create(request, path["messages"], batches)
        batch = batches.find(id_)
        if batch is None:
            return f"Message batch {id_} not found"
        match action:
            case "results":
                return _results(batch)
            case "cancel":
                batch.cancel(answer)
            case _:
                batch.poll(answer)
        return json_response(_batch(batch))

    def _create(
        self, request: ReceivedRequest, messages: str, batches: SimulatedBatches
    ) -> SimulatedResponse | str:
        entries: list[dict[str, Any]] = request.json["requests"]
        if not all(_CUSTOM_ID.fullmatch(entry["custom_id"]) for entry in entries):
            return "requests.0.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'"
        rows = [
            BatchedRow(
                entry["custom_id"],
                msgspec.structs.replace(
                    request, target=messages, body=msgspec.json.encode(entry["params"])
                ),
            )
            for entry in entries
        ]
        if len({row.id for row in rows}) < len(rows):
            return "requests: custom_id must be unique"
        batch = batches.add("msgbatch_", "", rows)
        if batch.fault == "lost_answer":
            return SimulatedResponse(cut_after=0, ending="close")
        return json_response(_batch(batch))

    def _list(
        self, request: ReceivedRequest, batches: SimulatedBatches, answer: Answer
    ) -> SimulatedResponse:
        page, has_more = page_of(batches, request, "after_id", answer)
        return json_response({"data": [_batch(batch) for batch in page], "has_more": has_more})


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


def _batch(batch: SimulatedBatch) -> dict[str, Any]:
    ended = batch.state != "running"
    processed = [each for each in batch.results if each.outcome == "processed"]
    succeeded = sum(each.succeeded for each in processed)
    counts = {
        "processing": 0 if ended else len(batch.rows),
        "succeeded": succeeded,
        "errored": len(batch.rows) - succeeded if batch.state == "completed" else 0,
        "canceled": len(batch.rows) - succeeded if batch.state == "cancelled" else 0,
        "expired": len(batch.rows) - succeeded if batch.state in ("expired", "failed") else 0,
    }
    created = dt.datetime.fromtimestamp(batch.created, dt.UTC)
    return {
        "id": batch.id,
        "type": "message_batch",
        "processing_status": "ended" if ended else "in_progress",
        "request_counts": counts,
        "created_at": created.isoformat(),
        "expires_at": (created + dt.timedelta(hours=24)).isoformat(),
        "results_url": f"https://simulated.invalid/{batch.id}/results" if ended else None,
    }
