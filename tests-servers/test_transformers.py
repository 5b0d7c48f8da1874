"""The tests of `transformers serve`: its Responses API, and the fields that it ignores."""

from dataclasses import dataclass

import pytest

from chatmodels.core import (
    ChatModel,
    ChatModelError,
    ErrorCode,
    OutputInvalidError,
    create_chat_model,
    tool_result,
    user,
)
from conversations import add, weather
from serving import Served

PROMPT = "What is the weather in Oslo?"


def model_of(served: Served, provider: str, **options: object) -> ChatModel:
    given = {"base_url": served.base_url, "api_key": "k", "max_retries": 0, **options}
    return create_chat_model(f"{provider}:{served.name}", **given)


@pytest.fixture(params=["openai-compatible", "openai-responses"])
def model(served: Served, request: pytest.FixtureRequest) -> ChatModel:
    if request.param == "openai-responses":
        return model_of(served, "openai", api="responses")
    return model_of(served, request.param)


def test_other_providers_read_its_responses(model: ChatModel) -> None:
    response = model.generate("Greet me.", max_output_tokens=6)
    stream = model.stream("Greet me.", max_output_tokens=6).collect()

    assert response.text == stream.text == "Hello there: one, two"
    assert response.usage == stream.usage
    assert response.usage.output_tokens == 6


def test_other_providers_read_its_calls(model: ChatModel) -> None:
    prompt, tools = [user(PROMPT)], [weather, add]
    response = model.generate(prompt, tools=tools, max_output_tokens=60)
    stream = model.stream(prompt, tools=tools, max_output_tokens=60).collect()

    (call,), (streamed,) = response.tool_calls, stream.tool_calls
    assert (call.name, call.arguments) == ("weather", {"city": "Oslo"})
    assert (streamed.name, streamed.arguments) == (call.name, call.arguments)
    after = model.generate(
        [*prompt, response.message, tool_result(weather.call(call))], max_output_tokens=6
    )
    assert after.text


def test_the_stop_sequence_is_part_of_the_text(served: Served) -> None:
    response = served.model().generate("Greet me.", stop=["two"], max_output_tokens=20)

    assert (response.text, response.finish_reason) == ("Hello there: one, two", "stop")


def test_a_call_that_is_cut_off_is_lost(served: Served) -> None:
    options = {"tools": [weather], "max_output_tokens": 4}
    with pytest.raises(ChatModelError) as caught:
        served.model().generate(PROMPT, **options)
    response = served.model().stream(PROMPT, **options).collect()

    assert (caught.value.status, caught.value.code) == (500, ErrorCode.PROVIDER_UNAVAILABLE)
    assert (response.finish_reason, response.message.parts) == ("length", ())


@dataclass
class Point:
    x: int
    y: int


def test_a_schema_is_ignored(served: Served) -> None:
    with pytest.raises(OutputInvalidError):
        served.model().generate("Invent a point.", output_type=Point, max_output_tokens=20)


def test_unknown_fields_are_an_error(served: Served) -> None:
    with pytest.raises(ChatModelError) as caught:
        served.model().generate("Hi", provider_options={"min_p": 0.1}, max_output_tokens=4)

    assert (caught.value.status, caught.value.code) == (422, ErrorCode.INVALID_REQUEST)
