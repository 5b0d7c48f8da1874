"""OpenAI's batch API: a file of requests, a batch over it, and files of answers.

Facts are from the "Batch" reference and guide of OpenAI's API, the types of its SDK (3.57) and its
help article "Batch API FAQ". A file has at most 50,000 requests and 200 MB. Successes are in the
output file, failures in the error file; each can be missing, and `error_file_id` can be "". The
requests that an expired or cancelled batch did not process are in the error file. A batch beyond
the limit of tokens that can wait fails after it was created.

Azure's states begin with a capital letter and its times are texts ("Getting started with Azure
OpenAI batch deployments"); Groq's listing has cursors, and its errors are a list ("Groq Batch
API").
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Literal
from urllib.parse import quote

import msgspec

from chatmodels.core import ChatModelError, ErrorCode, UnsupportedError
from chatmodels.core.extending import (
    BatchLimits,
    BatchState,
    BatchStatus,
    UnsettledBatch,
    published_in,
)
from chatmodels.http import BatchPage, BatchSteps, BatchTime, HttpRequest
from chatmodels.http.wire import Json, Wire, is_object, objects
from chatmodels.openai_compatible._batch_files import BATCH_LABEL, BatchFile, CompatibleBatches

BATCH_STATES: Mapping[str, BatchState] = {
    "validating": "queued",
    "in_progress": "running",
    "finalizing": "running",
    "cancelling": "stopping",
    "completed": "ended",
    "failed": "ended",
    "expired": "ended",
    "cancelled": "ended",
}
"""OpenAI's states."""

_TOO_MANY_TOKENS = "token_limit_exceeded"
_REFUSED, _BUSY = 400, 429
_NO_API = frozenset({404, 405})  # of a server that does not know the path
_REASONS = frozenset({"provider_code", "provider_type"})  # details of OpenAI's errors
_PENDING = frozenset({"pending", "running"})
_FILE_POLLS = 100
_PURPOSE = {"purpose": "batch"}
_PAGE = 100
_UNKNOWN: dict[str, Json] = {"message": "the batch failed without a reason"}

BATCH_LIMITS = BatchLimits(rows=50_000, bytes=200_000_000)
"""OpenAI's limits of one batch."""


@published_in("chatmodels.openai_compatible")
class OpenAIBatches(CompatibleBatches, frozen=True, kw_only=True):
    """A `BatchFormat` for OpenAI's batch API.

    Attributes:
        prefix: The path of the API, which the paths of requests in a file begin with.
        url: The path in a file for all requests, if it is not `prefix` and the path of a call.
        pages: The parameter with which the listing continues: the id of a batch, or a cursor.
        file_fields: Fields of the form with which a file is uploaded.
        awaits_files: Whether the vendor processes a file before a batch can use it.
    """

    limits: BatchLimits = BATCH_LIMITS
    prefix: str = "/v1"
    url: str = ""
    pages: Literal["after", "cursor"] = "after"
    file_fields: tuple[tuple[str, str], ...] = ()
    awaits_files: bool = False

    def row(self, id_: str, request: HttpRequest, /) -> bytes:
        """Encode a row from the request of a call."""
        url = self.url or f"{self.prefix}{request.path}"
        body = msgspec.Raw(request.body)
        return msgspec.json.encode(
            {"custom_id": id_, "method": request.method, "url": url, "body": body}
        )

    def create(self, name: str, model: str, rows: Sequence[bytes], /) -> BatchSteps[BatchStatus]:
        """Upload the rows, and create a batch over the file.

        Raises:
            UnsupportedError: The server has no batch API.
        """
        try:
            file = yield from self.upload(name, rows, fields=_PURPOSE | dict(self.file_fields))
        except ChatModelError as error:
            if _is_about_path(error):
                raise self._missing(error) from error
            raise
        try:
            if self.awaits_files:
                yield from self._wait(file)
            created = yield self.post(
                "/batches",
                {
                    "input_file_id": file.id,
                    "endpoint": msgspec.json.decode(rows[0], type=_WireRow).url,
                    "completion_window": "24h",
                    "metadata": {BATCH_LABEL: name},
                },
                idempotent=False,
            )
        except ChatModelError as error:
            # A type or a code is about the file, the endpoint or the model: the API exists.
            if _is_about_path(error) and _REASONS.isdisjoint(error.details):
                raise self._missing(error) from error
            raise
        return self._status(self.decode(created, _WireBatch, "a batch"))

    def find(
        self, name: str, rows: int, since: float, others: Collection[str], /
    ) -> BatchSteps[BatchStatus | UnsettledBatch | None]:
        """Look for the name in the metadata of batches."""
        batches = yield from self.listed(self._listing(""), self._page, since)
        found = (self._status(each) for each in batches if self.is_labelled(each.metadata, name))
        return next(found, None)

    def retrieve(self, id_: str, /) -> BatchSteps[BatchStatus]:
        """Fetch the status of a batch."""
        body = yield self.get(f"/batches/{self.part(id_)}")
        return self._status(self.decode(body, _WireBatch, "a batch"))

    def cancel(self, id_: str, /) -> HttpRequest:
        """Return the request that stops a batch."""
        return self.post(f"/batches/{self.part(id_)}/cancel", {})

    def _wait(self, file: BatchFile) -> BatchSteps[None]:
        for _ in range(_FILE_POLLS):
            if file.status not in _PENDING:
                return
            polled = yield self.get(f"/files/{self.part(file.id)}")
            file = self.decode(polled, BatchFile, "a file")

    def _missing(self, error: ChatModelError) -> UnsupportedError:
        return UnsupportedError(
            f"the server of {self.provider} has no batch API: it responds with {error.status} "
            f"({error.message}); call the model instead",
            status=error.status,
            request_id=error.request_id,
            details=error.details,
        )

    def _listing(self, following: str) -> HttpRequest:
        parameters = [f"limit={_PAGE}"] if self.pages == "after" else []
        return self.get("/batches", "&".join([*parameters, *filter(None, [following])]))

    def _page(self, body: bytes) -> BatchPage["_WireBatch"]:
        page = self.decode(body, _WirePage, "a list of batches")
        following = ""
        if self.pages == "after":
            if page.data and page.has_more:
                following = f"after={self.part(page.data[-1].id)}"
        else:
            cursor = page.paging.get("next_cursor") if is_object(page.paging) else None
            if cursor and isinstance(cursor, str):
                following = f"cursor={quote(cursor, safe='')}"
        return BatchPage(page.data, self._listing(following) if following else None)

    def _status(self, batch: "_WireBatch") -> BatchStatus:
        state = batch.status.lower()
        return BatchStatus(
            id=batch.id,
            state=BATCH_STATES.get(state, "running"),
            outputs=tuple(id_ for id_ in (batch.output_file_id, batch.error_file_id) if id_),
            error=self._error(batch) if state == "failed" else None,
        )

    def _error(self, batch: "_WireBatch") -> ChatModelError:
        errors = batch.errors.get("data") if is_object(batch.errors) else batch.errors
        first = next(iter(objects(errors)), _UNKNOWN)
        status = _BUSY if first.get("code") == _TOO_MANY_TOKENS else _REFUSED
        return self.refusal({"error": first}, status)


def _is_about_path(error: ChatModelError) -> bool:
    """Report whether a server can have responded so because it does not know the path."""
    return error.status in _NO_API and error.code is ErrorCode.INVALID_REQUEST


class _WireRow(Wire, frozen=True, gc=False):
    url: str


class _WireBatch(Wire, frozen=True, gc=False):
    id: str
    status: str
    created_at: BatchTime = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    errors: Json = None
    metadata: Json = None


class _WirePage(Wire, frozen=True, gc=False):
    data: list[_WireBatch]
    has_more: bool = False
    paging: Json = None
