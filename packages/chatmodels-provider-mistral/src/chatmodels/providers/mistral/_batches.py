"""Mistral's batch jobs: a file of requests, a job over it, and files of answers.

Facts are from "Batch Processing" and the API reference of Mistral's documentation, and the types of
mistralai 3.7. A job has at most a million requests and one model, a file 512 MB. Keys of metadata
have at most 32 characters. Jobs that are not done after 24 hours time out.
"""

import itertools
from collections.abc import Collection, Mapping, Sequence

from chatmodels.core.extending import BatchLimits, BatchState, BatchStatus, UnsettledBatch
from chatmodels.http import BatchPage, BatchSteps, BatchTime, HttpRequest
from chatmodels.http.wire import Json, Wire, objects
from chatmodels.openai_compatible import BATCH_LABEL, CompatibleBatches

_ENDPOINT = "/v1/chat/completions"
_PAGE = 100
_UNKNOWN: dict[str, Json] = {"message": "the job failed without a reason"}
_STATES: Mapping[str, BatchState] = {
    "QUEUED": "queued",
    "RUNNING": "running",
    "CANCELLATION_REQUESTED": "stopping",
    "SUCCESS": "ended",
    "FAILED": "ended",
    "TIMEOUT_EXCEEDED": "ended",
    "CANCELLED": "ended",
}


class MistralBatches(CompatibleBatches, frozen=True, kw_only=True):
    """A `BatchFormat` for Mistral's batch jobs."""

    limits: BatchLimits = BatchLimits(rows=1_000_000, bytes=512_000_000)

    def create(self, name: str, model: str, rows: Sequence[bytes], /) -> BatchSteps[BatchStatus]:
        """Upload the rows, and create a job over the file."""
        file = yield from self.upload(name, rows, fields={"purpose": "batch"})
        job = {
            "endpoint": _ENDPOINT,
            "model": model,
            "input_files": [file.id],
            "metadata": {BATCH_LABEL: name},
        }
        created = yield self.post("/batch/jobs", job, idempotent=False)
        return self._status(self.decode(created, _WireJob, "a batch job"))

    def find(
        self, name: str, rows: int, since: float, others: Collection[str], /
    ) -> BatchSteps[BatchStatus | UnsettledBatch | None]:
        """Look for the name in the metadata of jobs."""
        following = itertools.count(1)

        def page(body: bytes) -> BatchPage[_WireJob]:
            jobs = self.decode(body, _WirePage, "a list of batch jobs").data or []
            is_last = len(jobs) < _PAGE
            return BatchPage(jobs, None if is_last else self._listing(next(following)))

        jobs = yield from self.listed(self._listing(0), page, since)
        found = (self._status(job) for job in jobs if self.is_labelled(job.metadata, name))
        return next(found, None)

    def retrieve(self, id_: str, /) -> BatchSteps[BatchStatus]:
        """Fetch the status of a job."""
        body = yield self.get(f"/batch/jobs/{self.part(id_)}")
        return self._status(self.decode(body, _WireJob, "a batch job"))

    def cancel(self, id_: str, /) -> HttpRequest:
        """Return the request that stops a job."""
        return self.post(f"/batch/jobs/{self.part(id_)}/cancel", {})

    def _listing(self, number: int) -> HttpRequest:
        return self.get("/batch/jobs", f"order_by=-created&page_size={_PAGE}&page={number}")

    def _status(self, job: "_WireJob") -> BatchStatus:
        outputs = tuple(id_ for id_ in (job.output_file, job.error_file) if id_)
        has_failed = job.status == "FAILED" and not outputs
        return BatchStatus(
            id=job.id,
            state=_STATES.get(job.status, "running"),
            outputs=outputs,
            error=self.refusal(next(iter(objects(job.errors)), _UNKNOWN)) if has_failed else None,
        )


class _WireJob(Wire, frozen=True, gc=False):
    id: str
    status: str
    created_at: BatchTime = None
    output_file: str | None = None
    error_file: str | None = None
    errors: Json = None
    metadata: Json = None


class _WirePage(Wire, frozen=True, gc=False):
    data: list[_WireJob] | None = None
