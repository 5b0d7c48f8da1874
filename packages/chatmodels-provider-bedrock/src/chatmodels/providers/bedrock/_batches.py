"""Batch inference of Bedrock: rows and answers are files in Amazon S3.

Facts are from "Process multiple prompts with batch inference" and its pages, "Amazon Bedrock
endpoints and quotas", and the API reference as in botocore 1.44. A job of the type "Converse" has
the bodies of Converse, but no tools. Amazon does not start a job twice for a client token, and the
names of jobs can be searched for. A job has at least 100 rows and at most 50,000 by default. Each
file of rows has a file of answers in the location of the output, in any order; rows that were not
processed in time are missing. The number of jobs at the same time is limited.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

import msgspec

from chatmodels.core import QuotaExceededError, RateLimitError, UnsupportedError
from chatmodels.core.extending import (
    BatchAnswer,
    BatchLimits,
    BatchState,
    BatchStatus,
    UnsettledBatch,
)
from chatmodels.http import BatchSteps, HttpFailure, HttpRequest
from chatmodels.http.wire import NOT_JSON, Json, Wire, path_name
from chatmodels.providers.bedrock._blocks import PROVIDER_NAME
from chatmodels.providers.bedrock._errors import read_failure
from chatmodels.providers.bedrock._response import reject
from chatmodels.providers.bedrock._s3 import Storage

T = TypeVar("T")

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
_REFUSED = 400


class BedrockBatches(msgspec.Struct, frozen=True, kw_only=True):
    """A `BatchFormat` for batch inference.

    Attributes:
        control_url: The URL of the API of jobs; empty if it is the base URL.
        storage: S3.
        input_uri: The location of the rows, without a slash at its end.
        output_uri: The location of the answers, likewise.
        role: The ARN of the role with which Bedrock reads and writes the files.
        limits: The limits of one batch.
    """

    control_url: str
    storage: Storage
    input_uri: str
    output_uri: str
    role: str
    limits: BatchLimits = BatchLimits(rows=50_000, bytes=1_000_000_000, fewest_rows=100)

    def row(self, id_: str, request: HttpRequest, /) -> bytes:
        """Encode a row from the request of a call.

        Raises:
            UnsupportedError: It has tools.
        """
        if msgspec.json.decode(request.body, type=_WireRequest).tool_config != _NOTHING:
            raise UnsupportedError(
                f"{PROVIDER_NAME}: a request with tools, or with an output schema that the model "
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
        path = f"{self.control_url}/model-invocation-job"
        try:
            created = yield HttpRequest(path=path, body=msgspec.json.encode(job))
        except QuotaExceededError as error:  # of jobs; there is room when another one ends
            raise RateLimitError(
                error.message,
                status=error.status,
                request_id=error.request_id,
                details=error.details,
            ) from error
        return BatchStatus(id=_decode(created, _WireCreated).job_arn, state="queued")

    def find(
        self, name: str, rows: int, since: float, others: Collection[str], /
    ) -> BatchSteps[BatchStatus | UnsettledBatch | None]:
        """Look for the name among the jobs whose names contain it."""
        token = ""
        while True:
            path = f"/model-invocation-jobs?nameContains={name}&maxResults=100{token}"
            page = _decode((yield self._get(path)), _WirePage)
            for job in page.invocation_job_summaries:
                if job.job_name == name:
                    return _status(job)
            if not page.next_token:
                return None
            token = f"&nextToken={path_name(page.next_token, PROVIDER_NAME, 'page token')}"

    def retrieve(self, id_: str, /) -> BatchSteps[BatchStatus]:
        """Fetch the status of a job."""
        return _status(_decode((yield self._get(_job_path(id_))), _WireJob))

    def cancel(self, id_: str, /) -> HttpRequest:
        """Return the request that stops a job."""
        return HttpRequest(path=f"{self.control_url}{_job_path(id_)}/stop")

    def results(self, status: BatchStatus, /) -> Sequence[HttpRequest]:
        """Return the requests for the files in the location of the output."""
        return [self.storage.list(uri) for uri in status.outputs]

    def read(self, data: bytes, /) -> Iterator[BatchAnswer | HttpRequest]:
        """Read the answer on a line, or return the requests for the files of a listing."""
        if data.startswith(b"<"):
            listing = self.storage.read(data)
            keys = [key for key in listing.keys if key.endswith(_OUTPUT)]
            yield from (self.storage.get(listing.bucket, key) for key in keys)
            if listing.next is not None:
                yield listing.next
            return
        answer = _decode(data, _WireAnswer)
        if answer.error is None:
            yield BatchAnswer(id=answer.record_id, status=200, body=bytes(answer.model_output))
        else:
            body = msgspec.json.encode({"message": answer.error.error_message})
            yield BatchAnswer(id=answer.record_id, status=answer.error.error_code, body=body)

    def _get(self, path: str) -> HttpRequest:
        return HttpRequest(method="GET", path=self.control_url + path)


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


def _status(job: _WireJob) -> BatchStatus:
    state = _STATES.get(job.status, "running")
    error = None
    if job.status == "Failed" and not job.processed_record_count:
        body = msgspec.json.encode({"message": job.message or "the job failed without a reason"})
        error = read_failure(HttpFailure(status=_REFUSED, headers={}, body=body))
    ended = state == "ended" and error is None
    outputs = (job.output_data_config.s3_output_data_config.s3_uri,) if ended else ()
    return BatchStatus(id=job.job_arn, state=state, outputs=outputs, error=error)


def _job_path(arn: str) -> str:
    return f"/model-invocation-job/{path_name(arn.rpartition('/')[2], PROVIDER_NAME, 'id')}"


def _decode(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except NOT_JSON as error:
        reject(body, error)
