"""Every recorded exchange is read as expected by a model, in all four call shapes."""

from functools import partial
from pathlib import Path

import pytest

from chatmodels.core import create_chat_model
from replay import AsyncCheck, Recorded

HERE = Path(__file__).parent / "recorded"
MODEL = partial(
    create_chat_model,
    "azure:gpt-5-mini",
    api_key="sk-recorded",
    base_url="https://example-resource.openai.azure.com",
    max_retries=0,
)
CHAT = Recorded(api="openai.chat", here=HERE, providers=("azure",), count=33, model=MODEL)
RESPONSES = Recorded(
    api="openai.responses",
    here=HERE,
    providers=("azure",),
    count=22,
    model=partial(MODEL, api="responses"),
)
CHECKS = [*CHAT.checks(), *RESPONSES.checks()]


@pytest.mark.parametrize("check", CHECKS)
def test_recorded_exchanges_are_read_as_expected(check: AsyncCheck) -> None:
    check.run()


@pytest.mark.parametrize("check", CHECKS)
async def test_recorded_exchanges_are_read_as_expected_awaited(check: AsyncCheck) -> None:
    await check.arun()
