"""The server side of OpenAI's batch API (API reference, "Batch" and "Files")."""

import re
from typing import Any

import msgspec

from chatmodels.testing._batches.api import page_of
from chatmodels.testing._batches.batch import (
    Answer,
    BatchedRow,
    SimulatedBatch,
    SimulatedBatches,
)
from chatmodels.testing._batches.files import Form, form_of, lines_of, problem_of, row_of
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._simulated_response import SimulatedResponse, json_response

_TOO_MANY_TOKENS = {
    "code": "token_limit_exceeded",
    "message": "Enqueued token limit reached for this model. Please try again once some "
    "in_progress batches have been completed.",
    "param": None,
    "line": None,
}
_PREFIX = "/v1"  # of the paths in a file
_CREATE = {"input_file_id", "endpoint", "completion_window", "metadata", "output_expires_after"}


class OpenAIBatches:
    """The files with purpose "batch", and the batches over them."""

    paths = re.compile(r"(?P<root>.*?)/(?P<kind>files|batches)(/(?P<id>[^/]+)(/(?P<action>\w+))?)?")

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
        """Upload or return a file; create, return, list or cancel batches."""
        id_, action = path["id"], path["action"]
        if path["kind"] == "files":
            if id_ is not None:
                return self._file(id_, action, batches)
            return (
                self._upload(request, batches)
                if request.method == "POST"
                else list_of([_described(each) for each in batches.files], has_more=False)
            )
        if id_ is None:
            return (
                self._create(request, path["root"], batches)
                if request.method == "POST"
                else self.list_page(request, batches, answer)
            )
        batch = batches.find(id_)
        if batch is None:
            return f"No batch found with id '{id_}'."
        if action == "cancel":
            batch.cancel(answer)
        else:
            batch.poll(answer)
        return json_response(self.describe(batch))

    def uploaded(self, form: Form, id_: str, /) -> dict[str, Any] | str:
        """Return the description of an uploaded file, or the reason to refuse it."""
        if form.fields.get("purpose") != "batch":
            return "Invalid purpose: only 'batch' is supported."
        return _described(id_)

    def list_page(
        self, request: ReceivedRequest, batches: SimulatedBatches, answer: Answer, /
    ) -> SimulatedResponse:
        """Return a page of the listing."""
        page, has_more = page_of(batches, request, "after", answer)
        return list_of([self.describe(batch) for batch in page], has_more=has_more)

    def describe(self, batch: SimulatedBatch, /) -> dict[str, Any]:
        """Return a batch as the API does."""
        ended = batch.state != "running"
        done = sum(each.succeeded for each in batch.results)
        failed = sum(each.outcome == "processed" for each in batch.results) - done
        others = len(batch.results) - done
        return {
            "id": batch.id,
            "object": "batch",
            "status": "in_progress" if batch.state == "running" else batch.state,
            "created_at": int(batch.created),
            "completion_window": "24h",
            "input_file_id": "file-input",
            "endpoint": f"{_PREFIX}/chat/completions",
            "output_file_id": f"file-{batch.id}-output" if ended and done else None,
            "error_file_id": f"file-{batch.id}-error" if ended and others else "",
            "errors": {"object": "list", "data": [_TOO_MANY_TOKENS]}
            if batch.state == "failed"
            else None,
            "request_counts": {"total": len(batch.rows), "completed": done, "failed": failed},
            "metadata": {"chatmodels": batch.label} if batch.label else None,
        }

    def _upload(
        self, request: ReceivedRequest, batches: SimulatedBatches
    ) -> SimulatedResponse | str:
        form = form_of(request)
        if form.content is None:
            return "'file' is a required property"
        id_ = f"file-input-{len(batches.files) + 1}"
        described = self.uploaded(form, id_)
        if isinstance(described, str):
            return described
        batches.files[id_] = form.content
        return json_response(described)

    def _file(
        self, id_: str, action: str | None, batches: SimulatedBatches
    ) -> SimulatedResponse | str:
        if action is None and id_ in batches.files:
            batches.polled.add(id_)
            return json_response({**_described(id_), "status": "processed"})
        batch_id, _, kind = id_.removeprefix("file-").rpartition("-")
        batch = batches.find(batch_id)
        if batch is None:
            return f"No such File object: {id_}"
        return lines_of(batch, succeeded=kind == "output")

    def _create(
        self, request: ReceivedRequest, root: str, batches: SimulatedBatches
    ) -> SimulatedResponse | str:
        body = request.json
        lines = batches.files.get(body.get("input_file_id"))
        if lines is None:
            return f"No such File object: {body.get('input_file_id')}"
        if problem := self.problem(body, batches):
            return problem
        try:
            rows = [self._row(line, request, root) for line in lines.splitlines()]
        except ValueError as error:
            return str(error)
        endpoint = f"{root}{body.get('endpoint', '').removeprefix(_PREFIX)}"
        if any(row.request.path != endpoint for row in rows):
            return f"The url of a request is not the endpoint '{body.get('endpoint')}'."
        if problem := problem_of(rows):
            return problem
        metadata: dict[str, str] = body.get("metadata") or {}
        batch = batches.add("batch_", metadata.get("chatmodels", ""), rows)
        if batch.fault == "lost_answer":
            return SimulatedResponse(cut_after=0, ending="close")
        return json_response(self.describe(batch))

    def problem(self, body: dict[str, Any], batches: SimulatedBatches, /) -> str | None:
        """Return the reason for which the creation of a batch is refused; None if there is none."""
        if unknown := body.keys() - _CREATE:
            return f"Unknown parameter: '{min(unknown)}'."
        if body.get("completion_window") != "24h":
            return "Invalid value for 'completion_window': '24h' is supported."
        return None

    def _row(self, line: bytes, request: ReceivedRequest, root: str) -> BatchedRow:
        row = msgspec.json.decode(line)
        if row["method"] != "POST" or not row["url"].startswith(f"{_PREFIX}/"):
            raise ValueError(f"Invalid request: {row['method']} {row['url']}")
        target = f"{root}{row['url'].removeprefix(_PREFIX)}"
        return row_of(row["custom_id"], row["body"], request, target)


def list_of(items: list[dict[str, Any]], /, *, has_more: bool) -> SimulatedResponse:
    """Return a listing."""
    return json_response({"object": "list", "data": items, "has_more": has_more})


def _described(id_: str) -> dict[str, Any]:
    return {"id": id_, "object": "file", "purpose": "batch"}
