"""Every recorded exchange with Ollama is read as expected by a model, in all four call shapes."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chatmodels.core import ChatResponse, create_chat_model
from replay import AsyncCheck, Exchange, Json, Recorded


def adapt(exchange: Exchange, response: ChatResponse[Any] | None) -> Json:
    """Tell where ours differs on purpose: thoughts at the beginning of a text are reasoning."""
    expected = dict(exchange.expected)
    text = expected["text"] or ""
    if text.startswith("<think>"):
        thought, _, answer = text.removeprefix("<think>").partition("</think>")
        expected |= {"reasoning_text": thought.lstrip(), "text": answer.lstrip()}
    return expected


RECORDED = Recorded(
    api="ollama.chat",
    here=Path(__file__).parent / "recorded",
    count=35,
    model=partial(create_chat_model, "ollama:qwen3", max_retries=0),
    adapt=adapt,
)


@pytest.mark.parametrize("check", RECORDED.checks())
def test_recorded_exchanges_are_read_as_expected(check: AsyncCheck) -> None:
    check.run()


@pytest.mark.parametrize("check", RECORDED.checks())
async def test_recorded_exchanges_are_read_as_expected_awaited(check: AsyncCheck) -> None:
    await check.arun()
