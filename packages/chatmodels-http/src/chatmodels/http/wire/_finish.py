"""The reason for which a response ended, from the vendor's word and from what the message holds."""

from collections.abc import Mapping

from chatmodels.core import FinishReason

NO_REASON = "the response has no finish reason, so that it may be incomplete"
"""The warning of responses that end without a word of the vendor."""


def finish_reason(
    word: str | None,
    table: Mapping[str, FinishReason],
    *,
    calls: bool,
    refused: bool = False,
) -> FinishReason:
    """Return the neutral finish reason.

    Vendors and gateways contradict themselves: some report a normal end beside tool calls, others
    report tool calls where there are none. Callers branch on "tool_calls" to run tools, so it
    depends on the calls. A response that was cut off or filtered stays so, because its calls may be
    incomplete.

    Args:
        word: The vendor's word.
        table: The vendor's words: word to finish reason.
        calls: Whether the message holds calls that the caller has to answer. Calls that the vendor
            has answered already do not count.
        refused: Whether the message holds a refusal.
    """
    reason = table.get(word or "")
    if reason is None:
        return "tool_calls" if calls else "other"
    if reason not in {"stop", "tool_calls"}:
        return reason
    if calls:
        return "tool_calls"
    return "refusal" if refused else "stop"
