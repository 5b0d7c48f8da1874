"""The cost of calls, its parts, and its sums."""

import datetime as dt
from decimal import Decimal
from typing import Literal

from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._values.parts import FrozenValue

CostKind = Literal[
    "input",
    "cached_input",
    "cache_write",
    "cache_write_1h",
    "input_audio",
    "cached_input_audio",
    "output",
    "reasoning",
    "output_audio",
    "request",
]
"""A kind of tokens that has a price, or "request" for the price of a call."""

Estimate = Literal[
    "service_tier",
    "cached_input",
    "cache_write",
    "cache_write_1h",
    "input_audio",
    "output_audio",
    "billed_tokens",
    "media",
    "tools",
    "time",
    "provider",
]
"""A part of a cost that is estimated."""


class CostPart(FrozenValue, frozen=True):
    """A part of a cost.

    Attributes:
        kind: The kind of tokens, or "request".
        quantity: The number of tokens, or of requests.
        amount: Their cost.
    """

    kind: CostKind
    quantity: int
    amount: Decimal


class Cost(FrozenValue, frozen=True, kw_only=True):
    """The cost of a call, or of several calls.

    `a + b` and `sum(costs, Cost())` add up the known amounts. If the cost of some calls is unknown,
    the amount is a lower bound, `unknown` counts these calls, and `reason` is that of the first.

    Attributes:
        amount: The amount; None if it is unknown, never 0 instead.
        currency: The currency, by its code of ISO 4217.
        parts: The parts of the amount, each kind once; empty if the vendor reported the cost.
        price_list: The source: the name of the price list, "own prices", or "reported" for an
            amount that the vendor reported; several are separated by commas.
        price_list_date: The date of the price list, if it is known; of several, the earliest.
        estimated: The parts that are estimated, in alphabetical order:

            - "service_tier": the tier of the call has no prices; those of the standard tier apply.
            - "cached_input", "cache_write": cached tokens count as other input tokens.
            - "cache_write_1h": tokens of a cache for an hour count as those of five minutes.
            - "input_audio", "output_audio": audio counts as text, or the number of cached audio
              tokens is not reported.
            - "billed_tokens": other tokens than those used are billed; all of them count as
              uncached text.
            - "media": images or video have prices of their own, and their tokens are not reported.
            - "tools": the vendor's own tools, of which the message has parts, are not included.
            - "time": the time of the call is unknown; the prices of today apply.
            - "provider": the provider has no price for the model; another provider's applies.
        reason: The reason why the amount is unknown or a lower bound; None if it is complete.
        unknown: The number of calls whose cost is unknown.
    """

    amount: Decimal | None = None
    currency: str = "USD"
    parts: tuple[CostPart, ...] = ()
    price_list: str = ""
    price_list_date: dt.date | None = None
    estimated: tuple[Estimate, ...] = ()
    reason: str | None = None
    unknown: int = 0

    def __add__(self, other: "Cost", /) -> "Cost":
        """Add up two costs.

        Raises:
            ConfigurationError: They have different currencies.
        """
        if not isinstance(other, Cost):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
            return NotImplemented
        if self.amount is None or other.amount is None:
            known = other if self.amount is None else self
            amount, currency = known.amount, known.currency
        elif self.currency == other.currency:
            amount, currency = self.amount + other.amount, self.currency
        else:
            raise ConfigurationError(
                f"a cost in {self.currency} cannot be added to one in {other.currency}; add up "
                "the costs of each currency",
                op="add_costs",
            )
        lists = dict.fromkeys(f"{self.price_list}, {other.price_list}".split(", "))
        dates = [each.price_list_date for each in (self, other) if each.price_list_date]
        return Cost(
            amount=amount,
            currency=currency,
            parts=_sums((*self.parts, *other.parts)),
            price_list=", ".join(filter(None, lists)),
            price_list_date=min(dates, default=None),
            estimated=tuple(sorted({*self.estimated, *other.estimated})),
            reason=self.reason or other.reason,
            unknown=self.unknown + other.unknown,
        )

    def __radd__(self, other: int, /) -> "Cost":
        """Be the first summand of `sum(costs)`, which starts from 0."""
        return self if other == 0 else NotImplemented


def unknown_cost(reason: str, /) -> Cost:
    """Return the cost of a call that is unknown for a reason."""
    return Cost(reason=reason, unknown=1)


def _sums(parts: tuple[CostPart, ...]) -> tuple[CostPart, ...]:
    sums: dict[CostKind, CostPart] = {}
    for part in parts:
        earlier = sums.get(part.kind)
        sums[part.kind] = (
            part
            if earlier is None
            else CostPart(part.kind, earlier.quantity + part.quantity, earlier.amount + part.amount)
        )
    return tuple(sums.values())
