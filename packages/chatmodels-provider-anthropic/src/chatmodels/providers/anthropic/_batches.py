"""Anthropic's Message Batches API: all requests in one body, and one file of answers.

Facts are from "Create a Message Batch", "Batch processing" and the types of Anthropic's SDK (2.14).
A batch has at most 100,000 requests and 256 MB, and expires after 24 hours. Its counts change only
when it has ended. It has no metadata, so that a batch whose creation had no response is recognised
by the ids of its answers, which exist when it has ended.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from chatmodels.core.extending import (
    UNSETTLED,
    BatchAnswer,
    BatchLimits,
    BatchState,
    BatchStatus,
    UnsettledBatch,
)
from chatmodels.http import BatchSteps, HttpRequest, first_line
from chatmodels.http.wire import NOT_JSON, Wire, path_name
from chatmodels.providers.anthropic._blocks import PROVIDER_NAME
from chatmodels.providers.anthropic._response import reject

T = TypeVar("T")

_STATES: dict[str, BatchState] = {
    "in_progress": "running",
    "canceling": "stopping",
    "ended": "ended",
}
_STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""The status that a call has with an error of this type ("Errors"); others have 500."""

_EARLIER = 3600  # seconds by which the clocks of client and vendor can differ
_PAGE = 100


class MessageBatches(msgspec.Struct, frozen=True, kw_only=True):
    """A `BatchFormat` for the Message Batches API.

    Attributes:
        path: The path of the batches.
        headers: Headers of all requests.
        limits: The limits of one batch.
    """

    path: str
    headers: tuple[tuple[str, str], ...]
    limits: BatchLimits = BatchLimits(rows=100_000, bytes=256_000_000)

    def row(self, id_: str, request: HttpRequest, /) -> bytes:
        """Encode a row from the request of a call."""
        return msgspec.json.encode({"custom_id": id_, "params": msgspec.Raw(request.body)})

    def create(self, name: str, model: str, rows: Sequence[bytes], /) -> BatchSteps[BatchStatus]:
        """Send the rows."""
        body = b"".join((b'{"requests":[', b",".join(rows), b"]}"))
        created = yield HttpRequest(
            path=self.path, body=body, headers=self.headers, idempotent=False
        )
        return _status(_decode(created, _WireBatch))

    def find(
        self, name: str, rows: int, since: float, others: Collection[str], /
    ) -> BatchSteps[BatchStatus | UnsettledBatch | None]:
        """Look for a batch with as many requests, and with the name in the ids of its answers."""
        after, is_possible = "", False
        while True:
            page = _decode((yield self._get(f"?limit={_PAGE}{after}")), _WirePage)
            for batch in page.data:
                if batch.age(since) < -_EARLIER:
                    return UNSETTLED if is_possible else None
                if batch.id in others or sum(batch.request_counts.values()) != rows:
                    continue
                if batch.processing_status != "ended":
                    is_possible = True
                elif batch.results_url is not None:
                    first = yield first_line(self._get(f"/{_part(batch.id)}/results"))
                    if first and _decode(first, _WireAnswer).custom_id.startswith(f"{name}-"):
                        return _status(batch)
            if not page.data or not page.has_more:
                return UNSETTLED if is_possible else None
            after = f"&after_id={_part(page.data[-1].id)}"

    def retrieve(self, id_: str, /) -> BatchSteps[BatchStatus]:
        """Fetch the status of a batch."""
        return _status(_decode((yield self._get(f"/{_part(id_)}")), _WireBatch))

    def cancel(self, id_: str, /) -> HttpRequest:
        """Return the request that stops a batch."""
        path = f"{self.path}/{_part(id_)}/cancel"
        return HttpRequest(path=path, headers=self.headers)

    def results(self, status: BatchStatus, /) -> Sequence[HttpRequest]:
        """Return the request for the file of answers.

        Its address is not that of `results_url`, so that no other host receives the key.
        """
        return [self._get(f"/{_part(id_)}/results") for id_ in status.outputs]

    def read(self, line: bytes, /) -> Iterator[BatchAnswer]:
        """Read the answer on a line."""
        answer = _decode(line, _WireAnswer)
        result = answer.result
        if result.type == "succeeded":
            yield BatchAnswer(id=answer.custom_id, status=200, body=bytes(result.message))
        elif result.type == "errored":
            error = _decode(result.error, _WireFailure)
            yield BatchAnswer(
                id=answer.custom_id,
                status=_STATUSES.get(error.error.type, 500),
                body=bytes(result.error),
                request_id=error.request_id,
            )
        else:  # canceled, expired
            yield BatchAnswer(id=answer.custom_id)

    def _get(self, path: str) -> HttpRequest:
        return HttpRequest(method="GET", path=self.path + path, headers=self.headers)


class _WireBatch(Wire, frozen=True, gc=False):
    id: str
    processing_status: str
    created_at: datetime
    request_counts: dict[str, int]
    results_url: str | None = None

    def age(self, since: float) -> float:
        """Return the seconds from a moment to the creation of the batch."""
        return self.created_at.timestamp() - since


class _WirePage(Wire, frozen=True, gc=False):
    data: list[_WireBatch]
    has_more: bool = False


class _WireResult(Wire, frozen=True, gc=False):
    type: str
    message: msgspec.Raw = msgspec.Raw(b"null")
    error: msgspec.Raw = msgspec.Raw(b"null")


class _WireAnswer(Wire, frozen=True, gc=False):
    custom_id: str
    result: _WireResult


class _WireError(Wire, frozen=True, gc=False):
    type: str


class _WireFailure(Wire, frozen=True, gc=False):
    error: _WireError
    request_id: str | None = None


def _status(batch: _WireBatch) -> BatchStatus:
    return BatchStatus(
        id=batch.id,
        state=_STATES.get(batch.processing_status, "running"),
        outputs=() if batch.results_url is None else (batch.id,),
    )


def _part(id_: str) -> str:
    return path_name(id_, PROVIDER_NAME, "id")


def _decode(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except NOT_JSON as error:
        reject(bytes(body), error)
