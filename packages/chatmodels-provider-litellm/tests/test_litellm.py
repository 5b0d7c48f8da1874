"""The contract, and tests specific to LiteLLM."""

import json
from typing import Any

import pytest

from chatmodels.core import create_chat_model, user
from chatmodels.testing import SimulatedResponse, Simulator
from chatmodels.testing.contract import Check, ProviderContract, checks

CONTRACT = ProviderContract(provider="litellm", model="any-model")


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_litellm_keeps_the_contract(check: Check) -> None:
    check()


def body(prompt: Any = "?", **options: Any) -> dict[str, Any]:
    explained = create_chat_model("litellm:any-model").explain(prompt, **options)
    assert explained.url == "http://127.0.0.1:4000/v1/chat/completions"
    found: dict[str, Any] = explained.body
    return found


def test_fields_of_all_vendors_are_sent() -> None:
    sent = body(
        max_output_tokens=9,
        top_k=5,
        reasoning_effort="low",
        service_tier="flex",
        provider_options={"thinking": {"type": "enabled", "budget_tokens": 1024}},
    )

    assert (sent["max_tokens"], sent["top_k"], sent["service_tier"]) == (9, 5, "flex")
    assert sent["reasoning_effort"] == "low"
    assert sent["thinking"]["budget_tokens"] == 1024


BLOCKS = [
    {"type": "thinking", "thinking": "2 + 2.", "signature": "c2ln"},
    {"type": "redacted_thinking", "data": "c2VjcmV0"},
]


def test_signed_reasoning_of_anthropic_is_returned() -> None:
    reply = {
        "role": "assistant",
        "content": "4",
        "reasoning_content": "2 + 2.",
        "thinking_blocks": BLOCKS,
    }
    with Simulator() as simulator:
        answer = {"choices": [{"message": reply, "finish_reason": "stop"}]}
        simulator.queue(SimulatedResponse(body=(json.dumps(answer).encode(),)))
        model = create_chat_model("litellm:any-model", api_key="k", base_url=simulator.base_url)
        response = model.generate("2 + 2?")
        model.generate([user("2 + 2?"), response.message, user("Sure?")])
        sent = simulator.exchanges[-1].request.json
    assert response.reasoning == "2 + 2."
    assert sent["messages"][1]["thinking_blocks"] == BLOCKS
