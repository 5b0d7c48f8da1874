"""Runs with tools, at every provider and in every shape, through the simulator."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from chatmodels.core import (
    ErrorCode,
    Message,
    ReasoningPart,
    ToolCall,
    ToolLimitError,
    ToolRun,
    arun_tools,
    astream_tools,
    create_chat_model,
    from_json,
    run_tools,
    stream_tools,
    to_json,
    tool,
    tool_result,
)
from chatmodels.core.extending import Send
from chatmodels.providers.mock import MockChatModel
from chatmodels.resilience import Retry
from chatmodels.testing import Simulator
from vendors import VENDORS, model_of

FORCING = [name for name in VENDORS if name != "ollama" and not name.startswith("azure")]
CALLS = (
    ToolCall("call00001", "weather", '{"city": "Oslo"}'),
    ToolCall("call00002", "weather", '{"city": "Rome"}'),
)


@tool
def weather(city: str) -> str:
    """Look up the weather."""
    return f"It is sunny in {city}."


@dataclass
class City:
    city: str


async def shapes(make: Any, prompt: Any, **options: Any) -> AsyncIterator[ToolRun[Any]]:
    """Run whole and streamed, sync and async, each with a model made anew."""
    yield run_tools(make(), prompt, **options)
    yield stream_tools(make(), prompt, **options).collect()
    yield await arun_tools(make(), prompt, **options)
    yield await astream_tools(make(), prompt, **options).collect()


@pytest.mark.parametrize("provider", VENDORS)
async def test_a_run_is_equal_in_all_call_forms(provider: str) -> None:
    with Simulator() as simulator:

        def make() -> Any:
            simulator.queue((ReasoningPart("Hm."), "Let me see.", *CALLS), "Sunny in both.")
            return model_of(provider, simulator)

        runs = [done async for done in shapes(make, "Where is it sunny?", tools=[weather])]
        bodies = [exchange.request.body.decode() for exchange in simulator.exchanges]

    for done in runs:
        assert done.text == "Sunny in both."
        texts = [message.parts[0].text for message in done.messages if message.role == "tool"]  # type: ignore[union-attr]
        assert texts == ["It is sunny in Oslo.", "It is sunny in Rome."]
        assert len(done.responses) == 2
        total = done.usage.total_tokens
        assert total == sum(response.usage.total_tokens or 0 for response in done.responses)
        assert from_json(to_json(done.messages), tuple[Message, ...]) == done.messages
    assert len(bodies) == 8
    for body in bodies[1::2]:
        assert body.index("sunny in Oslo") < body.index("sunny in Rome")


@pytest.mark.parametrize("second", ["anthropic", "google", "openai responses", "bedrock"])
@pytest.mark.parametrize("first", ["cohere", "google", "mistral", "openai"])
def test_a_run_of_one_vendor_is_continued_by_another(first: str, second: str) -> None:
    with Simulator() as simulator:
        simulator.queue(CALLS, CALLS[0])
        with pytest.raises(ToolLimitError) as caught:
            run_tools(model_of(first, simulator), "Sunny?", tools=[weather], max_rounds=2)
        simulator.queue(CALLS[1], "Yes.")
        done = run_tools(model_of(second, simulator), caught.value.run.messages, tools=[weather])

    assert done.text == "Yes."
    assert [message.role for message in done.messages].count("tool") == 4


@pytest.mark.parametrize("provider", FORCING)
async def test_the_final_response_is_parsed_also_through_an_output_tool(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Simulator() as simulator:
        native: Any = model_of(provider, simulator)
        lacking: Any = model_of(provider, simulator)
        profile = msgspec.structs.replace(lacking._profile, native_output=frozenset())
        monkeypatch.setattr(lacking, "_profile", profile)

        def of_native() -> Any:
            simulator.queue(CALLS, '{"city": "Oslo"}')
            return native

        def of_lacking() -> Any:
            simulator.queue(CALLS, ToolCall("call00003", "City", '{"city": "Oslo"}'))
            return lacking

        for make in (of_native, of_lacking):
            async for done in shapes(make, "Where?", tools=[weather], output_type=City):
                assert done.parsed == City("Oslo")
                assert done.response.tool_calls == ()
                assert done.messages[-1].text


@pytest.mark.parametrize("provider", FORCING)
async def test_an_output_through_a_tool_beside_a_call_is_not_the_final_one(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Simulator() as simulator:
        lacking: Any = model_of(provider, simulator)
        profile = msgspec.structs.replace(lacking._profile, native_output=frozenset())
        monkeypatch.setattr(lacking, "_profile", profile)
        early = ToolCall("call00003", "City", '{"city": "Rome"}')

        def make() -> Any:
            simulator.queue((CALLS[0], early), ToolCall("call00004", "City", '{"city": "Oslo"}'))
            return lacking

        async for done in shapes(make, "Where?", tools=[weather], output_type=City):
            assert done.parsed == City("Oslo")
            assert [end.call.name for end in done.tool_ends] == ["weather"]


@pytest.mark.parametrize("provider", ["anthropic", "google", "openai", "openai responses"])
def test_a_forced_tool_is_called_in_the_first_round_alone(provider: str) -> None:
    with Simulator() as simulator:
        simulator.queue(CALLS[0], "Sunny.")
        run_tools(model_of(provider, simulator), "Oslo?", tools=[weather], tool_choice="required")
        first, second = (json.dumps(body) for body in simulator.requests)

    forced = {"anthropic": '"any"', "google": '"ANY"'}.get(provider, '"required"')
    assert forced in first
    assert f'"tool_choice": {forced}' not in second
    assert '"ANY"' not in second


async def test_arguments_that_the_limit_cut_off_are_not_sent_back() -> None:
    cut = ToolCall("call00001", "weather", '{"city": "Os')

    def make() -> Any:
        return MockChatModel(responses=[(CALLS[1], cut), "Sunny."])

    async for done in shapes(make, "Oslo?", tools=[weather]):
        assert done.text == "Sunny."
        assert [call.arguments_json for call in done.messages[1].tool_calls] == [
            CALLS[1].arguments_json,
            "{}",
        ]


async def test_policies_hold_for_each_round() -> None:
    def make() -> Any:
        script = [ErrorCode.RATE_LIMITED, CALLS, ErrorCode.NETWORK, "Sunny."]
        return MockChatModel(responses=script).with_policies(Retry(initial_delay=0, max_delay=0))

    async for done in shapes(make, "Oslo?", tools=[weather]):
        assert done.text == "Sunny."
        assert [each.timing.attempts for each in done.responses] == [2, 2]


async def test_a_policy_can_use_another_model_in_a_run() -> None:
    def make() -> Any:
        backup = MockChatModel("spare", responses=[CALLS, "Sunny, says the spare."])

        def fallback(call: Any, request: Any) -> Any:
            try:
                return (yield Send(request))
            except Exception:
                return (yield Send(request, backup))

        failing = MockChatModel(responses=[ErrorCode.NETWORK], on_exhausted="cycle")
        return failing.with_policies(fallback)

    async for done in shapes(make, "Oslo?", tools=[weather]):
        assert done.text == "Sunny, says the spare."


async def test_a_call_of_the_model_ends_with_the_time_of_the_run() -> None:
    slept: list[float] = []

    async def asleep(seconds: float) -> None:
        slept.append(seconds)

    def make() -> Any:
        return MockChatModel(responses=["never"], latency=50.0, sleep=slept.append, asleep=asleep)

    async for done in shapes(make, "Oslo?", tools=[weather], max_seconds=30, on_limit="return"):
        assert done.limit == "max_seconds"
    assert slept == pytest.approx([30.0] * 4, abs=20)


def test_a_tool_that_a_human_approves_waits_for_the_caller() -> None:
    with Simulator() as simulator:
        simulator.queue(CALLS[0], "Sunny.")
        model = create_chat_model("openai:gpt-4o", api_key="k", base_url=simulator.base_url)
        first_run = run_tools(model, "Oslo?", tools=[weather.definition])
        (call,) = first_run.pending
        done = run_tools(
            model,
            [*first_run.messages, tool_result(weather.call(call))],
            tools=[weather.definition],
        )

    assert done.text == "Sunny."
