"""The prices of models in `genai-prices`, if it is installed."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from chatmodels.core._values.cost import Estimate
from chatmodels.core._values.prices import Prices, standard_tier

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo, ModelPrice, TieredPrices
    from genai_prices.types import Provider as ListedProvider

_NOT_INSTALLED = (
    'no price list is installed; try: pip install "chatmodels-core[cost]", or pass prices=...'
)


def load_price_list() -> str:
    """Import the price list, and return its name; empty if none is installed.

    The first import takes about half a second, so do it before time matters. It does not use the
    network. If none is installed, `registry.rediscover()` looks for it again.
    """
    return _imported()


def forget_price_list() -> None:
    """Look for the price list again, for example after it was installed."""
    _imported.cache_clear()


@cache
def _imported() -> str:
    # A failed import searches the file system each time, which takes 50 times as long as a price.
    try:
        from genai_prices import __version__
        from genai_prices.data_snapshot import get_snapshot
    except ImportError:
        return ""
    get_snapshot()
    return f"genai-prices {__version__}"


@cache
def _snapshot_source() -> "Callable[[], DataSnapshot]":
    # An import statement takes as long as the rest of a price that is known.
    from genai_prices.data_snapshot import get_snapshot

    return get_snapshot


class _Lasting:
    """The prices of models that depend on no time, by the models and the tier of a call.

    They are those of one snapshot, which an update of the list replaces. Converting prices takes
    three times as long as computing a cost.
    """

    def __init__(self) -> None:
        self._known: tuple[DataSnapshot | None, dict[Any, Found]] = None, {}

    def of(self, snapshot: "DataSnapshot") -> "dict[Any, Found]":
        """Return those of a snapshot that are known, to add to them."""
        of, found = self._known
        if of is not snapshot or len(found) >= _MOST_MODELS:
            found = dict[Any, Found]()
            self._known = snapshot, found
        return found


_MOST_MODELS = 1_000  # a vendor can report any names
_lasting = _Lasting()

Found = tuple[Prices, Collection[Estimate]] | str
"""Prices and what is estimated about them, or the reason why there are none."""


def listed_prices(
    provider: str,
    models: Sequence[str | None],
    /,
    *,
    service_tier: str | None = None,
    at: float | None = None,
) -> Found:
    """Find the prices of a model in the price list.

    Args:
        provider: The provider's registered name.
        models: The names of the model; the first that the list has applies.
        service_tier: The tier whose prices are added to those of the standard tier.
        at: The time of the call, in seconds since 1970; None if it is unknown.

    Returns:
        The prices, and what is estimated about them; or the reason why there are none.
    """
    name = _imported()
    if not name:
        return _NOT_INSTALLED
    snapshot = _snapshot_source()()
    lasting = _lasting.of(snapshot)
    key = provider, *models, service_tier
    known = lasting.get(key)
    if known is not None:
        return known
    names = [model for model in models if model]
    if not names:
        return "the name of the model is unknown; pass prices=..."
    entry = next(filter(None, (_entry(snapshot, provider, model) for model in names)), None)
    if entry is None:
        found = _missing(name, provider, names[0])
    else:
        found = _prices_at(entry, name, service_tier, at) or _missing(name, provider, names[0])
    if entry is None or _is_lasting(entry[1], service_tier):
        lasting[key] = found
    return found


def _missing(name: str, provider: str, model: str) -> str:
    return f"{name} has no prices of {provider}:{model}; pass prices=..."


def _entry(
    snapshot: "DataSnapshot", provider: str, model: str
) -> "tuple[ListedProvider, ModelInfo, dt.date | None] | None":
    wanted = _PROVIDERS.get(provider, provider.replace("_", "-"))
    try:
        listed, info = snapshot.find_provider_model(model, None, wanted, None)
    except LookupError:
        return None
    if listed.id != wanted:
        return None  # any name that contains "openai" matches OpenAI, also one of a local server
    # The data that is installed with the package has no date, only the version of the package.
    date = snapshot.timestamp.date() if snapshot.from_auto_update else None
    return listed, info, date


def _is_lasting(info: "ModelInfo", service_tier: str | None) -> bool:
    if isinstance(info.prices, list):
        return False
    variants = info.price_variants if standard_tier(service_tier) else ()
    return all(each.constraint is None for each in variants or ())


def _prices_at(
    entry: "tuple[ListedProvider, ModelInfo, dt.date | None]",
    name: str,
    service_tier: str | None,
    at: float | None,
) -> tuple[Prices, Collection[Estimate]] | None:
    """Return the prices of an entry at a time; None if it has none for text."""
    listed, info, date = entry
    time = dt.datetime.now(dt.UTC) if at is None else dt.datetime.fromtimestamp(at, dt.UTC)
    standard = _known(info.get_prices(time))
    if not {"input_mtok", "output_mtok"} <= standard.keys():
        # Without this check, its missing prices would count as 0.
        return None
    estimated: set[Estimate] = set()
    if any("image" in key or "video" in key for key in standard):
        estimated.add("media")
    if at is None and isinstance(info.prices, list) and len(info.prices) > 1:
        estimated.add("time")
    own = any(info is each for each in listed.models)
    if not own:
        estimated.add("provider")
    tiers: dict[str, Prices] = {}
    tier = standard_tier(service_tier)
    # Depending on the vendor, the list names a tier by one of these keys. For a tier without
    # prices, it returns the standard ones.
    context: dict[str, str] = dict.fromkeys(("service_tier", "processing", "speed"), tier)
    if tier and own and _has_variant(info, context, time):
        tiers[tier] = _prices(_known(info.get_prices(time, context)), name, date)
    return _prices(standard, name, date, tiers), estimated


def _has_variant(info: "ModelInfo", context: dict[str, str], time: dt.datetime) -> bool:
    return any(
        all(context.get(key) == value for key, value in variant.when.items())
        and (variant.constraint is None or variant.constraint.active(time))
        for variant in info.price_variants or ()
    )


def _known(prices: "ModelPrice") -> "dict[str, Decimal | TieredPrices]":
    return {key: price for key, price in vars(prices).items() if price is not None}


def _prices(
    listed: "Mapping[str, Decimal | TieredPrices]",
    name: str,
    date: dt.date | None,
    tiers: Mapping[str, Prices] | None = None,
) -> Prices:
    steps = {
        tier.start
        for price in listed.values()
        if not isinstance(price, Decimal)
        for tier in price.tiers
    }
    return Prices(
        **_fields(listed, 0),
        name=name,
        date=date,
        tiers=tiers or {},
        long_context={
            step: Prices(**_fields(listed, step + 1), name=name, date=date) for step in steps
        },
    )


def _fields(listed: "Mapping[str, Decimal | TieredPrices]", input_tokens: int) -> dict[str, Any]:
    fields = {
        field: _price(listed[key], input_tokens) for key, field in _FIELDS.items() if key in listed
    }
    if "request" in fields:
        fields["request"] /= 1000
    return fields


def _price(price: "Decimal | TieredPrices", input_tokens: int) -> Decimal:
    if isinstance(price, Decimal):
        return price
    reached = [tier for tier in price.tiers if input_tokens > tier.start]
    return max(reached, key=lambda tier: tier.start).price if reached else price.base


_PROVIDERS = {"bedrock": "aws", "moonshot": "moonshotai", "xai": "x-ai"}
"""Names of providers here to those in the price list, if they differ."""

_FIELDS = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cached_input",
    "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "input_audio",
    "cache_audio_read_mtok": "cached_input_audio",
    "output_audio_mtok": "output_audio",
    "output_reasoning_mtok": "reasoning",
    "requests_kcount": "request",
}
