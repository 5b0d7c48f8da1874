"""Together AI's batch API, which has no metadata: the name of a batch is that of its file.

Facts are from "Batch inference", "Run a batch job", "Manage batch jobs" and the API reference of
Together AI's documentation, and the types of together 3.1. A file has at most 50,000 requests and
100 MB, and a model at most 30 billion tokens that wait. The listings have no pages.
"""

from collections.abc import Collection, Sequence

from chatmodels.core import ChatModelError
from chatmodels.core.extending import BatchLimits, BatchStatus, UnsettledBatch
from chatmodels.http import BatchSteps, HttpRequest
from chatmodels.http.wire import Wire
from chatmodels.openai_compatible import BATCH_STATES, CompatibleBatches

_ENDPOINT = "/v1/chat/completions"


class TogetherBatches(CompatibleBatches, frozen=True, kw_only=True):
    """A `BatchFormat` for Together AI's batch API."""

    limits: BatchLimits = BatchLimits(rows=50_000, bytes=100_000_000)

    def create(self, name: str, model: str, rows: Sequence[bytes], /) -> BatchSteps[BatchStatus]:
        """Upload the rows, and create a batch over the file."""
        fields = {"purpose": "batch-api", "file_name": _file_name(name)}
        file = yield from self.upload(name, rows, path="/files/upload", fields=fields)
        body = {"input_file_id": file.id, "endpoint": _ENDPOINT}
        created = yield self.post("/batches", body, idempotent=False)
        answer = self.decode(created, _WireCreated, "a batch")
        if answer.job is None:
            raise self._error(answer.warning or "no batch was created")
        return self._status(answer.job)

    def find(
        self, name: str, rows: int, since: float, others: Collection[str], /
    ) -> BatchSteps[BatchStatus | UnsettledBatch | None]:
        """Look for the batch over the file with the name."""
        files = self.decode((yield self.get("/files")), _WireFiles, "a list of files")
        ids = {file.id for file in files.data if file.filename == _file_name(name)}
        if not ids:
            return None
        listed = self.decode((yield self.get("/batches")), list[_WireBatch], "a list of batches")
        found = (self._status(batch) for batch in listed if batch.input_file_id in ids)
        return next(found, None)

    def retrieve(self, id_: str, /) -> BatchSteps[BatchStatus]:
        """Fetch the status of a batch."""
        body = yield self.get(f"/batches/{self.part(id_)}")
        return self._status(self.decode(body, _WireBatch, "a batch"))

    def cancel(self, id_: str, /) -> HttpRequest:
        """Return the request that stops a batch."""
        return self.post(f"/batches/{self.part(id_)}/cancel", {})

    def _status(self, batch: "_WireBatch") -> BatchStatus:
        outputs = tuple(id_ for id_ in (batch.output_file_id, batch.error_file_id) if id_)
        has_failed = batch.status == "FAILED" and not outputs
        reason = batch.error or "the batch failed without a reason"
        return BatchStatus(
            id=batch.id,
            state=BATCH_STATES.get(batch.status.lower(), "running"),
            outputs=outputs,
            error=self._error(reason) if has_failed else None,
        )

    def _error(self, message: str) -> ChatModelError:
        return self.refusal({"error": {"message": message}})


class _WireBatch(Wire, frozen=True, gc=False):
    id: str
    status: str
    input_file_id: str | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    error: str | None = None


class _WireCreated(Wire, frozen=True, gc=False):
    job: _WireBatch | None = None
    warning: str | None = None


class _WireNamedFile(Wire, frozen=True, gc=False):
    id: str
    filename: str


class _WireFiles(Wire, frozen=True, gc=False):
    data: list[_WireNamedFile]


def _file_name(name: str) -> str:
    return f"{name}.jsonl"
