"""Ollama's client."""

from collections.abc import Iterator

import pytest
from ollama import AsyncClient, Client, ResponseError
from pydantic import BaseModel

from chatmodels.core import ErrorCode, ReasoningPart
from chatmodels.testing import FAULTS, Simulator

GREETING = "Hello"
MODEL = "qwen3"
HELLO = [{"role": "user", "content": "Hello"}]


class City(BaseModel):
    """A city."""

    name: str
    people: int


def weather(city: str) -> str:
    """Look up the weather.

    Args:
        city: The city.
    """
    return f"7 degrees in {city}"


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Client]:
    with Client(simulator.url) as client:
        yield client


def test_a_response_has_text(client: Client) -> None:
    response = client.chat(MODEL, HELLO)
    assert response.message.content == f"You said: {GREETING}"
    assert response.eval_count == 3


def test_text_is_streamed(client: Client) -> None:
    chunks = list(client.chat(MODEL, HELLO, stream=True))
    assert "".join(chunk.message.content for chunk in chunks) == f"You said: {GREETING}"
    assert chunks[-1].done


def test_tools_are_called(client: Client) -> None:
    first = client.chat(MODEL, HELLO, tools=[weather])
    (call,) = first.message.tool_calls
    result = {"role": "tool", "tool_name": "weather", "content": weather(**call.function.arguments)}
    second = client.chat(MODEL, [*HELLO, first.message, result], tools=[weather])
    assert second.message.content == "The tools returned: 7 degrees in city"


def test_tool_calls_are_streamed(client: Client) -> None:
    chunks = client.chat(MODEL, HELLO, tools=[weather], stream=True)
    calls = [call for chunk in chunks for call in chunk.message.tool_calls or ()]
    assert calls[0].function.arguments == {"city": "city"}


def test_output_conforms_to_a_schema(client: Client) -> None:
    response = client.chat(MODEL, HELLO, format=City.model_json_schema())
    assert City.model_validate_json(response.message.content) == City(name="name", people=1)


def test_thinking_is_returned_and_streamed(client: Client, simulator: Simulator) -> None:
    parts = (ReasoningPart("A greeting."), "Hi")
    simulator.queue(parts, parts)
    assert client.chat(MODEL, HELLO, think=True).message.thinking == "A greeting."
    chunks = list(client.chat(MODEL, HELLO, think=True, stream=True))
    assert "".join(chunk.message.thinking or "" for chunk in chunks) == "A greeting."


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (ErrorCode.INVALID_REQUEST, 400),
        (ErrorCode.RATE_LIMITED, 429),
        (ErrorCode.MODEL_NOT_FOUND, 404),
        (ErrorCode.PROVIDER_UNAVAILABLE, 500),
    ],
)
def test_errors_have_their_status(
    client: Client, simulator: Simulator, code: ErrorCode, status: int
) -> None:
    simulator.queue(code)
    with pytest.raises(ResponseError) as raised:
        client.chat(MODEL, HELLO)
    assert raised.value.status_code == status
    assert raised.value.error


def test_errors_within_streams_are_raised(client: Client, simulator: Simulator) -> None:
    simulator.queue(FAULTS["error-in-stream"])
    with pytest.raises(ResponseError):
        list(client.chat(MODEL, HELLO, stream=True))


def test_models_are_listed_and_described(client: Client) -> None:
    models = client.list().models
    assert models[0].digest
    assert models[0].modified_at
    assert "completion" in client.show(models[0].model).capabilities
    assert client.ps().models == []


def test_models_are_pulled(client: Client) -> None:
    assert client.pull("new").status == "success"
    assert [step.status for step in client.pull("new", stream=True)][-1] == "success"
    with pytest.raises(ResponseError):
        client.pull("missing")


def test_text_is_generated(client: Client) -> None:
    assert client.generate(MODEL, "Hello").response == f"You said: {GREETING}"
    chunks = list(client.generate(MODEL, "Hello", stream=True))
    assert "".join(chunk.response for chunk in chunks) == f"You said: {GREETING}"


async def test_async_calls_and_streams_agree(simulator: Simulator) -> None:
    async with AsyncClient(simulator.url) as client:
        whole = await client.chat(MODEL, HELLO)
        stream = await client.chat(MODEL, HELLO, stream=True)
        texts = [chunk.message.content async for chunk in stream]
    assert "".join(texts) == whole.message.content
