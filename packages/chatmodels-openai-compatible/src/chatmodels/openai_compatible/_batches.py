"""OpenAI's batch API: a file of requests, a batch over it, and files of answers.

Facts are from the "Batch" reference and guide of OpenAI's API, the types of its SDK (3.57) and its
help article "Batch API FAQ". A file has at most 50,000 requests and 200 MB. Successes are in the
output file, failures in the error file; each can be missing, and `error_file_id` can be "". The
requests that an expired or cancelled batch did not process are in the error file. A batch beyond
the limit of tokens that can wait fails after it was created.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TypeVar

import msgspec

from chatmodels.core import ChatModelError
from chatmodels.core.extending import (
    BatchAnswer,
    BatchLimits,
    BatchState,
    BatchStatus,
    UnsettledBatch,
)
from chatmodels.http import BatchSteps, HttpFailure, HttpRequest
from chatmodels.http.wire import NOT_JSON, Json, Wire, is_object, objects, path_name, raise_for_body

T = TypeVar("T")

LABEL = "chatmodels"
"""The key of the metadata with the name of a batch."""

_STATES: dict[str, BatchState] = {
    "validating": "queued",
    "in_progress": "running",
    "finalizing": "running",
    "cancelling": "stopping",
    "completed": "ended",
    "failed": "ended",
    "expired": "ended",
    "cancelled": "ended",
}
_NOT_PROCESSED = frozenset({"batch_expired", "batch_cancelled"})
_TOO_MANY_TOKENS = "token_limit_exceeded"
_REFUSED, _FAILED, _BUSY = 400, 500, 429
_EARLIER = 3600  # seconds by which the clocks of client and vendor can differ
_BOUNDARY = "chatmodels-batch-4f1c3a7e9b2d"
_PAGE = 100

BATCH_LIMITS = BatchLimits(rows=50_000, bytes=200_000_000)
"""OpenAI's limits of one batch."""


class OpenAIBatches(msgspec.Struct, frozen=True, kw_only=True):
    """A `BatchFormat` for OpenAI's batch API.

    Attributes:
        provider: The provider's registered name.
        failure: Translates a failed response.
        prefix: The path of the API, which the paths of requests in a file begin with.
        headers: Headers of all requests, such as the account to bill.
        query: The query of all requests, with its "?".
        limits: The limits of one batch.
    """

    provider: str
    failure: Callable[[HttpFailure], ChatModelError]
    prefix: str = "/v1"
    headers: tuple[tuple[str, str], ...] = ()
    query: str = ""
    limits: BatchLimits = BATCH_LIMITS

    def row(self, id_: str, request: HttpRequest, /) -> bytes:
        """Encode a row from the request of a call."""
        url = f"{self.prefix}{request.path}"
        body = msgspec.Raw(request.body)
        return msgspec.json.encode(
            {"custom_id": id_, "method": request.method, "url": url, "body": body}
        )

    def create(self, name: str, model: str, rows: Sequence[bytes], /) -> BatchSteps[BatchStatus]:
        """Upload the rows, and create a batch over the file."""
        headers = (*self.headers, ("content-type", f"multipart/form-data; boundary={_BOUNDARY}"))
        body = _multipart(f"{name}.jsonl", rows)
        uploaded = yield HttpRequest(path=f"/files{self.query}", body=body, headers=headers)
        file = self._decode(uploaded, _WireFile, "a file")
        created = yield self._post(
            "/batches",
            {
                "input_file_id": file.id,
                "endpoint": msgspec.json.decode(rows[0], type=_WireRow).url,
                "completion_window": "24h",
                "metadata": {LABEL: name},
            },
            idempotent=False,
        )
        return self._status(self._decode(created, _WireBatch, "a batch"))

    def find(
        self, name: str, rows: int, since: float, others: Collection[str], /
    ) -> BatchSteps[BatchStatus | UnsettledBatch | None]:
        """Look for the name in the metadata of batches, the newest first."""
        after = ""
        while True:
            query = f"{self.query}&" if self.query else "?"
            page = self._decode(
                (yield self._get(f"/batches{query}limit={_PAGE}{after}", query="")),
                _WirePage,
                "a list of batches",
            )
            for batch in page.data:
                if is_object(batch.metadata) and batch.metadata.get(LABEL) == name:
                    return self._status(batch)
            last = page.data[-1] if page.data else None
            if last is None or not page.has_more or last.created_at < since - _EARLIER:
                return None
            after = f"&after={self._part(last.id)}"

    def retrieve(self, id_: str, /) -> BatchSteps[BatchStatus]:
        """Fetch the status of a batch."""
        body = yield self._get(f"/batches/{self._part(id_)}")
        return self._status(self._decode(body, _WireBatch, "a batch"))

    def cancel(self, id_: str, /) -> HttpRequest:
        """Return the request that stops a batch."""
        return self._post(f"/batches/{self._part(id_)}/cancel", {})

    def results(self, status: BatchStatus, /) -> Sequence[HttpRequest]:
        """Return the requests for the files of answers."""
        return [self._get(f"/files/{self._part(id_)}/content") for id_ in status.outputs]

    def read(self, line: bytes, /) -> Iterator[BatchAnswer]:
        """Read the answer on a line."""
        answer = self._decode(line, _WireAnswer, "an answer of a batch")
        response = answer.response
        if response is not None and response.status_code:
            yield BatchAnswer(
                id=answer.custom_id,
                status=response.status_code,
                body=bytes(response.body),
                request_id=response.request_id,
            )
        elif is_object(answer.error) and answer.error.get("code") not in _NOT_PROCESSED:
            body = msgspec.json.encode({"error": answer.error})
            yield BatchAnswer(id=answer.custom_id, status=_FAILED, body=body)
        else:
            yield BatchAnswer(id=answer.custom_id)

    def _status(self, batch: "_WireBatch") -> BatchStatus:
        return BatchStatus(
            id=batch.id,
            state=_STATES.get(batch.status, "running"),
            outputs=tuple(id_ for id_ in (batch.output_file_id, batch.error_file_id) if id_),
            error=self._error(batch) if batch.status == "failed" else None,
        )

    def _error(self, batch: "_WireBatch") -> ChatModelError:
        data = batch.errors.get("data") if is_object(batch.errors) else None
        first = next(iter(objects(data)), {"message": "the batch failed without a reason"})
        status = _BUSY if first.get("code") == _TOO_MANY_TOKENS else _REFUSED
        body = msgspec.json.encode({"error": first})
        return self.failure(HttpFailure(status=status, headers={}, body=body))

    def _get(self, path: str, *, query: str | None = None) -> HttpRequest:
        path += self.query if query is None else query
        return HttpRequest(method="GET", path=path, headers=self.headers)

    def _post(self, path: str, body: object, *, idempotent: bool = True) -> HttpRequest:
        return HttpRequest(
            path=path + self.query,
            body=msgspec.json.encode(body),
            headers=self.headers,
            idempotent=idempotent,
        )

    def _part(self, id_: str) -> str:
        return path_name(id_, self.provider, "id")

    def _decode(self, body: bytes, kind: type[T], what: str) -> T:
        try:
            return msgspec.json.decode(body, type=kind)
        except NOT_JSON as error:
            raise_for_body(body, self.provider, what, error, self.failure)


class _WireFile(Wire, frozen=True, gc=False):
    id: str


class _WireRow(Wire, frozen=True, gc=False):
    url: str


class _WireBatch(Wire, frozen=True, gc=False):
    id: str
    status: str
    created_at: int = 0
    output_file_id: str | None = None
    error_file_id: str | None = None
    errors: Json = None
    metadata: Json = None


class _WirePage(Wire, frozen=True, gc=False):
    data: list[_WireBatch]
    has_more: bool = False


class _WireResponse(Wire, frozen=True, gc=False):
    status_code: int = 0
    request_id: str | None = None
    body: msgspec.Raw = msgspec.Raw(b"null")


class _WireAnswer(Wire, frozen=True, gc=False):
    custom_id: str
    response: _WireResponse | None = None
    error: Json = None


def _multipart(name: str, rows: Sequence[bytes]) -> bytes:
    """Encode the form with which a file is uploaded; rows are JSON in which no line begins so."""
    start = (
        f"--{_BOUNDARY}\r\n"
        'Content-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
        f"--{_BOUNDARY}\r\n"
        f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/jsonl\r\n\r\n"
    )
    return b"".join((start.encode(), b"\n".join(rows), f"\r\n--{_BOUNDARY}--\r\n".encode()))
