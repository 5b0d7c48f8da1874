"""OpenAI's Agents SDK, with the Responses API and with chat completions."""

import pytest
from agents import (
    Agent,
    ModelSettings,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    RunConfig,
    Runner,
    function_tool,
)
from openai import AsyncOpenAI
from openai.types.shared import Reasoning
from pydantic import BaseModel

from chatmodels.testing import Simulator

GREETING = "Hello"
KINDS = {"responses": OpenAIResponsesModel, "chat": OpenAIChatCompletionsModel}
QUIET = RunConfig(tracing_disabled=True)


class City(BaseModel):
    """A city."""

    name: str
    people: int


@function_tool
def weather(city: str) -> str:
    """Look up the weather."""
    return f"7 degrees in {city}"


@pytest.fixture(params=KINDS)
async def agent(request: pytest.FixtureRequest, simulator: Simulator):
    async with AsyncOpenAI(
        api_key="test",
        base_url=simulator.base_url,
        max_retries=0,
        _strict_response_validation=True,
    ) as client:
        model = KINDS[request.param](model="gpt-6.1-terra", openai_client=client)
        # OpenAI refuses functions in chat completions if the model reasons.
        settings = ModelSettings(include_usage=True, reasoning=Reasoning(effort="none"))
        yield Agent(name="guide", model=model, model_settings=settings)


async def test_an_agent_runs(agent: Agent) -> None:
    result = await Runner.run(agent, "Hello", run_config=QUIET)
    assert result.final_output == f"You said: {GREETING}"


async def test_an_agent_streams(agent: Agent) -> None:
    result = Runner.run_streamed(agent, "Hello", run_config=QUIET)
    kinds = {event.type async for event in result.stream_events()}
    assert "raw_response_event" in kinds
    assert result.final_output == f"You said: {GREETING}"


async def test_an_agent_calls_tools(agent: Agent) -> None:
    result = await Runner.run(agent.clone(tools=[weather]), "Hello", run_config=QUIET)
    assert result.final_output == "The tools returned: 7 degrees in city"
    result = Runner.run_streamed(agent.clone(tools=[weather]), "Hello", run_config=QUIET)
    assert [event.type async for event in result.stream_events()]
    assert result.final_output == "The tools returned: 7 degrees in city"


async def test_an_agent_returns_a_type(agent: Agent) -> None:
    result = await Runner.run(agent.clone(output_type=City), "Hello", run_config=QUIET)
    assert result.final_output == City(name="name", people=1)
