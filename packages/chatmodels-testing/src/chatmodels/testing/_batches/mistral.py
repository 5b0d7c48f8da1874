"""The server side of Mistral's batch jobs ("Batch Processing", API reference), below `/mistral`."""

import re
from typing import Any

from chatmodels.testing._batches.api import created, page_at
from chatmodels.testing._batches.batch import Answer, SimulatedBatch, SimulatedBatches
from chatmodels.testing._batches.files import form_of, lines_of, problem_of, rows_of
from chatmodels.testing._exchange import ReceivedRequest
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


class MistralBatches:
    """The jobs below `/batch/jobs`, and the files with purpose "batch"."""

    paths = re.compile(
        r"(?P<root>/mistral/v1)/(?P<kind>files|batch/jobs)(/(?P<id>[^/]+)(/(?P<action>\w+))?)?"
    )

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
        """Upload or return a file; create, return, list or cancel jobs."""
        id_, action = path["id"], path["action"]
        if path["kind"] == "files":
            return self._upload(request, batches) if id_ is None else self._content(id_, batches)
        if id_ is None:
            return (
                self._create(request, path, batches)
                if request.method == "POST"
                else self._list(request, batches, answer)
            )
        batch = batches.find(id_)
        if batch is None:
            return f"Batch job {id_} not found."
        if action == "cancel":
            batch.cancel(answer)
        else:
            batch.poll(answer)
        return json_response(_job(batch))

    def _upload(
        self, request: ReceivedRequest, batches: SimulatedBatches
    ) -> SimulatedResponse | str:
        form = form_of(request)
        if form.content is None or form.fields.get("purpose") != "batch":
            return "Invalid file or purpose."
        id_ = f"input-{len(batches.files) + 1}"
        batches.files[id_] = form.content
        return json_response(
            {"id": id_, "object": "file", "filename": form.name, "purpose": "batch"}
        )

    def _content(self, id_: str, batches: SimulatedBatches) -> SimulatedResponse | str:
        batch_id, _, kind = id_.rpartition("-")
        batch = batches.find(batch_id)
        return (
            f"File {id_} not found." if batch is None else lines_of(batch, succeeded=kind == "out")
        )

    def _create(
        self, request: ReceivedRequest, path: re.Match[str], batches: SimulatedBatches
    ) -> SimulatedResponse | str:
        body = request.json
        if unknown := body.keys() - _CREATE:
            return f"Extra inputs are not permitted: {min(unknown)}"
        if body.get("endpoint") != _ENDPOINT or not body.get("model"):
            return "Invalid endpoint or model."
        metadata: dict[str, str] = body.get("metadata") or {}
        if any(len(key) > 32 or len(value) > 512 for key, value in metadata.items()):
            return "Metadata keys have at most 32 characters, and values 512."
        files: list[str] = body.get("input_files") or []
        if not files or any(file not in batches.files for file in files):
            return "Invalid input files."
        content = b"\n".join(batches.files[file] for file in files)
        rows = rows_of(content, request, self.calls(path))
        if problem := problem_of(rows):
            return problem
        batch = batches.add("job-", metadata.get("chatmodels", ""), rows)
        return created(batches, batch, json_response(_job(batch)))

    def _list(
        self, request: ReceivedRequest, batches: SimulatedBatches, answer: Answer
    ) -> SimulatedResponse | str:
        query = {name: values[0] for name, values in request.query.items()}
        if unknown := query.keys() - _QUERY:
            return f"Extra inputs are not permitted: {min(unknown)}"
        size = int(query.get("page_size", _PAGE))
        start = int(query.get("page", 0)) * size
        page, _ = page_at(batches, start, size, answer)
        return json_response(
            {"object": "list", "data": [_job(each) for each in page], "total": len(batches.all)}
        )


def _job(batch: SimulatedBatch) -> dict[str, Any]:
    ended = batch.state != "running"
    done = sum(each.succeeded for each in batch.results)
    failed = len(batch.results) - done
    return {
        "id": batch.id,
        "object": "batch",
        "input_files": ["input"],
        "metadata": {"chatmodels": batch.label} if batch.label else None,
        "endpoint": _ENDPOINT,
        "model": "simulated",
        "output_file": f"{batch.id}-out" if ended and done else None,
        "error_file": f"{batch.id}-err" if ended and failed else None,
        "errors": [],
        "status": _STATES[batch.state],
        "created_at": int(batch.created),
        "total_requests": len(batch.rows),
        "completed_requests": done + failed,
        "succeeded_requests": done,
        "failed_requests": failed,
    }
