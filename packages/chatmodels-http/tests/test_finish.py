"""The finish reason of a response."""

import pytest

from chatmodels.core import FinishReason
from chatmodels.http.wire import NO_REASON, finish_reason

TABLE: dict[str, FinishReason] = {
    "end": "stop",
    "calls": "tool_calls",
    "cut": "length",
    "filtered": "content_filter",
    "paused": "other",
}


@pytest.mark.parametrize(
    ("word", "calls", "refused", "reason"),
    [
        ("end", False, False, "stop"),
        ("end", True, False, "tool_calls"),
        ("end", False, True, "refusal"),
        ("end", True, True, "tool_calls"),
        ("calls", True, False, "tool_calls"),
        ("calls", False, False, "stop"),
        ("cut", True, False, "length"),
        ("cut", False, True, "length"),
        ("filtered", True, False, "content_filter"),
        ("paused", True, False, "other"),
        ("new word", False, False, "other"),
        ("new word", True, False, "tool_calls"),
        (None, False, True, "other"),
        (None, True, False, "tool_calls"),
    ],
)
def test_the_finish_reason_depends_on_the_word_and_the_message(
    word: str | None, calls: bool, refused: bool, reason: str
) -> None:
    assert finish_reason(word, TABLE, calls=calls, refused=refused) == reason


def test_a_message_has_no_refusal_by_default() -> None:
    assert finish_reason("end", TABLE, calls=False) == "stop"


def test_a_response_without_a_reason_can_be_incomplete() -> None:
    assert NO_REASON == "the response has no finish reason, so that it may be incomplete"
