"""The server side of Together AI's batches ("Manage batch jobs", API reference), at `/together`."""

import datetime as dt
import re
from typing import Any

from chatmodels.testing._batches.api import created
from chatmodels.testing._batches.batch import Answer, SimulatedBatch, SimulatedBatches
from chatmodels.testing._batches.files import form_of, lines_of, problem_of, rows_of
from chatmodels.testing._exchange import ReceivedRequest
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


class TogetherBatches:
    """The batches, which have no metadata, and the files with purpose "batch-api"."""

    paths = re.compile(
        r"(?P<root>/together/v1)/(?P<kind>files|batches)(/(?P<id>[^/]+)(/(?P<action>\w+))?)?"
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
        """Upload, list or return files; create, return, list or cancel batches."""
        id_, action = path["id"], path["action"]
        if path["kind"] == "files":
            if id_ == "upload":
                return self._upload(request, batches)
            if id_ is None:
                return json_response({"data": [_file(*each) for each in batches.names.items()]})
            return self._content(id_, batches)
        if id_ is None and request.method == "POST":
            return self._create(request, path, batches)
        if id_ is None:  # without pages
            for batch in batches.all:
                batch.poll(answer)
            return json_response([_job(batch) for batch in batches.all])
        batch = batches.find(id_)
        if batch is None:
            return f"batch job {id_} not found"
        if action == "cancel":
            batch.cancel(answer)
        else:
            batch.poll(answer)
        return json_response(_job(batch))

    def _upload(
        self, request: ReceivedRequest, batches: SimulatedBatches
    ) -> SimulatedResponse | str:
        form = form_of(request)
        if form.content is None or form.fields.get("purpose") != "batch-api":
            return "Invalid file or purpose."
        name = form.fields.get("file_name")
        if not name:
            return "The field file_name is missing."
        id_ = f"file-input-{len(batches.files) + 1}"
        batches.files[id_], batches.names[id_] = form.content, name
        return json_response(_file(id_, name))

    def _content(self, id_: str, batches: SimulatedBatches) -> SimulatedResponse | str:
        batch_id, _, kind = id_.removeprefix("file-").rpartition("-")
        batch = batches.find(batch_id)
        if batch is None:
            return f"File {id_} not found."
        return lines_of(batch, succeeded=kind == "output")

    def _create(
        self, request: ReceivedRequest, path: re.Match[str], batches: SimulatedBatches
    ) -> SimulatedResponse | str:
        body = request.json
        if unknown := body.keys() - _CREATE:
            return f"Unknown field: {min(unknown)}"
        if body.get("endpoint") != _ENDPOINT:
            return "Invalid endpoint."
        content = batches.files.get(body.get("input_file_id"))
        if content is None:
            return f"File {body.get('input_file_id')} not found."
        rows = rows_of(content, request, self.calls(path))
        if problem := problem_of(rows):
            return problem
        batch = batches.add("batch-", "", rows)
        batch.file = body["input_file_id"]
        return created(batches, batch, json_response({"job": _job(batch)}, status=201))


def _file(id_: str, name: str) -> dict[str, Any]:
    return {"id": id_, "object": "file", "filename": name, "purpose": "batch-api", "bytes": 1}


def _job(batch: SimulatedBatch) -> dict[str, Any]:
    ended = batch.state != "running"
    done = sum(each.succeeded for each in batch.results)
    since = dt.datetime.fromtimestamp(batch.created, dt.UTC)
    return {
        "id": batch.id,
        "input_file_id": batch.file,
        "status": _STATES[batch.state],
        "created_at": since.isoformat().replace("+00:00", "Z"),
        "endpoint": _ENDPOINT,
        "progress": 100.0 if ended else 0.0,
        "output_file_id": f"file-{batch.id}-output" if ended and done else "",
        "error_file_id": f"file-{batch.id}-error" if len(batch.results) > done else "",
        "error": None,
    }
