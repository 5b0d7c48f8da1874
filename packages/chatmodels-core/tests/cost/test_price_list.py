"""The price list is found by provider, model, tier and time, and never counts a missing price."""

import datetime as dt
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from genai_prices import Usage as ListUsage
from genai_prices import calc_price
from genai_prices.data_snapshot import DataSnapshot, get_snapshot, set_custom_snapshot
from genai_prices.types import (
    ClauseContains,
    ClauseStartsWith,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    Provider,
    StartDateConstraint,
    Tier,
    TieredPrices,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from chatmodels.core import ChatResponse, Timing, Usage, assistant, prices_of, registry
from chatmodels.core._values.price_list import listed_prices
from chatmodels.core.extending import StandardChatModel, load_price_list

MILLION = Usage(input_tokens=1_000_000, output_tokens=0)
NOVEMBER = dt.datetime(2026, 11, 15, tzinfo=dt.UTC).timestamp()


def price(input_: float, **others: Any) -> ModelPrice:
    listed = {key: Decimal(str(value)) for key, value in others.items()}
    return ModelPrice(input_mtok=Decimal(str(input_)), output_mtok=Decimal(20), **listed)


def listed(name: str, prices: Any, **others: Any) -> ModelInfo:
    return ModelInfo(id=name, match=ClauseStartsWith(name), prices=prices, **others)


MODELS = [
    listed(
        "large",
        price(10, cache_read_mtok=1, cache_write_mtok=12, cache_write_1h_mtok=16),
        price_variants=[
            PriceVariant(when={"service_tier": "flex"}, prices=price(5)),
            PriceVariant(when={"processing": "batch"}, prices=price(4)),
            PriceVariant(when={"speed": "fast"}, prices=price(40)),
            PriceVariant(
                when={"service_tier": "priority"},
                prices=price(20),
                constraint=StartDateConstraint(dt.date(2030, 1, 1)),
            ),
        ],
    ),
    listed(
        "long",
        ModelPrice(
            input_mtok=TieredPrices(Decimal(1), [Tier(200_000, Decimal(2))]),
            output_mtok=Decimal(20),
        ),
    ),
    listed(
        "cheaper",
        [
            ConditionalPrice(prices=price(10)),
            ConditionalPrice(StartDateConstraint(dt.date(2026, 11, 1)), prices=price(5)),
        ],
    ),
    listed("search", price(1, requests_kcount=5)),
    listed("painter", price(1, output_image_mtok=30)),
    listed("embedding", ModelPrice(input_mtok=Decimal(1))),
    listed("free", ModelPrice()),
]


@pytest.fixture
def snapshot() -> Iterator[DataSnapshot]:
    """A price list of our own in the place of that of the package."""
    acme = Provider(
        id="acme",
        name="Acme",
        api_pattern="https://acme\\.example",
        provider_match=ClauseContains("acme"),
        models=MODELS,
    )
    xai = Provider(id="x-ai", name="xAI", api_pattern="https://xai\\.example", models=MODELS)
    reseller = Provider(
        id="re-seller",
        name="Reseller",
        api_pattern="https://re\\.example",
        fallback_model_providers=["acme"],
    )
    own = DataSnapshot([acme, xai, reseller], from_auto_update=False)
    set_custom_snapshot(own)
    yield own
    set_custom_snapshot(None)


def response(
    model: str | None,
    provider: str = "acme",
    *,
    usage: Usage = MILLION,
    at: float | None = NOVEMBER,
    **fields: Any,
) -> ChatResponse[Any]:
    return ChatResponse(
        message=assistant("Hi"),
        provider=provider,
        model=model,
        usage=usage,
        timing=Timing(total=1, started_at=at),
        **fields,
    )


@pytest.mark.usefixtures("snapshot")
def test_a_listed_model_has_a_cost() -> None:
    cost = response(
        "large-2026-10-01",
        usage=Usage(
            input_tokens=4_000_000,
            output_tokens=1_000_000,
            cached_input_tokens=1_000_000,
            cache_write_tokens=2_000_000,
            cache_write_1h_tokens=1_000_000,
        ),
    ).cost

    assert cost.amount == 10 + 1 + 12 + 16 + 20
    assert (cost.price_list, cost.price_list_date) == (load_price_list(), None)
    assert (cost.currency, cost.estimated, cost.reason) == ("USD", (), None)


@pytest.mark.usefixtures("snapshot")
@pytest.mark.parametrize(
    ("tier", "amount", "estimated"),
    [
        ("default", 10, ()),
        ("flex", 5, ()),
        ("batch", 4, ()),
        ("fast", 40, ()),
        ("priority", 10, ("service_tier",)),
        ("scale", 10, ("service_tier",)),
    ],
)
def test_tiers_have_their_prices(tier: str, amount: int, estimated: tuple[str, ...]) -> None:
    cost = response("large", service_tier=tier).cost

    assert (cost.amount, cost.estimated) == (amount, estimated)


@pytest.mark.usefixtures("snapshot")
@pytest.mark.parametrize(("input_tokens", "price"), [(200_000, 1), (200_001, 2)])
def test_long_contexts_have_their_prices(input_tokens: int, price: int) -> None:
    cost = response("long", usage=Usage(input_tokens=input_tokens, output_tokens=0)).cost

    assert cost.amount == Decimal(input_tokens * price) / 1_000_000


@pytest.mark.usefixtures("snapshot")
def test_the_price_is_that_of_the_time_of_the_call() -> None:
    october = dt.datetime(2026, 10, 31, 23, 59, tzinfo=dt.UTC).timestamp()

    assert response("cheaper", at=october).cost.amount == 10
    assert response("cheaper", at=NOVEMBER).cost.amount == 5
    assert response("cheaper", at=NOVEMBER).cost.estimated == ()


@pytest.mark.usefixtures("snapshot")
def test_without_the_time_of_the_call_a_price_that_changes_is_an_estimate() -> None:
    assert response("cheaper", at=None).cost.estimated == ("time",)
    assert response("large", at=None).cost.estimated == ()


@pytest.mark.usefixtures("snapshot")
def test_a_call_can_have_a_price() -> None:
    cost = response("search").cost

    assert cost.amount == Decimal("1.005")


@pytest.mark.usefixtures("snapshot")
def test_images_may_have_another_price() -> None:
    assert response("painter").cost.estimated == ("media",)


@pytest.mark.usefixtures("snapshot")
@pytest.mark.parametrize("model", ["embedding", "free", "unknown"])
def test_a_model_without_prices_has_no_cost(model: str) -> None:
    cost = response(model).cost

    assert (cost.amount, cost.unknown) == (None, 1)
    assert cost.reason == (f"{load_price_list()} has no prices of acme:{model}; pass prices=...")


@pytest.mark.usefixtures("snapshot")
def test_a_response_without_a_model_has_no_cost() -> None:
    assert response(None).cost.reason == "the name of the model is unknown; pass prices=..."


@pytest.mark.usefixtures("snapshot")
@pytest.mark.parametrize("reported", [None, "unknown"])
def test_the_requested_model_has_the_price_if_the_reported_one_has_none(
    reported: str | None,
) -> None:
    assert response(reported, requested_model="large").cost.amount == 10


@pytest.mark.usefixtures("snapshot")
def test_a_name_that_only_contains_a_listed_provider_has_no_prices() -> None:
    assert response("large", "my-acme-proxy").cost.amount is None


@pytest.mark.usefixtures("snapshot")
@pytest.mark.parametrize("provider", ["xai", "x_ai", "x-ai"])
def test_a_provider_can_have_another_name_in_the_list(provider: str) -> None:
    assert response("large", provider).cost.amount == 10


@pytest.mark.usefixtures("snapshot")
def test_prices_of_another_provider_are_an_estimate() -> None:
    cost = response("large", "re_seller", service_tier="flex").cost

    assert (cost.amount, cost.estimated) == (10, ("provider", "service_tier"))


def test_an_updated_list_has_a_date(snapshot: DataSnapshot) -> None:
    snapshot.from_auto_update = True
    snapshot.timestamp = dt.datetime(2026, 11, 20, 12)  # noqa: DTZ001 - as the package sets it

    assert response("large").cost.price_list_date == dt.date(2026, 11, 20)


@pytest.mark.usefixtures("snapshot")
def test_prices_of_a_model_are_known_before_a_call() -> None:
    prices = prices_of(StandardChatModelOf("acme", "large"))

    assert prices is not None
    assert (prices.input, prices.output) == (10, 20)
    assert prices_of(StandardChatModelOf("acme", "unknown")) is None


class StandardChatModelOf(StandardChatModel):
    def respond(self, request: Any, call: Any, /) -> Any:
        raise AssertionError


class Missing:
    """An importer that does not find the price list, and counts the searches."""

    searches = 0

    def find_spec(self, name: str, path: object, target: object = None) -> None:
        if name.startswith("genai_prices"):
            self.searches += 1
            raise ModuleNotFoundError(name, name=name)


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Missing]:
    """The importer of an installation without the price list."""
    importer = Missing()
    with monkeypatch.context() as patch:
        for name in [each for each in sys.modules if each.startswith("genai_prices")]:
            patch.delitem(sys.modules, name)
        patch.setattr(sys, "meta_path", [importer, *sys.meta_path])
        registry.rediscover()
        yield importer
    registry.rediscover()


@pytest.mark.usefixtures("missing")
def test_without_a_price_list_the_reason_names_what_to_install() -> None:
    cost = response("large").cost

    assert cost.amount is None
    assert cost.reason is not None
    assert 'pip install "chatmodels-core[cost]"' in cost.reason
    assert load_price_list() == ""


def test_the_price_list_is_searched_once_and_again_if_wanted(missing: Missing) -> None:
    for _ in range(3):
        assert response("large").cost.amount is None
    assert missing.searches == 1

    registry.rediscover()

    assert response("large").cost.amount is None
    assert missing.searches == 2


def test_prices_that_depend_on_no_time_are_converted_once(
    snapshot: DataSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[Any] = []
    find = snapshot.find_provider_model

    def counted(*arguments: Any) -> Any:
        looked_up.append(arguments)
        return find(*arguments)

    monkeypatch.setattr(snapshot, "find_provider_model", counted)
    for model in ("search", "unknown", "cheaper"):
        assert len({response(model).cost for _ in range(3)}) == 1

    assert [model for model, *_ in looked_up] == ["search", "unknown", *["cheaper"] * 3]


def test_an_updated_list_replaces_the_prices(snapshot: DataSnapshot) -> None:
    assert response("embedding").cost.amount is None
    own = [listed("embedding", price(3))]
    acme = replace(snapshot.providers[0], models=own)

    set_custom_snapshot(DataSnapshot([acme], from_auto_update=False))

    assert response("embedding").cost.amount == 3


@pytest.mark.usefixtures("snapshot")
def test_the_number_of_models_whose_prices_are_kept_is_bounded() -> None:
    for number in range(1_100):
        assert response(f"search-{number}").cost.amount == Decimal("1.005")

    assert response("search-0").cost.amount == Decimal("1.005")


def test_the_price_list_is_imported_on_demand_and_uses_no_network() -> None:
    program = """
import sys
from chatmodels.core import ChatResponse, Usage, assistant
response = ChatResponse(
    message=assistant("Hi"), provider="openai", model="gpt-4o",
    usage=Usage(input_tokens=1000, output_tokens=100),
)
assert "genai_prices" not in sys.modules
import socket
class NoSocket:
    def __init__(self, *args, **options):
        raise AssertionError("the network is used")
socket.socket = NoSocket
print(response.cost.amount > 0, "genai_prices" in sys.modules)
"""

    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert result.stdout == "True True\n"


CHAT_MODELS = [
    (provider.id, model.id) for provider in get_snapshot().providers for model in provider.models
]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(CHAT_MODELS),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.tuples(*[st.floats(0, 1)] * 4),
    st.sampled_from(["default", "flex", "priority", "fast", "batch"]),
    st.datetimes(dt.datetime(2025, 1, 1), dt.datetime(2027, 1, 1), timezones=st.just(dt.UTC)),  # noqa: DTZ001 - see timezones
)
def test_all_models_of_the_list_cost_the_same_as_the_list_computes(
    model: tuple[str, str],
    input_tokens: int,
    output_tokens: int,
    shares: tuple[float, float, float, float],
    tier: str,
    at: dt.datetime,
) -> None:
    read = int(input_tokens * shares[0])
    written = int((input_tokens - read) * shares[1])
    usage = Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_input_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=int(written * shares[2]),
        reasoning_tokens=int(output_tokens * shares[3]),
    )
    provider, name = model
    found = listed_prices(provider, [name], service_tier=tier, at=at.timestamp())
    if isinstance(found, str):
        return

    prices, _ = found

    expected = calc_price(
        ListUsage(
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            cache_read_tokens=read,
            cache_write_tokens=written,
            cache_write_1h_tokens=usage.cache_write_1h_tokens,
            output_reasoning_tokens=usage.reasoning_tokens,
        ),
        name,
        provider_id=provider,
        genai_request_timestamp=at,
        price_context=dict.fromkeys(("service_tier", "speed", "processing"), tier),
    )
    assert prices.cost(usage, service_tier=tier).amount == expected.total_price
