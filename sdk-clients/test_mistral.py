"""Mistral's client, which validates each response and event."""

from collections.abc import Iterator

import pytest
from mistralai.client import Mistral
from mistralai.client.errors import SDKError
from pydantic import BaseModel

from chatmodels.core import ErrorCode, ReasoningPart
from chatmodels.testing import FAULTS, Simulator

GREETING = "Hello"
MODEL = "mistral-medium-latest"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}
HELLO = [{"role": "user", "content": "Hello"}]


class City(BaseModel):
    """A city."""

    name: str
    people: int


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Mistral]:
    with Mistral(api_key="test", server_url=f"{simulator.url}/mistral") as client:
        yield client


def test_a_completion_has_text(client: Mistral) -> None:
    response = client.chat.complete(model=MODEL, messages=HELLO)
    assert response.choices[0].message.content == f"You said: {GREETING}"


def test_text_is_streamed(client: Mistral) -> None:
    with client.chat.stream(model=MODEL, messages=HELLO) as stream:
        chunks = [event.data for event in stream]
    assert "".join(c.choices[0].delta.content for c in chunks) == f"You said: {GREETING}"
    assert chunks[-1].usage.total_tokens == 4


def test_tools_are_called(client: Mistral) -> None:
    first = client.chat.complete(model=MODEL, messages=HELLO, tools=[TOOL], tool_choice="any")
    message = first.choices[0].message
    (call,) = message.tool_calls
    result = {
        "role": "tool",
        "name": "weather",
        "tool_call_id": call.id,
        "content": "7 degrees",
    }
    messages = [*HELLO, message, result]
    second = client.chat.complete(model=MODEL, messages=messages, tools=[TOOL])
    assert second.choices[0].message.content == "The tools returned: 7 degrees"


def test_tool_calls_are_streamed(client: Mistral) -> None:
    with client.chat.stream(model=MODEL, messages=HELLO, tools=[TOOL]) as stream:
        deltas = [event.data.choices[0].delta for event in stream]
    assert [call.function.name for d in deltas for call in d.tool_calls or ()] == ["weather"]


def test_output_is_parsed(client: Mistral) -> None:
    response = client.chat.parse(City, model=MODEL, messages=HELLO)
    assert response.choices[0].message.parsed == City(name="name", people=1)


def test_reasoning_is_returned_and_streamed(client: Mistral, simulator: Simulator) -> None:
    parts = (ReasoningPart("A greeting."), "Hi")
    simulator.queue(parts, parts)
    response = client.chat.complete(model=MODEL, messages=HELLO)
    assert response.choices[0].message.content[0].thinking[0].text == "A greeting."
    with client.chat.stream(model=MODEL, messages=HELLO) as stream:
        assert any(isinstance(e.data.choices[0].delta.content, list) for e in stream)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (ErrorCode.INVALID_REQUEST, 400),
        (ErrorCode.RATE_LIMITED, 429),
        (ErrorCode.PROVIDER_UNAVAILABLE, 500),
    ],
)
def test_errors_have_their_status(
    client: Mistral, simulator: Simulator, code: ErrorCode, status: int
) -> None:
    simulator.queue(code)
    with pytest.raises(SDKError) as raised:
        client.chat.complete(model=MODEL, messages=HELLO)
    assert raised.value.status_code == status


def test_an_unavailable_model_is_an_error(client: Mistral, simulator: Simulator) -> None:
    simulator.queue(FAULTS["unavailable"])
    with pytest.raises(SDKError):
        client.chat.complete(model=MODEL, messages=HELLO)


def test_a_wrong_key_is_refused(simulator: Simulator) -> None:
    with (
        Mistral(api_key="bad", server_url=f"{simulator.url}/mistral") as client,
        pytest.raises(SDKError) as raised,
    ):
        client.chat.complete(model=MODEL, messages=HELLO)
    assert raised.value.status_code == 401


def test_models_are_listed(client: Mistral) -> None:
    names = [model.id for model in client.models.list().data]
    assert client.models.retrieve(model_id=names[0]).id == names[0]


async def test_async_calls_and_streams_agree(simulator: Simulator) -> None:
    async with Mistral(api_key="test", server_url=f"{simulator.url}/mistral") as client:
        whole = await client.chat.complete_async(model=MODEL, messages=HELLO)
        stream = await client.chat.stream_async(model=MODEL, messages=HELLO)
        texts = [event.data.choices[0].delta.content async for event in stream]
    assert "".join(texts) == whole.choices[0].message.content
