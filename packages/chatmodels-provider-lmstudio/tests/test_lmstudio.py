"""The contract, and tests specific to LM Studio."""

from typing import Any

import pytest

from chatmodels.core import (
    ImagePart,
    UnsupportedError,
    create_chat_model,
    tool,
    user,
)
from chatmodels.testing import Simulator
from chatmodels.testing.contract import Check, ProviderContract, checks

CONTRACT = ProviderContract(provider="lmstudio", model="any-model")


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_lmstudio_keeps_the_contract(check: Check) -> None:
    check()


def body(prompt: Any = "?", **options: Any) -> dict[str, Any]:
    explained = create_chat_model("lmstudio:any-model").explain(prompt, **options)
    assert explained.url == "http://127.0.0.1:1234/v1/chat/completions"
    found: dict[str, Any] = explained.body
    return found


@tool
def clock(zone: str) -> str:
    """Return the time."""
    return zone


@tool
def date(zone: str) -> str:
    """Return the date."""
    return zone


def test_settings_have_the_names_of_lm_studio() -> None:
    sent = body(max_output_tokens=9, top_k=5, seed=7, provider_options={"repeat_penalty": 1.1})

    assert (sent["max_tokens"], sent["top_k"], sent["seed"]) == (9, 5, 7)
    assert sent["repeat_penalty"] == 1.1


@pytest.mark.parametrize(
    "options", [{"logprobs": True}, {"reasoning_effort": "low"}, {"user": "ada"}]
)
def test_settings_that_are_not_documented_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError, match=next(iter(options))):
        body(**options)


def test_a_named_tool_is_sent_alone() -> None:
    sent = body(tools=[clock, date], tool_choice="date")

    assert [each["function"]["name"] for each in sent["tools"]] == ["date"]
    assert sent["tool_choice"] == "required"
    assert clock("UTC") == date("UTC")


def test_an_output_without_a_schema_is_requested_through_a_tool() -> None:
    assert body(output_type=list[int])["response_format"]["type"] == "json_schema"
    free = body(output_type=dict)
    assert "response_format" not in free
    assert free["tool_choice"] == "required"


def test_images_are_sent_as_bytes() -> None:
    image = ImagePart(data=b"\x89PNG", media_type="image/png")

    assert "data:image/png;base64" in str(body(user("?", image)))
    with pytest.raises(UnsupportedError, match="image"):
        body(user("?", ImagePart(url="https://example.com/a.png")))


def test_reasoning_in_tags_is_read() -> None:
    with Simulator() as simulator:
        simulator.queue("<think>2 + 2.</think>4")
        model = create_chat_model("lmstudio:m", api_key="k", base_url=simulator.base_url)
        response = model.generate("2 + 2?")
    assert (response.reasoning, response.text) == ("2 + 2.", "4")
