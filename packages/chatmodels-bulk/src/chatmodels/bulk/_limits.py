"""The limits of a run."""

from decimal import Decimal
from typing import Literal, get_args

import msgspec

from chatmodels.core import ConfigurationError

_COUNTS = ("requests_per_minute", "tokens_per_minute", "batch_rows", "batch_tokens")

Via = Literal["calls", "batch", "auto"]
"""The way to the responses: see `arun`."""

_CALLS: tuple[Via, ...] = ("calls", "auto")
_BATCHES: tuple[Via, ...] = ("batch", "auto")
_WAYS: dict[str, tuple[Via, ...]] = {
    "in_flight": _CALLS,
    "requests_per_minute": _CALLS,
    "tokens_per_minute": _CALLS,
    "retries": _CALLS,
    "batch_rows": _BATCHES,
    "batch_tokens": _BATCHES,
    "batch_deadline": ("auto",),
    "batch_poll": _BATCHES,
}


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of a run.

    A limit that has no effect with the `via` of a run is refused by the run, unless it is the
    default: those of calls with "batch", and those of batches with "calls". With "auto", those of
    calls apply to the rows for which the model is called.

    Attributes:
        in_flight: The largest number of calls at the same time.
        requests_per_minute: The largest number of requests per minute; None for the limits that
            the vendor reports.
        tokens_per_minute: The largest number of tokens per minute, of input and output together;
            None for the limits that the vendor reports.
        retries: The number of retries of a failed call, from 0 to 10, if the model is passed as
            `"provider:model"`. Other models have their own.
        cost: The amount of money, in the currency of the price list, at which the run stops: rows
            that are under way are completed, so the cost can exceed it by theirs.
        errors: The failed rows at which the run stops, without those of earlier runs: a number, or
            a share such as 0.05, which applies from the twentieth row on. None for any number.
        batch_rows: The largest number of rows of one batch at the vendor; None for the vendor's
            limit. No batch has more than 64 MiB, since its rows are in memory when it is created.
        batch_tokens: The largest number of estimated input tokens that wait in batches, such as
            that of your tier; None for any number.
        batch_deadline: The seconds after which `via="auto"` cancels a batch, and calls the model
            for the rows without a response.
        batch_poll: The longest time between two polls of a batch, in seconds; the first one is
            after a twelfth of it.

    Raises:
        ConfigurationError: A number is out of range; the message lists all of them.
    """

    in_flight: int = 100
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    retries: int = 5
    cost: Decimal | float | None = None
    errors: int | float | None = None
    batch_rows: int | None = None
    batch_tokens: int | None = None
    batch_deadline: float = 86_400.0
    batch_poll: float = 60.0

    @staticmethod
    def ways(name: str, /) -> tuple[Via, ...]:
        """Return the ways to the responses with which a limit has an effect.

        Args:
            name: The name of the limit.
        """
        return _WAYS.get(name, get_args(Via))

    def refuse_unused(self, via: Via, /) -> None:
        """Check that each limit has an effect.

        Args:
            via: The way to the responses.

        Raises:
            ConfigurationError: One that is not the default has none; the message lists all of them.
        """
        defaults = Limits()
        unused = [
            f"{name}=... has no effect with via={via!r}; omit it, or pass "
            + " or ".join(f"via={way!r}" for way in ways)
            for name, ways in _WAYS.items()
            if via not in ways and getattr(self, name) != getattr(defaults, name)
        ]
        if unused:
            raise ConfigurationError(f"Limits: {'; '.join(unused)}", op="bulk")

    def __post_init__(self) -> None:
        problems = [
            f"{name} must be {expected}, not {getattr(self, name)!r}"
            for name, expected, is_right in (
                ("in_flight", "a positive integer", _is_count(self.in_flight)),
                *(
                    (name, "a positive integer or None", value is None or _is_count(value))
                    for name in _COUNTS
                    for value in (getattr(self, name),)
                ),
                ("batch_deadline", "a number of seconds", self.batch_deadline >= 0),
                ("batch_poll", "a number of seconds", self.batch_poll >= 0),
                ("retries", "an integer from 0 to 10", self.retries in range(11)),
                ("cost", "a positive amount or None", self.cost is None or self.cost > 0),
                (
                    "errors",
                    "a positive integer, a share between 0 and 1, or None",
                    self.errors is None or _is_count(self.errors) or 0 < self.errors < 1,
                ),
            )
            if not is_right
        ]
        if problems:
            raise ConfigurationError(f"Limits: {'; '.join(problems)}", op="bulk")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
