"""Reads response headers: the id of the request, a cost, the delay before a retry, rate limits."""

import time
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

REQUEST_ID_HEADERS = (
    "x-request-id",
    "request-id",
    "apim-request-id",
    "x-amzn-requestid",
    "x-goog-request-id",
    "x-ms-request-id",
    "mistral-correlation-id",
    "x-debug-trace-id",
    "x-generation-id",
    "inference-id",
    "x-litellm-call-id",
    "llm_provider-x-request-id",
    "llm_provider-request-id",
    "cf-ray",
)
"""The headers of the request id that a vendor's support needs, the most specific first.

LiteLLM repeats those of the provider behind it as `llm_provider-...`. The last one is from
Cloudflare, not from the vendor.
"""


def request_id(headers: Mapping[str, str], /) -> str | None:
    """Find the provider's id of a request.

    Args:
        headers: Lower-case name to value.
    """
    for name in REQUEST_ID_HEADERS:
        if value := headers.get(name):
            return value
    return None


def reported_cost(headers: Mapping[str, str], /) -> Decimal | None:
    """Return the cost in US dollars that a LiteLLM proxy reports, whatever API it serves.

    The source is "Response Headers" of LiteLLM's documentation: `x-litellm-response-cost`. It is
    empty if the proxy knows no price, and missing in the head of a stream.

    Args:
        headers: Lower-case name to value.
    """
    try:
        cost = Decimal(headers.get("x-litellm-response-cost", ""))
    except InvalidOperation:
        return None
    return cost if cost.is_finite() and cost >= 0 else None


def retry_after(headers: Mapping[str, str], /, *, now: float | None = None) -> float | None:
    """Return the delay in seconds that the provider advises before the next attempt.

    The sources are `retry-after-ms`, `retry-after` (seconds or a date), the same headers of a
    provider behind LiteLLM (`llm_provider-...`), and else the resets of exhausted rate limits.
    A reset more than a month away is ignored.

    Args:
        headers: Lower-case name to value.
        now: The current time in Unix seconds; by default the system's clock.
    """
    from chatmodels.core.extending import read_rate_limits  # most responses do not need it

    now = time.time() if now is None else now
    for prefix in ("", "llm_provider-"):
        advised = _advised(headers, prefix, now)
        if advised is not None:
            return advised
    resets = [
        status.reset
        for status in read_rate_limits(headers, now=now)
        if status.remaining == 0 and status.reset is not None
    ]
    return max(resets, default=None)


def _advised(headers: Mapping[str, str], prefix: str, now: float) -> float | None:
    from chatmodels.core.extending import parse_delay

    milliseconds = parse_delay(headers.get(f"{prefix}retry-after-ms", ""), now=now)
    if milliseconds is not None:
        return milliseconds / 1000
    return parse_delay(headers.get(f"{prefix}retry-after", ""), now=now)


def rate_limits(headers: Mapping[str, str], /) -> dict[str, str]:
    """Return the headers about rate limits, unchanged.

    Args:
        headers: Lower-case name to value.
    """
    return {name: value for name, value in headers.items() if "ratelimit" in name}
