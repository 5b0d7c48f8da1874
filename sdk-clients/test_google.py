"""Google's client, whose types refuse unknown fields, also with automatic function calling."""

import io
import json
from collections.abc import Iterator

import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel

from chatmodels.core import ErrorCode, ReasoningPart
from chatmodels.testing import FAULTS, Simulator

GREETING = "Hello"
MODEL = "gemini-3.8-flash"


class City(BaseModel):
    """A city."""

    name: str
    people: int


def weather(city: str) -> str:
    """Look up the weather."""
    return f"7 degrees in {city}"


@pytest.fixture
def client(simulator: Simulator) -> Iterator[genai.Client]:
    options = types.HttpOptions(base_url=simulator.url)
    with genai.Client(api_key="test", http_options=options) as client:
        yield client


def test_content_is_generated(client: genai.Client) -> None:
    response = client.models.generate_content(model=MODEL, contents="Hello")
    assert response.text == f"You said: {GREETING}"
    assert response.usage_metadata.total_token_count == 4


def test_content_is_streamed(client: genai.Client) -> None:
    chunks = list(client.models.generate_content_stream(model=MODEL, contents="Hello"))
    assert "".join(chunk.text or "" for chunk in chunks) == f"You said: {GREETING}"
    assert chunks[-1].candidates[0].finish_reason is types.FinishReason.STOP


def test_functions_are_called_automatically(client: genai.Client) -> None:
    chat = client.chats.create(model=MODEL, config=types.GenerateContentConfig(tools=[weather]))
    response = chat.send_message("The weather?")
    assert "7 degrees in city" in response.text


def test_functions_are_called_automatically_in_a_stream(client: genai.Client) -> None:
    chat = client.chats.create(model=MODEL, config=types.GenerateContentConfig(tools=[weather]))
    texts = [chunk.text or "" for chunk in chat.send_message_stream("The weather?")]
    assert "7 degrees in city" in "".join(texts)


@pytest.mark.parametrize("mode", ["ANY", "NONE", "AUTO", "VALIDATED"])
def test_the_mode_of_function_calling_is_obeyed(client: genai.Client, mode: str) -> None:
    calling = types.FunctionCallingConfig(mode=mode)
    config = types.GenerateContentConfig(
        tools=[weather],
        tool_config=types.ToolConfig(function_calling_config=calling),
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
    response = client.models.generate_content(model=MODEL, contents="Hello", config=config)
    assert bool(response.function_calls) is (mode != "NONE")


@pytest.mark.parametrize("field", ["response_schema", "response_json_schema"])
def test_output_is_parsed(client: genai.Client, field: str) -> None:
    schema = City if field == "response_schema" else City.model_json_schema()
    config = types.GenerateContentConfig(response_mime_type="application/json", **{field: schema})
    response = client.models.generate_content(model=MODEL, contents="Hello", config=config)
    assert City.model_validate_json(response.text) == City(name="name", people=1)
    if field == "response_schema":
        assert response.parsed == City(name="name", people=1)


def test_reasoning_is_returned_and_streamed(client: genai.Client, simulator: Simulator) -> None:
    parts = (ReasoningPart("A greeting."), "Hi")
    simulator.queue(parts, parts)
    response = client.models.generate_content(model=MODEL, contents="Hello")
    assert response.candidates[0].content.parts[0].thought
    chunks = client.models.generate_content_stream(model=MODEL, contents="Hello")
    assert next(chunks).candidates[0].content.parts[0].thought


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (ErrorCode.INVALID_REQUEST, "INVALID_ARGUMENT"),
        (ErrorCode.RATE_LIMITED, "RESOURCE_EXHAUSTED"),
        (ErrorCode.QUOTA_EXCEEDED, "RESOURCE_EXHAUSTED"),
        (ErrorCode.MODEL_NOT_FOUND, "NOT_FOUND"),
    ],
)
def test_errors_have_their_status(
    client: genai.Client, simulator: Simulator, code: ErrorCode, status: str
) -> None:
    simulator.queue(code)
    with pytest.raises(errors.ClientError) as raised:
        client.models.generate_content(model=MODEL, contents="Hello")
    assert raised.value.status == status


def test_an_unavailable_model_is_a_server_error(client: genai.Client, simulator: Simulator) -> None:
    simulator.queue(FAULTS["unavailable"])
    with pytest.raises(errors.ServerError):
        client.models.generate_content(model=MODEL, contents="Hello")
    simulator.queue(FAULTS["error-in-stream"])
    with pytest.raises(errors.ServerError):
        list(client.models.generate_content_stream(model=MODEL, contents="Hello"))


def test_a_wrong_key_is_an_invalid_argument(simulator: Simulator) -> None:
    options = types.HttpOptions(base_url=simulator.url)
    with (
        genai.Client(api_key="bad", http_options=options) as client,
        pytest.raises(errors.ClientError) as raised,
    ):
        client.models.generate_content(model=MODEL, contents="Hello")
    assert (raised.value.code, raised.value.status) == (400, "INVALID_ARGUMENT")


def test_models_are_listed(client: genai.Client) -> None:
    names = [model.name for model in client.models.list()]
    assert client.models.get(model=names[0]).name == names[0]


def test_tokens_are_counted(client: genai.Client) -> None:
    assert client.models.count_tokens(model=MODEL, contents="Hello you").total_tokens == 2


def test_vertex_has_its_own_addresses(simulator: Simulator) -> None:
    from google.oauth2.credentials import Credentials

    options = types.HttpOptions(base_url=simulator.url)
    with genai.Client(
        vertexai=True,
        project="project",
        location="us-central1",
        credentials=Credentials(token="test"),
        http_options=options,
    ) as client:
        response = client.models.generate_content(model=MODEL, contents="Hello")
        assert response.text == f"You said: {GREETING}"
        chunks = list(client.models.generate_content_stream(model=MODEL, contents="Hello"))
        assert "".join(chunk.text or "" for chunk in chunks) == f"You said: {GREETING}"
        assert client.models.count_tokens(model=MODEL, contents="Hello").total_tokens == 1


async def test_async_calls_and_streams_agree(simulator: Simulator) -> None:
    options = types.HttpOptions(base_url=simulator.url)
    async with genai.Client(api_key="test", http_options=options).aio as client:
        whole = await client.models.generate_content(model=MODEL, contents="Hello")
        stream = await client.models.generate_content_stream(model=MODEL, contents="Hello")
        texts = [chunk.text or "" async for chunk in stream]
    assert "".join(texts) == whole.text


def test_a_batch_with_rows_is_answered(client: genai.Client, simulator: Simulator) -> None:
    simulator.batches.polls = 0
    row = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}], "metadata": {"key": "a"}}
    created = client.batches.create(model=MODEL, src=[row], config={"display_name": "rows"})
    ended = client.batches.get(name=created.name)
    (inlined,) = ended.dest.inlined_responses

    assert ended.state is types.JobState.JOB_STATE_SUCCEEDED
    assert (inlined.metadata, inlined.response.text) == ({"key": "a"}, f"You said: {GREETING}")
    assert [each.display_name for each in client.batches.list()] == ["rows"]
    client.batches.cancel(name=created.name)
    client.batches.delete(name=created.name)
    assert not list(client.batches.list())


def test_a_batch_with_a_file_is_answered(client: genai.Client, simulator: Simulator) -> None:
    simulator.batches.polls = 0
    request = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
    rows = io.BytesIO(json.dumps({"key": "a", "request": request}).encode())
    file = client.files.upload(file=rows, config={"mime_type": "application/jsonl"})
    created = client.batches.create(model=MODEL, src=file.name, config={"display_name": "rows"})
    ended = client.batches.get(name=created.name)
    answer = json.loads(client.files.download(file=ended.dest.file_name))

    assert answer["key"] == "a"
    assert answer["response"]["candidates"]
