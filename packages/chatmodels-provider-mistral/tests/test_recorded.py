"""Every recorded exchange is read as expected by a model, in all four call shapes.

Expected is what the vendor's SDK reads. Ours differs on purpose in one point more than always:
input includes sound, which the vendor counts beside the prompt.
"""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chatmodels.core import ChatResponse, create_chat_model
from replay import AsyncCheck, Exchange, Json, Recorded


def adapt(exchange: Exchange, response: ChatResponse[Any] | None) -> Json:
    usage = exchange.expected["usage"]
    sound = 0 if response is None else response.usage.input_audio_tokens or 0
    if not usage or usage["total"] != usage["input"] + usage["output"] + sound:
        return exchange.expected
    return exchange.expected | {"usage": usage | {"input": usage["input"] + sound}}


RECORDED = Recorded(
    api="mistral.chat",
    here=Path(__file__).parent / "recorded",
    count=143,
    model=partial(
        create_chat_model, "mistral:mistral-small-latest", api_key="sk-recorded", max_retries=0
    ),
    adapt=adapt,
)


@pytest.mark.parametrize("check", RECORDED.checks())
def test_recorded_exchanges_are_read_as_expected(check: AsyncCheck) -> None:
    check.run()


@pytest.mark.parametrize("check", RECORDED.checks())
async def test_recorded_exchanges_are_read_as_expected_awaited(check: AsyncCheck) -> None:
    await check.arun()
