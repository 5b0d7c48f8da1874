"""Reads response headers: the id of the request, the delay before a retry, the rate limits."""

import math
import re
import time
from collections.abc import Mapping

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


def retry_after(headers: Mapping[str, str], /, *, now: float | None = None) -> float | None:
    """Return the delay in seconds that the provider advises before the next attempt.

    The sources are `retry-after-ms`, `retry-after` (seconds or a date), the same headers of a
    provider behind LiteLLM (`llm_provider-...`), and else the resets of exhausted rate limits.
    A reset more than a month away is ignored.

    Args:
        headers: Lower-case name to value.
        now: The current time in Unix seconds; by default the system's clock.
    """
    now = time.time() if now is None else now
    for prefix in ("", "llm_provider-"):
        advised = _advised(headers, prefix, now)
        if advised is not None:
            return max(advised, 0.0)
    resets = [
        seconds
        for name, value in headers.items()
        if "ratelimit" in name
        and "reset" in name
        and _exhausted(headers.get(name.replace("reset", "remaining")))
        and (seconds := until_reset(value, now=now)) is not None
        and seconds <= _LONGEST_RESET
    ]
    return max(resets, default=None)


def _advised(headers: Mapping[str, str], prefix: str, now: float) -> float | None:
    milliseconds = _number(headers.get(f"{prefix}retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    advised = headers.get(f"{prefix}retry-after", "")
    seconds = _number(advised)
    if seconds is not None:
        return seconds
    moment = _date(advised)
    return None if moment is None else moment - now


def rate_limits(headers: Mapping[str, str], /) -> dict[str, str]:
    """Return the headers about rate limits, unchanged.

    Args:
        headers: Lower-case name to value.
    """
    return {name: value for name, value in headers.items() if "ratelimit" in name}


def until_reset(value: str, /, *, now: float) -> float | None:
    """Return the seconds until a rate limit is reset; None if the value cannot be read.

    Vendors send `6m0s`, `20ms` or `17.39s` (OpenAI, Groq), a number of seconds (Azure, Mistral),
    Unix seconds or milliseconds (OpenRouter), or an RFC 3339 date (Anthropic).
    """
    number = _number(value)
    if number is not None:
        if number > _UNIX_MILLISECONDS:
            number = number / 1000 - now
        elif number > _UNIX_SECONDS:
            number -= now
        return max(number, 0.0)
    duration = _DURATION.fullmatch(value.strip())
    if duration is not None and duration[0]:
        return sum(
            float(amount) * unit for amount, unit in zip(duration.groups("0"), _UNITS, strict=True)
        )
    moment = _date(value)
    return None if moment is None else max(moment - now, 0.0)


_LONGEST_RESET = 31 * 86400.0
_UNIX_SECONDS = 1e9  # larger numbers are moments, smaller ones durations
_UNIX_MILLISECONDS = 1e12
_AMOUNT = r"(\d+(?:\.\d+)?)"
_DURATION = re.compile("".join(rf"(?:{_AMOUNT}{unit})?" for unit in ("d", "h", "m", "s", "ms")))
_UNITS = (86400.0, 3600.0, 60.0, 1.0, 0.001)


def _exhausted(remaining: str | None) -> bool:
    number = None if remaining is None else _number(remaining)
    return number is not None and number <= 0


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _date(text: str) -> float | None:
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text.strip())
        except (ValueError, OverflowError):
            continue
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return None
