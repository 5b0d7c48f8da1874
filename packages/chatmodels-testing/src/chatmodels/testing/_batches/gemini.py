"""The server side of the Gemini API's Batch API and Files API ("Batch API", API reference)."""

import re
from typing import Any
from urllib.parse import quote

import msgspec

from chatmodels.testing._batches.api import BatchApi, BatchCall, created_at, row_of
from chatmodels.testing._batches.batch import (
    BatchedAnswer,
    BatchedRow,
    SimulatedBatch,
    SimulatedBatches,
)
from chatmodels.testing._simulated_response import SimulatedResponse, json_response

_MOST_INLINE = 20_000_000
_ENDED = ("completed", "expired", "cancelled")
_STATES = {
    "running": "BATCH_STATE_RUNNING",
    "completed": "BATCH_STATE_SUCCEEDED",
    "expired": "BATCH_STATE_EXPIRED",
    "cancelled": "BATCH_STATE_CANCELLED",
}
_RPC_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 429: 8, 503: 14, 504: 4}
"""The codes of `google.rpc.Code` by the status of a call; others are internal errors."""

_INTERNAL = 13
_TOO_MANY_TOKENS = {
    "code": 429,
    "message": "You exceeded your current quota of enqueued tokens; for more information, see "
    "https://ai.google.dev/gemini-api/docs/rate-limits.",
    "status": "RESOURCE_EXHAUSTED",
}


class GeminiBatches(BatchApi):
    """The batches of `batchGenerateContent`, and the files of their rows and answers."""

    paths = re.compile(
        r"(?P<prefix>.*?)/(?:"
        r"(?P<version>v1|v1beta)/(?P<model>.+):batchGenerateContent"
        r"|(?:v1|v1beta)/batches(?:/(?P<id>[^/:]+)(?::(?P<action>cancel))?)?"
        r"|(?P<upload>upload/(?:v1|v1beta)/files)"
        r"|(?:download/)?(?:v1|v1beta)/(?P<file>files/[^/:]+):download)"
    )
    missing = "Requested entity was not found: batches/{}."
    after, size = "pageToken", "pageSize"
    describes_cancelled = False
    refuses_at_once = True

    def calls(self, path: re.Match[str], /) -> str:
        """Return the path of a call."""
        return f"{path['prefix']}/v1beta/models/simulated:generateContent"

    def respond(self, call: BatchCall, /) -> SimulatedResponse | str:
        """Return the response to a request about batches, or about a file."""
        if call.path["upload"]:
            return self._upload(call)
        if call.path["file"]:
            return self._content(call.path["file"], call.batches)
        return super().respond(call)

    def full_id(self, id_: str, /) -> str:
        """Return the name of a batch."""
        return f"batches/{id_}"

    def respond_about(self, batch: SimulatedBatch, call: BatchCall, /) -> SimulatedResponse | str:
        """Cancel, delete or return a batch."""
        if call.request.method != "DELETE":
            return super().respond_about(batch, call)
        call.batches.all.remove(batch)
        return json_response({})

    def create(self, call: BatchCall, /) -> SimulatedResponse | str:
        """Create a batch over the rows of the request, or over a file."""
        path, request, batches = call.path, call.request, call.batches
        target = f"{path['prefix']}/{path['version']}/{path['model']}:generateContent"
        batch: dict[str, Any] = request.json.get("batch") or {}
        source: dict[str, Any] = batch.get("inputConfig") or {}
        label, file = batch.get("displayName"), source.get("fileName", "")
        if not label:
            return "* BatchGenerateContentRequest.batch.display_name: must be specified."
        if len(source.keys() & {"fileName", "requests"}) != 1:
            return "* BatchGenerateContentRequest.batch.input_config: source must be specified."
        if not file and len(request.body) > _MOST_INLINE:
            return f"Request payload size exceeds the limit: {_MOST_INLINE} bytes."
        if file and file not in batches.files:
            return f"File {file} not found."
        entries = _entries_of(batches.files[file]) if file else source["requests"]["requests"]
        rows: list[BatchedRow] = []
        for entry in entries:
            key = entry.get("key") if file else entry.get("metadata", {}).get("key")
            extra = entry.keys() - {"request", "key" if file else "metadata"}
            if extra or not isinstance(key, str) or not isinstance(entry.get("request"), dict):
                return f"Invalid request {len(rows)}: {', '.join(sorted(extra)) or 'no key'}."
            rows.append(row_of(key, entry["request"], call, target))
        created = batches.add("batches/simulated", label, rows)
        created.file = file
        return self.created(call, created)

    def full(self) -> SimulatedResponse:
        """Return the response while too many rows wait."""
        return json_response({"error": _TOO_MANY_TOKENS}, status=429)

    def describe_page(self, page: list[SimulatedBatch], /, *, has_more: bool) -> dict[str, Any]:
        """Return a page of the listing as the API does."""
        listed: dict[str, Any] = {"operations": [self.describe(batch) for batch in page]}
        if has_more:
            listed["nextPageToken"] = page[-1].id
        return listed

    def describe(self, batch: SimulatedBatch, /) -> dict[str, Any]:
        """Return a batch as the API does; only a batch that succeeded has a response."""
        metadata: dict[str, Any] = {
            "@type": "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch",
            "name": batch.id,
            "displayName": batch.label,
            "state": _STATES[batch.state],
            "createTime": created_at(batch).replace("+00:00", "Z"),
            "batchStats": {"requestCount": str(len(batch.rows))},
        }
        operation: dict[str, Any] = {"name": batch.id, "metadata": metadata}
        output = _output(batch)
        if output:
            metadata["output"] = output
        if batch.state in _ENDED:
            operation["done"] = True
        if batch.state == "completed":
            operation["response"] = output
        elif batch.state == "cancelled":
            operation["error"] = {"code": 1, "message": "The operation was cancelled."}
        return operation

    def _upload(self, call: BatchCall) -> SimulatedResponse | str:
        """Begin an upload, or accept its bytes ("Files API", resumable uploads)."""
        headers, body, files = call.request.headers, call.request.body, call.batches.files
        command = headers.get("x-goog-upload-command")
        if command == "start":
            length = headers.get("x-goog-upload-header-content-length", "")
            if headers.get("x-goog-upload-protocol") != "resumable" or not length.isdecimal():
                return "An upload needs its protocol and the length of its content."
            host = quote(headers["host"], safe=":")
            url = (
                f"http://{host}/{call.path['upload']}?upload_id={length}&upload_protocol=resumable"
            )
            return json_response({}, x_goog_upload_url=url, x_goog_upload_status="active")
        declared = call.request.query.get("upload_id", [""])[0]
        if command != "upload, finalize" or headers.get("x-goog-upload-offset") != "0":
            return "The upload has no bytes at the offset 0, or is not finalized."
        if declared != str(len(body)):
            return f"The upload has {len(body)} bytes instead of {declared}."
        name = f"files/input{len(files) + 1}"
        files[name] = body
        file = {"name": name, "mimeType": "application/jsonl", "state": "ACTIVE"}
        return json_response({"file": file}, x_goog_upload_status="final")

    def _content(self, file: str, batches: SimulatedBatches) -> SimulatedResponse:
        batch = next((each for each in batches.all if _responses_file(each) == file), None)
        if batch is None:
            message = f"You do not have permission to access the file {file}, or it is not there."
            error = {"code": 403, "message": message, "status": "PERMISSION_DENIED"}
            return json_response({"error": error}, status=403)
        lines = [
            msgspec.json.encode({"key": each.id, **_line(each)}) + b"\n" for each in batch.processed
        ]
        return SimulatedResponse(
            headers={"content-type": "application/octet-stream"}, body=(b"".join(lines),)
        )


def _entries_of(file: bytes) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in file.splitlines()]


def _output(batch: SimulatedBatch) -> dict[str, Any]:
    if not batch.processed:
        return {}
    if batch.file:
        return {"responsesFile": _responses_file(batch)}
    inlined = [{"metadata": {"key": each.id}, **_line(each)} for each in batch.processed]
    return {"inlinedResponses": {"inlinedResponses": inlined}}


def _responses_file(batch: SimulatedBatch) -> str:
    return f"files/{batch.id.replace('/', '-')}"


def _line(answer: BatchedAnswer) -> dict[str, Any]:
    if answer.succeeded:
        return {"response": msgspec.Raw(answer.body)}
    error = msgspec.json.decode(answer.body)["error"]
    code = _RPC_CODES.get(answer.status, _INTERNAL)
    details = error.get("details", [])
    return {"error": {"code": code, "message": error["message"], "details": details}}
