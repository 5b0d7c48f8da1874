"""OpenRouter's batch API: the requests and the results are inline, and nothing is cancelled.

Facts are from "Batch API Quickstart" and the API reference of OpenRouter's documentation, and the
types of openrouter 1.3. The model comes before the requests in the body. A batch has neither a
name nor metadata, so that one whose creation had no response is recognised by the ids of its
results, which exist when it has ended. OpenRouter documents no limit of rows; the one here bounds
the size of the status, which contains the results: a body has at most 64 MiB.
"""

from collections.abc import Collection, Sequence

import msgspec

from chatmodels.core import UnsupportedError
from chatmodels.core.extending import UNSETTLED, BatchLimits, BatchStatus, UnsettledBatch
from chatmodels.http import BatchPage, BatchSteps, HttpRequest, WholeBody, row_bytes
from chatmodels.http.wire import Json, objects
from chatmodels.openai_compatible import BATCH_STATES, CompatibleBatches
from chatmodels.providers.openrouter._batch_wire import (
    WireBatch,
    WirePage,
    WireResults,
    read_error,
)

_ENDPOINT = b"/v1/chat/completions"
_PAGE = 100


class OpenRouterBatches(CompatibleBatches, frozen=True, kw_only=True):
    """A `BatchFormat` for OpenRouter's batch API."""

    limits: BatchLimits = BatchLimits(rows=1_000, bytes=200_000_000, cancellable=False)

    def create(self, name: str, model: str, rows: Sequence[bytes], /) -> BatchSteps[BatchStatus]:
        """Send the rows."""
        start = b'{"endpoint":"%b","model":%b,"completion_window":"24h","requests":['
        body = b"".join((start % (_ENDPOINT, msgspec.json.encode(model)), b",".join(rows), b"]}"))
        created = yield self.post("/batches", body, idempotent=False)
        return self._status(self.decode(created, WireBatch, "a batch"))

    def find(
        self, name: str, rows: int, since: float, others: Collection[str], /
    ) -> BatchSteps[BatchStatus | UnsettledBatch | None]:
        """Look for a batch with as many requests, and with the name in the ids of its results."""
        batches = yield from self.listed(self._listing(""), self._page, since)
        is_possible = False
        for batch in batches:
            if (
                self.precedes(batch.created_at, since)
                or batch.id in others
                or batch.request_counts.total not in (0, rows)
            ):
                continue
            if BATCH_STATES.get(batch.status) != "ended":
                is_possible = True
            elif batch.request_counts.processed:
                found = yield self.get(f"/batches/{self.part(batch.id)}")
                results = objects(self.decode(found, WireResults, "a batch").results)
                if any(str(each.get("custom_id")).startswith(f"{name}-") for each in results):
                    return self._status(batch)
        return UNSETTLED if is_possible else None

    def retrieve(self, id_: str, /) -> BatchSteps[BatchStatus]:
        """Fetch the status of a batch."""
        body = yield self.get(f"/batches/{self.part(id_)}")
        return self._status(self.decode(body, WireBatch, "a batch"))

    def cancel(self, id_: str, /) -> HttpRequest:
        """Refuse to stop a batch.

        Raises:
            UnsupportedError: Always.
        """
        raise UnsupportedError(f"{self.provider} cannot cancel a batch; wait until it has ended")

    def results(self, status: BatchStatus, /) -> Sequence[WholeBody]:
        """Return the request for the batch with its results."""
        paths = [f"/batches/{self.part(id_)}" for id_ in status.outputs]
        return [WholeBody(self.get(path), self._rows) for path in paths]

    def call_error(self, error: dict[str, Json], /) -> tuple[int, dict[str, Json]]:
        """Return the status and the error of a call from the error of a result."""
        return read_error(error)

    def _listing(self, following: str) -> HttpRequest:
        return self.get("/batches", f"limit={_PAGE}{following}")

    def _page(self, body: bytes) -> BatchPage[WireBatch]:
        page = self.decode(body, WirePage, "a list of batches")
        if not page.data or not page.has_more:
            return BatchPage(page.data)
        return BatchPage(page.data, self._listing(f"&after={self.part(page.data[-1].id)}"))

    def _rows(self, document: bytes) -> list[bytes]:
        results = self.decode(document, WireResults, "the results of a batch").results
        return [row_bytes(each) for each in results or ()]

    def _status(self, batch: WireBatch) -> BatchStatus:
        has_failed = batch.status == "failed" and not batch.request_counts.processed
        state = BATCH_STATES.get(batch.status, "running")
        return BatchStatus(
            id=batch.id,
            state=state,
            outputs=(batch.id,) if state == "ended" else (),
            error=self.refusal({"error": batch.reason}) if has_failed else None,
        )
