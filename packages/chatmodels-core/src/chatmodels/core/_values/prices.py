"""The prices of a model."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, TypeGuard

import msgspec

from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._values.cost import Cost, CostKind, CostPart, Estimate, unknown_cost
from chatmodels.core._values.parts import FrozenValue
from chatmodels.core._values.usage import Usage

OWN_PRICES = "own prices"

Number = Decimal | float


class Prices(FrozenValue, frozen=True, kw_only=True):
    """The prices of a model: for a million tokens, if not described otherwise.

    Numbers are stored as `Decimal`; a float counts as its shortest decimal form, so that 0.1 is
    exactly 0.1.

    Attributes:
        input: Input tokens.
        output: Output tokens.
        cached_input: Input tokens that were read from a cache; None for the price of `input`.
        cache_write: Input tokens that were written to a cache; None for the price of `input`.
        cache_write_1h: Those that are kept for an hour; None for the price of `cache_write`.
        input_audio: Input tokens of audio; None for the price of `input`.
        cached_input_audio: Those that were read from a cache; None for the price of `cached_input`.
        output_audio: Output tokens of audio; None for the price of `output`.
        reasoning: Output tokens of reasoning; None for the price of `output`.
        request: The price of one call, in addition to its tokens.
        tiers: Service tier to the prices of calls that it served, as in `{"flex": Prices(...)}`.
        long_context: A number of input tokens to the prices of whole calls with more of them.
        currency: The currency, by its code of ISO 4217.
        name: The name of the price list.
        date: The date of the price list.

    Raises:
        ConfigurationError: A price is not a number of at least 0, or the prices of tiers and long
            contexts have another currency; the message lists every problem.

    Examples:
        >>> prices = Prices(input=2, output=12, cached_input=0.2)
        >>> prices.cost(Usage(input_tokens=1000, output_tokens=100, cached_input_tokens=500)).amount
        Decimal('0.0023')
    """

    input: Number
    output: Number
    cached_input: Number | None = None
    cache_write: Number | None = None
    cache_write_1h: Number | None = None
    input_audio: Number | None = None
    cached_input_audio: Number | None = None
    output_audio: Number | None = None
    reasoning: Number | None = None
    request: Number | None = None
    tiers: Mapping[str, "Prices"] = msgspec.field(default_factory=dict[str, "Prices"])
    long_context: Mapping[int, "Prices"] = msgspec.field(default_factory=dict[int, "Prices"])
    currency: str = "USD"
    name: str = OWN_PRICES
    date: dt.date | None = None

    def __post_init__(self) -> None:
        problems = list(self._normalize())
        for place, prices in (*self.tiers.items(), *self.long_context.items()):
            if prices.currency != self.currency:
                problems.append(
                    f"the prices of {place!r} are in {prices.currency}, the others in "
                    f"{self.currency}"
                )
        if problems:
            raise ConfigurationError(f"Prices: {'; '.join(problems)}", op="configure")

    def _normalize(self) -> Iterator[str]:
        for name in _PRICES:
            value: object = getattr(self, name)
            if value is None or (type(value) is Decimal and value.is_finite() and value >= 0):
                continue
            price = _decimal(value)
            if price is None:
                yield f"{name} must be a number of at least 0, not {value!r}"
            else:
                msgspec.structs.force_setattr(self, name, price)

    def cost(self, usage: Usage, /, *, service_tier: str | None = None) -> Cost:
        """Compute the cost of a call.

        Args:
            usage: The tokens of the call.
            service_tier: The tier that served it; None for the standard tier.
        """
        tokens = _splitter()(usage)
        if tokens is None:
            return unknown_cost("the provider did not report the tokens of the call")
        quantities, estimated = tokens
        prices = self._at(service_tier, estimated)
        if prices.long_context:
            prices = prices._in_context(quantities)
        parts: list[CostPart] = []
        amount = _NOTHING
        for kind, number in quantities.items():
            price = number * prices._price(kind, estimated) / _MILLION
            parts.append(CostPart(kind, number, price))
            amount += price
        if prices.request is not None and quantities:  # a cached response used no tokens
            price = Decimal(prices.request)
            parts.append(CostPart("request", 1, price))
            amount += price
        return Cost(
            amount=amount,
            currency=self.currency,
            parts=tuple(parts),
            price_list=self.name,
            price_list_date=self.date,
            estimated=tuple(sorted(estimated)) if estimated else (),
        )

    def _in_context(self, quantities: Mapping[CostKind, int]) -> "Prices":
        """Return the prices of a call with so many input tokens."""
        size = sum(number for kind, number in quantities.items() if kind not in _OUTPUT_KINDS)
        step = max((step for step in self.long_context if size > step), default=None)
        return self if step is None else self.long_context[step]

    def _at(self, service_tier: str | None, estimated: set[Estimate]) -> "Prices":
        tier = standard_tier(service_tier)
        if not tier:
            return self
        prices = self.tiers.get(tier)
        if prices is None:
            estimated.add("service_tier")
            return self
        return prices

    def _price(self, kind: CostKind, estimated: set[Estimate]) -> Decimal:
        """Return the price of a kind of tokens, or of the kind to which they count instead."""
        price: Number | None = getattr(self, kind)
        while price is None:
            kind, estimate = _INSTEAD[kind]
            if estimate is not None:
                estimated.add(estimate)
            price = getattr(self, kind)
        return price if isinstance(price, Decimal) else Decimal(price)


def prices_for(prices: Prices | Mapping[str, Prices] | None, model: str, /) -> Prices | None:
    """Return the prices of a model: those of its name, else of the first pattern that matches."""
    if prices is None or isinstance(prices, Prices):
        return prices
    if model in prices:
        return prices[model]
    from fnmatch import fnmatchcase

    return next((own for name, own in prices.items() if fnmatchcase(model, name)), None)


def checked_prices(value: object, /) -> Prices | dict[str, Prices]:
    """Convert the prices of a model, or of models by their names, from plain data.

    Raises:
        ConfigurationError: It is something else, or prices are invalid.
    """
    if isinstance(value, Prices):
        return value
    if unknown := _unknown_field(value):
        raise ConfigurationError(f"prices have no {unknown}", op="configure")
    try:
        if isinstance(value, dict) and ("input" in value or "output" in value):
            return msgspec.convert(value, Prices, str_keys=True)
        return msgspec.convert(value, dict[str, Prices], str_keys=True)
    except msgspec.ValidationError as error:
        raise ConfigurationError(
            f"prices must be Prices(...), or a mapping of the names of models to them: {error}"
        ) from error


def _unknown_field(value: object) -> str:
    """Return the first name in prices that is none of theirs, with a hint; empty if all are."""
    if not _is_table(value):
        return ""
    known = Prices.__struct_fields__
    is_prices = not value.keys().isdisjoint({"input", "output"})
    for name, inner in value.items():
        if is_prices and name not in known:
            from chatmodels.core._spelling import hint, listing

            return f"{name!r}; {hint(str(name), known) or f'there are {listing(known)}'}"
        # Otherwise, it is a mapping of names or numbers to prices.
        if (not is_prices or name in {"tiers", "long_context"}) and (
            problem := _unknown_field(inner)
        ):
            return problem
    return ""


def _is_table(value: object) -> TypeGuard[dict[Any, object]]:
    return isinstance(value, dict)


def standard_tier(name: str | None, /) -> str:
    """Return the name of a service tier in price lists; empty for the standard tier.

    Vendors report "default" (OpenAI, Bedrock), "standard" (Anthropic, Gemini), "on_demand" (Groq,
    Vertex AI) and "Priority Tier" (Mistral).
    """
    if name is None:
        return ""
    tier = name.lower().removesuffix(" tier")
    return "" if tier in _STANDARD else tier


@cache
def _splitter() -> Callable[[Usage], tuple[dict[CostKind, int], set[Estimate]] | None]:
    # Most calls need no cost, and an import statement takes long each time.
    from chatmodels.core._values.billing import billed_tokens

    return billed_tokens


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    price = Decimal(str(value))
    return price if price.is_finite() and price >= 0 else None


_NOTHING = Decimal(0)
_MILLION = Decimal(1_000_000)
_STANDARD = frozenset({"", "auto", "default", "standard", "on_demand"})
_OUTPUT_KINDS = frozenset({"output", "reasoning", "output_audio"})
_INSTEAD: dict[CostKind, tuple[CostKind, Estimate | None]] = {
    "cached_input": ("input", "cached_input"),
    "cache_write": ("input", "cache_write"),
    "cache_write_1h": ("cache_write", "cache_write_1h"),
    "input_audio": ("input", "input_audio"),
    "cached_input_audio": ("cached_input", "input_audio"),
    "output_audio": ("output", "output_audio"),
    "reasoning": ("output", None),  # all vendors bill it as output, if it has no price
}
_PRICES = ("input", "output", *_INSTEAD, "request")
