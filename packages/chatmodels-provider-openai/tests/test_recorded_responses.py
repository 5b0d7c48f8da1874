"""Every recorded response of the Responses API is read as expected, in all four call shapes.

Ours differs on purpose from what the vendor's SDK reads in two points more than always:

* An error is raised when an event tells it, with its type. The SDK is told again, without the
  type, by the failed response that may follow.
* GitHub Copilot names a response anew in each event. Ours has the first name, the SDK the last.
"""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chatmodels.core import ChatResponse, create_chat_model
from replay import AsyncCheck, Exchange, Json, Recorded


def adapt(exchange: Exchange, response: ChatResponse[Any] | None) -> Json:
    expected = exchange.expected
    if b'"type":"error"' in exchange.content:
        error = expected["error"] | {"type": expected["error"]["code"]}
        return expected | {"error": error, "finish_reason": None}
    if "copilot" in exchange.name and "stream" in exchange.tags and response is not None:
        return expected | {"response_id": response.id}
    return expected


RECORDED = Recorded(
    api="openai.responses",
    here=Path(__file__).parents[2] / "chatmodels-openai-compatible" / "tests" / "recorded",
    count=749,
    model=partial(
        create_chat_model, "openai:any", api="responses", api_key="sk-recorded", max_retries=0
    ),
    adapt=adapt,
)


@pytest.mark.parametrize("check", RECORDED.checks())
def test_recorded_responses_are_read_as_expected(check: AsyncCheck) -> None:
    check.run()


@pytest.mark.parametrize("check", RECORDED.checks())
async def test_recorded_responses_are_read_as_expected_awaited(check: AsyncCheck) -> None:
    await check.arun()
