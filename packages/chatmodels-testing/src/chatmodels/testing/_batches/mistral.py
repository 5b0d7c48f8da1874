"""The server side of Mistral's batch jobs ("Batch Processing", API reference), below `/mistral`."""

import re
from typing import Any

from chatmodels.testing._batches.api import BatchCall, page_at
from chatmodels.testing._batches.batch import SimulatedBatch
from chatmodels.testing._batches.files import FileBatchApi, outputs_of, problem_of, rows_of
from chatmodels.testing._simulated_response import SimulatedResponse, json_response

_ENDPOINT = "/v1/chat/completions"
_CREATE = {"endpoint", "input_files", "requests", "model", "agent_id", "metadata", "timeout_hours"}
_QUERY = {"page", "page_size", "order_by", "model", "created_after", "created_by_me", "status"}
_STATES = {
    "running": "RUNNING",
    "completed": "SUCCESS",
    "failed": "FAILED",
    "expired": "TIMEOUT_EXCEEDED",
    "cancelled": "CANCELLED",
}
_PAGE = 100


class MistralBatches(FileBatchApi):
    """The jobs below `/batch/jobs`, and the files with purpose "batch"."""

    paths = re.compile(
        r"(?P<root>/mistral/v1)/(?P<kind>files|batch/jobs)(/(?P<id>[^/]+)(/(?P<action>\w+))?)?"
    )
    missing = "Batch job {} not found."
    refuses_at_once = True

    def create(self, call: BatchCall, /) -> SimulatedResponse | str:
        """Create a job over files."""
        body, files = call.request.json, call.batches.files
        if unknown := body.keys() - _CREATE:
            return f"Extra inputs are not permitted: {min(unknown)}"
        if body.get("endpoint") != _ENDPOINT or not body.get("model"):
            return "Invalid endpoint or model."
        metadata: dict[str, str] = body.get("metadata") or {}
        if any(len(key) > 32 or len(value) > 512 for key, value in metadata.items()):
            return "Metadata keys have at most 32 characters, and values 512."
        names: list[str] = body.get("input_files") or []
        if not names or any(name not in files for name in names):
            return "Invalid input files."
        content = b"\n".join(files[name] for name in names)
        rows = rows_of(content, call, self.calls(call.path))
        if problem := problem_of(rows):
            return problem
        batch = call.batches.add("job-", metadata.get("chatmodels", ""), rows)
        return self.created(call, batch)

    def list_page(self, call: BatchCall, /) -> SimulatedResponse | str:
        """Return a page of the listing, by its number."""
        query = {name: values[0] for name, values in call.request.query.items()}
        if unknown := query.keys() - _QUERY:
            return f"Extra inputs are not permitted: {min(unknown)}"
        size = int(query.get("page_size", _PAGE))
        start = int(query.get("page", 0)) * size
        page, _ = page_at(call.batches.all, start, size, call.answer)
        listed = [self.describe(each) for each in page]
        return json_response({"object": "list", "data": listed, "total": len(call.batches.all)})

    def describe(self, batch: SimulatedBatch, /) -> dict[str, Any]:
        """Return a job as the API does."""
        output, error = outputs_of(batch)
        answered = len(batch.results)
        return {
            "id": batch.id,
            "object": "batch",
            "input_files": ["input"],
            "metadata": {"chatmodels": batch.label} if batch.label else None,
            "endpoint": _ENDPOINT,
            "model": "simulated",
            "output_file": output or None,
            "error_file": error or None,
            "errors": [],
            "status": _STATES[batch.state],
            "created_at": int(batch.created),
            "total_requests": len(batch.rows),
            "completed_requests": answered,
            "succeeded_requests": batch.succeeded,
            "failed_requests": answered - batch.succeeded,
        }
