"""Anthropic's client, with strict validation of each response."""

from collections.abc import Iterator

import pytest
from anthropic import (
    Anthropic,
    APIStatusError,
    AsyncAnthropic,
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    beta_tool,
)
from pydantic import BaseModel

from chatmodels.core import ErrorCode, ReasoningPart
from chatmodels.testing import FAULTS, Simulator

GREETING = "Hello"
MODEL = "claude-sonnet-5-5"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"name": "weather", "description": "Look up the weather.", "input_schema": SCHEMA}
HELLO = [{"role": "user", "content": "Hello"}]
CALL = {"model": MODEL, "max_tokens": 100}


class City(BaseModel):
    """A city."""

    name: str
    people: int


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Anthropic]:
    with Anthropic(
        api_key="test", base_url=simulator.url, max_retries=0, _strict_response_validation=True
    ) as client:
        yield client


def test_a_message_has_text(client: Anthropic) -> None:
    message = client.messages.create(**CALL, messages=HELLO)
    assert message.content[0].text == f"You said: {GREETING}"
    assert message.usage.output_tokens == 3


def test_events_are_streamed(client: Anthropic) -> None:
    events = list(client.messages.create(**CALL, messages=HELLO, stream=True))
    assert [events[0].type, events[-1].type] == ["message_start", "message_stop"]


def test_the_helper_collects_a_stream(client: Anthropic) -> None:
    with client.messages.stream(**CALL, messages=HELLO) as stream:
        text = "".join(stream.text_stream)
        message = stream.get_final_message()
    assert text == message.content[0].text == f"You said: {GREETING}"


def test_tools_are_called(client: Anthropic) -> None:
    first = client.messages.create(**CALL, messages=HELLO, tools=[TOOL])
    (call,) = first.content
    assert (first.stop_reason, call.input) == ("tool_use", {"city": "city"})
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "7 degrees"}
    messages = [
        *HELLO,
        {"role": "assistant", "content": first.content},
        {"role": "user", "content": [result]},
    ]
    with client.messages.stream(**CALL, messages=messages, tools=[TOOL]) as stream:
        assert stream.get_final_text() == "The tools returned: 7 degrees"


def test_tool_calls_are_streamed(client: Anthropic) -> None:
    with client.messages.stream(**CALL, messages=HELLO, tools=[TOOL]) as stream:
        kinds = {event.type for event in stream}
        (call,) = stream.get_final_message().content
    assert "input_json" in kinds
    assert call.input == {"city": "city"}


def test_the_runner_calls_functions(client: Anthropic) -> None:
    @beta_tool
    def weather(city: str) -> str:
        """Look up the weather.

        Args:
            city: The city.
        """
        return f"7 degrees in {city}"

    runner = client.beta.messages.tool_runner(**CALL, messages=HELLO, tools=[weather])
    assert runner.until_done().content[0].text == "The tools returned: 7 degrees in city"


def test_output_is_parsed(client: Anthropic) -> None:
    message = client.messages.parse(**CALL, messages=HELLO, output_format=City)
    assert message.parsed_output == City(name="name", people=1)
    with client.messages.stream(**CALL, messages=HELLO, output_format=City) as stream:
        assert stream.get_final_message().parsed_output == City(name="name", people=1)


def test_thinking_is_returned_and_streamed(client: Anthropic, simulator: Simulator) -> None:
    parts = (ReasoningPart("A greeting."), "Hi")
    simulator.queue(parts, parts)
    whole = client.messages.create(**CALL, messages=HELLO)
    assert whole.content[0].thinking == "A greeting."
    with client.messages.stream(**CALL, messages=HELLO) as stream:
        kinds = {event.type for event in stream}
    assert {"thinking", "signature"} <= kinds


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (ErrorCode.INVALID_REQUEST, BadRequestError),
        (ErrorCode.RATE_LIMITED, RateLimitError),
        (ErrorCode.MODEL_NOT_FOUND, NotFoundError),
        (ErrorCode.CONTEXT_LENGTH_EXCEEDED, BadRequestError),
        (ErrorCode.PROVIDER_UNAVAILABLE, InternalServerError),
    ],
)
def test_errors_have_their_type(
    client: Anthropic, simulator: Simulator, code: ErrorCode, kind: type[APIStatusError]
) -> None:
    simulator.queue(code)
    with pytest.raises(kind) as raised:
        client.messages.create(**CALL, messages=HELLO)
    assert raised.value.type
    assert raised.value.request_id == raised.value.body["request_id"]


def test_an_overload_has_its_type(client: Anthropic, simulator: Simulator) -> None:
    simulator.queue(FAULTS["overloaded"])
    with pytest.raises(APIStatusError) as raised:
        client.messages.create(**CALL, messages=HELLO)
    assert (raised.value.status_code, raised.value.type) == (529, "overloaded_error")


def test_errors_within_streams_are_raised(client: Anthropic, simulator: Simulator) -> None:
    simulator.queue(FAULTS["error-in-stream"])
    with pytest.raises(APIStatusError):
        list(client.messages.create(**CALL, messages=HELLO, stream=True))


def test_a_wrong_key_is_refused(client: Anthropic) -> None:
    with pytest.raises(AuthenticationError):
        client.with_options(api_key="bad").models.list()


def test_models_are_listed(client: Anthropic) -> None:
    names = [model.id for model in client.models.list()]
    assert client.models.retrieve(names[0]).id == names[0]


def test_tokens_are_counted(client: Anthropic) -> None:
    assert client.messages.count_tokens(model=MODEL, messages=HELLO).input_tokens == 1


async def test_async_calls_and_streams_agree(simulator: Simulator) -> None:
    async with AsyncAnthropic(
        api_key="test", base_url=simulator.url, _strict_response_validation=True
    ) as client:
        whole = await client.messages.create(**CALL, messages=HELLO)
        async with client.messages.stream(**CALL, messages=HELLO) as stream:
            streamed = await stream.get_final_message()
    assert whole.content[0].text == streamed.content[0].text
