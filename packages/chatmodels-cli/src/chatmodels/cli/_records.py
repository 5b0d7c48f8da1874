"""Responses as plain data, for JSON, and as a line of figures."""

from collections.abc import Iterable
from typing import Any

from chatmodels.core import ChatResponse, Cost, ToolRun, Usage


def response_record(response: ChatResponse[Any], /) -> dict[str, Any]:
    """Return the facts of a response, for JSON."""
    return {
        "text": response.text,
        "reasoning": response.reasoning or None,
        "refusal": response.refusal,
        "parsed": response.parsed,
        "tool_calls": [
            {"id": call.id, "name": call.name, "arguments": call.arguments}
            for call in response.tool_calls
        ],
        "finish_reason": response.finish_reason,
        "provider": response.provider,
        "model": response.model or response.requested_model,
        "id": response.id,
        "request_id": response.request_id,
        "usage": usage_record(response.usage),
        "cost": cost_record(response.cost),
        "timing": {
            "total": response.timing.total,
            "first_event": response.timing.first_event,
            "attempts": response.timing.attempts,
        },
        "warnings": list(response.warnings),
    }


def usage_record(usage: Usage, /) -> dict[str, Any]:
    """Return the numbers of tokens that a vendor reported."""
    names = ("input_tokens", "output_tokens", "total_tokens", "cached_input_tokens")
    return {name: getattr(usage, name) for name in (*names, "reasoning_tokens")}


def cost_record(cost: Cost, /) -> dict[str, Any]:
    """Return the amount of a cost, or the reason why it is unknown."""
    return {"amount": cost.amount, "currency": cost.currency, "reason": cost.reason}


def figures(
    usage: Usage,
    cost: Cost,
    /,
    *,
    seconds: float | None = None,
    first_event: float | None = None,
) -> str:
    """Return tokens, cost, seconds and tokens per second in a line, as far as they are known."""
    return " · ".join(_figures(usage, cost, seconds, first_event))


def _figures(
    usage: Usage, cost: Cost, seconds: float | None, first_event: float | None
) -> Iterable[str]:
    yield f"{count(usage.input_tokens)} in, {count(usage.output_tokens)} out"
    if cost.amount is not None:
        yield amount(cost)
    if first_event is not None:
        yield f"first token {first_event:.2f} s"
    if seconds is not None:
        yield f"{seconds:.2f} s"
    rate = tokens_per_second(usage, seconds, first_event)
    if rate is not None:
        yield f"{rate:.0f} tokens/s"


def count(number: int | None, /) -> str:
    """Return a number of tokens, or a question mark if the vendor did not report it."""
    return "?" if number is None else f"{number:,}"


def amount(cost: Cost, /) -> str:
    """Return an amount of money with four digits that count; a question mark if it is unknown."""
    if cost.amount is None:
        return "?"
    bound = "≥ " if cost.unknown else ""
    sign = "$" if cost.currency == "USD" else f"{cost.currency} "
    return (
        f"{bound}{sign}{cost.amount:.4g}" if cost.amount < 1 else f"{bound}{sign}{cost.amount:.2f}"
    )


def tokens_per_second(
    usage: Usage, seconds: float | None, first_event: float | None, /
) -> float | None:
    """Return the output tokens per second after the first event, or of the whole call."""
    if usage.output_tokens is None or seconds is None:
        return None
    elapsed = seconds - (first_event or 0.0)
    return usage.output_tokens / elapsed if elapsed > 0 else None


def run_record(result: ChatResponse[Any] | ToolRun[Any], /) -> dict[str, Any]:
    """Return the facts of a response, or of a run with tools, for JSON.

    A run has the facts of its last response, the sums of all, and its tool calls.
    """
    if isinstance(result, ChatResponse):
        return response_record(result)
    last = response_record(result.responses[-1]) if result.responses else {}
    return last | {
        "usage": usage_record(result.usage),
        "cost": cost_record(result.cost),
        "rounds": len(result.responses),
        "tools": [
            {
                "name": end.call.name,
                "arguments": end.call.arguments,
                "result": end.result.text,
                "is_error": end.result.is_error,
            }
            for end in result.tool_ends
        ],
    }
