"""The Batch API of the Gemini API: files, states, errors and keys."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatmodels.bulk import Limits, run
from chatmodels.core import (
    AuthenticationError,
    ChatModelError,
    ChatRequest,
    ConfigurationError,
    ErrorCode,
    PermissionDeniedError,
    RateLimitError,
    ResponseInvalidError,
    UnsupportedError,
    create_chat_model,
    user,
)
from chatmodels.core.extending import (
    BatchAnswer,
    BatchBackend,
    BatchingModel,
    BatchState,
    BatchStatus,
)
from chatmodels.testing import Simulator

MODEL = "google:gemini-3.8-flash"
LARGE = "word " * 300_000  # more than a request with rows has room for
REQUEST = ChatRequest(messages=(user("Hello"),))


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


def backend(url: str) -> BatchBackend:
    model = create_chat_model(MODEL, api_key="key", base_url=url, max_retries=0)
    assert isinstance(model, BatchingModel)
    return model.batch_backend()


def operation(state: str, **fields: Any) -> dict[str, Any]:
    return {"name": "batches/a", "metadata": {"state": f"BATCH_STATE_{state}"}, **fields}


async def answers_of(api: BatchBackend, status: BatchStatus) -> list[tuple[str, int | None]]:
    return [(answer.id, answer.status) async for answer in api.results(status)]


@pytest.mark.parametrize("version", ["", "/v1beta", "/v1beta/"])
def test_rows_that_are_too_large_for_a_request_are_uploaded(
    version: str, simulator: Simulator, tmp_path: Path
) -> None:
    model = create_chat_model(MODEL, api_key="key", base_url=simulator.url + version)
    limits = Limits(batch_poll=0)
    job = run(model, ["Hello", LARGE], to=tmp_path / "a.jsonl", via="batch", limits=limits)

    assert job.answered == 2
    (batch,) = simulator.batches.all
    assert [json.loads(line)["key"] for line in simulator.batches.files[batch.file].splitlines()]
    paths = [each.request.path for each in simulator.exchanges]
    assert paths[:2] == ["/upload/v1beta/files"] * 2
    assert paths[-1].startswith("/download/v1beta/files/")


def test_many_rows_are_uploaded_because_one_body_would_have_all_answers(
    simulator: Simulator, tmp_path: Path
) -> None:
    model = create_chat_model(MODEL, api_key="key", base_url=simulator.url)
    rows = [f"Row {number}" for number in range(21)]
    job = run(model, rows, to=tmp_path / "a.jsonl", via="batch", limits=Limits(batch_poll=0))

    assert job.answered == 21
    assert simulator.batches.files


def test_a_key_that_is_refused_with_400_is_an_error_of_a_cancellation(
    simulator: Simulator,
) -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
    error = {"code": 400, "message": "No.", "status": "INVALID_ARGUMENT", "details": details}
    simulator.respond("/v1beta/batches/a:cancel", {"error": error}, status=400)
    with pytest.raises(AuthenticationError):
        asyncio.run(backend(simulator.url).cancel("batches/a"))


def test_rows_that_fit_are_part_of_the_request(simulator: Simulator, tmp_path: Path) -> None:
    model = create_chat_model(MODEL, api_key="key", base_url=simulator.url)
    run(model, ["Hello"], to=tmp_path / "a.jsonl", via="batch", limits=Limits(batch_poll=0))

    assert not simulator.batches.files
    body = simulator.requests[0]["batch"]
    assert body["displayName"] == simulator.batches.all[0].label
    assert body["inputConfig"]["requests"]["requests"][0]["metadata"]["key"]


def test_an_upload_without_a_url_is_an_error(simulator: Simulator) -> None:
    simulator.respond("/upload/v1beta/files", {})
    api = backend(simulator.url)
    row = api.encode("name-0", ChatRequest(messages=(user(LARGE),)))
    with pytest.raises(ResponseInvalidError, match="x-goog-upload-url has no URL") as caught:
        asyncio.run(api.create("name", [row]))
    assert caught.value.op == "batch"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("PENDING", "queued"),
        ("RUNNING", "running"),
        ("CANCELLING", "stopping"),
        ("PARTIALLY_SUCCEEDED", "ended"),
        ("EXPIRED", "ended"),
        ("NEW", "running"),
    ],
)
def test_the_states_of_batches_are_those_of_all_vendors(
    state: str, expected: BatchState, simulator: Simulator
) -> None:
    simulator.respond("/v1beta/batches/a", operation(state))
    status = asyncio.run(backend(simulator.url).retrieve("batches/a"))
    assert status == BatchStatus(id="batches/a", state=expected)


def test_an_unknown_state_of_an_operation_that_is_done_has_ended(simulator: Simulator) -> None:
    simulator.respond("/v1beta/batches/a", operation("NEW", done=True))
    assert asyncio.run(backend(simulator.url).retrieve("batches/a")).state == "ended"


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        ({"code": 8, "message": "Too many tokens."}, ErrorCode.RATE_LIMITED, "Too many tokens."),
        ({"code": 3, "message": "Line 2 is odd."}, ErrorCode.INVALID_REQUEST, "Line 2 is odd."),
        ({"code": 99}, ErrorCode.PROVIDER_UNAVAILABLE, "without a reason"),
        (None, ErrorCode.PROVIDER_UNAVAILABLE, "without a reason"),
    ],
)
def test_a_failed_batch_reports_the_error_of_a_call(
    error: Any, code: ErrorCode, message: str, simulator: Simulator
) -> None:
    simulator.respond("/v1beta/batches/a", operation("FAILED", done=True, error=error))
    status = asyncio.run(backend(simulator.url).retrieve("batches/a"))
    assert status.error is not None
    assert (status.state, status.error.code) == ("ended", code)
    assert message in status.error.message


def test_a_failed_batch_with_output_is_read(simulator: Simulator) -> None:
    inlined = {
        "inlinedResponses": [
            {"metadata": {"key": "a-0"}, "response": {"candidates": []}},
            {"metadata": {"key": "a-1"}, "error": {"code": 400, "status": "INVALID_ARGUMENT"}},
            {"metadata": {"key": "a-2"}},
        ]
    }
    failed = operation("FAILED", done=True, error={"code": 13, "message": "No."})
    failed["metadata"]["output"] = {"inlinedResponses": inlined}
    simulator.respond("/v1beta/batches/a", failed)
    api = backend(simulator.url)

    status = asyncio.run(api.retrieve("batches/a"))

    assert status.error is None
    assert asyncio.run(answers_of(api, status)) == [("a-0", 200), ("a-1", 400), ("a-2", None)]


def test_an_operation_whose_output_has_gone_has_no_answers(simulator: Simulator) -> None:
    simulator.respond("/v1beta/batches/a", operation("SUCCEEDED", done=True))
    status = BatchStatus(id="batches/a", state="ended", outputs=("batches/a",))
    assert asyncio.run(answers_of(backend(simulator.url), status)) == []


def test_an_answer_without_a_key_is_an_error(simulator: Simulator) -> None:
    simulator.respond("/download/v1beta/files/b:download", {"response": {"candidates": []}})
    status = BatchStatus(id="batches/a", state="ended", outputs=("files/b",))
    with pytest.raises(ResponseInvalidError, match="has no key"):
        asyncio.run(answers_of(backend(simulator.url), status))


def test_an_answer_without_a_key_does_not_hide_the_others(simulator: Simulator) -> None:
    response = {"response": {"candidates": []}}
    inlined = [response, {**response, "metadata": {"key": "a-1"}}]
    output = {"inlinedResponses": {"inlinedResponses": inlined}}
    simulator.respond("/v1beta/batches/a", operation("SUCCEEDED", done=True, response=output))
    status = BatchStatus(id="batches/a", state="ended", outputs=("batches/a",))
    assert asyncio.run(answers_of(backend(simulator.url), status)) == [("a-1", 200)]


def test_a_row_that_cannot_be_read_fails_alone(simulator: Simulator) -> None:
    rows = [
        {"metadata": {"key": "a-0"}, "response": {"candidates": []}},
        {"metadata": {"key": "a-1"}, "response": {"candidates": [float("nan")]}},
        {"metadata": {"key": "a-2"}, "error": {"message": "\ud800"}, "response": None, "key": 1},
        {"metadata": "a-3"},
        "a-4",
    ]
    output = {"inlinedResponses": {"inlinedResponses": rows}}
    body = json.dumps(operation("SUCCEEDED", done=True, response=output)).encode()
    simulator.respond("/v1beta/batches/a", body)
    api = backend(simulator.url)

    async def read() -> list[BatchAnswer]:
        return [answer async for answer in api.results(await api.retrieve("batches/a"))]

    first, *others = asyncio.run(read())
    assert (first.id, first.status, first.error) == ("a-0", 200, None)
    assert [each.id for each in others] == ["a-1", "a-2"]
    for each in others:
        with pytest.raises(ResponseInvalidError):
            api.decode(each, REQUEST)


def test_too_many_enqueued_tokens_are_a_rate_limit(simulator: Simulator) -> None:
    simulator.batches.queue("too_many_tokens")
    api = backend(simulator.url)
    with pytest.raises(RateLimitError):
        asyncio.run(api.create("name", [api.encode("name-0", REQUEST)]))


def test_a_batch_that_does_not_exist_is_an_error(simulator: Simulator) -> None:
    api = backend(simulator.url)
    with pytest.raises(ChatModelError, match="not found"):
        asyncio.run(api.retrieve("batches/none"))
    status = BatchStatus(id="batches/a", state="ended", outputs=("files/none",))
    with pytest.raises(ResponseInvalidError, match="deleted") as caught:
        asyncio.run(answers_of(api, status))
    assert (caught.value.status, caught.value.op) == (403, "batch")


BLOCKED = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_SERVICE_BLOCKED"}


@pytest.mark.parametrize(
    ("path", "output", "error"),
    [
        ("/v1beta/batches/a", "batches/a", {"status": "PERMISSION_DENIED"}),
        (
            "/download/v1beta/files/b:download",
            "files/b",
            {"status": "PERMISSION_DENIED", "details": [BLOCKED]},
        ),
        ("/download/v1beta/files/b:download", "files/b", {}),
    ],
    ids=["batch", "reason", "proxy"],
)
def test_another_refusal_is_not_about_a_deleted_file(
    path: str, output: str, error: dict[str, Any], simulator: Simulator
) -> None:
    simulator.respond(path, {"error": {"code": 403, "message": "No.", **error}}, status=403)
    status = BatchStatus(id="batches/a", state="ended", outputs=(output,))
    with pytest.raises(PermissionDeniedError, match=r"No\."):
        asyncio.run(answers_of(backend(simulator.url), status))


def test_a_batch_whose_file_was_deleted_is_abandoned_if_the_user_accepts_it(
    simulator: Simulator, tmp_path: Path
) -> None:
    model = create_chat_model(MODEL, api_key="key", base_url=simulator.url, max_retries=0)
    error = {"code": 403, "message": "No permission.", "status": "PERMISSION_DENIED"}
    deleted = "/download/v1beta/files/batches-simulated1:download"
    simulator.respond(deleted, {"error": error}, status=403)
    rows = [f"Row {number}" for number in range(21)]
    to, limits = tmp_path / "a.jsonl", Limits(batch_poll=0)
    with pytest.raises(ConfigurationError, match=r"cannot be read: .*deleted.*changed='redo'"):
        run(model, rows, to=to, via="batch", limits=limits)

    job = run(model, rows, to=to, via="batch", limits=limits, changed="redo")
    assert job.answered == 21
    assert len(simulator.batches.all) == 2


def test_vertex_ai_has_no_batch_api() -> None:
    model = create_chat_model("google-vertex:gemini-3.8-flash", api_key="key")
    assert isinstance(model, BatchingModel)
    with pytest.raises(UnsupportedError, match="google-vertex has no batch API"):
        model.batch_backend()
