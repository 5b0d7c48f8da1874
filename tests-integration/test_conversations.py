"""A conversation that one vendor's model began is continued by each other's."""

import base64
from importlib.metadata import entry_points
from typing import Any

import pytest
from msgspec.structs import replace

from chatmodels.core import (
    ChatModel,
    ImagePart,
    InvalidRequestError,
    Message,
    ReasoningPart,
    TextPart,
    ToolCall,
    ToolResult,
    assistant,
    create_chat_model,
    system,
    tool,
    tool_result,
    user,
)
from chatmodels.testing import Simulator
from family import FAMILY
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

INFERENCE = "https://a.services.ai.azure.com/models"
LENIENT = {"ollama", "openai-compatible"}
"""Providers whose servers accept calls without results."""

CUT_OFF = ToolCall("3", "weather", '{"city": "Cut')


@tool
def weather(city: str) -> str:
    """Return the weather."""
    raise AssertionError("the model only asks for it")


def begun_by(provider: str, simulator: Simulator) -> list[Message]:
    """Return a conversation with reasoning and tool calls in the wire format of a vendor."""
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

    assert installed - {"mock", *FAMILY} == {name.split()[0] for name in VENDORS}


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


@pytest.mark.parametrize("provider", sorted(VENDORS.keys() - LENIENT))
def test_calls_without_results_and_results_without_calls_are_refused(provider: str) -> None:
    model = model_of(provider)
    called = assistant(ToolCall("call00001", "weather"))
    with pytest.raises(InvalidRequestError, match=r"the call 'call00001' .*\(message 1\)"):
        model.explain([user("?"), called, user("Well?")])
    with pytest.raises(InvalidRequestError, match=r"the result of 'call00001' .*\(message 1\)"):
        model.explain([user("?"), tool_result("call00001", "7 C")])


@pytest.mark.parametrize(
    "model",
    [
        create_chat_model("ollama:qwen3"),
        *(
            create_chat_model("openai:m", base_url="https://vllm.test/v1", api_key="k", api=api)
            for api in ("chat_completions", "responses")
        ),
        create_chat_model(
            "azure:m", base_url="https://a.services.ai.azure.com/models", api_key="k"
        ),
    ],
    ids=["ollama", "chat completions", "responses", "azure inference"],
)
def test_servers_that_accept_calls_without_results_get_such_conversations(model: ChatModel) -> None:
    called = assistant(ToolCall("call00001", "weather"))
    assert "call00001" in str(model.explain([user("?"), called, user("Well?")]).body)


@pytest.mark.parametrize(
    ("provider", "options"),
    [
        ("openai responses", {"previous_response_id": "resp_1"}),
        ("azure responses", {"conversation": "conv_1"}),
        ("google", {"cachedContent": "cachedContents/1"}),
    ],
)
def test_results_of_calls_in_stored_conversations_are_sent(
    provider: str, options: dict[str, Any]
) -> None:
    result = ToolResult("call00001", (TextPart("7 C"),), "weather")
    explained = model_of(provider).explain([tool_result(result)], provider_options=options)
    assert "7 C" in str(explained.body)


def keeper_of(provider: str) -> str:
    """Return the provider whose opaque state a provider accepts: Google's APIs share theirs."""
    return provider.removesuffix("-vertex")


CALL = assistant(ToolCall("c1", "clock", "{}"))
AT_ONCE = {"anthropic", "azure", "bedrock", "mistral", "openai"}


@pytest.mark.parametrize("provider", VENDORS)
def test_calls_without_results_are_refused_only_at_official_urls(provider: str) -> None:
    late = [CALL, user("Wait."), tool_result("c1", "noon")]
    twice = [CALL, tool_result("c1", "noon"), tool_result("c1", "one")]
    own, elsewhere = model_of(provider), model_of(provider, "http://127.0.0.1:9")
    for conversation in ([user("?"), CALL], twice, late):
        assert elsewhere.explain(conversation).body
    if provider in LENIENT:
        assert own.explain([user("?"), CALL]).body
        return
    with pytest.raises(InvalidRequestError, match="has no result"):
        own.explain([user("?"), CALL])
    with pytest.raises(InvalidRequestError, match="has another result already"):
        own.explain(twice)
    if provider in AT_ONCE:
        with pytest.raises(InvalidRequestError, match="is not next to its call"):
            own.explain(late)
    else:
        assert own.explain(late).body
