"""Errors of batches and of their rows whose texts are not Unicode, or whose numbers not JSON."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatmodels.bulk import Limits, _batch_shards, run
from chatmodels.core import ChatModelError, ChatRequest, ErrorCode, create_chat_model, user
from chatmodels.core.extending import BatchAnswer, BatchBackend, BatchingModel, BatchStatus
from chatmodels.testing import Simulator

REQUEST = ChatRequest(messages=(user("Hello"),))
RESPONSE = b'{"choices":[{"message":{"content":"Yes."},"finish_reason":"stop"}]}'
MODELS = {
    "openai": ("openai:gpt-4.1", "/v1"),
    "google": ("google:gemini-3.8-flash", ""),
    "openrouter": ("openrouter:openai/gpt-5-mini", "/openrouter/api/v1"),
    "bedrock": ("bedrock:us.anthropic.claude-sonnet-5-v1:0", ""),
}
texts = pytest.mark.parametrize(
    "text",
    [rb'"cut \ud83d"', b'"cut \xf0\x9f"', b'"cut", "more": [NaN, -Infinity, 1e400]'],
    ids=["surrogate", "bytes", "numbers"],
)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


def backend(name: str, simulator: Simulator) -> BatchBackend:
    spec, root = MODELS[name]
    options: dict[str, str] = {"api_key": "k", "base_url": simulator.url + root}
    if name == "bedrock":
        options = {
            "aws_access_key_id": "AKIDEXAMPLE",
            "aws_secret_access_key": "secret",
            "region": "us-east-1",
            "base_url": simulator.url,
            "s3_url": f"{simulator.url}/s3",
            "batch_s3_uri": "s3://bucket/rows",
            "batch_role_arn": "arn:aws:iam::123456789012:role/batches",
        }
    model = create_chat_model(spec, max_retries=0, **options)
    assert isinstance(model, BatchingModel)
    return model.batch_backend()


async def answers_of(api: BatchBackend, output: str) -> list[BatchAnswer]:
    status = BatchStatus(id="batches/b", state="ended", outputs=(output,))
    return [answer async for answer in api.results(status)]


@texts
@pytest.mark.parametrize(
    ("name", "path", "output", "body", "code"),
    [
        pytest.param(
            "openai",
            "/v1/files/f/content",
            "f",
            b'{"custom_id":"a-0","response":null,'
            b'"error":{"code":"context_length_exceeded","message":%b}}',
            ErrorCode.CONTEXT_LENGTH_EXCEEDED,
            id="openai",
        ),
        pytest.param(
            "google",
            "/download/v1beta/files/f:download",
            "files/f",
            b'{"key":"a-0","error":{"code":8,"message":%b}}',
            ErrorCode.RATE_LIMITED,
            id="google-file",
        ),
        pytest.param(
            "google",
            "/v1beta/batches/b",
            "batches/b",
            b'{"name":"batches/b","done":true,"metadata":{},"response":{"inlinedResponses":'
            b'{"inlinedResponses":[{"metadata":{"key":"a-0"},"error":{"code":8,"message":%b}}]}}}',
            ErrorCode.RATE_LIMITED,
            id="google",
        ),
        pytest.param(
            "openrouter",
            "/openrouter/api/v1/batches/b",
            "b",
            b'{"id":"b","results":[{"custom_id":"a-0","response":null,'
            b'"error":{"error_type":"rate_limit_exceeded","message":%b}}]}',
            ErrorCode.RATE_LIMITED,
            id="openrouter",
        ),
        pytest.param(
            "bedrock",
            "/s3/bucket/a.jsonl.out",
            "s3://bucket/",
            b'{"recordId":"a-0","error":{"errorCode":429,"errorMessage":%b}}',
            ErrorCode.RATE_LIMITED,
            id="bedrock",
        ),
    ],
)
def test_the_error_of_a_row_has_its_code_and_a_readable_text(
    name: str,
    path: str,
    output: str,
    body: bytes,
    code: ErrorCode,
    text: bytes,
    simulator: Simulator,
) -> None:
    listing = b"<ListBucketResult><Name>bucket</Name><Key>a.jsonl.out</Key></ListBucketResult>"
    simulator.respond("/s3/bucket", listing)
    simulator.respond(path, body % text)
    api = backend(name, simulator)
    (answer,) = asyncio.run(answers_of(api, output))
    assert answer.id == "a-0"
    with pytest.raises(ChatModelError) as caught:
        api.decode(answer, REQUEST)
    assert caught.value.code == code
    assert "cut" in caught.value.message
    assert caught.value.message.isascii()


@texts
@pytest.mark.parametrize(
    ("name", "path", "body"),
    [
        pytest.param(
            "openai",
            "/v1/batches/b",
            b'{"id":"b","status":"failed","errors":{"data":[{"code":"c","message":%b}]}}',
            id="openai",
        ),
        pytest.param(
            "google",
            "/v1beta/b",
            b'{"name":"b","done":true,"metadata":{"state":"BATCH_STATE_FAILED"},'
            b'"error":{"code":3,"message":%b}}',
            id="google",
        ),
        pytest.param(
            "openrouter",
            "/openrouter/api/v1/batches/b",
            b'{"id":"b","status":"failed","error":{"message":%b}}',
            id="openrouter",
        ),
        pytest.param(
            "bedrock",
            "/model-invocation-job/b",
            b'{"jobArn":"b","status":"Failed","outputDataConfig":'
            b'{"s3OutputDataConfig":{"s3Uri":"s3://bucket"}},"message":%b}',
            id="bedrock",
        ),
    ],
)
def test_a_batch_that_failed_has_an_error_with_a_readable_text(
    name: str, path: str, body: bytes, text: bytes, simulator: Simulator
) -> None:
    simulator.respond(path, body % text)
    error = asyncio.run(backend(name, simulator).retrieve("b")).error
    assert error is not None
    assert error.code is ErrorCode.INVALID_REQUEST
    assert "cut" in error.message
    assert error.message.isascii()


@texts
def test_a_run_goes_on_after_such_an_error(
    text: bytes, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_batch_shards, "token_hex", lambda _: "0")
    failed = b'{"custom_id":"cm0-0","response":null,"error":{"code":"c","message":%b}}' % text
    unnamed = b'{"custom_id":"cm0-2","response":{"status_code":400,"request_id":%b}}' % text
    answered = b'{"custom_id":"cm0-1","response":{"status_code":200,"body":%b}}' % RESPONSE
    batch = {"id": "b", "status": "completed", "output_file_id": "f"}
    simulator.respond("/v1/batches", batch)
    simulator.respond("/v1/batches/b", batch)
    simulator.respond("/v1/files/f/content", b"\n".join((failed, answered, unnamed)))
    model = create_chat_model("openai:gpt-4.1", api_key="k", base_url=simulator.base_url)
    limits = Limits(batch_poll=0)
    job = run(model, ["a", "b", "c"], to=tmp_path / "a.jsonl", via="batch", limits=limits)
    assert (job.answered, job.failed) == (1, 2)
    failure, _ = job.failures()
    assert failure.error is not None
    assert "cut" in failure.error.message
