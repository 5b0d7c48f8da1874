"""Every recorded exchange is read as expected by a model, in all four call shapes.

Expected is what the vendor's SDK reads. Ours differs on purpose in these points more than always:

* Why a prompt was blocked is the reason why the answer ended.
* Input includes what tools of the vendor brought in.
* A vendor's words in an error are on one line.
* A body that holds no answer at all is an error.
"""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chatmodels.core import ChatResponse, create_chat_model
from replay import AsyncCheck, Exchange, Json, Recorded

APIS = ("gemini.generate_content", "gemini.stream_generate_content")
HERE = Path(__file__).parent / "recorded"


def adapt(exchange: Exchange, response: ChatResponse[Any] | None) -> Json:
    expected = dict(exchange.expected)
    usage, error = expected["usage"], expected["error"]
    if blocked := expected.get("block_reason"):
        expected["finish_reason"] = blocked
    if usage is not None and usage.get("tool_prompt") is not None:
        expected["usage"] = usage | {"input": (usage["input"] or 0) + usage["tool_prompt"]}
    if error is not None:
        expected["error"] = error | {"message": " ".join(error["message"].split())}
    elif b'"candidates"' not in exchange.content and not blocked:
        expected["error"] = {}
    return expected


GEMINI = Recorded(
    api=APIS,
    here=HERE,
    count=525,
    model=partial(
        create_chat_model, "google:gemini-2.5-flash", api_key="sk-recorded", max_retries=0
    ),
    adapt=adapt,
    providers=("google", "mirascope-router"),
)
VERTEX = Recorded(
    api=APIS,
    here=HERE,
    count=147,
    model=partial(
        create_chat_model,
        "google-vertex:gemini-2.5-flash",
        project="recorded",
        credentials=lambda: "ya29.recorded",
        max_retries=0,
    ),
    adapt=adapt,
    providers=("google-vertex",),
)
CHECKS = [*GEMINI.checks(), *VERTEX.checks()]


@pytest.mark.parametrize("check", CHECKS)
def test_recorded_exchanges_are_read_as_expected(check: AsyncCheck) -> None:
    check.run()


@pytest.mark.parametrize("check", CHECKS)
async def test_recorded_exchanges_are_read_as_expected_awaited(check: AsyncCheck) -> None:
    await check.arun()
