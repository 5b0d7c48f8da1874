"""Rate limits of a simulated provider: token buckets that fill continuously."""

import math
from collections.abc import Callable

import msgspec


class RateLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of each API key and model, which are full at the start.

    A request is refused if the rest of a limit is smaller than what it needs: one request, and the
    tokens of its input, each word counting as one. The tokens of its output are subtracted when
    it is sent, so that the next requests have to wait for them as well. The limits fill
    continuously, as described on Anthropic's page "Rate limits".

    Attributes:
        requests_per_minute: The number of requests; None for no limit.
        tokens_per_minute: The number of tokens of the input and the output.
        input_tokens_per_minute: The number of tokens of the input, as Anthropic limits them.
        output_tokens_per_minute: The number of tokens of the output, as Anthropic limits them.

    Raises:
        ValueError: A limit is not positive.
    """

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    input_tokens_per_minute: int | None = None
    output_tokens_per_minute: int | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name in self.__struct_fields__:
            value: int | None = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is at least 1, not {value!r}")


class LimitStatus(msgspec.Struct, frozen=True):
    """One rate limit of an API key and a model at a moment.

    Attributes:
        name: "requests", "tokens", "input-tokens" or "output-tokens".
        limit: The most per minute.
        remaining: The rest, at least 0.
        reset: Seconds until the limit is full.
        wait: Seconds until the rest is enough for the refused request; 0 if it is enough.
    """

    name: str
    limit: int
    remaining: int
    reset: float
    wait: float = 0.0


class RateLimiter:
    """The limits of all API keys and models at the moment; it is not thread-safe.

    Args:
        limits: The limits.
        clock: Returns the time in Unix seconds.
    """

    def __init__(self, limits: RateLimits, clock: Callable[[], float]) -> None:
        minutely = {
            "requests": limits.requests_per_minute,
            "tokens": limits.tokens_per_minute,
            "input-tokens": limits.input_tokens_per_minute,
            "output-tokens": limits.output_tokens_per_minute,
        }
        self._limits = {name: limit for name, limit in minutely.items() if limit is not None}
        self._clock = clock
        self._accounts: dict[tuple[str, str], list[_Bucket]] = {}

    def admit(self, account: tuple[str, str], input_tokens: int, /) -> LimitStatus | None:
        """Subtract a request and its input, or return the limit that it has to wait for longest.

        Args:
            account: The API key and the model.
            input_tokens: The tokens of the input.
        """
        buckets = self._buckets(account)
        costs = {"requests": 1, "output-tokens": 0}  # of the others the tokens
        needs = [max(costs.get(bucket.name, input_tokens), 1) for bucket in buckets]
        needed = [bucket.status(need) for bucket, need in zip(buckets, needs, strict=True)]
        longest = max(needed, key=lambda status: status.wait, default=None)
        if longest is not None and longest.wait:
            return longest
        for bucket in buckets:
            bucket.level -= costs.get(bucket.name, input_tokens)
        return None

    def subtract(self, account: tuple[str, str], output_tokens: int, /) -> None:
        """Subtract the output of an admitted request."""
        for bucket in self._buckets(account):
            if bucket.name in {"tokens", "output-tokens"}:
                bucket.level -= output_tokens

    def statuses(self, account: tuple[str, str], /) -> tuple[LimitStatus, ...]:
        """Return the limits at the moment."""
        return tuple(bucket.status(0) for bucket in self._buckets(account))

    def _buckets(self, account: tuple[str, str]) -> "list[_Bucket]":
        now = self._clock()
        buckets = self._accounts.get(account)
        if buckets is None:
            buckets = [_Bucket(name, limit, now) for name, limit in self._limits.items()]
            self._accounts[account] = buckets
        for bucket in buckets:
            bucket.fill(now)
        return buckets


_CLOCK_STEP = 1e-6  # a clock in Unix seconds is not finer


class _Bucket:
    def __init__(self, name: str, limit: int, now: float) -> None:
        self.name = name
        self.level = float(limit)
        self._limit = limit
        self._updated = now

    def fill(self, now: float) -> None:
        filled = self.level + max(now - self._updated, 0.0) * self._limit / 60
        self.level = min(filled, float(self._limit))
        self._updated = now

    def status(self, need: int) -> LimitStatus:
        # A vendor never admits a request that needs more than the whole limit.
        missing = need - self.level if need <= self._limit else self._limit
        wait = missing * 60 / self._limit
        return LimitStatus(
            name=self.name,
            limit=self._limit,
            remaining=max(math.floor(self.level), 0),
            reset=(self._limit - self.level) * 60 / self._limit,
            wait=wait if need and wait > _CLOCK_STEP else 0.0,
        )
