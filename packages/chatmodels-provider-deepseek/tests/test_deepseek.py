"""The contract, and tests specific to DeepSeek."""

from typing import Any

import pytest

from chatmodels.core import (
    ImagePart,
    ReasoningPart,
    ToolCall,
    UnsupportedError,
    assistant,
    create_chat_model,
    tool_result,
    user,
)
from chatmodels.core.extending import ToolDefinition
from chatmodels.testing.contract import Check, ProviderContract, checks

CONTRACT = ProviderContract(provider="deepseek", model="deepseek-v4-flash")
CLOCK = ToolDefinition("clock", "Return the time.", {"type": "object", "properties": {}})
STRICT = ToolDefinition(
    "clock",
    "Return the time.",
    {"type": "object", "properties": {}, "additionalProperties": False},
    strict=True,
)


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_deepseek_keeps_the_contract(check: Check) -> None:
    check()


def body(prompt: Any = "?", base_url: str | None = None, **options: Any) -> dict[str, Any]:
    model = create_chat_model("deepseek:deepseek-v4-flash", api_key="k", base_url=base_url)
    found: dict[str, Any] = model.explain(prompt, **options).body
    return found


def test_requests_are_sent_to_the_vendor() -> None:
    model = create_chat_model("deepseek:deepseek-v4-flash", api_key="k")
    explained = model.explain("?", max_output_tokens=9, user="u-1")

    assert explained.url == "https://api.deepseek.com/chat/completions"
    assert (explained.body["max_tokens"], explained.body["user_id"]) == (9, "u-1")


@pytest.mark.parametrize(
    ("effort", "word"),
    [
        ("minimal", "low"),
        ("low", "low"),
        ("medium", "high"),
        ("high", "high"),
        ("xhigh", "high"),
        ("max", "max"),
    ],
)
def test_an_effort_has_the_word_of_the_vendor(effort: str, word: str) -> None:
    sent = body(reasoning_effort=effort)

    assert sent["reasoning_effort"] == word
    assert "thinking" not in sent


def test_the_effort_none_switches_reasoning_off() -> None:
    sent = body(reasoning_effort="none")

    assert sent["thinking"] == {"type": "disabled"}
    assert "reasoning_effort" not in sent
    assert "thinking" not in body()


@pytest.mark.parametrize("choice", ["required", "clock"])
def test_a_forced_tool_switches_reasoning_off(choice: str) -> None:
    assert body(tools=[CLOCK], tool_choice=choice)["thinking"] == {"type": "disabled"}
    assert "thinking" not in body(tools=[CLOCK], tool_choice="auto")
    with pytest.raises(UnsupportedError, match="reasoning"):
        body(tools=[CLOCK], tool_choice=choice, reasoning_effort="high")


def test_an_output_type_is_requested_through_a_tool_and_json_natively() -> None:
    sent = body(output_type=list[int])

    assert sent["thinking"] == {"type": "disabled"}
    assert len(sent["tools"]) == 1
    assert body(output_type=dict)["response_format"] == {"type": "json_object"}


def test_sampling_beside_reasoning_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="temperature"):
        body(temperature=0.5, reasoning_effort="high")
    assert body(temperature=0.5, reasoning_effort="none")["temperature"] == 0.5


def test_reasoning_is_returned_with_the_tool_calls_that_follow_it() -> None:
    call = assistant(ReasoningPart("Look it up."), ToolCall("c1", "clock", "{}"))
    sent = body([user("?"), call, tool_result("c1", "noon")], tools=[CLOCK])

    assert sent["messages"][1]["reasoning_content"] == "Look it up."


def test_strict_tools_are_for_the_beta_address() -> None:
    sent = body(tools=[STRICT], base_url="https://api.deepseek.com/beta")

    assert sent["tools"][0]["function"]["strict"] is True
    with pytest.raises(UnsupportedError, match="strict"):
        body(tools=[STRICT])


def test_images_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="image"):
        body(user("?", ImagePart(url="https://example.com/a.png")))


def test_tool_calls_of_another_model_have_empty_reasoning() -> None:
    turns = [user("?"), assistant(ToolCall("1", "clock", "{}")), tool_result("1", "3")]
    sent = body([*turns, assistant("3"), user("Sure?")], tools=[CLOCK])["messages"]

    assert sent[1]["reasoning_content"] == ""
    assert "reasoning_content" not in sent[3]
