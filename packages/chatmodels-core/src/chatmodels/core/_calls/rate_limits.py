"""Reads the rate limits that a provider reports in the headers of its responses."""

import math
import re
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from chatmodels.core._public import published_in
from chatmodels.core._values.parts import FrozenValue

Unit = Literal["requests", "tokens", "input_tokens", "output_tokens", "other"]


@published_in("chatmodels.core.extending")
class RateLimitStatus(FrozenValue, frozen=True, kw_only=True):
    """One rate limit of a provider, as a response reported it.

    Attributes:
        name: The name in the headers, such as "requests", "tokens-minute" or "input-tokens"; empty
            if the headers name no unit.
        unit: The unit that the limit counts; "other" for those that are not about chat calls, such
            as seconds of audio, and for limits of a part of the tokens.
        period: Seconds to which the limit applies. If the name contains no period, 60, as the
            providers document; None if it contains no unit either.
        limit: The most that is allowed; None if unknown.
        remaining: The part of it that remained, at least 0; None if unknown.
        reset: Seconds from the response until the whole limit is available again; None if unknown.
        refills: Whether the limit fills up continuously until its `reset`, as at OpenAI, Groq and
            Anthropic, instead of at once.
    """

    name: str
    unit: Unit
    period: float | None = None
    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None
    refills: bool = False


def read_rate_limits(
    headers: Mapping[str, str], /, *, now: float | None = None
) -> tuple[RateLimitStatus, ...]:
    """Read the rate limits in the headers of a response, in the order of the headers.

    The formats are those on the pages "Rate limits" of OpenAI, Anthropic, Groq, Cerebras,
    Fireworks, OpenRouter and Together AI, of Azure OpenAI's "Quotas and limits", and the headers
    that Mistral sends. LiteLLM repeats those of the provider behind it as `llm_provider-...`.
    A reset more than a month away is ignored.

    Args:
        headers: Lower-case name to value.
        now: The current time in Unix seconds; by default the system's clock.
    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    for name, value in headers.items():
        if "ratelimit" in name and (place := _place(name)) is not None:
            family, limit, role = place
            found.setdefault((family, limit), {})[role] = value
    if not found:
        return ()
    now = time.time() if now is None else now
    return tuple(
        _status(family, name, values, now)
        for (family, name), values in found.items()
        if values.keys() != {"reset"}
    )


def parse_delay(value: str, /, *, now: float) -> float | None:
    """Return the seconds until a moment that a header specifies; None if it cannot be read.

    Vendors send `6m0s`, `20ms` or `17.39s` (OpenAI, Groq), a number of seconds (Azure, Cerebras),
    Unix seconds or milliseconds (OpenRouter), or an RFC 3339 date (Anthropic). The date of HTTP is
    accepted, too.
    """
    duration = _duration(value.strip())
    if duration is not None:
        return duration
    number = _number(value)
    if number is not None:
        if number > _UNIX_MILLISECONDS:
            number = number / 1000 - now
        elif number > _UNIX_SECONDS:
            number -= now
        return max(number, 0.0)
    moment = _date(value)
    return None if moment is None else max(moment - now, 0.0)


_LONGEST_RESET = 31 * 86400.0
_UNIX_SECONDS = 1e9  # larger numbers are moments, smaller ones durations
_UNIX_MILLISECONDS = 1e12
_DURATION_PART = r"(\d+(?:\.\d+)?)(ms|[dhms])"  # compiled on first use
_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}

_ROLES = frozenset({"limit", "remaining", "reset"})
_PERIODS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0, "month": 30 * 86400.0}
_WORDS: dict[frozenset[str], Unit] = {
    frozenset[str](): "requests",
    frozenset({"requests"}): "requests",
    frozenset({"req"}): "requests",  # Mistral
    frozenset({"tokens"}): "tokens",
    frozenset({"input", "tokens"}): "input_tokens",
    frozenset({"output", "tokens"}): "output_tokens",
    frozenset({"tokens", "prompt"}): "input_tokens",  # Fireworks
    frozenset({"tokens", "generated"}): "output_tokens",
}


@lru_cache(maxsize=256)
def _place(header: str) -> tuple[str, str, str] | None:
    """Return the family of a header, the name of its limit, and "limit", "remaining" or "reset"."""
    family, marker, rest = header.partition("ratelimit")
    if not rest.startswith("-"):  # such as "ratelimitbysize-limit"
        marker, separator, rest = rest.partition("-")
        return (family, marker, rest) if separator and rest in _ROLES else None
    words = rest[1:].split("-")
    roles = [word for word in words if word in _ROLES]
    if len(roles) != 1:
        return None
    words.remove(roles[0])
    return family, "-".join(words), roles[0]


@lru_cache(maxsize=256)
def _meaning(name: str) -> tuple[Unit, float | None]:
    """Return the unit and the period of a limit."""
    words = set(name.split("-")) - {"", "per"}
    periods = [_PERIODS[word] for word in words if word in _PERIODS]
    rest = frozenset(words.difference(_PERIODS))
    unit = _WORDS.get(rest, "other")
    if periods:
        return unit, periods[0]
    return unit, 60.0 if rest and unit != "other" else None


def _status(family: str, name: str, values: dict[str, str], now: float) -> RateLimitStatus:
    unit, period = _meaning(name)
    text = values.get("reset", "")
    reset = parse_delay(text, now=now) if text else None
    if reset is not None and reset > _LONGEST_RESET:
        reset = None
    return RateLimitStatus(
        name=name,
        unit=unit,
        period=period,
        limit=_count(values.get("limit")),
        remaining=_count(values.get("remaining")),
        reset=reset,
        refills="anthropic" in family or text.endswith("s"),
    )


def _count(text: str | None) -> int | None:
    number = None if text is None else _number(text)
    return None if number is None else max(int(number), 0)


def _duration(text: str) -> float | None:
    seconds, end = 0.0, 0
    for part in re.finditer(_DURATION_PART, text):
        if part.start() != end:
            return None
        seconds += float(part[1]) * _UNITS[part[2]]
        end = part.end()
    return seconds if 0 < end == len(text) else None


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
