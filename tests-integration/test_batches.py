"""Runs over the vendors' batch APIs, against the simulator: same responses, faults, crashes."""

import asyncio
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from chatmodels.bulk import Limits, cancel, open_job, run
from chatmodels.core import (
    ChatModel,
    ChatModelError,
    ChatRequest,
    ChatResponse,
    ErrorCode,
    InvalidRequestError,
    ResponseInvalidError,
    UnsupportedError,
    create_chat_model,
    to_json,
    tool,
    user,
)
from chatmodels.core.extending import BatchAnswer, BatchBackend, BatchingModel, BatchStatus
from chatmodels.providers.google import _batches
from chatmodels.testing import BatchFault, SimulatedBatch, Simulator

BAD_KEYS = {
    "x-api-key": "bad",
    "authorization": "Bearer bad",
    "api-key": "bad",
    "x-goog-api-key": "bad",
}
SETTINGS = msgspec.structs.replace(ChatRequest(messages=()).settings, max_output_tokens=9)


class City(msgspec.Struct):
    name: str
    people: int


@tool
def weather(city: str) -> None:
    """Report the weather."""


@dataclass
class Vendor:
    spec: str
    root: str = "/v1"
    options: Any = None
    file: bool = False  # whether small batches have a file, too
    fewest: int = 1  # rows of a batch

    @property
    def limits(self) -> Limits:
        return Limits(batch_poll=0, batch_rows=max(4, self.fewest))

    @property
    def via(self) -> Any:
        return "batch" if self.fewest == 1 else "auto"  # a batch that fails leaves too few rows

    def options_at(self, url: str) -> dict[str, Any]:
        return {"api_key": "key", "base_url": url + self.root, "max_retries": 0} | (
            self.options or {}
        )

    def model(self, simulator: Simulator, **options: Any) -> ChatModel:
        return create_chat_model(self.spec, **self.options_at(simulator.url), **options)


class Bedrock(Vendor):
    def options_at(self, url: str) -> dict[str, Any]:
        return {
            "aws_access_key_id": "AKIDEXAMPLE",
            "aws_secret_access_key": "secret",
            "region": "us-east-1",
            "base_url": url,
            "s3_url": f"{url}/s3",
            "batch_s3_uri": "s3://bucket/rows",
            "batch_output_s3_uri": "s3://results",
            "batch_role_arn": "arn:aws:iam::123456789012:role/batches",
            "max_retries": 0,
        }


OPENAI = Vendor("openai:gpt-4.1")
ANTHROPIC = Vendor("anthropic:claude-sonnet-5-5", "")
GOOGLE = Vendor("google:gemini-3.8-flash", "")
BEDROCK = Bedrock("bedrock:us.anthropic.claude-sonnet-5-v1:0", fewest=100)
OPENROUTER = Vendor("openrouter:openai/gpt-5-mini", "/openrouter/api/v1")
VENDORS = [
    pytest.param(Vendor("openai:gpt-6.1-terra", options={"api": "responses"}), id="responses"),
    pytest.param(OPENAI, id="openai"),
    pytest.param(ANTHROPIC, id="anthropic"),
    pytest.param(GOOGLE, id="google"),
    pytest.param(Vendor("google:gemini-3.8-flash", "", file=True), id="google-file"),
    pytest.param(BEDROCK, id="bedrock"),
    pytest.param(Vendor("azure:my-batches", ""), id="azure"),
    pytest.param(
        Vendor("azure:my-batches", "", options={"api": "responses"}), id="azure-responses"
    ),
    pytest.param(Vendor("groq:openai/gpt-oss-120b", "/groq/openai/v1"), id="groq"),
    pytest.param(Vendor("mistral:mistral-large-latest", "/mistral/v1"), id="mistral"),
    pytest.param(OPENROUTER, id="openrouter"),
    pytest.param(Vendor("together:openai/gpt-oss-120b", "/together/v1"), id="together"),
]
vendors = pytest.mark.parametrize("vendor", VENDORS)
SAME_STEPS = {"responses", "azure-responses", "groq", "google-file"}
"""The APIs with the requests of another one, for tests that take long."""

FAULTS: list[BatchFault] = [each for each in get_args(BatchFault) if each != "endless"]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def files(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor = getattr(request.node, "callspec", None) and request.node.callspec.params.get("vendor")
    if isinstance(vendor, Vendor) and vendor.file:
        monkeypatch.setattr(_batches, "INLINE_BYTES", 0)


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "answers.jsonl"


def backend(model: ChatModel) -> BatchBackend:
    assert isinstance(model, BatchingModel)
    return model.batch_backend()


def comparable(response: ChatResponse[Any]) -> str:
    """Return a response without the facts that two calls do not share."""
    shared = msgspec.structs.replace(response, request_id=None, timing=None, service_tier=None)
    return re.sub(r"simulated-\d+", "simulated", to_json(shared).decode())


@vendors
def test_a_row_of_a_batch_has_the_response_of_a_call(
    vendor: Vendor, simulator: Simulator, to: Path
) -> None:
    prompts = [user("What is the weather?"), user("Rain in Køge?")]
    has_tools = vendor is not BEDROCK
    options: Any = {"tools": [weather] if has_tools else (), "max_output_tokens": 100}
    called = [vendor.model(simulator).generate(prompt, **options) for prompt in prompts]
    prompts, called = prompts * vendor.fewest, called * vendor.fewest

    job = run(vendor.model(simulator), prompts, to=to, via="batch", limits=vendor.limits, **options)

    responses = [result.response for result in job.results()]
    assert [comparable(each) for each in responses if each] == [comparable(each) for each in called]
    assert all(each is not None and bool(each.tool_calls) is has_tools for each in responses)
    assert {each.service_tier for each in responses if each} == {"batch"}
    assert {each.provider for each in responses if each} == {vendor.spec.partition(":")[0]}


@vendors
def test_a_row_of_a_batch_has_the_output_of_a_call(
    vendor: Vendor, simulator: Simulator, to: Path
) -> None:
    called = vendor.model(simulator).generate("A city", output_type=City)
    job = run(
        vendor.model(simulator),
        ["A city"] * vendor.fewest,
        to=to,
        via="batch",
        limits=vendor.limits,
        output_type=City,
    )
    assert [result.parsed for result in job.results()] == [called.parsed] * vendor.fewest


@vendors
def test_a_failed_row_of_a_batch_has_the_error_of_a_call(
    vendor: Vendor, simulator: Simulator, to: Path
) -> None:
    simulator.queue(ErrorCode.CONTENT_FILTERED)
    with pytest.raises(ChatModelError) as caught:
        vendor.model(simulator).generate("Hello")
    called = caught.value
    simulator.queue(ErrorCode.CONTENT_FILTERED)

    prompts = ["Hello", *["World"] * vendor.fewest]
    job = run(vendor.model(simulator), prompts, to=to, via=vendor.via, limits=vendor.limits)

    (failure,) = job.failures()
    error = failure.error
    assert error is not None
    assert (error.code, error.status) == (called.code, called.status)
    assert error.message.partition(" (request")[0] == called.message.partition(" (request")[0]


@vendors
@pytest.mark.parametrize("fault", FAULTS)
def test_every_row_has_one_result_in_spite_of_a_fault(
    vendor: Vendor, fault: BatchFault, simulator: Simulator, to: Path
) -> None:
    simulator.batches.queue(fault)
    rows = [f"Row {n}" for n in range(max(10, 2 * vendor.fewest))]
    run(vendor.model(simulator), rows, to=to, via=vendor.via, limits=vendor.limits)

    records = [json.loads(line) for line in to.read_text().splitlines()]
    assert [each["id"] for each in records] == [str(n) for n in range(len(rows))]
    for number, each in enumerate(records):
        assert f"Row {number}" in each["text"]
    answered = [row.split("-")[-1] for row in answered_rows(simulator.batches.all)]
    assert len(set(answered)) == len(answered), "a row that was answered was sent again"


def answered_rows(batches: list[SimulatedBatch]) -> list[str]:
    return [
        id_
        for batch in batches
        for id_ in {each.id for each in batch.results if each.succeeded}
        if id_ != "unknown"
    ]


@pytest.mark.parametrize("vendor", [each for each in VENDORS if each.id != "openrouter"])
def test_a_batch_can_be_cancelled(vendor: Vendor, simulator: Simulator, to: Path) -> None:
    simulator.batches.queue("endless")
    model = vendor.model(simulator)
    late = Limits(batch_poll=0, batch_deadline=0)
    rows = [f"Row {n}" for n in range(max(4, vendor.fewest))]
    job = run(model, rows, to=to, via="auto", limits=late)

    assert job.answered == len(rows)
    (batch,) = simulator.batches.all
    assert batch.state == "cancelled"
    asyncio.run(backend(model).cancel(batch.id))  # of a batch that has ended
    assert cancel(model, to=to) == 0


def test_a_batch_at_openrouter_cannot_be_cancelled(simulator: Simulator, to: Path) -> None:
    model = OPENROUTER.model(simulator)
    api = backend(model)
    assert not api.limits.cancellable
    with pytest.raises(UnsupportedError, match="openrouter cannot cancel a batch"):
        asyncio.run(api.cancel("batch-1"))

    simulator.batches.polls = 3
    late = Limits(batch_poll=0, batch_deadline=0, batch_rows=4)
    job = run(model, [f"Row {n}" for n in range(6)], to=to, via="auto", limits=late)
    assert job.answered == 6
    assert [batch.state for batch in simulator.batches.all] == ["completed"] * 2


@vendors
def test_rows_with_an_error_of_the_account_stop_the_run(
    vendor: Vendor, simulator: Simulator, to: Path
) -> None:
    options: Any = {"to": to, "via": "batch", "limits": vendor.limits}
    rows = ["a"] * vendor.fewest
    with pytest.raises(ChatModelError) as caught:
        run(vendor.model(simulator, headers=BAD_KEYS), rows, **options)
    assert caught.value.code is ErrorCode.AUTHENTICATION
    assert run(vendor.model(simulator), rows, **options).answered == len(rows)


# --- Listings -------------------------------------------------------------------------------------


@vendors
def test_a_batch_is_found_on_a_later_page_of_the_listing(
    vendor: Vendor, simulator: Simulator
) -> None:
    simulator.batches.polls = 0
    api = backend(vendor.model(simulator))
    request = ChatRequest(messages=(user("Hello"),), settings=SETTINGS)

    async def find() -> list[Any]:
        for number in range(101):
            await api.create(f"name{number}", [api.encode(f"name{number}-0", request)])
        since = time.time()
        return [await api.find(name, 1, since, ()) for name in ("name0", "name99", "none")]

    found = asyncio.run(find())
    assert isinstance(found[0], BatchStatus)
    assert found[0].id == simulator.batches.all[0].id
    assert isinstance(found[1], BatchStatus)
    assert found[2] is None


@vendors
def test_older_batches_end_the_search(vendor: Vendor, simulator: Simulator) -> None:
    api = backend(vendor.model(simulator))
    request = ChatRequest(messages=(user("Hello"),), settings=SETTINGS)

    async def find() -> Any:
        await api.create("old", [api.encode("old-0", request)])
        for batch in simulator.batches.all:
            batch.created -= 100_000
        return await api.find("new", 1, time.time(), ())

    assert asyncio.run(find()) is None


# --- Malformed responses --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vendor", "path"),
    [
        pytest.param(OPENAI, "/v1/batches/a", id="openai"),
        pytest.param(ANTHROPIC, "/v1/messages/batches/a", id="anthropic"),
        pytest.param(GOOGLE, "/v1beta/a", id="google"),
    ],
)
def test_a_response_that_is_not_a_status_is_an_error(
    vendor: Vendor, path: str, simulator: Simulator
) -> None:
    simulator.respond(path, {"id": 1})
    api = backend(vendor.model(simulator))
    with pytest.raises(ResponseInvalidError) as caught:
        asyncio.run(api.retrieve("a"))
    assert caught.value.op == "batch"


async def answers_of(api: BatchBackend) -> list[BatchAnswer]:
    status = BatchStatus(id="a", state="ended", outputs=("a",))
    return [answer async for answer in api.results(status)]


def test_an_error_of_openai_without_a_response_is_one_of_the_server(simulator: Simulator) -> None:
    line = {"custom_id": "x", "response": None, "error": {"code": "request_timeout"}}
    simulator.respond("/v1/files/a/content", line)
    model = create_chat_model("openai:gpt-4.1", api_key="k", base_url=simulator.base_url)
    assert [answer.status for answer in asyncio.run(answers_of(backend(model)))] == [500]


@pytest.mark.parametrize(
    ("vendor", "path"),
    [
        pytest.param(OPENAI, "/v1/files/a/content", id="openai"),
        pytest.param(ANTHROPIC, "/v1/messages/batches/a/results", id="anthropic"),
        pytest.param(GOOGLE, "/v1beta/a", id="google"),
    ],
)
def test_a_response_that_is_not_a_file_of_results_is_an_error(
    vendor: Vendor, path: str, simulator: Simulator
) -> None:
    simulator.respond(path, b"<html>")
    with pytest.raises(ResponseInvalidError):
        asyncio.run(answers_of(backend(vendor.model(simulator))))


def test_a_file_that_is_an_error_reports_it(simulator: Simulator) -> None:
    simulator.respond("/v1/files/a/content", {"error": {"message": "The file has expired."}})
    with pytest.raises(ChatModelError, match="The file has expired"):
        asyncio.run(answers_of(backend(OPENAI.model(simulator))))


def test_a_batch_whose_results_are_archived_is_not_found(simulator: Simulator) -> None:
    batch = {
        "id": "a",
        "processing_status": "ended",
        "created_at": "2026-12-01T00:00:00Z",
        "request_counts": {"succeeded": 1},
    }
    simulator.respond("/v1/messages/batches", {"data": [batch]})
    assert asyncio.run(backend(ANTHROPIC.model(simulator)).find("name", 1, 0.0, ())) is None


def test_a_batch_that_is_refused_for_its_rows_reports_the_reason(simulator: Simulator) -> None:
    errors = {"data": [{"code": "invalid_json_line", "message": "Line 3 is no JSON.", "line": 3}]}
    simulator.respond("/v1/batches/a", {"id": "a", "status": "failed", "errors": errors})
    simulator.respond("/v1/batches/b", {"id": "b", "status": "failed"})
    model = create_chat_model("openai:gpt-4.1", api_key="k", base_url=simulator.base_url)
    status = asyncio.run(backend(model).retrieve("a"))
    assert isinstance(status.error, InvalidRequestError)
    assert "Line 3 is no JSON." in status.error.message
    unknown = asyncio.run(backend(model).retrieve("b")).error
    assert unknown is not None
    assert "without a reason" in unknown.message


def test_a_refused_cancellation_is_an_error(simulator: Simulator) -> None:
    simulator.respond("/v1/batches/a/cancel", {"error": {"message": "no"}}, status=403)
    model = create_chat_model("openai:gpt-4.1", api_key="k", base_url=simulator.base_url)
    with pytest.raises(ChatModelError):
        asyncio.run(backend(model).cancel("a"))


def test_an_empty_file_of_answers_is_not_the_batch(simulator: Simulator) -> None:
    api = backend(ANTHROPIC.model(simulator))
    request = ChatRequest(messages=(user("Hello"),), settings=SETTINGS)
    simulator.batches.queue("without_output")
    simulator.batches.polls = 0

    async def find() -> Any:
        await api.create("name", [api.encode("name-0", request)])
        return await api.find("name", 1, time.time(), ())

    assert asyncio.run(find()) is None


def test_a_request_for_an_existing_response_is_no_row(simulator: Simulator) -> None:
    model = create_chat_model(
        "openai:gpt-6.1-terra", api_key="k", base_url=simulator.base_url, api="responses"
    )
    request = ChatRequest(messages=(user("?"),), provider_options={"retrieve": "resp_1"})
    with pytest.raises(UnsupportedError, match="existing response"):
        backend(model).encode("a-0", request)


def test_a_provider_without_a_batch_api_is_refused() -> None:
    model = create_chat_model("ollama:llama3.2")
    assert isinstance(model, BatchingModel)
    with pytest.raises(UnsupportedError, match="ollama has no batch API"):
        model.batch_backend()


# --- Crashes --------------------------------------------------------------------------------------

_CRASH = """
import json, os, signal, sys, time
from chatmodels.bulk import Limits, _run, run
from chatmodels.core import create_chat_model

spec, options, to = sys.argv[1:4]
requests, rows, batch_rows = map(int, sys.argv[4:])
model = create_chat_model(spec, **json.loads(options))

class Watch:
    def __getattr__(self, name):
        return getattr(backend, name)
    async def _counted(self, call, *args):
        global requests
        requests -= 1
        if requests == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        result = await call(*args)
        requests -= 1
        if requests == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    def create(self, *args): return self._counted(backend.create, *args)
    def retrieve(self, *args): return self._counted(backend.retrieve, *args)
    def find(self, *args): return self._counted(backend.find, *args)

class Clock:
    # A minute passes with a few polls, so that the listing has settled soon.
    later = 0.0
    def now(self): return time.time() + self.later
    async def sleep(self, seconds, stopping): self.later += 20.0
    def share(self): return 0.5

_run.CLOCK = Clock()
backend = model.batch_backend()
type(model).batch_backend = lambda self: Watch()
run(model, [f"Row {n}" for n in range(rows)], to=to, via="batch",
    limits=Limits(batch_poll=0, batch_rows=batch_rows))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the platform has no SIGKILL")
@pytest.mark.parametrize("vendor", [each for each in VENDORS if each.id not in SAME_STEPS])
def test_a_kill_at_any_request_leads_to_no_second_batch(
    vendor: Vendor, simulator: Simulator, to: Path
) -> None:
    options = json.dumps(vendor.options_at(simulator.url))
    rows, batch_rows = max(10, 3 * vendor.fewest), vendor.limits.batch_rows
    never = 1_000
    for requests in (1, 2, 5, 1, never):
        counts = map(str, (requests, rows, batch_rows))
        command = [sys.executable, "-c", _CRASH, vendor.spec, options, str(to), *counts]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        expected = 0 if requests == never else -signal.SIGKILL
        assert ended.returncode == expected, ended.stderr

    records = [json.loads(line) for line in to.read_text().splitlines()]
    assert [each["id"] for each in records] == [str(n) for n in range(rows)]
    sent = [row.id.split("-")[-1] for batch in simulator.batches.all for row in batch.rows]
    assert sorted(sent, key=int) == [str(n) for n in range(rows)]
    assert open_job(to).batched == 0


def test_unknown_faults_and_batches_are_errors(simulator: Simulator) -> None:
    with pytest.raises(ValueError, match="there is no fault 'x'"):
        simulator.batches.queue("x")  # pyright: ignore[reportArgumentType]
    for vendor in (OPENAI, ANTHROPIC):
        with pytest.raises(InvalidRequestError):
            asyncio.run(backend(vendor.model(simulator)).retrieve("none"))
    api = backend(OPENAI.model(simulator))
    with pytest.raises(InvalidRequestError, match="No such File"):
        asyncio.run(answers_of(api))
