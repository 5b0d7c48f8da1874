"""Groq's client, with strict validation of each response."""

from collections.abc import Iterator

import pytest
from groq import APIError, AuthenticationError, Groq, RateLimitError

from chatmodels.core import ErrorCode
from chatmodels.testing import FAULTS, Simulator

GREETING = "Hello"
MODEL = "openai/gpt-oss-120b"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}
HELLO = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Groq]:
    with Groq(
        api_key="test",
        base_url=f"{simulator.url}/groq",
        max_retries=0,
        _strict_response_validation=True,
    ) as client:
        yield client


def test_a_completion_has_text(client: Groq) -> None:
    completion = client.chat.completions.create(model=MODEL, messages=HELLO)
    assert completion.choices[0].message.content == f"You said: {GREETING}"


def test_text_is_streamed(client: Groq) -> None:
    chunks = list(client.chat.completions.create(model=MODEL, messages=HELLO, stream=True))
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == f"You said: {GREETING}"
    assert chunks[-1].x_groq.usage.total_tokens == 4


def test_tools_are_called(client: Groq) -> None:
    first = client.chat.completions.create(model=MODEL, messages=HELLO, tools=[TOOL])
    message = first.choices[0].message
    (call,) = message.tool_calls
    result = {"role": "tool", "tool_call_id": call.id, "content": "7 degrees"}
    calls = {"role": "assistant", "tool_calls": [call.model_dump()]}
    second = client.chat.completions.create(
        model=MODEL, messages=[*HELLO, calls, result], tools=[TOOL]
    )
    assert second.choices[0].message.content == "The tools returned: 7 degrees"


def test_output_conforms_to_a_schema(client: Groq) -> None:
    schema = {"name": "city", "schema": SCHEMA}
    completion = client.chat.completions.create(
        model=MODEL,
        messages=HELLO,
        response_format={"type": "json_schema", "json_schema": schema},
    )
    assert completion.choices[0].message.content == '{"city":"city"}'


def test_errors_have_their_type(client: Groq, simulator: Simulator) -> None:
    simulator.queue(ErrorCode.RATE_LIMITED)
    with pytest.raises(RateLimitError):
        client.chat.completions.create(model=MODEL, messages=HELLO)
    simulator.queue(FAULTS["error-in-stream"])
    with pytest.raises(APIError):
        list(client.chat.completions.create(model=MODEL, messages=HELLO, stream=True))
    with pytest.raises(AuthenticationError):
        client.with_options(api_key="bad").models.list()


def test_models_are_listed(client: Groq) -> None:
    (first, *_) = client.models.list().data
    assert client.models.retrieve(first.id).id == first.id
