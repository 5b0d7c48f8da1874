"""Batch inference of Bedrock: rows and answers are files in Amazon S3.

Facts are from "Process multiple prompts with batch inference" and its pages, "Amazon Bedrock
endpoints and quotas", and the API reference as in botocore 1.44. A job of the type "Converse" has
the bodies of Converse, but no tools. Amazon does not start a job twice for a client token, and the
names of jobs can be searched for. A job has at least 100 rows and at most 50,000 by default. Each
file of rows has a file of answers in the location of the output, in any order; rows that were not
processed in time are missing. The number of jobs at the same time is limited.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

import msgspec

from chatmodels.core import QuotaExceededError, RateLimitError, UnsupportedError
from chatmodels.core.extending import (
    BatchAnswer,
    BatchLimits,
    BatchState,
    BatchStatus,
    UnsettledBatch,
)
from chatmodels.http import BatchEndpoint, BatchPage, BatchSteps, HttpRequest, WholeBody
from chatmodels.http.wire import Json, Wire
from chatmodels.providers.bedrock._errors import error_message
from chatmodels.providers.bedrock._s3 import Storage

_STATES: dict[str, BatchState] = {
    "Submitted": "queued",
    "Validating": "queued",
    "Scheduled": "queued",
    "InProgress": "running",
    "Stopping": "stopping",
    "Completed": "ended",
    "PartiallyCompleted": "ended",
    "Failed": "ended",
    "Stopped": "ended",
    "Expired": "ended",
}
_OUTPUT = ".jsonl.out"


class BedrockBatches(BatchEndpoint, frozen=True, kw_only=True):
    """A `BatchFormat` for batch inference.

    Attributes:
        storage: S3.
        input_uri: The location of the rows, without a slash at its end.
        output_uri: The location of the answers, likewise.
        role: The ARN of the role with which Bedrock reads and writes the files.
    """

    storage: Storage
    input_uri: str
    output_uri: str
    role: str
    limits: BatchLimits = BatchLimits(rows=50_000, bytes=1_000_000_000, fewest_rows=100)
    id_field: str = "recordId"

    def row(self, id_: str, request: HttpRequest, /) -> bytes:
        """Encode a row from the request of a call.

        Raises:
            UnsupportedError: It has tools.
        """
        if msgspec.json.decode(request.body, type=_WireRequest).tool_config != _NOTHING:
            raise UnsupportedError(
                f"{self.provider}: a request with tools, or with an output schema that the model "
                "gets as a tool, cannot be part of a batch; call the model instead"
            )
        return msgspec.json.encode({"recordId": id_, "modelInput": msgspec.Raw(request.body)})

    def create(self, name: str, model: str, rows: Sequence[bytes], /) -> BatchSteps[BatchStatus]:
        """Store the rows, and create a job over the file."""
        source = f"{self.input_uri}/{name}.jsonl"
        yield self.storage.put(source, b"\n".join(rows))
        job = {
            "jobName": name,
            "clientRequestToken": name,
            "modelId": model,
            "modelInvocationType": "Converse",
            "roleArn": self.role,
            "inputDataConfig": {"s3InputDataConfig": {"s3Uri": source}},
            "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": f"{self.output_uri}/{name}/"}},
        }
        try:
            created = yield self.post("/model-invocation-job", job)
        except QuotaExceededError as error:  # of jobs; there is room when another one ends
            raise RateLimitError(
                error.message,
                status=error.status,
                request_id=error.request_id,
                details=error.details,
            ) from error
        id_ = self.decode(created, _WireCreated, "a job").job_arn
        return BatchStatus(id=id_, state="queued")

    def find(
        self, name: str, rows: int, since: float, others: Collection[str], /
    ) -> BatchSteps[BatchStatus | UnsettledBatch | None]:
        """Look for the name among the jobs whose names contain it."""
        listing = f"nameContains={name}&maxResults=100"
        path = "/model-invocation-jobs"

        def page(body: bytes) -> BatchPage[_WireJob]:
            listed = self.decode(body, _WirePage, "a list of jobs")
            if not listed.next_token:
                return BatchPage(listed.invocation_job_summaries)
            token = self.part(listed.next_token, "page token")
            following = self.get(path, f"{listing}&nextToken={token}")
            return BatchPage(listed.invocation_job_summaries, following)

        jobs = yield from self.listed(self.get(path, listing), page, since)
        return next((self._status(job) for job in jobs if job.job_name == name), None)

    def retrieve(self, id_: str, /) -> BatchSteps[BatchStatus]:
        """Fetch the status of a job."""
        body = yield self.get(self._job_path(id_))
        return self._status(self.decode(body, _WireJob, "a job"))

    def cancel(self, id_: str, /) -> HttpRequest:
        """Return the request that stops a job."""
        return self.post(f"{self._job_path(id_)}/stop")

    def results(self, status: BatchStatus, /) -> Sequence[WholeBody]:
        """Return the requests for the files in the location of the output."""
        return [WholeBody(self.storage.list(uri), self._files) for uri in status.outputs]

    def read(self, row: bytes, /) -> BatchAnswer:
        """Read the answer on a line."""
        answer = self.decode(row, _WireAnswer, "an answer of a batch")
        if answer.error is None:
            return BatchAnswer(id=answer.record_id, status=200, body=bytes(answer.model_output))
        error = {"message": answer.error.error_message}
        return self.failed_answer(answer.record_id, answer.error.error_code, error)

    def reports_error(self, body: dict[str, Json], /) -> object:
        """Return a true value if a JSON object reports an error."""
        return error_message(body)

    def _files(self, page: bytes) -> Iterator[HttpRequest | WholeBody]:
        """Yield the requests for the files of a listing, and for its next page."""
        listing = self.storage.read(page)
        keys = [key for key in listing.keys if key.endswith(_OUTPUT)]
        yield from (self.storage.get(listing.bucket, key) for key in keys)
        if listing.next is not None:
            yield WholeBody(listing.next, self._files)

    def _job_path(self, arn: str) -> str:
        return f"/model-invocation-job/{self.part(arn.rpartition('/')[2])}"

    def _status(self, job: "_WireJob") -> BatchStatus:
        state = _STATES.get(job.status, "running")
        error = None
        if job.status == "Failed" and not job.processed_record_count:
            error = self.refusal({"message": job.message or "the job failed without a reason"})
        ended = state == "ended" and error is None
        outputs = (job.output_data_config.s3_output_data_config.s3_uri,) if ended else ()
        return BatchStatus(id=job.job_arn, state=state, outputs=outputs, error=error)


_NOTHING = msgspec.Raw()


class _WireRequest(Wire, frozen=True, gc=False, rename="camel"):
    tool_config: msgspec.Raw = _NOTHING


class _WireCreated(Wire, frozen=True, gc=False, rename="camel"):
    job_arn: str


class _WireS3(Wire, frozen=True, gc=False, rename="camel"):
    s3_uri: str


class _WireOutput(Wire, frozen=True, gc=False, rename="camel"):
    s3_output_data_config: _WireS3


class _WireJob(Wire, frozen=True, gc=False, rename="camel"):
    job_arn: str
    output_data_config: _WireOutput
    status: str = ""
    job_name: str = ""
    message: str = ""
    processed_record_count: int | None = None
    created_at: datetime | None = msgspec.field(default=None, name="submitTime")


class _WirePage(Wire, frozen=True, gc=False, rename="camel"):
    invocation_job_summaries: tuple[_WireJob, ...] = ()
    next_token: str = ""


class _WireError(Wire, frozen=True, gc=False, rename="camel"):
    error_code: int
    error_message: Json = None


class _WireAnswer(Wire, frozen=True, gc=False, rename="camel"):
    record_id: str
    model_output: msgspec.Raw = _NOTHING
    error: _WireError | None = None
