"""The contract, and tests specific to Perplexity."""

from typing import Any

import pytest

from chatmodels.core import FilePart, UnsupportedError, create_chat_model, user
from chatmodels.core.extending import ToolDefinition
from chatmodels.testing import Simulator
from chatmodels.testing.contract import Check, ProviderContract, accepted_efforts, checks

CONTRACT = ProviderContract(
    provider="perplexity",
    model="any-model",
    exempt={"names-of-speakers-arrive": "the API has no names of speakers"},
)


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_perplexity_keeps_the_contract(check: Check) -> None:
    check()


def body(model: str, prompt: Any = "?", **options: Any) -> dict[str, Any]:
    explained = create_chat_model(f"perplexity:{model}", api_key="k").explain(prompt, **options)
    assert explained.url == "https://api.perplexity.ai/chat/completions"
    found: dict[str, Any] = explained.body
    return found


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("sonar", {"minimal", "low", "medium", "high"}),
    ],
)
def test_a_model_accepts_the_efforts_of_its_family(model: str, efforts: set[str]) -> None:
    assert accepted_efforts(create_chat_model(f"perplexity:{model}", api_key="k")) == efforts


@pytest.mark.parametrize(
    "setting",
    [
        {"seed": 1},
        {"user": "u"},
    ],
)
def test_settings_that_the_api_lacks_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError, match=next(iter(setting))):
        body("sonar", **setting)


def test_a_tool_choice_does_not_name_a_tool() -> None:
    clock = ToolDefinition("clock", "Return the time.", {"type": "object", "properties": {}})

    assert body("sonar", tools=[clock], tool_choice="required")["tool_choice"] == "required"
    with pytest.raises(UnsupportedError, match="tool_choice"):
        body("sonar", tools=[clock], tool_choice="clock")


def test_files_are_parts_of_perplexitys_type() -> None:
    file = FilePart(url="https://example.com/a.pdf", media_type="application/pdf", name="a.pdf")
    content = body("sonar", user("?", file))["messages"][0]["content"]

    assert content[1] == {
        "type": "file_url",
        "file_url": {"url": "https://example.com/a.pdf"},
        "file_name": "a.pdf",
    }


def test_search_results_are_citations() -> None:
    page = {"title": "Tides", "url": "https://example.com/tides", "snippet": "Twice a day."}
    completion = {
        "id": "1",
        "model": "sonar",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "Twice.[1]"}}],
        "citations": ["https://example.com/tides"],
        "search_results": [page],
    }
    with Simulator() as simulator:
        simulator.respond("/v1/chat/completions", completion)
        model = create_chat_model("perplexity:sonar", api_key="k", base_url=simulator.base_url)
        (part,) = model.generate("?").message.parts

    (citation,) = part.citations  # type: ignore[union-attr] # it is a text
    assert (citation.url, citation.title) == ("https://example.com/tides", "Tides")
    assert citation.quote == "Twice a day."


def test_reasoning_before_json_is_read_as_reasoning() -> None:
    with Simulator(reply='<think>It is 2 + 2.</think>{"value": [4]}') as simulator:
        model = create_chat_model(
            "perplexity:sonar-reasoning-pro", api_key="k", base_url=simulator.base_url
        )
        response = model.generate("?", output_type=list[int])

    assert response.reasoning == "It is 2 + 2."
    assert response.parsed == [4]
