"""The server side of Together AI's batches ("Manage batch jobs", API reference), at `/together`."""

import re
from typing import Any

from chatmodels.testing._batches.api import BatchCall, created_at
from chatmodels.testing._batches.batch import SimulatedBatch
from chatmodels.testing._batches.files import FileBatchApi, Form, outputs_of, problem_of, rows_of
from chatmodels.testing._simulated_response import SimulatedResponse, json_response

_ENDPOINT = "/v1/chat/completions"
_CREATE = {"endpoint", "input_file_id", "completion_window", "model_id", "priority"}
_STATES = {
    "running": "IN_PROGRESS",
    "completed": "COMPLETED",
    "failed": "FAILED",
    "expired": "EXPIRED",
    "cancelled": "CANCELLED",
}


class TogetherBatches(FileBatchApi):
    """The batches, which have no metadata, and the files with purpose "batch-api"."""

    paths = re.compile(
        r"(?P<root>/together/v1)/(?P<kind>files|batches)(/(?P<id>[^/]+)(/(?P<action>\w+))?)?"
    )
    missing = "batch job {} not found"
    refuses_at_once = True
    purpose = "batch-api"

    def form_problem(self, form: Form, /) -> str | None:
        """Refuse a file without a name."""
        return None if form.fields.get("file_name") else "The field file_name is missing."

    def create(self, call: BatchCall, /) -> SimulatedResponse | str:
        """Create a batch over a file."""
        body = call.request.json
        if unknown := body.keys() - _CREATE:
            return f"Unknown field: {min(unknown)}"
        if body.get("endpoint") != _ENDPOINT:
            return "Invalid endpoint."
        content = call.batches.files.get(body.get("input_file_id"))
        if content is None:
            return f"File {body.get('input_file_id')} not found."
        rows = rows_of(content, call, self.calls(call.path))
        if problem := problem_of(rows):
            return problem
        batch = call.batches.add("batch-", "", rows)
        batch.file = body["input_file_id"]
        response = json_response({"job": self.describe(batch)}, status=201)
        return self.created(call, batch, response)

    def list_page(self, call: BatchCall, /) -> SimulatedResponse:
        """Return the listing, which has no pages."""
        for batch in call.batches.all:
            batch.poll(call.answer)
        return json_response([self.describe(batch) for batch in call.batches.all])

    def describe(self, batch: SimulatedBatch, /) -> dict[str, Any]:
        """Return a batch as the API does."""
        output, error = outputs_of(batch)
        return {
            "id": batch.id,
            "input_file_id": batch.file,
            "status": _STATES[batch.state],
            "created_at": created_at(batch).replace("+00:00", "Z"),
            "endpoint": _ENDPOINT,
            "progress": 100.0 if batch.has_ended else 0.0,
            "output_file_id": output,
            "error_file_id": error,
            "error": None,
        }
