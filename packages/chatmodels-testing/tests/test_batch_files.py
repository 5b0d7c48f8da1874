"""The files of OpenAI's batch API at the simulator."""

from client import request

from chatmodels.testing import Simulator

HEADERS = {"authorization": "Bearer sk-a", "content-type": "multipart/form-data; boundary=edge"}
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
