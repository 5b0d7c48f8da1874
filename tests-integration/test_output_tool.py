"""Structured output through a tool, at every provider and in every shape of a call."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from chatmodels.core import ChatResponse, UnsupportedError, run_tools, tool
from chatmodels.http.wire import OUTPUT_FROM_TOOL
from chatmodels.testing import Simulator
from vendors import VENDORS, model_of

FORCING = [name for name in VENDORS if name != "ollama"]


class City(msgspec.Struct):
    city: str


@tool
def weather(city: str) -> str:
    """Return the weather."""
    raise AssertionError("the model only asks for it")


@tool
def forecast(city: str) -> str:
    """Return the forecast."""
    return "rain"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


def without_native_output(
    provider: str, monkeypatch: pytest.MonkeyPatch, server: Simulator | None = None
) -> Any:
    """Make a model whose profile has no native output."""
    model: Any = model_of(provider, server)
    lacking = msgspec.structs.replace(model._profile, native_output=frozenset())
    monkeypatch.setattr(model, "_profile", lacking)
    return model


async def shapes(model: Any, **options: Any) -> list[ChatResponse[Any]]:
    """Call a model whole and streamed, sync and async."""
    return [
        model.generate("Where?", **options),
        model.stream("Where?", **options).collect(),
        await model.agenerate("Where?", **options),
        await model.astream("Where?", **options).collect(),
    ]


@pytest.mark.parametrize("provider", [name for name in FORCING if not name.startswith("azure")])
async def test_output_through_a_tool_is_parsed_in_all_four_call_forms(
    provider: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = without_native_output(provider, monkeypatch, simulator)

    responses = await shapes(model, output_type=City)

    for response in responses:
        assert response.parsed == City("city")
        assert (response.finish_reason, response.tool_calls) == ("stop", ())
        assert response.warnings == (OUTPUT_FROM_TOOL,)


@pytest.mark.parametrize("provider", [name for name in FORCING if not name.startswith("azure")])
async def test_output_through_a_tool_is_streamed_as_text(
    provider: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = without_native_output(provider, monkeypatch, simulator)

    with model.stream("Where?", output_type=City) as stream:
        found = [stream.partial.parsed for event in stream if event.type == "text_delta"]
    async with model.astream("Where?", output_type=City) as astream:
        afound = [astream.partial.parsed async for event in astream if event.type == "text_delta"]

    assert found == afound
    assert found
    assert all(part is None or "city".startswith(part.get("city", "")) for part in found)
    assert found[-1] == {"city": "city"}


@pytest.mark.parametrize("provider", [name for name in FORCING if not name.startswith("azure")])
def test_a_run_of_tools_ends_with_output_through_a_tool(
    provider: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = without_native_output(provider, monkeypatch, simulator)

    run = run_tools(model, "Where?", tools=[forecast], output_type=City)

    assert [end.result.text for end in run.tool_ends] == ["rain"]
    assert run.parsed == City("city")


@pytest.mark.parametrize("provider", FORCING)
def test_the_output_tool_is_sent_with_the_tools_of_the_caller(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = without_native_output(provider, monkeypatch)

    free = model.explain("Where?", output_type=City, tools=[weather])
    forced = model.explain("Where?", output_type=City, tools=[weather], tool_choice="required")

    assert "Return the output in this form." in json.dumps(free.body)
    assert "Return the output in this form." not in json.dumps(forced.body)
    for body in (free.body, forced.body):
        assert {"response_format", "text", "output_config", "outputConfig"}.isdisjoint(body)


def test_a_model_without_forced_tools_has_native_output_or_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "format" in model_of("ollama").explain("Where?", output_type=City).body
    with pytest.raises(UnsupportedError, match="cannot be forced to call a tool"):
        without_native_output("ollama", monkeypatch).explain("Where?", output_type=City)
