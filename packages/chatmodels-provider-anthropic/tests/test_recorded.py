"""Every recorded exchange is read as expected by a model, in all four call shapes.

Expected is what the vendor's SDK reads. Ours differs on purpose in one point more than always: the
vendor's explanation of a refusal is the refusal's text.
"""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chatmodels.core import ChatResponse, create_chat_model
from replay import AsyncCheck, Exchange, Json, Recorded


def adapt(exchange: Exchange, response: ChatResponse[Any] | None) -> Json:
    explained = response is not None and b'"explanation"' in exchange.content
    return exchange.expected | ({"refusal": response.refusal} if explained else {})


RECORDED = Recorded(
    api="anthropic.messages",
    here=Path(__file__).parent / "recorded",
    count=676,
    model=partial(
        create_chat_model, "anthropic:claude-sonnet-4-6", api_key="sk-recorded", max_retries=0
    ),
    adapt=adapt,
)


@pytest.mark.parametrize("check", RECORDED.checks())
def test_recorded_exchanges_are_read_as_expected(check: AsyncCheck) -> None:
    check.run()


@pytest.mark.parametrize("check", RECORDED.checks())
async def test_recorded_exchanges_are_read_as_expected_awaited(check: AsyncCheck) -> None:
    await check.arun()
