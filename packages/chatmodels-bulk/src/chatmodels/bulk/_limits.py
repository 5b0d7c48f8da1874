"""The limits of a run."""

from decimal import Decimal

import msgspec

from chatmodels.core import ConfigurationError

_COUNTS = ("requests_per_minute", "tokens_per_minute", "batch_rows", "batch_tokens")


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of a run.

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
