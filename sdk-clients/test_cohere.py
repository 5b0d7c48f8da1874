"""Cohere's client."""

from collections.abc import Iterator

import pytest
from cohere import AsyncClientV2, ClientV2
from cohere.core import ApiError
from cohere.errors import (
    BadRequestError,
    NotFoundError,
    TooManyRequestsError,
    UnauthorizedError,
)

from chatmodels.core import ErrorCode, ReasoningPart
from chatmodels.testing import FAULTS, Simulator

GREETING = "Hello"
MODEL = "command-a-03-2025"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}
HELLO = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def client(simulator: Simulator) -> Iterator[ClientV2]:
    with ClientV2(
        api_key="test", base_url=simulator.url, log_warning_experimental_features=False
    ) as client:
        yield client


def test_a_response_has_text(client: ClientV2) -> None:
    response = client.chat(model=MODEL, messages=HELLO)
    assert response.message.content[0].text == f"You said: {GREETING}"
    assert response.usage.tokens.output_tokens == 3


def test_events_are_streamed(client: ClientV2) -> None:
    events = list(client.chat_stream(model=MODEL, messages=HELLO))
    texts = [e.delta.message.content.text for e in events if e.type == "content-delta"]
    assert "".join(texts) == f"You said: {GREETING}"
    assert events[-1].delta.finish_reason == "COMPLETE"


def test_tools_are_called(client: ClientV2) -> None:
    first = client.chat(model=MODEL, messages=HELLO, tools=[TOOL])
    (call,) = first.message.tool_calls
    result = {"role": "tool", "tool_call_id": call.id, "content": "7 degrees"}
    messages = [*HELLO, {"role": "assistant", "tool_calls": first.message.tool_calls}, result]
    second = client.chat(model=MODEL, messages=messages, tools=[TOOL])
    assert second.message.content[0].text == "The tools returned: 7 degrees"


def test_tool_calls_are_streamed(client: ClientV2) -> None:
    kinds = [event.type for event in client.chat_stream(model=MODEL, messages=HELLO, tools=[TOOL])]
    assert {"tool-call-start", "tool-call-delta", "tool-call-end"} <= set(kinds)


def test_output_conforms_to_a_schema(client: ClientV2) -> None:
    for field in ("schema", "json_schema"):
        response = client.chat(
            model=MODEL,
            messages=HELLO,
            response_format={"type": "json_object", field: SCHEMA},
        )
        assert response.message.content[0].text == '{"city":"city"}'


def test_thinking_is_returned_and_streamed(client: ClientV2, simulator: Simulator) -> None:
    parts = (ReasoningPart("A greeting."), "Hi")
    simulator.queue(parts, parts)
    response = client.chat(model="command-a-reasoning-08-2025", messages=HELLO)
    assert response.message.content[0].thinking == "A greeting."
    events = client.chat_stream(model="command-a-reasoning-08-2025", messages=HELLO)
    assert [e.delta.message.content.type for e in events if e.type == "content-start"] == [
        "thinking",
        "text",
    ]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (ErrorCode.INVALID_REQUEST, BadRequestError),
        (ErrorCode.RATE_LIMITED, TooManyRequestsError),
        (ErrorCode.MODEL_NOT_FOUND, NotFoundError),
        (ErrorCode.PROVIDER_UNAVAILABLE, ApiError),
    ],
)
def test_errors_have_their_type(
    client: ClientV2, simulator: Simulator, code: ErrorCode, kind: type[ApiError]
) -> None:
    simulator.queue(code)
    with pytest.raises(kind) as raised:
        client.chat(model=MODEL, messages=HELLO, request_options={"max_retries": 0})
    assert raised.value.body["message"]


def test_errors_within_streams_are_reported(client: ClientV2, simulator: Simulator) -> None:
    simulator.queue(FAULTS["error-in-stream"])
    *_, last = client.chat_stream(model=MODEL, messages=HELLO)
    assert last.delta.finish_reason == "ERROR"


def test_a_wrong_key_is_refused(simulator: Simulator) -> None:
    with (
        ClientV2(api_key="bad", base_url=simulator.url) as client,
        pytest.raises(UnauthorizedError),
    ):
        client.chat(model=MODEL, messages=HELLO)


def test_models_are_listed(client: ClientV2) -> None:
    names = [model.name for model in client.models.list().models]
    assert client.models.get(names[0]).name == names[0]


def test_texts_are_tokenised(client: ClientV2) -> None:
    response = client.tokenize(text="Hello you", model=MODEL, offline=False)
    assert len(response.tokens) == 2


async def test_async_calls_and_streams_agree(simulator: Simulator) -> None:
    async with AsyncClientV2(api_key="test", base_url=simulator.url) as client:
        whole = await client.chat(model=MODEL, messages=HELLO)
        events = client.chat_stream(model=MODEL, messages=HELLO)
        texts = [e.delta.message.content.text async for e in events if e.type == "content-delta"]
    assert "".join(texts) == whole.message.content[0].text
