"""The finish reason of a response, as the conventions define it."""

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
    """Return the finish reason of the conventions, the same for all providers.

    The conventions do not define a refusal, so that core's value is used. For a reason that is not
    defined by core either, the provider's value is used: "compaction", for example, is defined by
    the conventions.

    Args:
        response: The response, or the part of it that arrived.
        is_whole: Whether the response is complete.
    """
    if not is_whole:
        return ENDED_ABNORMALLY
    return WORDS.get(response.finish_reason) or response.raw_finish_reason or "other"
