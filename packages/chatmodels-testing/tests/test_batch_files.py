"""The files of OpenAI's batch API at the simulator."""

import json

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


ROW = '{"custom_id": "a", "method": "POST", "url": "/v1/responses", "body": {"model": "m"}}'


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (None, "No such File object"),
        ((ROW, ROW), "custom_id of a request is used more than once"),
        ((ROW.replace("responses", "other"),), "is not the endpoint"),
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
    body = json.dumps({"input_file_id": id_, "endpoint": "/v1/responses"}).encode()
    got = request(simulator, "POST", "/v1/batches", body, JSON)

    assert got.status == 400
    assert problem in got.json["error"]["message"]


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
