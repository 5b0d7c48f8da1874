"""Every recorded exchange with Cohere is read as expected by a model, in all four call shapes."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chatmodels.core import ChatResponse, create_chat_model
from replay import AsyncCheck, Exchange, Json, Recorded


def adapt(exchange: Exchange, response: ChatResponse[Any] | None) -> Json:
    """Tell where ours differs on purpose.

    * The plan before tool calls is reasoning.
    * Reasoning tokens are read, which the SDK has no field for.
    * The type of an error is what the vendor calls `error_type`.
    * Stars that stand for a key are three.
    """
    expected = dict(exchange.expected)
    expected["reasoning_text"] = (expected.get("tool_plan") or "") + (
        expected["reasoning_text"] or ""
    )
    if expected["usage"] is not None and response is not None:
        expected["usage"] = expected["usage"] | {"reasoning": response.usage.reasoning_tokens}
    if expected["error"] is not None:
        expected["error"] = expected["error"] | {
            "type": exchange.response["body"].get("error_type"),
            "message": expected["error"]["message"].replace("***********", "***"),
        }
    return expected


RECORDED = Recorded(
    api="cohere.chat_v2",
    here=Path(__file__).parent / "recorded",
    count=72,
    model=partial(
        create_chat_model, "cohere:command-a-03-2025", api_key="sk-recorded", max_retries=0
    ),
    adapt=adapt,
)


@pytest.mark.parametrize("check", RECORDED.checks())
def test_recorded_exchanges_are_read_as_expected(check: AsyncCheck) -> None:
    check.run()


@pytest.mark.parametrize("check", RECORDED.checks())
async def test_recorded_exchanges_are_read_as_expected_awaited(check: AsyncCheck) -> None:
    await check.arun()
