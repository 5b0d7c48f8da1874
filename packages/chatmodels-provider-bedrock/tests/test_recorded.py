"""Every recorded exchange is read as expected by a model, in all four call shapes.

Ours differs on purpose in one point more than always: input that was not reported is not 0.
"""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chatmodels.core import ChatResponse, create_chat_model
from replay import AsyncCheck, Exchange, Json, Recorded


def adapt(exchange: Exchange, _response: ChatResponse[Any] | None) -> Json:
    usage = exchange.expected["usage"]
    if usage is None or usage["input"] is not None:
        return exchange.expected
    return exchange.expected | {"usage": usage | {"input_includes_cached": True}}


RECORDED = Recorded(
    api=("bedrock.converse", "bedrock.converse_stream"),
    here=Path(__file__).parent / "recorded",
    count=190,
    model=partial(
        create_chat_model,
        "bedrock:us.anthropic.claude-sonnet-4-6",
        api_key="recorded",
        region="us-east-1",
        max_retries=0,
    ),
    adapt=adapt,
)


@pytest.mark.parametrize("check", RECORDED.checks())
def test_recorded_exchanges_are_read_as_expected(check: AsyncCheck) -> None:
    check.run()


@pytest.mark.parametrize("check", RECORDED.checks())
async def test_recorded_exchanges_are_read_as_expected_awaited(check: AsyncCheck) -> None:
    await check.arun()
