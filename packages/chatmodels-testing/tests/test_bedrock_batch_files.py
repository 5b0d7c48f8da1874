"""Jobs of Bedrock's batch inference at the simulator, and their objects in S3."""

import json
from hashlib import sha256
from typing import Any

import pytest
from client import request

from chatmodels.testing import Simulator

SCOPE = "AWS4-HMAC-SHA256 Credential=AKID/20261201/us-east-1/{}/aws4_request, Signature=0"
JOB: dict[str, Any] = {
    "jobName": "name",
    "roleArn": "arn:aws:iam::123456789012:role/batches",
    "modelId": "amazon.nova-2-lite-v1:0",
    "modelInvocationType": "Converse",
    "inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://bucket/rows.jsonl"}},
    "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://bucket/results/"}},
}


def bedrock(simulator: Simulator, method: str, path: str, body: Any = None) -> Any:
    content = b"" if body is None else json.dumps(body).encode()
    headers = {"authorization": SCOPE.format("bedrock"), "content-type": "application/json"}
    return request(simulator, method, path, content, headers)


def s3(simulator: Simulator, method: str, path: str, body: bytes = b"", **headers: str) -> Any:
    digest = sha256(body).hexdigest()
    signed = {"authorization": SCOPE.format("s3"), "x-amz-content-sha256": digest}
    return request(simulator, method, f"/s3/{path}", body, {**signed, **headers})


def test_a_row_with_tools_has_an_error(simulator: Simulator) -> None:
    simulator.batches.polls = 0
    messages = [{"role": "user", "content": [{"text": "Hello"}]}]
    body = {"messages": messages, "toolConfig": {"tools": []}}
    rows = [{"recordId": str(number), "modelInput": body} for number in range(100)]
    s3(
        simulator,
        "PUT",
        "bucket/rows.jsonl",
        b"\n".join(json.dumps(each).encode() for each in rows),
    )
    arn = bedrock(simulator, "POST", "/model-invocation-job", JOB).json["jobArn"]
    id_ = arn.rpartition("/")[2]
    ended = bedrock(simulator, "GET", f"/model-invocation-job/{id_}").json

    assert ended["status"] == "Completed"
    output = s3(simulator, "GET", f"bucket/results/{id_}/rows.jsonl.out").content
    first = json.loads(output.splitlines()[0])
    assert first["error"]["errorCode"] == 400
    assert "toolConfig" in first["error"]["errorMessage"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"roleArn": None}, "Value null at 'roleArn'"),
        ({"color": "red"}, "color is not a member"),
        ({"jobName": "a b"}, "Value at 'jobName'"),
        ({"roleArn": "batches"}, "Value at 'roleArn'"),
        ({"modelInvocationType": "InvokeModel"}, "'Converse' only"),
    ],
)
def test_a_job_that_amazon_refuses_is_refused(
    simulator: Simulator, changes: dict[str, Any], problem: str
) -> None:
    job = {name: value for name, value in (JOB | changes).items() if value is not None}
    got = bedrock(simulator, "POST", "/model-invocation-job", job)
    assert got.status == 400
    assert problem in got.json["message"]


def test_an_unknown_job_and_a_wrong_scope_are_refused(simulator: Simulator) -> None:
    got = bedrock(simulator, "GET", "/model-invocation-job/000000000009")
    assert "is not found" in got.json["message"]
    wrong = {"authorization": SCOPE.format("s3")}
    got = request(simulator, "GET", "/model-invocation-jobs", b"", wrong)
    assert "scoped to correct service" in got.json["message"]


def test_an_object_has_to_be_signed(simulator: Simulator) -> None:
    wrong = {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
    assert s3(simulator, "PUT", "bucket/a", b"x", **wrong).status == 403
    bearer = {"authorization": "Bearer key"}
    assert s3(simulator, "PUT", "bucket/a", b"x", **bearer).status == 403
    assert s3(simulator, "GET", "bucket/a").status == 404
