"""LangChain's models of OpenAI, with chat completions and with the Responses API."""

import pytest
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from openai import RateLimitError
from pydantic import BaseModel

from chatmodels.core import ErrorCode
from chatmodels.testing import Simulator

GREETING = "Hello"


class City(BaseModel):
    """A city."""

    name: str
    people: int


@tool
def weather(city: str) -> str:
    """Look up the weather."""
    return f"7 degrees in {city}"


@pytest.fixture(params=[True, False], ids=["responses", "chat"])
def model(request: pytest.FixtureRequest, simulator: Simulator) -> ChatOpenAI:
    return ChatOpenAI(
        model="gpt-6.1-terra" if request.param else "gpt-4.1",
        api_key="test",
        base_url=simulator.base_url,
        max_retries=0,
        stream_usage=True,
        use_responses_api=request.param,
    )


def test_text_is_returned(model: ChatOpenAI) -> None:
    message = model.invoke("Hello")
    assert message.text == f"You said: {GREETING}"
    assert message.usage_metadata["total_tokens"] == 4


def test_text_is_streamed(model: ChatOpenAI) -> None:
    chunks = list(model.stream("Hello"))
    assert "".join(chunk.text for chunk in chunks) == f"You said: {GREETING}"
    assert sum(c.usage_metadata["total_tokens"] for c in chunks if c.usage_metadata) == 4


def test_tools_are_called(model: ChatOpenAI) -> None:
    from langchain_core.messages import HumanMessage

    bound = model.bind_tools([weather])
    question = HumanMessage("Hello")
    first = bound.invoke([question])
    results = [weather.invoke(call) for call in first.tool_calls]
    second = bound.invoke([question, first, *results])
    assert second.text == "The tools returned: 7 degrees in city"


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_output_is_parsed(model: ChatOpenAI, method: str) -> None:
    structured = model.with_structured_output(City, method=method)
    assert structured.invoke("Hello") == City(name="name", people=1)


def test_errors_have_their_type(model: ChatOpenAI, simulator: Simulator) -> None:
    simulator.queue(ErrorCode.RATE_LIMITED)
    with pytest.raises(RateLimitError):
        model.invoke("Hello")


async def test_async_streams_have_the_text(model: ChatOpenAI) -> None:
    texts = [chunk.text async for chunk in model.astream("Hello")]
    assert "".join(texts) == f"You said: {GREETING}"
