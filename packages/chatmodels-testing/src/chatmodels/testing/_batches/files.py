"""The files of batch APIs like OpenAI's: uploaded rows, and answers on lines."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import msgspec

from chatmodels.testing._batches.api import BatchApi, BatchCall, row_of
from chatmodels.testing._batches.batch import (
    BatchedAnswer,
    BatchedRow,
    SimulatedBatch,
    SimulatedBatches,
)
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._simulated_response import SimulatedResponse, json_response

_FIELD = re.compile(rb'name="([^"]*)"')
_FILE_NAME = re.compile(rb'filename="([^"]*)"')
_REASONS = {"expired": "batch_expired", "cancelled": "batch_cancelled"}


class FileBatchApi(BatchApi):
    """A batch API over files of rows, with files of answers.

    Attributes:
        purpose: The purpose of a file of rows.
        missing_file: The message for a file that does not exist, with its id at the "{}".
    """

    purpose: ClassVar[str] = "batch"
    missing_file: ClassVar[str] = "File {} not found."

    def respond(self, call: BatchCall, /) -> SimulatedResponse | str:
        """Return the response to a request about files or batches."""
        if call.path["kind"] != "files":
            return super().respond(call)
        batches, id_ = call.batches, call.path["id"]
        if call.request.method == "POST":
            return self._upload(call)
        if id_ is None:
            listed = [self.describe_file(each, batches) for each in batches.files]
            return json_response({"object": "list", "data": listed, "has_more": False})
        if id_ in batches.files:
            batches.polled.add(id_)
            return json_response(self.describe_file(id_, batches))
        batch_id, _, kind = id_.removeprefix("file-").rpartition("-")
        batch = batches.find(batch_id)
        if batch is None:
            return self.missing_file.format(id_)
        return lines_of(batch, succeeded=kind == "output")

    def form_problem(self, form: "Form", /) -> str | None:
        """Return the reason for which the form of an upload is refused; None if there is none."""
        return None

    def describe_file(self, id_: str, batches: SimulatedBatches, /) -> dict[str, Any]:
        """Return a file of rows as the API does."""
        return {
            "id": id_,
            "object": "file",
            "filename": batches.names[id_],
            "purpose": self.purpose,
            "status": "processed",
        }

    def _upload(self, call: BatchCall) -> SimulatedResponse | str:
        form, batches = form_of(call.request), call.batches
        if form.content is None:
            return "'file' is a required property"
        if form.fields.get("purpose") != self.purpose:
            return f"Invalid purpose: only '{self.purpose}' is supported."
        if problem := self.form_problem(form):
            return problem
        id_ = f"file-input-{len(batches.files) + 1}"
        batches.files[id_] = form.content
        batches.names[id_] = form.fields.get("file_name", form.name)
        return json_response(self.describe_file(id_, batches))


class Form(NamedTuple):
    """A form (RFC 7578): its texts by field, and the name and the content of the file."""

    fields: dict[str, str]
    name: str
    content: bytes | None


def form_of(request: ReceivedRequest, /) -> Form:
    """Read a form; its content is None without a field "file"."""
    boundary = request.headers.get("content-type", "").partition("boundary=")[2].encode()
    fields: dict[str, str] = {}
    name, content = "", None
    for part in request.body.split(b"--" + boundary):
        head, _, value = part.partition(b"\r\n\r\n")
        field = _FIELD.search(head)
        if field is None:
            continue
        if field[1] == b"file":
            found = _FILE_NAME.search(head)
            name, content = found[1].decode() if found else "", value.removesuffix(b"\r\n")
        else:
            fields[field[1].decode()] = value.removesuffix(b"\r\n").decode()
    return Form(fields, name, content)


def rows_of(content: bytes, call: BatchCall, target: str, /) -> list[BatchedRow]:
    """Return the rows of a file whose lines are ids and bodies.

    Args:
        content: The file.
        call: A request with the headers of the calls.
        target: The target of the calls.
    """
    return [
        row_of(line["custom_id"], line["body"], call, target)
        for line in map(msgspec.json.decode, content.splitlines())
    ]


def problem_of(rows: Sequence[BatchedRow], /) -> str | None:
    """Return the reason for which all vendors refuse the rows of a batch; None if there is none."""
    if not rows:
        return "The batch has no requests."
    if len({row.id for row in rows}) < len(rows):
        return "The custom_id of a request is used more than once in the file."
    if any(not 0 < len(row.id) <= 64 for row in rows):
        return "The custom_id of a request has more than 64 characters."
    if len({row.request.json.get("model") for row in rows}) > 1:
        return "The requests of the file have several models."
    return None


def outputs_of(batch: SimulatedBatch, /) -> tuple[str, str]:
    """Return the ids of the files with the answers that succeeded, and with the others.

    The id of a file without answers is empty.
    """
    done = batch.succeeded
    output = f"file-{batch.id}-output" if done else ""
    return output, f"file-{batch.id}-error" if len(batch.results) > done else ""


def lines_of(batch: SimulatedBatch, /, *, succeeded: bool) -> SimulatedResponse:
    """Return the file with the answers that succeeded, or with the others."""
    lines = [
        msgspec.json.encode(answer_line(each, number))
        for number, each in enumerate(batch.results)
        if each.succeeded == succeeded
    ]
    return SimulatedResponse(
        headers={"content-type": "application/octet-stream"},
        body=(b"".join(line + b"\n" for line in lines),),
    )


def answer_line(answer: BatchedAnswer, number: int, /) -> dict[str, Any]:
    """Return the line of an answer, or of a row without one."""
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
