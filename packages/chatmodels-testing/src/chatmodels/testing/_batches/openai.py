"""The server side of OpenAI's batch API (API reference, "Batch" and "Files")."""

import re
from typing import Any

import msgspec

from chatmodels.testing._batches.api import BatchCall, row_of
from chatmodels.testing._batches.batch import BatchedRow, SimulatedBatch, SimulatedBatches
from chatmodels.testing._batches.files import FileBatchApi, outputs_of, problem_of
from chatmodels.testing._simulated_response import SimulatedResponse

_TOO_MANY_TOKENS = {
    "code": "token_limit_exceeded",
    "message": "Enqueued token limit reached for this model. Please try again once some "
    "in_progress batches have been completed.",
    "param": None,
    "line": None,
}
_PREFIX = "/v1"  # of the paths in a file
_CREATE = {"input_file_id", "endpoint", "completion_window", "metadata", "output_expires_after"}


class OpenAIBatches(FileBatchApi):
    """The files with purpose "batch", and the batches over them."""

    paths = re.compile(r"(?P<root>.*?)/(?P<kind>files|batches)(/(?P<id>[^/]+)(/(?P<action>\w+))?)?")
    missing = "No batch found with id '{}'."
    missing_file = "No such File object: {}"

    def create(self, call: BatchCall, /) -> SimulatedResponse | str:
        """Create a batch over a file."""
        body, root = call.request.json, call.path["root"]
        lines = call.batches.files.get(body.get("input_file_id"))
        if lines is None:
            return self.missing_file.format(body.get("input_file_id"))
        if problem := self.problem(body, call.batches):
            return problem
        try:
            rows = [_row(line, call) for line in lines.splitlines()]
        except ValueError as error:
            return str(error)
        endpoint = f"{root}{body.get('endpoint', '').removeprefix(_PREFIX)}"
        if any(row.request.path != endpoint for row in rows):
            return f"The url of a request is not the endpoint '{body.get('endpoint')}'."
        if problem := problem_of(rows):
            return problem
        metadata: dict[str, str] = body.get("metadata") or {}
        batch = call.batches.add("batch_", metadata.get("chatmodels", ""), rows)
        return self.created(call, batch)

    def problem(self, body: dict[str, Any], batches: SimulatedBatches, /) -> str | None:
        """Return the reason for which the creation of a batch is refused; None if there is none."""
        if unknown := body.keys() - _CREATE:
            return f"Unknown parameter: '{min(unknown)}'."
        if body.get("completion_window") != "24h":
            return "Invalid value for 'completion_window': '24h' is supported."
        return None

    def describe(self, batch: SimulatedBatch, /) -> dict[str, Any]:
        """Return a batch as the API does."""
        output, error = outputs_of(batch)
        done = batch.succeeded
        has_failed = batch.state == "failed"
        return {
            "id": batch.id,
            "object": "batch",
            "status": batch.state if batch.has_ended else "in_progress",
            "created_at": int(batch.created),
            "completion_window": "24h",
            "input_file_id": "file-input",
            "endpoint": f"{_PREFIX}/chat/completions",
            "output_file_id": output or None,
            "error_file_id": error,
            "errors": {"object": "list", "data": [_TOO_MANY_TOKENS]} if has_failed else None,
            "request_counts": {
                "total": len(batch.rows),
                "completed": done,
                "failed": len(batch.processed) - done,
            },
            "metadata": {"chatmodels": batch.label} if batch.label else None,
        }


def _row(line: bytes, call: BatchCall) -> BatchedRow:
    row = msgspec.json.decode(line)
    if row["method"] != "POST" or not row["url"].startswith(f"{_PREFIX}/"):
        raise ValueError(f"Invalid request: {row['method']} {row['url']}")
    target = f"{call.path['root']}{row['url'].removeprefix(_PREFIX)}"
    return row_of(row["custom_id"], row["body"], call, target)
