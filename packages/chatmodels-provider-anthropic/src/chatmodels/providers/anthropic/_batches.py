"""Anthropic's Message Batches API: all requests in one body, and one file of answers.

Facts are from "Create a Message Batch", "Batch processing" and the types of Anthropic's SDK (2.14).
A batch has at most 100,000 requests and 256 MB, and expires after 24 hours. Its counts change only
when it has ended. It has no metadata, so that a batch whose creation had no response is recognised
by the ids of its answers, which exist when it has ended.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from chatmodels.core.extending import (
    UNSETTLED,
    BatchAnswer,
    BatchLimits,
    BatchState,
    BatchStatus,
    UnsettledBatch,
)
from chatmodels.http import BatchEndpoint, BatchPage, BatchSteps, FirstLine, HttpRequest
from chatmodels.http.wire import Wire

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

_PAGE = 100


class MessageBatches(BatchEndpoint, frozen=True, kw_only=True):
    """A `BatchFormat` for the Message Batches API."""

    limits: BatchLimits = BatchLimits(rows=100_000, bytes=256_000_000)

    def row(self, id_: str, request: HttpRequest, /) -> bytes:
        """Encode a row from the request of a call."""
        return msgspec.json.encode({"custom_id": id_, "params": msgspec.Raw(request.body)})

    def create(self, name: str, model: str, rows: Sequence[bytes], /) -> BatchSteps[BatchStatus]:
        """Send the rows."""
        body = b"".join((b'{"requests":[', b",".join(rows), b"]}"))
        return self._status((yield self.post("", body, idempotent=False)))

    def find(
        self, name: str, rows: int, since: float, others: Collection[str], /
    ) -> BatchSteps[BatchStatus | UnsettledBatch | None]:
        """Look for a batch with as many requests, and with the name in the ids of its answers."""
        batches = yield from self.listed(self.get("", f"limit={_PAGE}"), self._page, since)
        is_possible = False
        for batch in batches:
            if (
                self.precedes(batch.created_at, since)
                or batch.id in others
                or sum(batch.request_counts.values()) != rows
            ):
                continue
            if batch.processing_status != "ended":
                is_possible = True
            elif batch.results_url is not None:
                first = yield FirstLine(self.get(f"/{self.part(batch.id)}/results"))
                if first and self.decode(first, _WireId, "an answer").custom_id.startswith(
                    f"{name}-"
                ):
                    return _status(batch)
        return UNSETTLED if is_possible else None

    def retrieve(self, id_: str, /) -> BatchSteps[BatchStatus]:
        """Fetch the status of a batch."""
        return self._status((yield self.get(f"/{self.part(id_)}")))

    def cancel(self, id_: str, /) -> HttpRequest:
        """Return the request that stops a batch."""
        return self.post(f"/{self.part(id_)}/cancel")

    def results(self, status: BatchStatus, /) -> Sequence[HttpRequest]:
        """Return the request for the file of answers.

        Its address is not that of `results_url`, so that no other host receives the key.
        """
        return [self.get(f"/{self.part(id_)}/results") for id_ in status.outputs]

    def read(self, row: bytes, /) -> BatchAnswer:
        """Read the answer on a line."""
        answer = self.decode(row, _WireAnswer, "an answer of a batch")
        result = answer.result
        if result.type == "succeeded":
            return BatchAnswer(id=answer.custom_id, status=200, body=bytes(result.message))
        if result.type != "errored":  # canceled, expired
            return BatchAnswer(id=answer.custom_id)
        body = bytes(result.error)
        error = self.decode(body, _WireFailure, "an error of a batch")
        return BatchAnswer(
            id=answer.custom_id,
            status=_STATUSES.get(error.error.type, 500),
            body=body,
            request_id=error.request_id,
        )

    def _page(self, body: bytes) -> BatchPage["_WireBatch"]:
        page = self.decode(body, _WirePage, "a list of batches")
        if not page.data or not page.has_more:
            return BatchPage(page.data)
        following = f"limit={_PAGE}&after_id={self.part(page.data[-1].id)}"
        return BatchPage(page.data, self.get("", following))

    def _status(self, body: bytes) -> BatchStatus:
        return _status(self.decode(body, _WireBatch, "a batch"))


class _WireBatch(Wire, frozen=True, gc=False):
    id: str
    processing_status: str
    created_at: datetime
    request_counts: dict[str, int]
    results_url: str | None = None


class _WirePage(Wire, frozen=True, gc=False):
    data: list[_WireBatch]
    has_more: bool = False


class _WireResult(Wire, frozen=True, gc=False):
    type: str
    message: msgspec.Raw = msgspec.Raw(b"null")
    error: msgspec.Raw = msgspec.Raw(b"null")


class _WireId(Wire, frozen=True, gc=False):
    custom_id: str


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
