"""The server side of OpenAI's batch API (API reference, "Batch" and "Files")."""

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

_TOO_MANY_TOKENS = {
    "code": "token_limit_exceeded",
    "message": "Enqueued token limit reached for this model. Please try again once some "
    "in_progress batches have been completed.",
    "param": None,
    "line": None,
}
_REASONS = {"expired": "batch_expired", "cancelled": "batch_cancelled"}


class OpenAIBatches:
    """The files with purpose "batch", and the batches over them."""

    name = "openai.chat"
    paths = re.compile(r".*?/(?P<kind>files|batches)(/(?P<id>[^/]+)(/(?P<action>\w+))?)?")

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
                return self._content(id_, batches)
            return (
                self._upload(request, batches)
                if request.method == "POST"
                else _list_of([_file(each) for each in batches.files], has_more=False)
            )
        if id_ is None:
            return (
                self._create(request, batches)
                if request.method == "POST"
                else self._list(request, batches, answer)
            )
        batch = batches.find(id_)
        if batch is None:
            return f"No batch found with id '{id_}'."
        if action == "cancel":
            batch.cancel(answer)
        else:
            batch.poll(answer)
        return json_response(_batch(batch))

    def _upload(
        self, request: ReceivedRequest, batches: SimulatedBatches
    ) -> SimulatedResponse | str:
        content = _file_in(request)
        if content is None:
            return "'file' is a required property"
        id_ = f"file-input-{len(batches.files) + 1}"
        batches.files[id_] = content
        return json_response(_file(id_))

    def _content(self, id_: str, batches: SimulatedBatches) -> SimulatedResponse | str:
        batch_id, _, kind = id_.removeprefix("file-").rpartition("-")
        batch = batches.find(batch_id)
        if batch is None:
            return f"No such File object: {id_}"
        lines = [
            msgspec.json.encode(_answer(each, number))
            for number, each in enumerate(batch.results)
            if each.succeeded == (kind == "output")
        ]
        return SimulatedResponse(
            headers={"content-type": "application/octet-stream"},
            body=(b"".join(line + b"\n" for line in lines),),
        )

    def _create(
        self, request: ReceivedRequest, batches: SimulatedBatches
    ) -> SimulatedResponse | str:
        body = request.json
        lines = batches.files.get(body.get("input_file_id"))
        if lines is None:
            return f"No such File object: {body.get('input_file_id')}"
        rows = [_row(msgspec.json.decode(line), request) for line in lines.splitlines()]
        if problem := _problem(rows, body.get("endpoint")):
            return problem
        metadata: dict[str, str] = body.get("metadata") or {}
        batch = batches.add("batch_", metadata.get("chatmodels", ""), rows)
        if batch.fault == "lost_answer":
            return SimulatedResponse(cut_after=0, ending="close")
        return json_response(_batch(batch))

    def _list(
        self, request: ReceivedRequest, batches: SimulatedBatches, answer: Answer
    ) -> SimulatedResponse:
        page, has_more = page_of(batches, request, "after", answer)
        return _list_of([_batch(batch) for batch in page], has_more=has_more)


def _list_of(items: list[dict[str, Any]], *, has_more: bool) -> SimulatedResponse:
    return json_response({"object": "list", "data": items, "has_more": has_more})


def _file(id_: str) -> dict[str, Any]:
    return {"id": id_, "object": "file", "purpose": "batch"}


def _file_in(request: ReceivedRequest) -> bytes | None:
    """Return the file in a form (RFC 7578); None if there is none."""
    boundary = request.headers.get("content-type", "").partition("boundary=")[2].encode()
    for part in request.body.split(b"--" + boundary):
        head, _, content = part.partition(b"\r\n\r\n")
        if b'name="file"' in head:
            return content.removesuffix(b"\r\n")
    return None


def _row(line: dict[str, Any], request: ReceivedRequest) -> BatchedRow:
    body = msgspec.json.encode(line["body"])
    inner = msgspec.structs.replace(request, method=line["method"], target=line["url"], body=body)
    return BatchedRow(line["custom_id"], inner)


def _problem(rows: list[BatchedRow], endpoint: str) -> str | None:
    if len({row.id for row in rows}) < len(rows):
        return "The custom_id of a request is used more than once in the file."
    if any(row.request.path != endpoint for row in rows):
        return f"The url of a request is not the endpoint '{endpoint}' of the batch."
    if len({row.request.json.get("model") for row in rows}) > 1:
        return "The requests of the file have several models."
    return None


def _batch(batch: SimulatedBatch) -> dict[str, Any]:
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
        "endpoint": batch.rows[0].request.path,
        "output_file_id": f"file-{batch.id}-output" if ended and done else None,
        "error_file_id": f"file-{batch.id}-error" if ended and others else "",
        "errors": {"object": "list", "data": [_TOO_MANY_TOKENS]}
        if batch.state == "failed"
        else None,
        "request_counts": {"total": len(batch.rows), "completed": done, "failed": failed},
        "metadata": {"chatmodels": batch.label} if batch.label else None,
    }


def _answer(answer: BatchedAnswer, number: int) -> dict[str, Any]:
    line: dict[str, Any] = {"id": f"batch_req_{number}", "custom_id": answer.id}
    if answer.outcome != "processed":
        code = _REASONS[answer.outcome]
        error = {"code": code, "message": "This request could not be executed in time."}
        return {**line, "response": None, "error": error}
    response = {
        "status_code": answer.status,
        "request_id": f"req_batch_{number}",
        "body": msgspec.Raw(answer.body),
    }
    return {**line, "response": response, "error": None}
