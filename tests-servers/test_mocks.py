"""The providers with mock servers of others, which were written from the vendors' documentation."""

from dataclasses import dataclass

import pytest

from chatmodels.core import ToolCallDelta, tool_result, user
from conftest import NAME
from conversations import add, weather
from mocks import Mocked, each_api


@each_api
def test_whole_and_streamed_responses_are_read(mocked: Mocked, api: str) -> None:
    model = mocked.model(api)
    response = model.generate("Hello")
    with model.stream("Hello") as stream:
        texts = list(stream.texts())

    assert response.text
    assert stream.response.text == "".join(texts)
    assert response.finish_reason == stream.response.finish_reason == "stop"
    assert response.warnings == stream.response.warnings == ()


@each_api
async def test_awaited_responses_are_read(mocked: Mocked, api: str) -> None:
    response = await mocked.model(api).agenerate("Hello")
    async with mocked.model(api).astream("Hello") as stream:
        texts = [text async for text in stream.texts()]

    assert response.text
    assert stream.response.text == "".join(texts)


@each_api
def test_a_tool_is_called_and_its_result_is_read(mocked: Mocked, api: str) -> None:
    model, tools = mocked.model(api), [weather, add]
    prompt = [user("What is the weather in Oslo?")]
    response = model.generate(prompt, tools=tools)
    with model.stream(prompt, tools=tools) as stream:
        fragments = [event for event in stream if isinstance(event, ToolCallDelta)]

    (call,), (streamed,) = response.tool_calls, stream.response.tool_calls
    assert response.finish_reason == stream.response.finish_reason == "tool_calls"
    assert (call.name, call.arguments) == (streamed.name, streamed.arguments)
    assert (call.name, list(call.arguments)) == ("weather", ["city"])
    assert "".join(each.arguments_json for each in fragments) == streamed.arguments_json
    turns = [*prompt, response.message, tool_result(weather.call(call))]
    after = model.generate(turns, tools=tools)
    assert after.text
    assert after.finish_reason == "stop"


@dataclass
class Point:
    x: int
    y: int


@each_api
@pytest.mark.parametrize("streamed", [False, True])
def test_output_has_the_requested_type(mocked: Mocked, api: str, streamed: bool) -> None:
    if (NAME, api) == ("llmock", "anthropic"):
        pytest.skip("llmock 0.2 ignores Anthropic's output_config")
    model = mocked.model(api)
    if streamed:
        response = model.stream("Invent a point.", output_type=Point).collect()
    else:
        response = model.generate("Invent a point.", output_type=Point)

    assert isinstance(response.parsed, Point)
