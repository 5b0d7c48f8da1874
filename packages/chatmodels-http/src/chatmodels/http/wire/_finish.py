"""The finish reason of a response, from the vendor's word and the content of the message."""

from collections.abc import Mapping

from chatmodels.core import FinishReason

NO_REASON = "the response has no finish reason, so that it may be incomplete"
"""The warning of responses without a finish reason."""


def finish_reason(
    word: str | None,
    table: Mapping[str, FinishReason],
    *,
    calls: bool,
    refused: bool = False,
) -> FinishReason:
    """Return the neutral finish reason.

    Vendors and gateways contradict themselves: some report a normal end beside tool calls, others
    report tool calls without any. Callers branch on "tool_calls" to run tools, so it depends on the
    calls. A response that was cut off or filtered stays so, because its calls can be incomplete.

    Args:
        word: The vendor's word.
        table: The vendor's words: word to finish reason.
        calls: Whether the message contains calls that the caller has to run, not only calls that
            the vendor has run already.
        refused: Whether the message contains a refusal.
    """
    reason = table.get(word or "")
    if reason is None:
        return "tool_calls" if calls else "other"
    if reason not in {"stop", "tool_calls"}:
        return reason
    if calls:
        return "tool_calls"
    return "refusal" if refused else "stop"
