"""The endpoints of both APIs count the tokens of the request that a call would send."""

from typing import Any

import pytest

from chatmodels.core import ModelNotFoundError, create_chat_model, system, tool, user
from chatmodels.testing import Simulator

PROMPT = [system("Be brief."), user("Why is the sky blue?")]
OPTIONS: dict[str, Any] = {"tool_choice": "required", "reasoning_effort": "low", "seed": 7}


@tool
def weather(city: str) -> str:
    """Return the weather."""
    raise AssertionError


def test_the_gemini_api_counts_the_whole_request() -> None:
    with Simulator() as simulator:
        model = create_chat_model("google:gemini-3.8-flash", api_key="k", base_url=simulator.url)
        count = model.count_tokens(PROMPT, tools=[weather], **OPTIONS)
        call: Any = model.explain(PROMPT, tools=[weather], **OPTIONS).body
        sent = simulator.exchanges[-1].request

    assert (count.input_tokens, count.is_estimate) == (7, False)
    assert sent.path == "/v1beta/models/gemini-3.8-flash:countTokens"
    assert sent.json == {"generateContentRequest": {"model": "models/gemini-3.8-flash", **call}}


def test_a_tuned_model_has_its_own_resource_name() -> None:
    with Simulator() as simulator:
        model = create_chat_model("google:tunedModels/a b", api_key="k", base_url=simulator.url)
        model.count_tokens("?")
        sent = simulator.exchanges[-1].request
    assert sent.path == "/v1beta/tunedModels/a%20b:countTokens"
    assert sent.json["generateContentRequest"]["model"] == "tunedModels/a b"


@pytest.mark.parametrize("options", [{"api_key": "k"}, {"project": "p-1", "credentials": str}])
def test_vertex_ai_counts_the_fields_that_it_knows(options: dict[str, Any]) -> None:
    if "credentials" in options:
        options = options | {"credentials": lambda: "token"}
    with Simulator() as simulator:
        model = create_chat_model(
            "google-vertex:gemini-3.8-flash", base_url=simulator.url, **options
        )
        given = {"service_tier": "priority", "metadata": {"team": "blue"}, **OPTIONS}
        count = model.count_tokens(PROMPT, tools=[weather], **given)
        call: Any = model.explain(PROMPT, tools=[weather], **given).body
        sent = simulator.exchanges[-1].request

    assert (count.input_tokens, count.is_estimate) == (7, False)
    assert sent.path.endswith("/publishers/google/models/gemini-3.8-flash:countTokens")
    assert sent.json == {
        name: value for name, value in call.items() if name not in ("toolConfig", "labels")
    }
    assert sent.json.keys() == {"contents", "systemInstruction", "tools", "generationConfig"}


def test_a_cached_content_is_not_counted_by_vertex_ai() -> None:
    with Simulator() as simulator:
        model = create_chat_model(
            "google-vertex:gemini-3.8-flash", base_url=simulator.url, api_key="k"
        )
        cached: Any = {"cachedContent": "projects/p/locations/l/cachedContents/c"}
        count = model.count_tokens("two words", provider_options=cached)
    assert (count.input_tokens, count.method) == (2, "endpoint")
    assert (count.is_estimate, count.note) == (True, "the cached content is not counted")


def test_an_unknown_model_is_an_error() -> None:
    with Simulator() as simulator, pytest.raises(ModelNotFoundError):
        create_chat_model("google:fault-unknown", api_key="k", base_url=simulator.url).count_tokens(
            "?"
        )
