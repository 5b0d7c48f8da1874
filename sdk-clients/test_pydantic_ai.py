"""Pydantic AI, with its models of several vendors."""

import pytest
from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.models import Model

from chatmodels.core import ErrorCode
from chatmodels.testing import Simulator

GREETING = "Hello"


class City(BaseModel):
    """A city."""

    name: str
    people: int


def openai_chat(simulator: Simulator) -> Model:
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    provider = OpenAIProvider(api_key="test", base_url=simulator.base_url)
    return OpenAIChatModel("gpt-4.1", provider=provider)


def openai_responses(simulator: Simulator) -> Model:
    from pydantic_ai.models.openai import OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    provider = OpenAIProvider(api_key="test", base_url=simulator.base_url)
    return OpenAIResponsesModel("gpt-6.1-terra", provider=provider)


def anthropic(simulator: Simulator) -> Model:
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    provider = AnthropicProvider(api_key="test", base_url=simulator.url)
    return AnthropicModel("claude-sonnet-5-5", provider=provider)


def google(simulator: Simulator) -> Model:
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    provider = GoogleProvider(api_key="test", base_url=simulator.url)
    return GoogleModel("gemini-3.8-flash", provider=provider)


def groq(simulator: Simulator) -> Model:
    from pydantic_ai.models.groq import GroqModel
    from pydantic_ai.providers.groq import GroqProvider

    provider = GroqProvider(api_key="test", base_url=f"{simulator.url}/groq")
    return GroqModel("openai/gpt-oss-120b", provider=provider)


@pytest.fixture(params=[openai_chat, openai_responses, anthropic, google, groq])
def model(request: pytest.FixtureRequest, simulator: Simulator) -> Model:
    return request.param(simulator)


async def test_an_agent_runs(model: Model) -> None:
    result = await Agent(model).run("Hello")
    assert result.output == f"You said: {GREETING}"


async def test_an_agent_streams(model: Model) -> None:
    async with Agent(model).run_stream("Hello") as result:
        texts = [text async for text in result.stream_text(delta=True, debounce_by=None)]
    assert "".join(texts) == f"You said: {GREETING}"


async def test_an_agent_calls_tools(model: Model) -> None:
    agent = Agent(model)

    @agent.tool_plain
    def weather(city: str) -> str:
        """Look up the weather."""
        return f"7 degrees in {city}"

    result = await agent.run("Hello")
    assert "7 degrees in city" in result.output


async def test_an_agent_returns_a_type(model: Model) -> None:
    result = await Agent(model, output_type=City).run("Hello")
    assert result.output == City(name="name", people=1)


async def test_errors_have_their_status(model: Model, simulator: Simulator) -> None:
    simulator.queue(ErrorCode.INVALID_REQUEST)
    with pytest.raises(ModelHTTPError) as raised:
        await Agent(model).run("Hello")
    assert raised.value.status_code == 400
