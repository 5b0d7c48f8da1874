"""The server side of Bedrock's batch inference, and of the objects in S3 that it needs.

Sources: "CreateModelInvocationJob" and the other operations of jobs (API reference of Bedrock),
"Process multiple prompts with batch inference", and "ListObjectsV2" (API reference of S3).
"""

import re
from hashlib import sha256
from typing import Any
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

import msgspec

from chatmodels.core import ErrorCode
from chatmodels.testing._batches.api import BatchApi, BatchCall, created_at, page_at, row_of
from chatmodels.testing._batches.batch import BatchedAnswer, SimulatedBatch, SimulatedBatches
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._protocols.bedrock_converse import BedrockConverse
from chatmodels.testing._simulated_response import SimulatedResponse, json_response

_ARN = "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/"
_FEWEST = 100
_NAME = re.compile(r"[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9+\-.]){0,63}")
_ROLE = re.compile(r"arn:aws(-[^:]+)?:iam::([0-9]{12})?:role/.+")
_REQUIRED = {"jobName", "roleArn", "modelId", "inputDataConfig", "outputDataConfig"}
_OPTIONAL = {"clientRequestToken", "modelInvocationType", "tags", "timeoutDurationInHours"}
_STATES = {
    "running": "InProgress",
    "completed": "Completed",
    "expired": "PartiallyCompleted",
    "cancelled": "Stopped",
    "failed": "Failed",
}
_TOO_FEW = "Batch job contains less records ({}) than the required minimum of: {}"
_SCOPED = ("key", "date", "region", "service", "aws4_request")
_PAGE = 1  # objects on a page of a listing, so that each client meets a second one


class BedrockBatches(BatchApi):
    """The jobs below `/model-invocation-job`, and the objects below `/s3`."""

    paths = re.compile(
        r"(?P<prefix>.*)/(?:"
        r"(?P<jobs>model-invocation-jobs)"
        r"|model-invocation-job(?:/(?P<id>[^/]+)(?:/(?P<action>stop))?)?"
        r"|s3/(?P<bucket>[^/]+)(?:/(?P<key>.+))?)"
    )
    missing = "The provided job identifier {} is not found."
    describes_cancelled = False
    refuses_at_once = True

    def calls(self, path: re.Match[str], /) -> str:
        """Return the path of a call."""
        return f"{path['prefix']}/model/simulated/converse"

    def respond(self, call: BatchCall, /) -> SimulatedResponse | str:
        """Return the response to a request about jobs or objects."""
        request, path = call.request, call.path
        if path["bucket"]:
            return self._object(request, path["bucket"], path["key"], call.batches)
        if _scope(request) not in ("bedrock", ""):
            return f"Credential should be scoped to correct service: 'bedrock', {_scope(request)}."

        def answer_row(row: ReceivedRequest) -> SimulatedResponse:
            refused = "The model returned: toolConfig is not supported in batch inference."
            return _error(400, refused) if "toolConfig" in row.json else call.answer(row)

        return super().respond(call._replace(answer=answer_row))

    def full_id(self, id_: str, /) -> str:
        """Return the ARN of a job from its id, or from itself."""
        return _ARN + unquote(id_).removeprefix(_ARN)

    def create(self, call: BatchCall, /) -> SimulatedResponse | str:
        """Create a job over a file; a client token has one job."""
        job: dict[str, Any] = call.request.json
        batches = call.batches
        if problem := _problem(job):
            return problem
        token = job.get("clientRequestToken") or job["jobName"]
        known = next((each for each in batches.all if each.label == token), None)
        if known is not None:
            return json_response({"jobArn": known.id})
        source = job["inputDataConfig"]["s3InputDataConfig"]["s3Uri"]
        target = f"{call.path['prefix']}/model/{quote(job['modelId'], safe='')}/converse"
        records = map(msgspec.json.decode, batches.files.get(source, b"").splitlines())
        rows = [row_of(each["recordId"], each["modelInput"], call, target) for each in records]
        batch = batches.add(_ARN, token, rows)
        batch.id = f"{_ARN}{len(batches.all):012}"
        batch.file = source
        batch.output = job["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"]
        if len(rows) < _FEWEST:
            batch.state = "failed"
        return self.created(call, batch, json_response({"jobArn": batch.id}))

    def full(self) -> SimulatedResponse:
        """Return the response while too many jobs wait."""
        return BedrockConverse().error(
            ErrorCode.QUOTA_EXCEEDED, 400, "Your account has too many jobs for this model."
        )

    def list_page(self, call: BatchCall, /) -> SimulatedResponse:
        """Return a page of the jobs with a name."""
        query = {name: values[0] for name, values in call.request.query.items()}
        part, start = query.get("nameContains", ""), int(query.get("nextToken", "0"))
        named = [each for each in call.batches.all if part in each.label]
        page, has_more = page_at(named, start, int(query.get("maxResults", "10")), call.answer)
        listed: dict[str, Any] = {"invocationJobSummaries": [self.describe(job) for job in page]}
        if has_more:
            listed["nextToken"] = str(start + len(page))
        return json_response(listed)

    def describe(self, batch: SimulatedBatch, /) -> dict[str, Any]:
        """Return a job as the API does."""
        source = {"s3Uri": batch.file, "s3InputFormat": "JSONL"}
        job: dict[str, Any] = {
            "jobArn": batch.id,
            "jobName": batch.label,
            "clientRequestToken": batch.label,
            "status": _STATES[batch.state],
            "submitTime": created_at(batch),
            "inputDataConfig": {"s3InputDataConfig": source},
            "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": batch.output}},
            "modelInvocationType": "Converse",
            "processedRecordCount": len(batch.results),
        }
        if batch.state == "failed":
            job["message"] = _TOO_FEW.format(len(batch.rows), _FEWEST)
        return job

    def _object(
        self, request: ReceivedRequest, bucket: str, key: str | None, batches: SimulatedBatches
    ) -> SimulatedResponse:
        digest = request.headers.get("x-amz-content-sha256")
        if _scope(request) != "s3" or digest != sha256(request.body).hexdigest():
            return _s3_error(403, "SignatureDoesNotMatch", "The signature does not match.")
        if request.method == "PUT":
            batches.files[f"s3://{bucket}/{unquote(key or '')}"] = request.body
            return SimulatedResponse(headers={"etag": '"1"'})
        objects = {**batches.files, **_outputs(batches)}
        if key is None:
            return _listing(request, bucket, sorted(objects))
        content = objects.get(f"s3://{bucket}/{unquote(key)}")
        if content is None:
            return _s3_error(404, "NoSuchKey", "The specified key does not exist.")
        return SimulatedResponse(
            headers={"content-type": "binary/octet-stream"}, body=(content,) if content else ()
        )


def _problem(job: dict[str, Any]) -> str | None:
    """Return the message of a validation error; None if a job is valid."""
    if missing := _REQUIRED - job.keys():
        return f"Value null at '{min(missing)}' failed to satisfy constraint: must not be null"
    if unknown := job.keys() - _REQUIRED - _OPTIONAL:
        return f"{min(unknown)} is not a member of CreateModelInvocationJobRequest"
    if not _NAME.fullmatch(job["jobName"]):
        return "Value at 'jobName' failed to satisfy constraint: must satisfy a pattern"
    if not _ROLE.fullmatch(job["roleArn"]):
        return "Value at 'roleArn' failed to satisfy constraint: must satisfy a pattern"
    if job.get("modelInvocationType") != "Converse":
        return "The simulator has jobs of the modelInvocationType 'Converse' only."
    return None


def _scope(request: ReceivedRequest) -> str:
    """Return the service in the scope of a signature (Signature Version 4); empty for none."""
    _, _, credential = request.headers.get("authorization", "").partition("Credential=")
    parts = credential.partition(",")[0].split("/")
    return parts[3] if len(parts) == len(_SCOPED) else ""


def _outputs(batches: SimulatedBatches) -> dict[str, bytes]:
    """Return the objects that jobs have written, in a folder with the id of the job."""
    objects: dict[str, bytes] = {}
    for batch in batches.all:
        if not batch.output or batch.state in ("running", "failed"):
            continue
        folder = f"{batch.output}{batch.id.removeprefix(_ARN)}/"
        inputs = {row.id: row.request for row in batch.rows}
        lines = [_line(each, inputs.get(each.id)) + b"\n" for each in batch.processed]
        if lines:
            objects[f"{folder}{batch.file.rpartition('/')[2]}.out"] = b"".join(lines)
        manifest = {"totalRecordCount": len(batch.rows), "processedRecordCount": len(lines)}
        objects[f"{folder}manifest.json.out"] = msgspec.json.encode(manifest)
    return objects


def _line(answer: BatchedAnswer, request: ReceivedRequest | None) -> bytes:
    line: dict[str, Any] = {"recordId": answer.id, "modelInput": request and request.json}
    if answer.succeeded:
        return msgspec.json.encode({**line, "modelOutput": msgspec.Raw(answer.body)})
    error = msgspec.json.decode(answer.body)
    message = error.get("error", error).get("message")
    return msgspec.json.encode(
        {**line, "error": {"errorCode": answer.status, "errorMessage": message}}
    )


def _listing(request: ReceivedRequest, bucket: str, uris: list[str]) -> SimulatedResponse:
    query = {name: values[0] for name, values in request.query.items()}
    prefix, start = query.get("prefix", ""), int(query.get("continuation-token", "0"))
    whole = f"s3://{bucket}/"
    keys = [uri.removeprefix(whole) for uri in uris if uri.startswith(whole + prefix)]
    page = keys[start : start + _PAGE]
    contents = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in page)
    following = start + len(page)
    has_more = following < len(keys)
    token = f"<NextContinuationToken>{following}</NextContinuationToken>"
    document = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>{bucket}</Name><Prefix>{escape(prefix)}</Prefix>"
        f"<KeyCount>{len(page)}</KeyCount><IsTruncated>{str(has_more).lower()}</IsTruncated>"
        f"{token if has_more else ''}{contents}</ListBucketResult>"
    )
    headers = {"content-type": "application/xml"}
    return SimulatedResponse(headers=headers, body=(document.encode(),))


def _s3_error(status: int, code: str, message: str) -> SimulatedResponse:
    document = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    headers = {"content-type": "application/xml"}
    return SimulatedResponse(status=status, headers=headers, body=(document.encode(),))


def _error(status: int, message: str) -> SimulatedResponse:
    return json_response({"message": message}, status=status)
