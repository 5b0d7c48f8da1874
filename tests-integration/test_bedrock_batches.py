"""Batch inference of Amazon Bedrock: options, files in S3, states and errors of jobs."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatmodels.bulk import Limits, run
from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ConfigurationError,
    ErrorCode,
    RateLimitError,
    ResponseInvalidError,
    UnsupportedError,
    create_chat_model,
    tool,
    user,
)
from chatmodels.core.extending import BatchBackend, BatchingModel, BatchState, BatchStatus
from chatmodels.testing import Simulator

MODEL = "bedrock:us.anthropic.claude-sonnet-5-v1:0"
ROLE = "arn:aws:iam::123456789012:role/batches"
KEYS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret"}
ARN = "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/000000000001"
JOB = "/model-invocation-job/000000000001"
REQUEST = ChatRequest(messages=(user("Hello"),))


@tool
def weather(city: str) -> None:
    """Report the weather."""


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


def backend_with(**options: Any) -> BatchBackend:
    model = create_chat_model(MODEL, region="us-east-1", max_retries=0, **options)
    assert isinstance(model, BatchingModel)
    return model.batch_backend()


def backend(simulator: Simulator, **options: Any) -> BatchBackend:
    return backend_with(
        base_url=simulator.url,
        s3_url=f"{simulator.url}/s3/",
        batch_s3_uri="s3://bucket/rows/",
        batch_role_arn=ROLE,
        **KEYS,
        **options,
    )


def rows(api: BatchBackend, name: str, count: int = 100) -> list[bytes]:
    return [api.encode(f"{name}-{number}", REQUEST) for number in range(count)]


def job(status: str, **fields: Any) -> dict[str, Any]:
    location = {"s3OutputDataConfig": {"s3Uri": "s3://bucket/rows/name/"}}
    return {"jobArn": ARN, "status": status, "outputDataConfig": location, **fields}


async def answers_of(api: BatchBackend, status: BatchStatus) -> list[tuple[str, int | None]]:
    return [(answer.id, answer.status) async for answer in api.results(status)]


# --- Options --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        (KEYS, "pass batch_s3_uri=..."),
        ({**KEYS, "batch_s3_uri": "s3://bucket/rows"}, "batch_role_arn=..."),
        ({"api_key": "k", "batch_s3_uri": "s3://bucket"}, "S3 does not accept an API key"),
    ],
)
def test_a_model_without_the_options_of_batches_has_none(
    options: dict[str, Any], remedy: str
) -> None:
    with pytest.raises(ConfigurationError, match="bedrock has no batch API with these") as caught:
        backend_with(**options)
    assert remedy in caught.value.message


def test_options_without_batches_are_refused_instead_of_calls_for_the_full_price(
    simulator: Simulator, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=r"pass batch_s3_uri=.* or call the model instead"):
        run(
            MODEL,
            ["Hello"],
            to=tmp_path / "answers.jsonl",
            via="auto",
            model_options={"base_url": simulator.url, "region": "us-east-1", **KEYS},
        )
    assert not simulator.exchanges


def test_invalid_options_of_batches_are_refused_together() -> None:
    with pytest.raises(ConfigurationError) as caught:
        backend_with(**KEYS, batch_s3_uri="bucket/rows", batch_role_arn="batches", s3_url="s3")
    for problem in (
        "batch_s3_uri must be a location such as 's3://bucket/folder', not 'bucket/rows'",
        "batch_role_arn must be the ARN of an IAM role, not 'batches'",
        "s3_url",
    ):
        assert problem in caught.value.message


# --- Jobs -----------------------------------------------------------------------------------------


def test_rows_and_answers_are_files_in_s3(simulator: Simulator, tmp_path: Path) -> None:
    model = create_chat_model(
        MODEL,
        region="us-east-1",
        base_url=simulator.url,
        s3_url=f"{simulator.url}/s3",
        batch_s3_uri="s3://bucket/rows",
        batch_role_arn=ROLE,
        **KEYS,
    )
    prompts = [f"Row {number}" for number in range(100)]
    to = tmp_path / "a.jsonl"
    assert run(model, prompts, to=to, via="batch", limits=Limits(batch_poll=0)).answered == 100

    (batch,) = simulator.batches.all
    assert batch.file == f"s3://bucket/rows/{batch.label}.jsonl"
    assert batch.output == f"s3://bucket/rows/{batch.label}/"
    lines = simulator.batches.files[batch.file].splitlines()
    assert len(lines) == 100
    assert json.loads(lines[0]).keys() == {"recordId", "modelInput"}
    assert [each.request.method for each in simulator.exchanges][:2] == ["PUT", "POST"]


def test_a_job_is_created_once_for_a_name(simulator: Simulator) -> None:
    api = backend(simulator)

    async def create() -> list[str]:
        return [(await api.create("name", rows(api, "name"))).id for _ in range(2)]

    first, second = asyncio.run(create())
    assert first == second
    assert len(simulator.batches.all) == 1


def test_a_request_with_tools_is_no_row(simulator: Simulator) -> None:
    request = ChatRequest(messages=(user("?"),), tools=(weather.definition,))
    with pytest.raises(UnsupportedError, match="a request with tools"):
        backend(simulator).encode("name-0", request)


def test_fewer_rows_than_the_quota_fail_with_the_reason(simulator: Simulator) -> None:
    api = backend(simulator)

    async def status() -> BatchStatus:
        created = await api.create("name", rows(api, "name", 99))
        return await api.retrieve(created.id)

    error = asyncio.run(status()).error
    assert error is not None
    assert error.code is ErrorCode.INVALID_REQUEST
    assert "less records (99)" in error.message


def test_too_many_jobs_are_a_rate_limit(simulator: Simulator) -> None:
    simulator.batches.queue("too_many_tokens")
    api = backend(simulator)
    with pytest.raises(RateLimitError, match="too many jobs") as caught:
        asyncio.run(api.create("name", rows(api, "name")))
    assert (caught.value.op, caught.value.status) == ("batch", 400)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("Submitted", "queued"),
        ("Scheduled", "queued"),
        ("InProgress", "running"),
        ("New", "running"),
        ("Stopping", "stopping"),
        ("Stopped", "ended"),
        ("Expired", "ended"),
    ],
)
def test_the_states_of_jobs_are_those_of_all_vendors(
    status: str, state: BatchState, simulator: Simulator
) -> None:
    simulator.respond(JOB, job(status))
    found = asyncio.run(backend(simulator).retrieve(ARN))
    assert found.state == state
    assert found.outputs == (("s3://bucket/rows/name/",) if state == "ended" else ())


def test_a_failed_job_that_has_processed_rows_is_read(simulator: Simulator) -> None:
    simulator.respond(JOB, job("Failed", processedRecordCount=7))
    assert asyncio.run(backend(simulator).retrieve(ARN)).error is None
    simulator.respond(JOB, job("Failed"))
    error = asyncio.run(backend(simulator).retrieve(ARN)).error
    assert error is not None
    assert "without a reason" in error.message


# --- Files ----------------------------------------------------------------------------------------


def test_an_error_of_s3_is_read(simulator: Simulator) -> None:
    document = (
        b'<?xml version="1.0"?>\n<Error><Code>NoSuchBucket</Code>'
        b"<Message>The bucket &quot;bucket&quot; does not exist</Message></Error>"
    )
    headers = {"content-type": "application/xml"}
    simulator.respond("/s3/bucket/rows/name.jsonl", document, status=404, headers=headers)
    api = backend(simulator)
    with pytest.raises(ChatModelError, match='"bucket" does not exist') as caught:
        asyncio.run(api.create("name", rows(api, "name")))
    assert (caught.value.code, caught.value.status) == (ErrorCode.INVALID_REQUEST, 404)


def test_a_response_that_is_not_a_listing_is_an_error(simulator: Simulator) -> None:
    status = BatchStatus(id=ARN, state="ended", outputs=("s3://bucket/rows/name/",))
    simulator.respond("/s3/bucket", b"<html></html>")
    with pytest.raises(ResponseInvalidError, match="not a list of objects"):
        asyncio.run(answers_of(backend(simulator), status))
    broken = BatchStatus(id=ARN, state="ended", outputs=("https://bucket",))
    with pytest.raises(ResponseInvalidError, match="no location of S3"):
        asyncio.run(answers_of(backend(simulator), broken))


def test_a_file_without_results_is_an_error(simulator: Simulator) -> None:
    listing = b"<ListBucketResult><Name>bucket</Name><Key>a.jsonl.out</Key></ListBucketResult>"
    simulator.respond("/s3/bucket", listing)
    status = BatchStatus(id=ARN, state="ended", outputs=("s3://bucket",))
    with pytest.raises(ChatModelError, match="The specified key does not exist"):
        asyncio.run(answers_of(backend(simulator), status))
    simulator.respond("/s3/bucket/a.jsonl.out", {"recordId": 1})
    with pytest.raises(ResponseInvalidError):
        asyncio.run(answers_of(backend(simulator), status))


def test_a_listing_can_have_pages(simulator: Simulator) -> None:
    api = backend(simulator)
    for key in ("a", "b"):
        row = {"recordId": key, "error": {"errorCode": 429, "errorMessage": "Too many tokens"}}
        simulator.batches.files[f"s3://bucket/rows/{key}.jsonl.out"] = json.dumps(row).encode()
    status = BatchStatus(id=ARN, state="ended", outputs=("s3://bucket/rows/",))
    assert sorted(asyncio.run(answers_of(api, status))) == [("a", 429), ("b", 429)]


def test_jobs_are_found_on_a_later_page(simulator: Simulator) -> None:
    api = backend(simulator)
    simulator.batches.polls = 0

    async def find() -> Any:
        for number in range(102):
            await api.create(f"name{number}", rows(api, f"name{number}", 1))
        return await api.find("name", 1, 0.0, ())

    assert asyncio.run(find()) is None
    assert simulator.exchanges[-1].request.query["nextToken"] == ["100"]
