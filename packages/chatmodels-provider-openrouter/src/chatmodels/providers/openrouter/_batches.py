"""OpenRouter's batch API: the requests and the results are inline, and nothing is cancelled.

Facts are from "Batch API Quickstart" and the API reference of OpenRouter's documentation, and the
types of openrouter 1.3. The model comes before the requests in the body. A batch has neither a
name nor metadata, so that one whose creation had no response is recognised by the ids of its
results, which exist when it has ended. OpenRouter documents no limit of rows; the one here bounds
the size of the status, which contains the results: a body has at most 64 MiB.
"""

from collections.abc import Collection, Iterator, Sequence

import msgspec

from chatmodels.core import ChatModelError, UnsupportedError
from chatmodels.core.extending import (
    UNSETTLED,
    BatchAnswer,
    BatchLimits,
    BatchStatus,
    UnsettledBatch,
)
from chatmodels.http import BatchSteps, HttpFailure, HttpRequest, whole_body
from chatmodels.http.wire import Json
from chatmodels.openai_compatible import BATCH_STATES, CompatibleBatches
from chatmodels.providers.openrouter._batch_wire import (
    WireBatch,
    WirePage,
    WireResults,
    read_error,
)

_ENDPOINT = b"/v1/chat/completions"
_PAGE = 100
_REFUSED = 400


class OpenRouterBatches(CompatibleBatches, frozen=True, kw_only=True):
    """A `BatchFormat` for OpenRouter's batch API."""

    limits: BatchLimits = BatchLimits(rows=1_000, bytes=200_000_000, cancellable=False)

    def create(self, name: str, model: str, rows: Sequence[bytes], /) -> BatchSteps[BatchStatus]:
        """Send the rows."""
        start = b'{"endpoint":"%b","model":%b,"completion_window":"24h","requests":['
        body = b"".join((start % (_ENDPOINT, msgspec.json.encode(model)), b",".join(rows), b"]}"))
        created = yield HttpRequest(
            path=f"{self.path}/batches", body=body, headers=self.headers, idempotent=False
        )
        return self._status(self.decode(created, WireBatch, "a batch"))

    def find(
        self, name: str, rows: int, since: float, others: Collection[str], /
    ) -> BatchSteps[BatchStatus | UnsettledBatch | None]:
        """Look for a batch with as many requests, and with the name in the ids of its results."""
        following: str | None = ""
        is_possible = False
        while following is not None:
            request = self.get("/batches", f"limit={_PAGE}{following}")
            page = self.decode((yield request), WirePage, "a list of batches")
            following = None
            for batch in page.data:
                if self.precedes(batch.created_at, since):
                    return UNSETTLED if is_possible else None
                if batch.id in others or batch.request_counts.total not in (0, rows):
                    continue
                if BATCH_STATES.get(batch.status) != "ended":
                    is_possible = True
                elif batch.request_counts.processed:
                    found = yield self.get(f"/batches/{self.part(batch.id)}")
                    results = self.decode(found, WireResults, "a batch").results or ()
                    if any(each.custom_id.startswith(f"{name}-") for each in results):
                        return self._status(batch)
            if page.data and page.has_more:
                following = f"&after={self.part(page.data[-1].id)}"
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

    def results(self, status: BatchStatus, /) -> Sequence[HttpRequest]:
        """Return the request for the batch with its results."""
        return [whole_body(self.get(f"/batches/{self.part(id_)}")) for id_ in status.outputs]

    def read(self, data: bytes, /) -> Iterator[BatchAnswer]:
        """Read the results of a batch."""
        for each in self.decode(data, WireResults, "the results of a batch").results or ():
            yield self.answer(each)

    def call_error(self, error: dict[str, Json], /) -> tuple[int, dict[str, Json]]:
        """Return the status and the error of a call from the error of a result."""
        return read_error(error)

    def _status(self, batch: WireBatch) -> BatchStatus:
        has_failed = batch.status == "failed" and not batch.request_counts.processed
        state = BATCH_STATES.get(batch.status, "running")
        return BatchStatus(
            id=batch.id,
            state=state,
            outputs=(batch.id,) if state == "ended" else (),
            error=self._error(batch.reason) if has_failed else None,
        )

    def _error(self, reason: Json) -> ChatModelError:
        body = msgspec.json.encode({"error": reason})
        return self.failure(HttpFailure(status=_REFUSED, headers={}, body=body))
