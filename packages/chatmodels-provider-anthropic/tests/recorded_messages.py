"""Recorded exchanges with Anthropic: which there are, and how ours differs from what is expected.

Expected is what the vendor's SDK reads. Ours differs on purpose in these points:

* Input tokens include those that were read from a cache or written to one.
* The vendor's explanation of a refusal is the refusal's text.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import recorded_chat
from recorded_chat import Exchange

from chatmodels.core import ChatModelError, ChatResponse

HERE = Path(__file__).parent / "recorded"
FOLDER = recorded_chat.everything()


def exchanges(folder: Path) -> Iterator[tuple[str, Exchange]]:
    return recorded_chat.exchanges(folder, api="anthropic.messages")


def differences(
    exchange: Exchange, response: ChatResponse[Any] | None, error: ChatModelError | None
) -> list[str]:
    """Compare what was read with what is expected; nothing is the same as empty."""
    expected = dict(exchange["expected"])
    if expected["usage"] is not None:
        usage = expected["usage"]
        asked = (usage["input"], usage["cached_input"], usage["cache_write"])
        expected["usage"] = usage | {"input": sum(number or 0 for number in asked)}
    if b'"explanation"' in recorded_chat.content(exchange) and response is not None:
        expected["refusal"] = response.refusal
    return recorded_chat.differences(exchange | {"expected": expected}, response, error)
