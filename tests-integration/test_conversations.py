"""A conversation that one vendor's model began is continued by each other's."""

import base64
from importlib.metadata import entry_points

import pytest
from msgspec.structs import replace

from chatmodels.core import (
    ImagePart,
    Message,
    ReasoningPart,
    TextPart,
    ToolCall,
    ToolResult,
    assistant,
    system,
    tool,
    tool_result,
    user,
)
from chatmodels.testing import Simulator
from vendors import VENDORS, model_of

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
IMAGE = ImagePart(data=PIXEL, media_type="image/png")
CALLS = (
    ToolCall("functions.weather:0", "weather", '{"city": "Oslo"}'),
    ToolCall("call/2 ä", "weather", "{}"),
)
"""Ids as some vendors give them and others refuse them."""

CUT_OFF = ToolCall("3", "weather", '{"city": "Cut')


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    raise AssertionError("the model only asks for it")


def begun_by(provider: str, simulator: Simulator) -> list[Message]:
    """Have a model think and call tools, as its vendor's wire format tells it."""
    conversation = [system("Be brief."), user("What is the weather?", IMAGE)]
    simulator.queue((ReasoningPart("Secret thought."), "Let me see.", *CALLS))
    first = model_of(provider, simulator).generate(conversation, tools=[weather])
    assert [call.name for call in first.tool_calls] == ["weather"] * 2
    called = replace(first.message, parts=(*first.message.parts, CUT_OFF))
    results = (
        ToolResult(first.tool_calls[0].id, (TextPart("7 C"), IMAGE), "weather"),
        ToolResult(first.tool_calls[1].id, (TextPart("which city?"),), "weather", is_error=True),
        ToolResult(CUT_OFF.id, (IMAGE,), "weather"),
    )
    drawn = assistant("Seven degrees.", IMAGE)
    return [*conversation, called, *map(tool_result, results), drawn, user("And now?")]


def test_no_provider_is_forgotten() -> None:
    installed = {found.name for found in entry_points(group="chatmodels.providers")}

    assert installed - {"mock"} == {name.split()[0] for name in VENDORS}


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("second", VENDORS)
@pytest.mark.parametrize("first", VENDORS)
def test_a_conversation_is_continued(first: str, second: str, streamed: bool) -> None:
    with Simulator() as simulator:
        conversation = begun_by(first, simulator)
        simulator.queue("Still seven.")
        model = model_of(second, simulator)
        response = (
            model.stream(conversation, tools=[weather]).collect()
            if streamed
            else model.generate(conversation, tools=[weather])
        )
        sent = simulator.exchanges[-1].request.body.decode()

    assert response.text == "Still seven."
    for words in ("Be brief.", "Let me see.", "Oslo", "7 C", "which city?", "Seven degrees."):
        assert words in sent
    assert sent.count(base64.b64encode(PIXEL).decode()) == 4
    assert keeper_of(first) == keeper_of(second) or "Secret thought." not in sent


def keeper_of(provider: str) -> str:
    """Return whose opaque state a provider understands: both Google APIs have the same."""
    return provider.removesuffix("-vertex")
