"""Responses of the batch APIs that are like OpenAI's, with what differs between the vendors."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chatmodels.bulk import Limits, run
from chatmodels.core import (
    ChatModel,
    ChatModelError,
    ChatRequest,
    ConfigurationError,
    ErrorCode,
    InvalidRequestError,
    PermissionDeniedError,
    ResponseInvalidError,
    Secret,
    UnsupportedError,
    create_chat_model,
    user,
)
from chatmodels.core.extending import (
    UNSETTLED,
    BatchAnswer,
    BatchBackend,
    BatchingModel,
    BatchStatus,
    ProviderOptions,
    provider,
)
from chatmodels.http import WholeBody
from chatmodels.openai_compatible import Dialect, OpenAIBatches, compatible_provider
from chatmodels.testing import Simulator

MODELS = {
    "azure": ("azure:my-batches", "", "/openai/v1/batches"),
    "groq": ("groq:openai/gpt-oss-120b", "/groq/openai/v1", "/groq/openai/v1/batches"),
    "mistral": ("mistral:mistral-large-latest", "/mistral/v1", "/mistral/v1/batch/jobs"),
    "openrouter": (
        "openrouter:openai/gpt-5-mini",
        "/openrouter/api/v1",
        "/openrouter/api/v1/batches",
    ),
    "together": ("together:openai/gpt-oss-120b", "/together/v1", "/together/v1/batches"),
}
BATCHES = {name: path for name, (_, _, path) in MODELS.items()}


@pytest.fixture
def simulator() -> Any:
    with Simulator() as simulator:
        yield simulator


def create(name: str, simulator: Simulator, **options: Any) -> ChatModel:
    spec, root, _ = MODELS[name]
    shared: dict[str, Any] = {"api_key": "k", "base_url": simulator.url + root, "max_retries": 0}
    return create_chat_model(spec, **shared | options)


def backend(name: str, simulator: Simulator, **options: Any) -> BatchBackend:
    model = create(name, simulator, **options)
    assert isinstance(model, BatchingModel)
    return model.batch_backend()


def row(api: BatchBackend, id_: str = "name-0") -> bytes:
    settings = msgspec.structs.replace(ChatRequest(messages=()).settings, max_output_tokens=9)
    return api.encode(id_, ChatRequest(messages=(user("Hello"),), settings=settings))


async def answers_of(api: BatchBackend, *outputs: str) -> list[BatchAnswer]:
    status = BatchStatus(id="a", state="ended", outputs=outputs)
    return [answer async for answer in api.results(status)]


@pytest.mark.parametrize(
    ("name", "failed", "message"),
    [
        ("groq", {"errors": [{"code": "c", "message": "Line 4."}]}, "Line 4."),
        ("azure", {"status": "Failed", "errors": {"data": [{"message": "Bad."}]}}, "Bad."),
        ("mistral", {"status": "FAILED", "errors": [{"message": "No.", "count": 2}]}, "No."),
        ("mistral", {"status": "FAILED"}, "the job failed without a reason"),
        ("openrouter", {"error": {"message": "No streams."}}, "No streams."),
        ("openrouter", {}, "the batch failed without a reason"),
        ("together", {"status": "FAILED", "error": "Bad file."}, "Bad file."),
        ("together", {"status": "FAILED"}, "the batch failed without a reason"),
    ],
)
def test_a_batch_that_is_refused_for_its_rows_reports_the_reason(
    name: str, failed: dict[str, Any], message: str, simulator: Simulator
) -> None:
    simulator.respond(f"{BATCHES[name]}/a", {"id": "a", "status": "failed", **failed})
    status = asyncio.run(backend(name, simulator).retrieve("a"))

    assert status.state == "ended"
    assert isinstance(status.error, InvalidRequestError)
    assert message in status.error.message


@pytest.mark.parametrize(
    ("name", "failed"),
    [
        ("mistral", {"status": "FAILED", "output_file": "x"}),
        ("together", {"status": "FAILED", "output_file_id": "x"}),
        ("openrouter", {"status": "failed", "request_counts": {"total": 2, "completed": 1}}),
    ],
)
def test_a_batch_that_failed_midway_is_read(
    name: str, failed: dict[str, Any], simulator: Simulator
) -> None:
    simulator.respond(f"{BATCHES[name]}/a", {"id": "a", **failed})
    status = asyncio.run(backend(name, simulator).retrieve("a"))
    assert (status.state, status.error) == ("ended", None)
    assert status.outputs


@pytest.mark.parametrize("name", MODELS)
def test_a_status_that_is_new_is_that_of_a_running_batch(name: str, simulator: Simulator) -> None:
    simulator.respond(f"{BATCHES[name]}/a", {"id": "a", "status": "PONDERING"})
    assert asyncio.run(backend(name, simulator).retrieve("a")).state == "running"


@pytest.mark.parametrize("name", MODELS)
def test_a_listing_without_batches_has_none(name: str, simulator: Simulator) -> None:
    assert asyncio.run(backend(name, simulator).find("name", 1, 0.0, ())) is None


def test_an_error_that_is_a_text_is_one_of_the_row(simulator: Simulator) -> None:
    line = {"custom_id": "x", "response": None, "error": "It broke."}
    simulator.respond("/mistral/v1/files/f/content", line)
    (answer,) = asyncio.run(answers_of(backend("mistral", simulator), "f"))
    assert (answer.status, msgspec.json.decode(answer.body)) == (
        500,
        {"error": {"message": "It broke."}},
    )


def test_older_jobs_of_mistral_end_the_search(simulator: Simulator) -> None:
    old = [{"id": f"a{n}", "status": "SUCCESS", "created_at": 1_000} for n in range(100)]
    simulator.respond(BATCHES["mistral"], {"data": old, "total": 500})
    assert asyncio.run(backend("mistral", simulator).find("name", 1, 1e9, ())) is None
    assert len(simulator.exchanges) == 1


@pytest.mark.parametrize(
    "more", [{"paging": {"next_cursor": "c"}}, {"paging": {"next_cursor": 5}}, {}]
)
def test_a_listing_that_returns_the_same_page_again_ends_the_search(
    more: dict[str, Any], simulator: Simulator
) -> None:
    simulator.respond(BATCHES["groq"], {"data": [{"id": "a", "status": "completed"}], **more})
    assert asyncio.run(backend("groq", simulator).find("name", 1, 1e9, ())) is None
    assert len(simulator.exchanges) <= 2


def test_a_listing_that_ignores_the_number_of_the_page_ends_the_search(
    simulator: Simulator,
) -> None:
    jobs = [{"id": f"a{n}", "status": "SUCCESS", "created_at": 2_000} for n in range(100)]
    simulator.respond(BATCHES["mistral"], {"data": jobs, "total": 500})
    assert asyncio.run(backend("mistral", simulator).find("name", 1, 1_000.0, ())) is None
    assert len(simulator.exchanges) == 2


@pytest.mark.parametrize("path", ["files", "batches"])
@pytest.mark.parametrize("status", [404, 405])
def test_a_server_without_a_batch_api_is_reported(
    path: str, status: int, simulator: Simulator, tmp_path: Path
) -> None:
    simulator.respond(f"/v1/{path}", {"detail": "Not Found"}, status=status)
    model = create_chat_model("openai:m", api_key="k", base_url=simulator.base_url, max_retries=0)
    limits = Limits(batch_poll=0)
    with pytest.raises(UnsupportedError, match=f"has no batch API: .* {status}") as caught:
        run(model, ["Hello"], to=tmp_path / "a.jsonl", via="batch", limits=limits)
    assert (caught.value.op, caught.value.status) == ("batch", status)
    assert run(model, ["Hello"], to=tmp_path / "a.jsonl", via="auto", limits=limits).answered == 1


NO_MODEL = {"message": "The model does not exist.", "code": "model_not_found"}
NO_FILE = {"message": "No such File object: f", "type": "invalid_request_error", "code": None}


@pytest.mark.parametrize(
    ("name", "path", "body", "code"),
    [
        ("groq", "batches", {"error": NO_MODEL}, ErrorCode.MODEL_NOT_FOUND),
        ("groq", "files", {"error": NO_MODEL}, ErrorCode.MODEL_NOT_FOUND),
        ("groq", "batches", {"detail": "Model m not found"}, ErrorCode.MODEL_NOT_FOUND),
        ("groq", "batches", {"error": NO_FILE}, ErrorCode.INVALID_REQUEST),
        ("azure", "files/f", {"error": NO_FILE}, ErrorCode.INVALID_REQUEST),
        ("groq", "files", {"error": NO_FILE}, ErrorCode.UNSUPPORTED),
        ("azure", "files/f", {"detail": "Not Found"}, ErrorCode.UNSUPPORTED),
    ],
)
def test_a_404_about_a_model_or_a_file_is_not_about_the_api(
    name: str, path: str, body: dict[str, Any], code: ErrorCode, simulator: Simulator
) -> None:
    root = BATCHES[name].removesuffix("/batches")
    simulator.respond(f"{root}/files", {"id": "f", "status": "pending"})
    simulator.respond(f"{root}/{path}", body, status=404)
    api = backend(name, simulator)
    with pytest.raises(ChatModelError) as caught:
        asyncio.run(api.create("name", [row(api)]))
    assert (caught.value.code, caught.value.status) == (code, 404)


def test_an_error_of_a_creation_is_not_about_the_api(simulator: Simulator) -> None:
    simulator.respond(BATCHES["groq"], {"error": {"message": "No."}}, status=403)
    api = backend("groq", simulator)
    with pytest.raises(PermissionDeniedError):
        asyncio.run(api.create("name", [row(api)]))


@pytest.mark.parametrize("status", [400, 409])
def test_a_batch_that_has_ended_is_not_cancelled_again(status: int, simulator: Simulator) -> None:
    error = {"error": {"message": "The batch has ended."}}
    simulator.respond(f"{BATCHES['groq']}/a/cancel", error, status=status)
    asyncio.run(backend("groq", simulator).cancel("a"))


def test_a_line_that_cannot_be_read_fails_its_row_alone(simulator: Simulator) -> None:
    lines = [
        {"custom_id": "name-0", "response": {"status_code": 200, "body": {}}},
        {"custom_id": "name-1", "response": 1},
        {"custom_id": "name 2", "response": 1},
        {"custom_id": "name-3", "response": {"custom_id": "name-4", "body": 1, "status_code": ""}},
        [],
    ]
    body = b"\n".join([*(json.dumps(line).encode() for line in lines), b"<html>"])
    simulator.respond("/mistral/v1/files/b/content", body)
    api = backend("mistral", simulator)
    status = BatchStatus(id="a", state="ended", outputs=("b",))

    async def read() -> list[BatchAnswer]:
        return [answer async for answer in api.results(status)]

    first, second, third = asyncio.run(read())
    assert (first.id, first.status) == ("name-0", 200)
    assert (second.id, third.id) == ("name-1", "name-3")
    with pytest.raises(ResponseInvalidError, match="not an answer of a batch"):
        api.decode(second, ChatRequest(messages=(user("Hello"),)))


def test_a_result_of_openrouter_that_cannot_be_read_fails_its_row_alone(
    simulator: Simulator,
) -> None:
    results = [
        {"custom_id": "name-0", "response": {"status_code": 200, "body": {}}},
        {"custom_id": "name-1", "response": {"status_code": 200, "body": {"id": "\ud800"}}},
        {"custom_id": "name-2", "response": 1, "error": {"message": "No."}},
        {"custom_id": "name-3", "response": {"status_code": 200, "body": {"created": "1e400"}}},
        {"custom_id": "name-4", "response": {"status_code": 200, "body": {"id": "a\nb"}}},
        5,
    ]
    batch = {"id": "a", "status": "completed", "request_counts": {"total": 3, "completed": 3}}
    body = json.dumps({**batch, "results": results}).encode()
    body = body.replace(b'"1e400"', b"1e400").replace(b"\\n", b"\n")  # as a careless server does
    simulator.respond(f"{BATCHES['openrouter']}/a", body)
    simulator.respond(BATCHES["openrouter"], {"data": [batch]})
    api = backend("openrouter", simulator)

    async def read() -> list[BatchAnswer]:
        found = await api.find("name", 3, 0.0, ())
        assert isinstance(found, BatchStatus)
        return [answer async for answer in api.results(await api.retrieve(found.id))]

    first, *others, last = asyncio.run(read())
    assert (first.id, first.status, first.error) == ("name-0", 200, None)
    assert (last.id, last.status, last.error) == ("name-4", 200, None)
    assert [each.id for each in others] == ["name-1", "name-2", "name-3"]
    for each in others:
        with pytest.raises(ChatModelError):
            api.decode(each, ChatRequest(messages=(user("Hello"),)))


class PagedBatches(OpenAIBatches, frozen=True, kw_only=True):
    """The batches of a vendor whose results are on pages."""

    def results(self, status: BatchStatus, /) -> list[WholeBody]:
        """Return the request for the first page."""
        return [self.page("/results/1")]

    def page(self, path: str) -> WholeBody:
        """Return the request for a page."""
        return WholeBody(self.get(path), self.rows)

    def rows(self, page: bytes) -> Iterator[bytes | WholeBody]:
        """Yield the rows of a page, and the request for the next one."""
        document = msgspec.json.decode(page)
        yield from (json.dumps({"custom_id": id_}).encode() for id_ in document["ids"])
        if document["next"] is not None:
            yield self.page(document["next"])


def test_a_vendor_of_your_own_can_have_batches_with_pages_of_results(simulator: Simulator) -> None:
    simulator.respond("/v1/results/1", {"ids": ["a", "b"], "next": "/results/2"})
    simulator.respond("/v1/results/2", {"ids": ["c"], "next": None})
    acme = compatible_provider(
        Dialect(name="acme"), description="A.", base_url=simulator.base_url, batches=PagedBatches
    ).with_metadata(msgspec.structs.replace(provider("groq").metadata, name="acme"))
    options = ProviderOptions(api_key=Secret("k"), base_url=simulator.base_url)
    api = acme.create_chat_model("m", options).batch_backend()
    assert [answer.id for answer in asyncio.run(answers_of(api, "x"))] == ["a", "b", "c"]


# --- Azure ----------------------------------------------------------------------------------------


def test_a_batch_at_azure_waits_for_a_file_a_limited_number_of_times(simulator: Simulator) -> None:
    simulator.respond("/openai/v1/files", {"id": "f", "status": "pending"})
    simulator.respond("/openai/v1/files/f", {"id": "f", "status": "pending"})
    simulator.respond("/openai/v1/batches", {"id": "a", "status": "Validating"})
    api = backend("azure", simulator)
    assert asyncio.run(api.create("name", [row(api)])).state == "queued"


def test_the_version_of_an_endpoint_is_part_of_all_requests(simulator: Simulator) -> None:
    api = backend("azure", simulator, api_version="preview")

    async def requests() -> None:
        await api.create("name", [row(api)])
        await api.find("name", 1, 0.0, ())

    asyncio.run(requests())
    targets = [exchange.request.target for exchange in simulator.exchanges]
    assert len(targets) == 4
    assert all("?api-version=preview" in target for target in targets)
    assert targets[-1] == "/openai/v1/batches?api-version=preview&limit=100"


@pytest.mark.parametrize("path", ["", "/models"])
def test_other_endpoints_of_azure_have_no_batches(path: str, simulator: Simulator) -> None:
    with pytest.raises(ConfigurationError, match=r"azure .* has no batch API .*api_version='v1'"):
        backend("azure", simulator, base_url=simulator.url + path, api_version="2024-10-21")


# --- Together AI ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("created", "message"),
    [({"warning": "The model has no batches."}, "has no batches"), ({}, "no batch was created")],
)
def test_a_creation_without_a_batch_is_refused(
    created: dict[str, str], message: str, simulator: Simulator
) -> None:
    simulator.respond("/together/v1/batches", created)
    api = backend("together", simulator)
    with pytest.raises(InvalidRequestError, match=message) as caught:
        asyncio.run(api.create("name", [row(api)]))
    assert caught.value.status == 400


def test_a_file_without_a_batch_is_none(simulator: Simulator) -> None:
    simulator.respond("/together/v1/files", {"data": [{"id": "f", "filename": "name.jsonl"}]})
    simulator.respond("/together/v1/batches", [{"id": "a", "status": "COMPLETED"}])
    assert asyncio.run(backend("together", simulator).find("name", 1, 0.0, ())) is None


# --- OpenRouter -----------------------------------------------------------------------------------


def listed(id_: str, status: str, **counts: int) -> dict[str, Any]:
    return {"id": id_, "status": status, "created_at": 1_000_000, "request_counts": counts}


@pytest.mark.parametrize(
    ("batches", "expected"),
    [
        ([listed("a", "completed", total=2, completed=2)], None),
        ([listed("a", "failed", total=1)], None),
        ([listed("other", "in_progress", total=1)], None),
        ([listed("a", "in_progress", total=1)], UNSETTLED),
        ([listed("a", "validating")], UNSETTLED),
        ([listed("a", "validating"), {**listed("b", "completed"), "created_at": 0}], UNSETTLED),
        ([listed("b", "completed", total=1, completed=1)], None),
    ],
    ids=["size", "failed", "other", "running", "validating", "older", "of-others"],
)
def test_a_batch_at_openrouter_is_recognised_by_its_results(
    batches: list[dict[str, Any]], expected: object, simulator: Simulator
) -> None:
    path = BATCHES["openrouter"]
    simulator.respond(path, {"data": batches, "has_more": False})
    simulator.respond(f"{path}/b", {"id": "b", "results": [{"custom_id": "another-0"}]})
    api = backend("openrouter", simulator)
    assert asyncio.run(api.find("name", 1, 1_000_000.0, ["other"])) == expected


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("rate_limit_exceeded", ErrorCode.RATE_LIMITED),
        ("invalid_prompt", ErrorCode.INVALID_REQUEST),
        ("context_length_exceeded", ErrorCode.CONTEXT_LENGTH_EXCEEDED),
        ("payment_required", ErrorCode.QUOTA_EXCEEDED),
        (None, ErrorCode.PROVIDER_UNAVAILABLE),
    ],
)
def test_the_type_of_an_error_of_openrouter_is_its_status(
    kind: str | None, code: ErrorCode, simulator: Simulator
) -> None:
    error = {"type": "api_error", "message": "No.", "param": None, "error_type": kind}
    results = [{"id": "r", "custom_id": "x", "response": None, "error": error}]
    simulator.respond(f"{BATCHES['openrouter']}/a", {"id": "a", "results": results})
    api = backend("openrouter", simulator)
    (answer,) = asyncio.run(answers_of(api, "a"))
    with pytest.raises(ChatModelError) as caught:
        api.decode(answer, ChatRequest(messages=(user("Hello"),)))
    assert caught.value.code == code


def test_a_batch_at_openrouter_without_results_has_no_answers(simulator: Simulator) -> None:
    simulator.respond(f"{BATCHES['openrouter']}/a", {"id": "a", "results": None})
    assert asyncio.run(answers_of(backend("openrouter", simulator), "a")) == []
