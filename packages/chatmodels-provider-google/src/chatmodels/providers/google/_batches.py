"""The Batch API of the Gemini API: rows in the request or in a file, answers likewise.

Facts are from "Batch API", "Files API" and the reference "Batch API" of the Gemini API, and from
Google's SDK (google-genai 3.6). A request of less than 20 MB can contain its rows; larger batches
have a file of at most 2 GB. A batch is a long-running operation, whose output is in its response,
and in its metadata if it has an error. Without output, an expired batch has answered no row.
"""

from collections.abc import Collection, Sequence

import msgspec

from chatmodels.core import ChatModelError, ResponseInvalidError
from chatmodels.core.extending import (
    BatchAnswer,
    BatchLimits,
    BatchState,
    BatchStatus,
    UnsettledBatch,
)
from chatmodels.http import (
    BatchEndpoint,
    BatchPage,
    BatchSteps,
    HttpRequest,
    ResponseHeader,
    WholeBody,
    row_bytes,
)
from chatmodels.http.wire import Json, is_list, is_object, text_or_none
from chatmodels.providers.google._batch_wire import (
    WireAnswer,
    WireOperation,
    WirePage,
    WireRow,
    WireUpload,
)
from chatmodels.providers.google._paths import Paths

INLINE_BYTES = 1_000_000
"""The size of rows up to which a request contains them.

Each poll of an ended batch returns the answers to such rows, so that the limit is far below 20 MB.
"""

INLINE_ROWS = 20
"""The number of rows up to which a request contains them.

A response body has at most 64 MiB, and short rows can have long answers, such as images.
"""

_STATES: dict[str, BatchState] = {
    "PENDING": "queued",
    "QUEUED": "queued",
    "RUNNING": "running",
    "CANCELLING": "stopping",
    "SUCCEEDED": "ended",
    "PARTIALLY_SUCCEEDED": "ended",
    "FAILED": "ended",
    "CANCELLED": "ended",
    "EXPIRED": "ended",
}
"""The states without their prefixes: the API reports BATCH_STATE_..., examples JOB_STATE_..."""

_ERRORS = {
    1: ("CANCELLED", 499),
    2: ("UNKNOWN", 500),
    3: ("INVALID_ARGUMENT", 400),
    4: ("DEADLINE_EXCEEDED", 504),
    5: ("NOT_FOUND", 404),
    6: ("ALREADY_EXISTS", 409),
    7: ("PERMISSION_DENIED", 403),
    8: ("RESOURCE_EXHAUSTED", 429),
    9: ("FAILED_PRECONDITION", 400),
    10: ("ABORTED", 409),
    11: ("OUT_OF_RANGE", 400),
    12: ("UNIMPLEMENTED", 501),
    13: ("INTERNAL", 500),
    14: ("UNAVAILABLE", 503),
    15: ("DATA_LOSS", 500),
    16: ("UNAUTHENTICATED", 401),
}
"""The names of the codes of a `google.rpc.Status`, and the HTTP statuses of calls with them."""

_UNKNOWN = 2
_FIRST_STATUS = 100  # below it, an error has a code of a `google.rpc.Status`
_PAGE = 100
_NO_FILE = 403
_UPLOAD_URL = "x-goog-upload-url"
_FILE_TYPE = "application/jsonl"


class GeminiBatches(BatchEndpoint, frozen=True, kw_only=True):
    """A `BatchFormat` for the Gemini API.

    Attributes:
        paths: The paths of the API.
        host: The start of the URLs of files, if the base URL contains the version; otherwise empty.
        version: The version in the paths of files.
        limits: The limits of one batch. The number of rows is not Google's: users report answers
            under the keys of other rows in batches of more than 10,000 (python-genai issue 1909).
    """

    paths: Paths
    host: str = ""
    version: str = "/v1beta"
    limits: BatchLimits = BatchLimits(rows=10_000, bytes=2_000_000_000)
    id_field: str = "key"

    def row(self, id_: str, request: HttpRequest, /) -> bytes:
        """Encode a row from the request of a call."""
        return msgspec.json.encode({"key": id_, "request": msgspec.Raw(request.body)})

    def create(self, name: str, model: str, rows: Sequence[bytes], /) -> BatchSteps[BatchStatus]:
        """Create a batch over the rows, or over a file of them."""
        source: dict[str, object]
        if len(rows) > INLINE_ROWS or sum(map(len, rows)) > INLINE_BYTES:
            source = {"fileName": (yield from self._upload(name, rows))}
        else:
            source = {"requests": {"requests": [_inline(row) for row in rows]}}
        created = yield HttpRequest(
            path=f"{self.paths.model(model, self.provider)}:batchGenerateContent",
            body=msgspec.json.encode({"batch": {"displayName": name, "inputConfig": source}}),
            idempotent=False,
        )
        return self._status(self.decode(created, WireOperation, "a batch"))

    def find(
        self, name: str, rows: int, since: float, others: Collection[str], /
    ) -> BatchSteps[BatchStatus | UnsettledBatch | None]:
        """Look for a batch with the name."""
        batches = yield from self.listed(self._listing(""), self._page, since)
        named = (each for each in batches if each.metadata.display_name == name)
        return next(map(self._status, named), None)

    def retrieve(self, id_: str, /) -> BatchSteps[BatchStatus]:
        """Fetch the status of a batch."""
        body = yield self._operation(id_)
        return self._status(self.decode(body, WireOperation, "a batch"))

    def cancel(self, id_: str, /) -> HttpRequest:
        """Return the request that stops a batch."""
        return self.post(f"/{self._name(id_)}:cancel")

    def results(self, status: BatchStatus, /) -> Sequence[HttpRequest | WholeBody]:
        """Return the request for the file of answers, or for the operation that contains them."""
        return [
            WholeBody(self._operation(place), self._rows)
            if place == status.id
            else self._download(place)
            for place in status.outputs
        ]

    def read(self, row: bytes, /) -> BatchAnswer:
        """Read the answer on a line of a file, or in an operation."""
        answer = self.decode(row, WireAnswer, "an answer of a batch")
        id_ = answer.key or answer.metadata.key
        if not id_:
            raise ResponseInvalidError(f"{self.provider}: an answer of a batch has no key")
        if len(answer.response):
            return BatchAnswer(id=id_, status=200, body=bytes(answer.response))
        if answer.error is None:
            return BatchAnswer(id=id_)
        status, error = _failure(answer.error)
        return self.failed_answer(id_, status, error)

    def unreadable(
        self, request: HttpRequest | WholeBody, error: ChatModelError, /
    ) -> ChatModelError:
        """Return the error of results that cannot be fetched.

        The Files API responds with 403 to the name of a file that does not exist, without a reason.
        Other refusals have one, such as API_KEY_SERVICE_BLOCKED, and a proxy has another body.
        """
        details = error.details
        if (
            isinstance(request, WholeBody)
            or error.status != _NO_FILE
            or details.get("provider_type") != "PERMISSION_DENIED"
            or "provider_code" in details
        ):
            return error
        return ResponseInvalidError(
            f"its results have been deleted, or belong to another project: {error.message}",
            status=error.status,
            request_id=error.request_id,
            details=error.details,
        )

    def _listing(self, following: str) -> HttpRequest:
        return self.get("/batches", f"pageSize={_PAGE}{following}")

    def _page(self, body: bytes) -> BatchPage[WireOperation]:
        page = self.decode(body, WirePage, "a list of batches")
        if not page.next_page_token:
            return BatchPage(page.operations)
        token = self.part(page.next_page_token, "page token")
        return BatchPage(page.operations, self._listing(f"&pageToken={token}"))

    def _rows(self, document: bytes) -> list[bytes]:
        inlined = self.decode(document, WireOperation, "a batch").output.inlined_responses
        found = inlined.get("inlinedResponses") if is_object(inlined) else None
        return [row_bytes(each) for each in found] if is_list(found) else []

    def _upload(self, name: str, rows: Sequence[bytes]) -> BatchSteps[str]:
        """Upload a file by the resumable protocol, at once."""
        body = b"\n".join(rows)
        start = HttpRequest(
            path=f"{self.host}/upload{self.version}/files",
            body=msgspec.json.encode({"file": {"displayName": name}}),
            headers=(
                ("x-goog-upload-protocol", "resumable"),
                ("x-goog-upload-command", "start"),
                ("x-goog-upload-header-content-length", str(len(body))),
                ("x-goog-upload-header-content-type", _FILE_TYPE),
            ),
        )
        url = (yield ResponseHeader(start, _UPLOAD_URL)).decode()
        _, upload, path = url.partition("/upload/")
        if not upload:
            raise ResponseInvalidError(
                f"{self.provider}: the header {_UPLOAD_URL} has no URL of an upload"
            )
        uploaded = yield HttpRequest(
            path=f"{self.host}{upload}{path}",  # of the same host, so that no other has the key
            body=body,
            headers=(
                ("content-type", _FILE_TYPE),
                ("x-goog-upload-command", "upload, finalize"),
                ("x-goog-upload-offset", "0"),
            ),
        )
        return self.decode(uploaded, WireUpload, "a file").file.name

    def _operation(self, id_: str) -> HttpRequest:
        return self.get(f"/{self._name(id_)}")

    def _download(self, name: str) -> HttpRequest:
        path = f"{self.host}/download{self.version}/{self._name(name)}:download?alt=media"
        return HttpRequest(method="GET", path=path)

    def _name(self, name: str) -> str:
        return self.part(name, "name", safe="/")

    def _status(self, batch: WireOperation) -> BatchStatus:
        state = batch.metadata.state.rpartition("_STATE_")[2]
        output = batch.output
        outputs: tuple[str, ...] = ()
        if output.responses_file:
            outputs = (output.responses_file,)
        elif output.inlined_responses:
            outputs = (batch.name,)
        error = None
        if state == "FAILED" and not outputs:
            status, body = _failure(batch.error)
            error = self.refusal(body, status)
        return BatchStatus(
            id=batch.name,
            state="ended" if batch.done else _STATES.get(state, "running"),
            outputs=outputs,
            error=error,
        )


def _inline(row: bytes) -> dict[str, object]:
    """Return a row of a file as one of a request."""
    each = msgspec.json.decode(row, type=WireRow)
    return {"request": each.request, "metadata": {"key": each.key}}


def _failure(error: Json) -> tuple[int, dict[str, Json]]:
    """Return the status and the body of a call with the error of an operation or a row."""
    fields = error if is_object(error) else {}
    code, word = fields.get("code"), fields.get("status")
    if not isinstance(code, int) or code < _FIRST_STATUS:
        known = code if isinstance(code, int) else _UNKNOWN
        word, code = _ERRORS.get(known, _ERRORS[_UNKNOWN])
    message = text_or_none(fields.get("message")) or "it failed without a reason"
    shown = {"code": code, "status": word, "message": message, "details": fields.get("details")}
    return code, {"error": shown}
