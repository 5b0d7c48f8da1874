"""Every recorded response of the Responses API is read as expected, in all four call shapes.

Ours differs on purpose from what the vendor's SDK reads in two points more than always:

* An error is raised when an event tells it, with its type. The SDK is told again, without the
  type, by the failed response that may follow.
* GitHub Copilot names a response anew in each event. Ours has the first name, the SDK the last.
"""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chatmodels.core import ChatRequest, ChatResponse, create_chat_model, user
from chatmodels.providers.openai._responses import codec
from replay import (
    AsyncCheck,
    Exchange,
    Json,
    Recorded,
    everything,
    is_streamed,
    needs_everything,
    read,
    uncounted,
)


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


FOLDER = everything()


@pytest.mark.parametrize(
    "folder",
    [
        pytest.param(RECORDED.here, id="chosen"),
        pytest.param(FOLDER, id="all", marks=needs_everything(FOLDER)),
    ],
)
def test_a_streamed_answer_is_what_its_last_event_tells_whole(folder: Path) -> None:
    compared = 0
    with uncounted():
        for exchange in filter(is_streamed, RECORDED.exchanges(folder)):
            streamed, _ = read(RECORDED.model, exchange, 4096, streamed=True)
            whole = whole_of(streamed)
            if streamed is not None and whole is not None:
                compared += 1
                assert told(streamed) == told(whole), exchange.name
    assert compared > 5


def whole_of(streamed: ChatResponse[Any] | None) -> ChatResponse[Any] | None:
    """Read the response in the last event, if it has an output."""
    last = {} if streamed is None else streamed.raw[-1]["response"]
    if not last.get("output"):
        return None
    request = ChatRequest(messages=(user("Hello"),))
    return codec(()).decode(json.dumps(last).encode(), request)


def told(response: ChatResponse[Any]) -> list[object]:
    return [
        response.message,
        response.finish_reason,
        response.raw_finish_reason,
        response.usage,
        response.model,
        response.logprobs,
        response.service_tier,
        response.warnings,
    ]
