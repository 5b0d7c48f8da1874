"""The server side of OpenRouter's batches ("Batch API Quickstart", API reference).

They are below `/openrouter`.
"""

import re
from typing import Any

import msgspec

from chatmodels.testing._batches.api import created, page_of
from chatmodels.testing._batches.batch import (
    Answer,
    BatchedAnswer,
    SimulatedBatch,
    SimulatedBatches,
)
from chatmodels.testing._batches.files import answer_line, problem_of, row_of
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._simulated_response import SimulatedResponse, json_response

_ENDPOINT = "/v1/chat/completions"
_CREATE = ["endpoint", "model", "completion_window", "callback_url", "provider", "requests"]
_ERROR_TYPES = {400: "invalid_request", 429: "rate_limit_exceeded"}


class OpenRouterBatches:
    """The batches, whose requests and results are inline; they cannot be cancelled."""

    paths = re.compile(r"(?P<root>/openrouter/api/v1)/batches(/(?P<id>[^/]+))?")

    def calls(self, path: re.Match[str], /) -> str:
        """Return the path of a call."""
        return f"{path['root']}/chat/completions"

    def respond(
        self,
        request: ReceivedRequest,
        path: re.Match[str],
        batches: SimulatedBatches,
        answer: Answer,
        /,
    ) -> SimulatedResponse | str:
        """Create, return or list batches."""
        if path["id"] is None and request.method == "POST":
            return self._create(request, path, batches)
        if path["id"] is None:
            page, has_more = page_of(batches, request, "after", answer)
            listed = [_batch(batch) for batch in page]
            last = listed[-1]["id"] if listed else None
            return json_response(
                {"object": "list", "data": listed, "has_more": has_more, "last_id": last}
            )
        batch = batches.find(path["id"])
        if batch is None:
            return f"Batch {path['id']} not found"
        batch.poll(answer)
        results = [_result(each, number) for number, each in enumerate(batch.results)]
        ended = batch.state != "running"
        return json_response({**_batch(batch), "results": results if ended else None})

    def _create(
        self, request: ReceivedRequest, path: re.Match[str], batches: SimulatedBatches
    ) -> SimulatedResponse | str:
        body: dict[str, Any] = request.json
        if unknown := body.keys() - set(_CREATE):
            return f"Unrecognized key: {min(unknown)}"
        names = list(body)
        if not {"endpoint", "model"} <= set(names) or names[-1] != "requests":
            return "`endpoint` and `model` must be serialized before `requests`"
        if body["endpoint"] != _ENDPOINT or body.get("completion_window", "24h") != "24h":
            return "Invalid endpoint or completion_window"
        rows = [
            row_of(each["custom_id"], each["body"], request, self.calls(path))
            for each in body["requests"]
        ]
        if any(row.request.json.get("model", body["model"]) != body["model"] for row in rows):
            return "The model of a request must match that of the batch"
        if any(row.request.json.get("stream") for row in rows):
            return "Streaming is not supported in batches"
        if problem := problem_of(rows):
            return problem
        batch = batches.add("batch-", "", rows)
        response = json_response({**_batch(batch), "results": None}, status=202)
        return created(batches, batch, response)


def _result(answer: BatchedAnswer, number: int) -> dict[str, Any]:
    line = answer_line(answer, number)
    if answer.succeeded:
        return line
    if answer.outcome != "processed":
        return {**line, "error": {"type": "api_error", "message": "Not run.", "param": None}}
    reported: dict[str, Any] = {
        "message": msgspec.json.decode(answer.body)["error"]["message"],
        "param": None,
        "type": "api_error",
        "error_type": _ERROR_TYPES.get(answer.status, "server"),
    }
    return {**line, "response": None, "error": reported}


def _batch(batch: SimulatedBatch) -> dict[str, Any]:
    done = sum(each.succeeded for each in batch.results)
    return {
        "id": batch.id,
        "object": "batch",
        "endpoint": _ENDPOINT,
        "model": "simulated",
        "completion_window": "24h",
        "status": "in_progress" if batch.state == "running" else batch.state,
        "created_at": int(batch.created),
        "error": None,
        "request_counts": {
            "total": len(batch.rows),
            "completed": done,
            "failed": len(batch.results) - done,
        },
    }
