"""Batches and files of the Gemini API at the simulator."""

import json
from typing import Any

import pytest
from client import request

from chatmodels.testing import Simulator

KEY = {"x-goog-api-key": "k", "content-type": "application/json"}
CREATE = "/v1beta/models/m:batchGenerateContent"
UPLOAD = "/upload/v1beta/files"
START = {**KEY, "x-goog-upload-command": "start", "x-goog-upload-protocol": "resumable"}
FINISH = {**KEY, "x-goog-upload-command": "upload, finalize", "x-goog-upload-offset": "0"}
ROW: dict[str, Any] = {"key": "a", "request": {"contents": [{"parts": [{"text": "Hello"}]}]}}
INLINE = {"request": ROW["request"], "metadata": {"key": "a"}}


def create(simulator: Simulator, name: str | None, **source: Any) -> Any:
    body = json.dumps({"batch": {"displayName": name, "inputConfig": source}}).encode()
    return request(simulator, "POST", CREATE, body, KEY)


def upload(simulator: Simulator, content: bytes) -> str:
    declared = {**START, "x-goog-upload-header-content-length": str(len(content))}
    started = request(simulator, "POST", UPLOAD, b"{}", declared)
    _, prefix, path = started.headers["x-goog-upload-url"].partition("/upload")
    uploaded = request(simulator, "POST", f"{prefix}{path}", content, FINISH)
    assert uploaded.headers["x-goog-upload-status"] == "final"
    return uploaded.json["file"]["name"]


def test_a_batch_over_a_file_is_answered_in_a_file(simulator: Simulator) -> None:
    simulator.batches.polls = 0
    name = upload(simulator, json.dumps(ROW).encode())
    batch = create(simulator, "name", fileName=name).json["name"]

    ended = request(simulator, "GET", f"/v1beta/{batch}", b"", KEY).json

    assert ended["done"] is True
    assert ended["metadata"]["state"] == "BATCH_STATE_SUCCEEDED"
    file = ended["response"]["responsesFile"]
    path = f"/download/v1beta/{file}:download?alt=media"
    answered = request(simulator, "GET", path, b"", KEY).json
    assert answered["key"] == "a"
    assert answered["response"]["candidates"]


def test_an_upload_needs_no_key_and_batches_have_a_version(simulator: Simulator) -> None:
    declared = {**START, "x-goog-upload-header-content-length": "2"}
    started = request(simulator, "POST", UPLOAD.replace("v1beta", "v1"), b"{}", declared)
    path = "/upload" + started.headers["x-goog-upload-url"].partition("/upload")[2]
    without_key = {name: value for name, value in FINISH.items() if name not in KEY}
    assert request(simulator, "POST", path, b"{}", without_key).status == 200

    listed = request(simulator, "GET", "/v1/batches", b"", KEY).json
    assert listed == {"operations": []}
    bearer = {"authorization": "Bearer sk-a"}
    assert request(simulator, "GET", "/v1/batches", b"", bearer).json["object"] == "list"


def test_a_deleted_batch_does_not_exist(simulator: Simulator) -> None:
    batch = create(simulator, "name", requests={"requests": [INLINE]}).json["name"]
    assert request(simulator, "DELETE", f"/v1beta/{batch}", b"", KEY).json == {}
    assert request(simulator, "GET", f"/v1beta/{batch}", b"", KEY).status == 400


def test_the_id_of_a_deleted_batch_is_not_used_again(simulator: Simulator) -> None:
    first, second = (
        create(simulator, "name", requests={"requests": [INLINE]}).json["name"] for _ in range(2)
    )
    request(simulator, "DELETE", f"/v1beta/{first}", b"", KEY)
    third = create(simulator, "name", requests={"requests": [INLINE]}).json["name"]
    assert third not in (first, second)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        pytest.param("/v1beta/batches?pageToken=batches/9", KEY, id="google"),
        pytest.param("/v1/batches?after=9", {"authorization": "Bearer sk-a"}, id="openai"),
        pytest.param("/groq/openai/v1/batches?cursor=9", {"authorization": "Bearer k"}, id="groq"),
        pytest.param("/v1/messages/batches?after_id=9", {"x-api-key": "k"}, id="anthropic"),
    ],
)
def test_a_listing_that_begins_after_an_unknown_batch_is_refused(
    path: str, headers: dict[str, str], simulator: Simulator
) -> None:
    refused = request(simulator, "GET", path, b"", headers)
    assert refused.status == 400
    assert "there is no such batch" in refused.json["error"]["message"]


@pytest.mark.parametrize(
    ("name", "source", "problem"),
    [
        (None, {"requests": {"requests": [INLINE]}}, "display_name"),
        ("name", {}, "source must be specified"),
        ("name", {"fileName": "files/none"}, "files/none not found"),
        ("name", {"requests": {"requests": [INLINE, {"request": {}}]}}, "request 1: no key"),
        ("name", {"requests": {"requests": [ROW]}}, "request 0: key"),
        ("name", {"requests": {"requests": [INLINE], "x": "x" * 20_000_000}}, "size exceeds"),
    ],
    ids=["name", "source", "file", "key", "field", "size"],
)
def test_a_batch_that_google_refuses_is_refused(
    simulator: Simulator, name: str | None, source: Any, problem: str
) -> None:
    got = create(simulator, name, **source)
    assert got.status == 400
    assert problem in got.json["error"]["message"]


@pytest.mark.parametrize(
    ("path", "headers", "problem"),
    [
        (UPLOAD, START, "the length of its content"),
        (UPLOAD, KEY, "no bytes at the offset 0"),
        (f"{UPLOAD}?upload_id=3", FINISH, "2 bytes instead of 3"),
    ],
)
def test_an_upload_that_google_refuses_is_refused(
    simulator: Simulator, path: str, headers: dict[str, str], problem: str
) -> None:
    got = request(simulator, "POST", path, b"{}", headers)
    assert got.status == 400
    assert problem in got.json["error"]["message"]
