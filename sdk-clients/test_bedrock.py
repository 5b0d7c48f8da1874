"""boto3, which reads responses and event streams by Amazon's service models."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

from chatmodels.core import ErrorCode, ReasoningPart
from chatmodels.testing import FAULTS, Simulator

GREETING = "Hello"
MODEL = "us.anthropic.claude-sonnet-5-5"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = {"tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": SCHEMA}}}]}
HELLO = [{"role": "user", "content": [{"text": "Hello"}]}]


def make_client(simulator: Simulator, service: str, key: str = "test") -> Any:
    """Create a client without retries."""
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=simulator.url,
        aws_access_key_id=key,
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Any]:
    client = make_client(simulator, "bedrock-runtime")
    yield client
    client.close()


def test_a_response_has_text(client: Any) -> None:
    response = client.converse(modelId=MODEL, messages=HELLO)
    assert response["output"]["message"]["content"] == [{"text": f"You said: {GREETING}"}]
    assert response["usage"]["totalTokens"] == 4


def test_events_are_streamed(client: Any) -> None:
    events = list(client.converse_stream(modelId=MODEL, messages=HELLO)["stream"])
    deltas = [e["contentBlockDelta"]["delta"] for e in events if "contentBlockDelta" in e]
    assert "".join(delta["text"] for delta in deltas) == f"You said: {GREETING}"
    assert events[-1]["metadata"]["metrics"]["latencyMs"]


def test_tools_are_called(client: Any) -> None:
    first = client.converse(modelId=MODEL, messages=HELLO, toolConfig=TOOLS)
    message = first["output"]["message"]
    call = message["content"][0]["toolUse"]
    assert (first["stopReason"], call["input"]) == ("tool_use", {"city": "city"})
    result = {"toolUseId": call["toolUseId"], "content": [{"text": "7 degrees"}]}
    messages = [*HELLO, message, {"role": "user", "content": [{"toolResult": result}]}]
    second = client.converse(modelId=MODEL, messages=messages, toolConfig=TOOLS)
    text = second["output"]["message"]["content"][0]["text"]
    assert text == "The tools returned: 7 degrees"


def test_tool_calls_are_streamed(client: Any) -> None:
    stream = client.converse_stream(modelId=MODEL, messages=HELLO, toolConfig=TOOLS)["stream"]
    starts = [e["contentBlockStart"] for e in stream if "contentBlockStart" in e]
    assert starts[0]["start"]["toolUse"]["name"] == "weather"


def test_output_conforms_to_a_schema(client: Any) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    structure = {"jsonSchema": {"schema": json.dumps(schema)}}
    response = client.converse(
        modelId=MODEL,
        messages=HELLO,
        outputConfig={"textFormat": {"type": "json_schema", "structure": structure}},
    )
    assert response["output"]["message"]["content"] == [{"text": '{"n":1}'}]


def test_reasoning_is_returned_and_streamed(client: Any, simulator: Simulator) -> None:
    parts = (ReasoningPart("A greeting."), "Hi")
    simulator.queue(parts, parts)
    response = client.converse(modelId=MODEL, messages=HELLO)
    block = response["output"]["message"]["content"][0]["reasoningContent"]
    assert block["reasoningText"]["text"] == "A greeting."
    stream = client.converse_stream(modelId=MODEL, messages=HELLO)["stream"]
    deltas = [e["contentBlockDelta"]["delta"] for e in stream if "contentBlockDelta" in e]
    assert "reasoningContent" in deltas[0]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (ErrorCode.INVALID_REQUEST, "ValidationException"),
        (ErrorCode.RATE_LIMITED, "ThrottlingException"),
        (ErrorCode.MODEL_NOT_FOUND, "ResourceNotFoundException"),
        (ErrorCode.PERMISSION_DENIED, "AccessDeniedException"),
        (ErrorCode.PROVIDER_UNAVAILABLE, "InternalServerException"),
    ],
)
def test_errors_have_their_type(
    client: Any, simulator: Simulator, code: ErrorCode, name: str
) -> None:
    simulator.queue(code, code)
    with pytest.raises(getattr(client.exceptions, name)):
        client.converse(modelId=MODEL, messages=HELLO)
    with pytest.raises(getattr(client.exceptions, name)):
        client.converse_stream(modelId=MODEL, messages=HELLO)


def test_unavailable_models_have_their_type(client: Any, simulator: Simulator) -> None:
    simulator.queue(FAULTS["unavailable"])
    with pytest.raises(client.exceptions.ServiceUnavailableException):
        client.converse(modelId=MODEL, messages=HELLO)


def test_errors_within_streams_are_raised(client: Any, simulator: Simulator) -> None:
    simulator.queue(FAULTS["error-in-stream"])
    with pytest.raises(EventStreamError):
        list(client.converse_stream(modelId=MODEL, messages=HELLO)["stream"])


def test_a_wrong_key_is_refused(simulator: Simulator) -> None:
    client = make_client(simulator, "bedrock-runtime", "bad")
    with pytest.raises(ClientError) as raised:
        client.converse(modelId=MODEL, messages=HELLO)
    client.close()
    assert raised.value.response["Error"]["Code"] == "UnrecognizedClientException"


def test_models_are_listed(simulator: Simulator) -> None:
    client = make_client(simulator, "bedrock")
    summaries = client.list_foundation_models()["modelSummaries"]
    client.close()
    assert summaries[0]["modelLifecycle"]["status"] == "ACTIVE"


def test_tokens_are_counted(client: Any) -> None:
    response = client.count_tokens(
        modelId="anthropic.claude-sonnet-5-5", input={"converse": {"messages": HELLO}}
    )
    assert response["inputTokens"] == 1


def test_a_batch_is_read_from_s3(simulator: Simulator) -> None:
    bedrock = make_client(simulator, "bedrock")
    path_style = Config(s3={"addressing_style": "path"})
    s3 = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=f"{simulator.url}/s3",
        aws_access_key_id="test",
        aws_secret_access_key="secret",
        config=path_style,
    )
    rows = [{"recordId": str(n), "modelInput": {"messages": HELLO}} for n in range(100)]
    body = "\n".join(map(json.dumps, rows)).encode()
    s3.put_object(Bucket="bucket", Key="rows.jsonl", Body=body)
    job = bedrock.create_model_invocation_job(
        jobName="rows",
        clientRequestToken="rows",
        modelId=MODEL,
        modelInvocationType="Converse",
        roleArn="arn:aws:iam::123456789012:role/batches",
        inputDataConfig={"s3InputDataConfig": {"s3Uri": "s3://bucket/rows.jsonl"}},
        outputDataConfig={"s3OutputDataConfig": {"s3Uri": "s3://bucket/results/"}},
    )["jobArn"]
    states = [bedrock.get_model_invocation_job(jobIdentifier=job)["status"] for _ in range(2)]
    named = bedrock.list_model_invocation_jobs(nameContains="row")["invocationJobSummaries"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="bucket", Prefix="results/")
    keys = [each["Key"] for page in pages for each in page["Contents"]]
    (key,) = [key for key in keys if key.endswith(".jsonl.out")]
    lines = s3.get_object(Bucket="bucket", Key=key)["Body"].read().splitlines()

    assert states == ["InProgress", "Completed"]
    assert [each["jobArn"] for each in named] == [job]
    assert len(lines) == 100
    assert json.loads(lines[0])["modelOutput"]["stopReason"] == "end_turn"
    bedrock.stop_model_invocation_job(jobIdentifier=job)
