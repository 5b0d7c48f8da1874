"""The files of batch APIs like OpenAI's: uploaded rows, and answers on lines."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from chatmodels.testing._batches.batch import BatchedAnswer, BatchedRow, SimulatedBatch
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._simulated_response import SimulatedResponse

_FIELD = re.compile(rb'name="([^"]*)"')
_FILE_NAME = re.compile(rb'filename="([^"]*)"')
_REASONS = {"expired": "batch_expired", "cancelled": "batch_cancelled"}


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


def rows_of(content: bytes, request: ReceivedRequest, target: str, /) -> list[BatchedRow]:
    """Return the rows of a file whose lines are ids and bodies.

    Args:
        content: The file.
        request: A request with the headers of the calls.
        target: The target of the calls.
    """
    return [
        row_of(line["custom_id"], line["body"], request, target)
        for line in map(msgspec.json.decode, content.splitlines())
    ]


def row_of(id_: str, body: object, request: ReceivedRequest, target: str, /) -> BatchedRow:
    """Return a row from its id and the body of its call."""
    encoded = msgspec.json.encode(body)
    inner = msgspec.structs.replace(request, method="POST", target=target, body=encoded)
    return BatchedRow(id_, inner)


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
