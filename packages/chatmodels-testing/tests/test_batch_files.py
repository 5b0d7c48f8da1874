"""The batch APIs of OpenAI, and of vendors with a similar one, at the simulator."""

import json
from typing import Any

import pytest
from client import request

from chatmodels.testing import Simulator

HEADERS = {"authorization": "Bearer sk-a", "content-type": "multipart/form-data; boundary=edge"}
JSON = {"authorization": "Bearer sk-a", "content-type": "application/json"}
FORM = (
    b'--edge\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
    b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n{}\r\n'
    b"--edge--\r\n"
)


PURPOSE = "Invalid purpose: only"


def with_fields(fields: dict[str, str], form: bytes = FORM) -> bytes:
    """Return a form with further fields in front."""
    parts = (
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return "".join(parts).encode() + form


def test_uploaded_files_are_listed(simulator: Simulator) -> None:
    uploaded = request(simulator, "POST", "/v1/files", FORM, HEADERS).json
    listed = request(simulator, "GET", "/v1/files", b"", HEADERS).json

    assert uploaded["purpose"] == "batch"
    assert listed["data"] == [uploaded]
    assert listed["has_more"] is False


def test_a_form_without_a_file_is_refused(simulator: Simulator) -> None:
    for body, headers in ((FORM.replace(b'"file"', b'"other"'), HEADERS), (b"{}", {})):
        got = request(
            simulator, "POST", "/v1/files", body, {**headers, "authorization": "Bearer a"}
        )
        assert got.status == 400
        assert "'file' is a required property" in got.json["error"]["message"]


def test_a_limit_that_is_no_number_is_ignored(simulator: Simulator) -> None:
    got = request(simulator, "GET", "/v1/batches?limit=x", b"", HEADERS)
    assert got.json == {"object": "list", "data": [], "has_more": False}


BATCH = {"endpoint": "/v1/responses", "completion_window": "24h"}
ROW = '{"custom_id": "a", "method": "POST", "url": "/v1/responses", "body": {"model": "m"}}'


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (None, "No such File object"),
        ((ROW, ROW), "custom_id of a request is used more than once"),
        ((ROW.replace("responses", "other"),), "is not the endpoint"),
        ((ROW.replace("POST", "GET"),), "Invalid request: GET /v1/responses"),
        ((ROW, ROW.replace('"a"', '"b"').replace('"m"', '"n"')), "several models"),
    ],
)
def test_a_batch_that_openai_refuses_is_refused(
    simulator: Simulator, rows: tuple[str, ...] | None, problem: str
) -> None:
    id_ = "file-none"
    if rows is not None:
        form = FORM.replace(b"{}", "\n".join(rows).encode())
        id_ = request(simulator, "POST", "/v1/files", form, HEADERS).json["id"]
    body = json.dumps({**BATCH, "input_file_id": id_}).encode()
    got = request(simulator, "POST", "/v1/batches", body, JSON)

    assert got.status == 400
    assert problem in got.json["error"]["message"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"model": "m"}, "Unknown parameter: 'model'"),
        ({"completion_window": "1h"}, "Invalid value for 'completion_window'"),
    ],
)
def test_the_parameters_of_a_batch_are_checked(
    simulator: Simulator, changes: dict[str, str], problem: str
) -> None:
    form = FORM.replace(b"{}", ROW.encode())
    id_ = request(simulator, "POST", "/v1/files", form, HEADERS).json["id"]
    body = json.dumps({**BATCH, "input_file_id": id_, **changes}).encode()
    got = request(simulator, "POST", "/v1/batches", body, JSON)

    assert got.status == 400
    assert problem in got.json["error"]["message"]


def test_the_purpose_of_a_file_is_checked(simulator: Simulator) -> None:
    form = FORM.replace(b"\r\n\r\nbatch\r\n", b"\r\n\r\nother\r\n")
    got = request(simulator, "POST", "/v1/files", form, HEADERS)
    assert (got.status, got.json["error"]["message"]) == (
        400,
        f"{PURPOSE} 'batch' is supported.",
    )


# --- Azure ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "anchor", "status"),
    [
        ("1209600", "created_at", 200),
        ("60", "created_at", 400),
        ("1209600", "other", 400),
    ],
)
def test_the_expiry_of_a_file_at_azure_is_checked(
    simulator: Simulator, seconds: str, anchor: str, status: int
) -> None:
    form = with_fields({"expires_after.seconds": seconds, "expires_after.anchor": anchor})
    assert request(simulator, "POST", "/openai/v1/files", form, HEADERS).status == status


def test_a_batch_at_azure_needs_a_file_that_is_processed(simulator: Simulator) -> None:
    form = FORM.replace(b"{}", ROW.encode())
    uploaded = request(simulator, "POST", "/openai/v1/files", form, HEADERS).json
    body = json.dumps({**BATCH, "input_file_id": uploaded["id"]}).encode()
    refused = request(simulator, "POST", "/openai/v1/batches", body, JSON)

    assert uploaded["status"] == "pending"
    assert "is not processed yet" in refused.json["error"]["message"]
    polled = request(simulator, "GET", f"/openai/v1/files/{uploaded['id']}", b"", HEADERS)
    assert polled.json["status"] == "processed"
    accepted = request(simulator, "POST", "/openai/v1/batches", body, JSON)
    assert accepted.json["status"] == "InProgress"


# --- Mistral --------------------------------------------------------------------------------------

LINE = b'{"custom_id": "a", "body": {"model": "m", "messages": []}}'
JOB: dict[str, Any] = {"endpoint": "/v1/chat/completions", "model": "m"}


@pytest.mark.parametrize(
    ("changes", "lines", "problem"),
    [
        ({"priority": 1}, (LINE,), "Extra inputs are not permitted: priority"),
        ({"endpoint": "/v1/other"}, (LINE,), "Invalid endpoint or model"),
        ({"model": ""}, (LINE,), "Invalid endpoint or model"),
        ({"metadata": {"k" * 33: "v"}}, (LINE,), "at most 32 characters"),
        ({"input_files": ["none"]}, (LINE,), "Invalid input files"),
        ({}, (LINE, LINE), "used more than once"),
        ({}, (), "has no requests"),
        ({}, (LINE.replace(b'"a"', b'"%b"' % (b"a" * 65)),), "more than 64 characters"),
    ],
)
def test_a_job_that_mistral_refuses_is_refused(
    simulator: Simulator, changes: dict[str, Any], lines: tuple[bytes, ...], problem: str
) -> None:
    form = FORM.replace(b"{}", b"\n".join(lines))
    id_ = request(simulator, "POST", "/mistral/v1/files", form, HEADERS).json["id"]
    body = json.dumps({**JOB, "input_files": [id_], **changes}).encode()
    got = request(simulator, "POST", "/mistral/v1/batch/jobs", body, JSON)

    assert got.status == 400
    assert problem in got.json["message"]


@pytest.mark.parametrize(
    ("method", "path", "body", "problem"),
    [
        ("GET", "/files/none-out/content", b"", "File none-out not found"),
        ("GET", "/batch/jobs/none", b"", "Batch job none not found"),
        ("GET", "/batch/jobs?after=x", b"", "Extra inputs are not permitted: after"),
        ("POST", "/files", FORM.replace(b"batch", b"other"), f"{PURPOSE} 'batch' is supported"),
    ],
)
def test_a_request_that_mistral_refuses_is_refused(
    simulator: Simulator, method: str, path: str, body: bytes, problem: str
) -> None:
    got = request(simulator, method, f"/mistral/v1{path}", body, HEADERS)
    assert (got.status, got.json["message"].rstrip(".")) == (400, problem)


# --- Together AI ----------------------------------------------------------------------------------

TOGETHER_FORM = FORM.replace(b"\r\n\r\nbatch\r\n", b"\r\n\r\nbatch-api\r\n")


@pytest.mark.parametrize(
    ("changes", "lines", "problem"),
    [
        ({"metadata": {}}, (LINE,), "Unknown field: metadata"),
        ({"endpoint": "/v1/other"}, (LINE,), "Invalid endpoint"),
        ({"input_file_id": "none"}, (LINE,), "File none not found"),
        ({}, (LINE, LINE), "used more than once"),
    ],
)
def test_a_batch_that_together_refuses_is_refused(
    simulator: Simulator, changes: dict[str, Any], lines: tuple[bytes, ...], problem: str
) -> None:
    form = with_fields({"file_name": "a"}, TOGETHER_FORM.replace(b"{}", b"\n".join(lines)))
    id_ = request(simulator, "POST", "/together/v1/files/upload", form, HEADERS).json["id"]
    body = {"endpoint": "/v1/chat/completions", "input_file_id": id_, **changes}
    got = request(simulator, "POST", "/together/v1/batches", json.dumps(body).encode(), JSON)

    assert got.status == 400
    assert problem in got.json["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "body", "problem"),
    [
        ("GET", "/files/none-output/content", b"", "File none-output not found"),
        ("GET", "/batches/none", b"", "batch job none not found"),
        ("POST", "/files/upload", FORM, f"{PURPOSE} 'batch-api' is supported"),
        ("POST", "/files/upload", TOGETHER_FORM, "The field file_name is missing"),
    ],
)
def test_a_request_that_together_refuses_is_refused(
    simulator: Simulator, method: str, path: str, body: bytes, problem: str
) -> None:
    got = request(simulator, method, f"/together/v1{path}", body, HEADERS)
    assert (got.status, got.json["error"]["message"].rstrip(".")) == (400, problem)


# --- OpenRouter -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"metadata": {}, "requests": []}, "Unrecognized key: metadata"),
        ({"requests": [], "endpoint": "e", "model": "m"}, "must be serialized before `requests`"),
        ({"endpoint": "e", "requests": []}, "must be serialized before `requests`"),
        ({"endpoint": "e", "model": "m", "requests": []}, "Invalid endpoint"),
        ({**JOB, "requests": [{"custom_id": "a", "body": {"model": "n"}}]}, "must match that"),
        ({**JOB, "requests": [{"custom_id": "a", "body": {"stream": True}}]}, "Streaming is not"),
        ({**JOB, "requests": []}, "has no requests"),
    ],
)
def test_a_batch_that_openrouter_refuses_is_refused(
    simulator: Simulator, body: dict[str, Any], problem: str
) -> None:
    encoded = json.dumps(body).encode()
    got = request(simulator, "POST", "/openrouter/api/v1/batches", encoded, JSON)
    assert got.status == 400
    assert problem in got.json["error"]["message"]


def test_an_unknown_batch_of_openrouter_is_refused(simulator: Simulator) -> None:
    got = request(simulator, "GET", "/openrouter/api/v1/batches/none", b"", HEADERS)
    assert (got.status, got.json["error"]["message"]) == (400, "Batch none not found")
    listed = request(simulator, "GET", "/openrouter/api/v1/batches", b"", HEADERS)
    assert listed.json == {"object": "list", "data": [], "has_more": False, "last_id": None}


@pytest.mark.parametrize(
    ("ids", "problem"), [(("a b",), "String should match"), (("a", "a"), "must be unique")]
)
def test_a_batch_that_anthropic_refuses_is_refused(
    simulator: Simulator, ids: tuple[str, ...], problem: str
) -> None:
    rows = [{"custom_id": each, "params": {"model": "m"}} for each in ids]
    body = json.dumps({"requests": rows}).encode()
    headers = {**JSON, "x-api-key": "k", "anthropic-version": "2023-06-01"}
    got = request(simulator, "POST", "/anthropic/v1/messages/batches", body, headers)

    assert got.status == 400
    assert problem in got.json["error"]["message"]
