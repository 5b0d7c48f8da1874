"""The contract, and tests specific to LiteLLM."""

import asyncio
import json
from decimal import Decimal
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


COMPLETION = {"choices": [{"message": {"content": "4"}, "finish_reason": "stop"}]}


@pytest.mark.parametrize(
    ("header", "cost"),
    [
        ({"x-litellm-response-cost": "0.00012"}, Decimal("0.00012")),
        ({"x-litellm-response-cost": "0.0"}, Decimal(0)),
        ({"x-litellm-response-cost": ""}, None),
        ({}, None),
    ],
    ids=["a cost", "a cached response", "no price", "no header"],
)
def test_the_cost_of_a_whole_response_is_that_of_the_proxy(
    header: dict[str, str], cost: Decimal | None
) -> None:
    with Simulator() as simulator:
        simulator.respond("/v1/chat/completions", COMPLETION, headers=header)
        model = create_chat_model("litellm:any-model", api_key="k", base_url=simulator.base_url)
        responses = [model.generate("?"), asyncio.run(model.agenerate("?"))]

    assert [response.cost.amount for response in responses] == [cost, cost]
    if cost is not None:
        assert responses[0].cost.price_list == "reported"


def test_the_cost_in_the_usage_of_a_stream_is_that_of_the_proxy() -> None:
    chunk = {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "cost": 0.5}}
    end = {"choices": [{"delta": {"content": "4"}, "finish_reason": "stop"}]}
    frames = [f"data: {json.dumps(each)}\n\n".encode() for each in (end, chunk)]
    events = {"content-type": "text/event-stream"}
    with Simulator() as simulator:
        simulator.queue(
            SimulatedResponse(headers=events, body=(*frames, b"data: [DONE]\n\n"), streamed=True)
        )
        model = create_chat_model("litellm:any-model", api_key="k", base_url=simulator.base_url)
        with model.stream("?") as stream:
            list(stream)

    assert stream.response.cost.amount == Decimal("0.5")
