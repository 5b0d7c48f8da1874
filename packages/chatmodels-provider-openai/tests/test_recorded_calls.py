"""Every recorded exchange is read as expected by a model, in all four call shapes."""

from functools import partial
from pathlib import Path

import pytest

from chatmodels.core import create_chat_model
from replay import AsyncCheck, Recorded

RECORDED = Recorded(
    api="openai.chat",
    here=Path(__file__).parents[2] / "chatmodels-openai-compatible" / "tests" / "recorded",
    count=1180,
    model=partial(
        create_chat_model,
        "openai:any",
        api="chat_completions",
        api_key="sk-recorded",
        max_retries=0,
    ),
)


@pytest.mark.parametrize("check", RECORDED.checks())
def test_recorded_exchanges_are_read_as_expected(check: AsyncCheck) -> None:
    check.run()


@pytest.mark.parametrize("check", RECORDED.checks())
async def test_recorded_exchanges_are_read_as_expected_awaited(check: AsyncCheck) -> None:
    await check.arun()
