"""The server side of OpenRouter's batches ("Batch API Quickstart", API reference).

They are below `/openrouter`.
"""

import re
from typing import Any

import msgspec

from chatmodels.testing._batches.api import BatchApi, BatchCall, row_of
from chatmodels.testing._batches.batch import BatchedAnswer, SimulatedBatch
from chatmodels.testing._batches.files import answer_line, problem_of
from chatmodels.testing._simulated_response import SimulatedResponse, json_response

_ENDPOINT = "/v1/chat/completions"
_CREATE = ["endpoint", "model", "completion_window", "callback_url", "provider", "requests"]
_ERROR_TYPES = {400: "invalid_request", 429: "rate_limit_exceeded"}


class OpenRouterBatches(BatchApi):
    """The batches, whose requests and results are inline; they cannot be cancelled."""

    paths = re.compile(r"(?P<root>/openrouter/api/v1)/batches(/(?P<id>[^/]+))?")
    refuses_at_once = True

    def create(self, call: BatchCall, /) -> SimulatedResponse | str:
        """Create a batch."""
        body: dict[str, Any] = call.request.json
        if unknown := body.keys() - set(_CREATE):
            return f"Unrecognized key: {min(unknown)}"
        names = list(body)
        if not {"endpoint", "model"} <= set(names) or names[-1] != "requests":
            return "`endpoint` and `model` must be serialized before `requests`"
        if body["endpoint"] != _ENDPOINT or body.get("completion_window", "24h") != "24h":
            return "Invalid endpoint or completion_window"
        target = self.calls(call.path)
        rows = [row_of(each["custom_id"], each["body"], call, target) for each in body["requests"]]
        if any(row.request.json.get("model", body["model"]) != body["model"] for row in rows):
            return "The model of a request must match that of the batch"
        if any(row.request.json.get("stream") for row in rows):
            return "Streaming is not supported in batches"
        if problem := problem_of(rows):
            return problem
        batch = call.batches.add("batch-", "", rows)
        described = {**self.describe(batch), "results": None}
        return self.created(call, batch, json_response(described, status=202))

    def respond_about(self, batch: SimulatedBatch, call: BatchCall, /) -> SimulatedResponse:
        """Return a batch with its results."""
        batch.poll(call.answer)
        results = [_result(each, number) for number, each in enumerate(batch.results)]
        shown = results if batch.has_ended else None
        return json_response({**self.describe(batch), "results": shown})

    def describe_page(self, page: list[SimulatedBatch], /, *, has_more: bool) -> dict[str, Any]:
        """Return a page of the listing as the API does."""
        last = page[-1].id if page else None
        return {**super().describe_page(page, has_more=has_more), "last_id": last}

    def describe(self, batch: SimulatedBatch, /) -> dict[str, Any]:
        """Return a batch as the API does, without its results."""
        done = batch.succeeded
        failed = len(batch.results) - done
        return {
            "id": batch.id,
            "object": "batch",
            "endpoint": _ENDPOINT,
            "model": "simulated",
            "completion_window": "24h",
            "status": batch.state if batch.has_ended else "in_progress",
            "created_at": int(batch.created),
            "error": None,
            "request_counts": {"total": len(batch.rows), "completed": done, "failed": failed},
        }


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
