"""The finish reason of a response, in the words of the conventions."""

from typing import Any

from chatmodels.core import ChatResponse, FinishReason

ENDED_ABNORMALLY = "error"

WORDS: dict[FinishReason, str] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_call",
    "content_filter": "content_filter",
    "refusal": "refusal",
    "error": ENDED_ABNORMALLY,
}


def finish_reason(response: ChatResponse[Any], *, is_whole: bool) -> str:
    """Return the conventions' word, the same for all providers.

    The conventions have no word for a refusal, so that keeps core's. A reason that core does not
    know either keeps the provider's word: "compaction", for example, is one of the conventions'.

    Args:
        response: The response, or the part of it that arrived.
        is_whole: Whether it is complete.
    """
    if not is_whole:
        return ENDED_ABNORMALLY
    return WORDS.get(response.finish_reason) or response.raw_finish_reason or "other"
