"""OpenAI's client, with strict validation of each response and event."""

from collections.abc import Iterator

import pytest
from openai import (
    APIStatusError,
    AsyncOpenAI,
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    OpenAI,
    RateLimitError,
    pydantic_function_tool,
)
from pydantic import BaseModel

from chatmodels.core import ErrorCode, ToolCall
from chatmodels.testing import FAULTS, Simulator

GREETING = "Hello"
CHAT = "gpt-4.1"
REASONING = "gpt-6.1-terra"
WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
FUNCTION = {"type": "function", "name": "weather", "parameters": WEATHER, "strict": True}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": WEATHER, "strict": True}}
HELLO = [{"role": "user", "content": "Hello"}]


class City(BaseModel):
    """A city."""

    name: str
    people: int


@pytest.fixture
def client(simulator: Simulator) -> Iterator[OpenAI]:
    with OpenAI(
        api_key="test",
        base_url=simulator.base_url,
        max_retries=0,
        _strict_response_validation=True,
    ) as client:
        yield client


@pytest.fixture
def lenient(simulator: Simulator) -> Iterator[OpenAI]:
    """Yield a client for what OpenAI documents, but the types of its client do not contain.

    These are custom calls in chunks, and the messages of the user in a compaction.
    """
    with OpenAI(api_key="test", base_url=simulator.base_url, max_retries=0) as client:
        yield client


def test_chat_returns_text(client: OpenAI) -> None:
    completion = client.chat.completions.create(model=CHAT, messages=HELLO)
    assert completion.choices[0].message.content == f"You said: {GREETING}"
    assert completion.usage.total_tokens == 4


def test_chat_streams_text_and_usage(client: OpenAI) -> None:
    stream = client.chat.completions.create(
        model=CHAT, messages=HELLO, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == f"You said: {GREETING}"
    assert chunks[-1].usage.total_tokens == 4


def test_chat_calls_tools(client: OpenAI) -> None:
    messages = [*HELLO]
    first = client.chat.completions.create(model=CHAT, messages=messages, tools=[TOOL])
    (call,) = first.choices[0].message.tool_calls
    assert call.function.arguments == '{"city":"city"}'
    messages += [
        first.choices[0].message,
        {"role": "tool", "tool_call_id": call.id, "content": "7 degrees"},
    ]
    second = client.chat.completions.create(model=CHAT, messages=messages, tools=[TOOL])
    assert second.choices[0].message.content == "The tools returned: 7 degrees"


def test_chat_streams_tool_calls(client: OpenAI) -> None:
    with client.chat.completions.stream(model=CHAT, messages=HELLO, tools=[TOOL]) as stream:
        kinds = {event.type for event in stream}
        completion = stream.get_final_completion()
    assert "tool_calls.function.arguments.done" in kinds
    assert completion.choices[0].message.tool_calls[0].function.name == "weather"


def test_chat_parses_output(client: OpenAI) -> None:
    completion = client.chat.completions.parse(model=CHAT, messages=HELLO, response_format=City)
    assert completion.choices[0].message.parsed == City(name="name", people=1)


def test_chat_streams_and_parses_output(client: OpenAI) -> None:
    with client.chat.completions.stream(model=CHAT, messages=HELLO, response_format=City) as stream:
        kinds = {event.type for event in stream}
        completion = stream.get_final_completion()
    assert "content.done" in kinds
    assert completion.choices[0].message.parsed == City(name="name", people=1)


def test_chat_parses_arguments(client: OpenAI) -> None:
    completion = client.chat.completions.parse(
        model=CHAT, messages=HELLO, tools=[pydantic_function_tool(City)]
    )
    (call,) = completion.choices[0].message.tool_calls
    assert call.function.parsed_arguments == City(name="name", people=1)


def test_chat_has_several_choices(client: OpenAI) -> None:
    completion = client.chat.completions.create(model=CHAT, messages=HELLO, n=2)
    assert [choice.index for choice in completion.choices] == [0, 1]


def test_chat_streams_several_choices(client: OpenAI) -> None:
    stream = client.chat.completions.create(model=CHAT, messages=HELLO, n=2, stream=True)
    assert {choice.index for chunk in stream for choice in chunk.choices} == {0, 1}


def test_chat_calls_allowed_and_custom_tools(client: OpenAI) -> None:
    function = {"type": "function", "function": {"name": "weather"}}
    allowed = {"mode": "required", "tools": [function]}
    other = {"type": "function", "function": {"name": "other", "parameters": WEATHER}}
    completion = client.chat.completions.create(
        model=CHAT,
        messages=HELLO,
        tools=[TOOL, other],
        tool_choice={"type": "allowed_tools", "allowed_tools": allowed},
    )
    assert [c.function.name for c in completion.choices[0].message.tool_calls] == ["weather"]
    custom = {"type": "custom", "custom": {"name": "sql"}}
    completion = client.chat.completions.create(model="gpt-5", messages=HELLO, tools=[custom])
    (call,) = completion.choices[0].message.tool_calls
    assert (call.type, call.custom.name) == ("custom", "sql")


def test_chat_streams_custom_tools(lenient: OpenAI) -> None:
    custom = {"type": "custom", "custom": {"name": "sql"}}
    stream = lenient.chat.completions.create(
        model="gpt-5", messages=HELLO, tools=[custom], stream=True
    )
    calls = [c for chunk in stream for c in chunk.choices[0].delta.tool_calls or ()]
    assert "".join(call.custom["input"] for call in calls) == "input"


def test_a_choice_that_requires_a_custom_tool(client: OpenAI) -> None:
    custom = {"type": "custom", "custom": {"name": "sql"}}
    completion = client.chat.completions.create(
        model="gpt-5",
        messages=HELLO,
        tools=[custom],
        tool_choice={"type": "custom", "custom": {"name": "sql"}},
    )
    assert completion.choices[0].message.tool_calls[0].custom.input


def test_responses_return_text(client: OpenAI) -> None:
    response = client.responses.create(model=REASONING, input="Hello")
    assert response.output_text == f"You said: {GREETING}"
    assert response.usage.total_tokens == 4


def test_responses_stream_every_event(client: OpenAI) -> None:
    stream = client.responses.create(model=REASONING, input="Hello", stream=True)
    events = list(stream)
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [event.type for event in events][-1] == "response.completed"


def test_responses_stream_with_the_helper(client: OpenAI) -> None:
    with client.responses.stream(model=REASONING, input="Hello") as stream:
        deltas = [e.delta for e in stream if e.type == "response.output_text.delta"]
        response = stream.get_final_response()
    assert "".join(deltas) == response.output_text == f"You said: {GREETING}"


def test_responses_call_tools(client: OpenAI) -> None:
    items = [*HELLO]
    first = client.responses.create(model=REASONING, input=items, tools=[FUNCTION])
    (call,) = first.output
    items += [
        call,
        {"type": "function_call_output", "call_id": call.call_id, "output": "7 degrees"},
    ]
    second = client.responses.create(model=REASONING, input=items, tools=[FUNCTION])
    assert second.output_text == "The tools returned: 7 degrees"


def test_responses_continue_stored_ones(client: OpenAI) -> None:
    first = client.responses.create(model=REASONING, input="Hello", tools=[FUNCTION])
    (call,) = first.output
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "7 degrees"}
    second = client.responses.create(
        model=REASONING, input=[output], previous_response_id=first.id, tools=[FUNCTION]
    )
    assert second.output_text == "The tools returned: 7 degrees"
    assert second.previous_response_id == first.id


def test_responses_stream_tool_calls(client: OpenAI) -> None:
    with client.responses.stream(model=REASONING, input="Hello", tools=[FUNCTION]) as stream:
        kinds = {event.type for event in stream}
        (call,) = stream.get_final_response().output
    assert "response.function_call_arguments.done" in kinds
    assert call.arguments == '{"city":"city"}'


def test_responses_call_custom_tools(client: OpenAI) -> None:
    custom = {"type": "custom", "name": "sql"}
    with client.responses.stream(model=REASONING, input="Hello", tools=[custom]) as stream:
        kinds = {event.type for event in stream}
        (call,) = stream.get_final_response().output
    assert "response.custom_tool_call_input.done" in kinds
    assert (call.type, call.name) == ("custom_tool_call", "sql")


def test_responses_parse_output(client: OpenAI) -> None:
    response = client.responses.parse(model=REASONING, input="Hello", text_format=City)
    assert response.output_parsed == City(name="name", people=1)
    with client.responses.stream(model=REASONING, input="Hello", text_format=City) as stream:
        for _ in stream:
            pass
        assert stream.get_final_response().output_parsed == City(name="name", people=1)


def test_responses_have_reasoning_and_refusals(client: OpenAI, simulator: Simulator) -> None:
    from chatmodels.core import ReasoningPart, RefusalPart

    parts = (ReasoningPart("It is a greeting."), "Hi")
    simulator.queue(parts, parts, RefusalPart("No."), RefusalPart("No."))
    whole = client.responses.create(model=REASONING, input="Hello")
    assert whole.output[0].summary[0].text == "It is a greeting."
    with client.responses.stream(model=REASONING, input="Hello") as stream:
        kinds = {event.type for event in stream}
    assert "response.reasoning_summary_part.done" in kinds
    whole = client.responses.create(model=REASONING, input="Hello")
    assert whole.output[0].content[0].refusal == "No."
    with client.responses.stream(model=REASONING, input="Hello") as stream:
        assert "response.refusal.done" in {event.type for event in stream}


def test_stored_responses_can_be_managed(client: OpenAI) -> None:
    response = client.responses.create(model=REASONING, input="Hello")
    assert client.responses.retrieve(response.id).output_text == f"You said: {GREETING}"
    assert [e.type for e in client.responses.retrieve(response.id, stream=True)]
    items = list(client.responses.input_items.list(response.id))
    assert items[0].content[0].text == "Hello"
    client.responses.delete(response.id)
    with pytest.raises(NotFoundError):
        client.responses.retrieve(response.id)


def test_background_responses_are_polled_and_cancelled(client: OpenAI) -> None:
    response = client.responses.create(model=REASONING, input="Hello", background=True)
    assert response.status == "queued"
    assert client.responses.cancel(response.id).status == "cancelled"
    response = client.responses.create(model=REASONING, input="Hello", background=True)
    assert client.responses.retrieve(response.id).status == "completed"


def test_input_tokens_are_counted(client: OpenAI) -> None:
    count = client.responses.input_tokens.count(model=REASONING, input="Hello you")
    assert count.input_tokens == 2


def test_conversations_are_compacted(lenient: OpenAI) -> None:
    compacted = lenient.responses.compact(model=REASONING, input=HELLO)
    assert compacted.output[-1].type == "compaction"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (ErrorCode.INVALID_REQUEST, BadRequestError),
        (ErrorCode.RATE_LIMITED, RateLimitError),
        (ErrorCode.QUOTA_EXCEEDED, RateLimitError),
        (ErrorCode.MODEL_NOT_FOUND, NotFoundError),
        (ErrorCode.PROVIDER_UNAVAILABLE, InternalServerError),
    ],
)
def test_errors_have_their_type(
    client: OpenAI, simulator: Simulator, code: ErrorCode, kind: type[APIStatusError]
) -> None:
    simulator.queue(code, code)
    with pytest.raises(kind) as raised:
        client.chat.completions.create(model=CHAT, messages=HELLO)
    assert raised.value.type
    with pytest.raises(kind) as raised:
        client.responses.create(model=REASONING, input="Hello")
    assert raised.value.request_id


def test_a_wrong_key_is_refused(client: OpenAI) -> None:
    with pytest.raises(AuthenticationError) as raised:
        client.with_options(api_key="bad").models.list()
    assert raised.value.code == "invalid_api_key"


def test_errors_within_streams_are_raised(client: OpenAI, simulator: Simulator) -> None:
    from openai import APIError

    simulator.queue(FAULTS["error-in-stream"])
    with pytest.raises(APIError):
        list(client.chat.completions.create(model=CHAT, messages=HELLO, stream=True))
    simulator.queue(FAULTS["error-in-stream"])
    events = list(client.responses.create(model=REASONING, input="Hello", stream=True))
    assert events[-1].type == "error"


def test_models_are_listed(client: OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert client.models.retrieve(names[0]).id == names[0]


def test_a_queued_call_streams(client: OpenAI, simulator: Simulator) -> None:
    simulator.queue(ToolCall("call_1", "weather", '{"city": "Oslo"}'))
    with client.responses.stream(model=REASONING, input="Hello", tools=[FUNCTION]) as stream:
        (call,) = stream.until_done().get_final_response().output
    assert call.call_id == "call_1"


async def test_async_calls_and_streams_agree(simulator: Simulator) -> None:
    async with AsyncOpenAI(
        api_key="test", base_url=simulator.base_url, _strict_response_validation=True
    ) as client:
        whole = await client.responses.create(model=REASONING, input="Hello")
        async with client.responses.stream(model=REASONING, input="Hello") as stream:
            response = await stream.get_final_response()
    assert whole.output_text == response.output_text
