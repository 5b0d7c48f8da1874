"""The cost of responses, partial responses and runs, from the prices of a model."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    Cost,
    OutputInvalidError,
    Prices,
    ProviderPart,
    StreamEnd,
    StreamEvent,
    TextDelta,
    ToolRun,
    Usage,
    UsageUpdate,
    assistant,
    from_json,
    prices_of,
    to_json,
)
from chatmodels.core._registry.registry import ProviderRegistry
from chatmodels.core.extending import (
    CallInfo,
    ProviderOptions,
    ProviderState,
    Send,
    StandardChatModel,
)

PRICES = Prices(input=1000, output=10_000)
USAGE = Usage(input_tokens=10, output_tokens=2)
AMOUNT = Decimal("0.03")


class Priced(StandardChatModel):
    """Reports its usage, then ends, breaks, or waits for nothing."""

    broken = False

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        yield UsageUpdate(USAGE)
        yield TextDelta("Hello")
        if not self.broken:
            yield StreamEnd()


def priced(prices: Any = PRICES, **options: Any) -> Priced:
    return Priced("acme", "large-1", prices=prices, **options)


async def test_responses_of_all_shapes_have_a_cost() -> None:
    model = priced()
    with model.stream("Hi") as stream:
        stream.collect()
    async with model.astream("Hi") as astream:
        await astream.collect()

    responses = [
        model.generate("Hi"),
        await model.agenerate("Hi"),
        stream.response,
        astream.response,
        *model.batch(["Hi", "Hi"]),
    ]

    costs = [response.cost for response in responses if isinstance(response, ChatResponse)]
    assert [cost.amount for cost in costs] == [AMOUNT] * 6
    assert sum(costs, Cost()).amount == 6 * AMOUNT


def test_a_partial_response_has_a_cost() -> None:
    model = priced()
    model.broken = True

    with pytest.raises(ChatModelError) as caught:
        model.stream("Hi").collect()

    assert caught.value.partial.cost.amount == AMOUNT
    assert caught.value.partial.provider == "acme"


def test_a_stream_has_the_cost_so_far() -> None:
    with priced().stream("Hi") as stream:
        next(stream)

        assert stream.partial.cost.amount == AMOUNT


def test_a_response_of_the_wrong_type_has_a_cost() -> None:
    with pytest.raises(OutputInvalidError) as caught:
        priced().generate("Hi", output_type=int)

    assert caught.value.partial.cost.amount == AMOUNT


def test_a_stream_that_is_left_early_has_a_cost() -> None:
    ended: list[Any] = []

    def watch(call: CallInfo, request: ChatRequest) -> Any:
        call.on_end(lambda response, error: ended.append(response))
        return (yield Send(request))

    with priced(policies=[watch]).stream("Hi") as stream:
        next(stream)

    assert ended[0].cost.amount == AMOUNT


def test_policies_see_the_cost_of_each_attempt() -> None:
    amounts: list[Any] = []

    def outer(call: CallInfo, request: ChatRequest) -> Any:
        yield Send(request)
        return (yield Send(request))

    def inner(call: CallInfo, request: ChatRequest) -> Any:
        call.on_end(lambda response, error: amounts.append(response.cost.amount))
        return (yield Send(request))

    priced(policies=[outer, inner]).generate("Hi")

    assert amounts == [AMOUNT, AMOUNT]


def test_a_run_of_tools_has_the_cost_of_its_rounds() -> None:
    response = priced().generate("Hi")

    run = ToolRun(messages=(), responses=(response, response))

    assert run.cost.amount == 2 * AMOUNT
    assert ToolRun(messages=()).cost == Cost()


def test_a_stored_response_keeps_its_cost() -> None:
    response = priced(Prices(input=1000, output=10_000, tiers={"flex": PRICES})).generate("Hi")

    restored = from_json(to_json(response), ChatResponse)

    assert restored.prices == response.prices
    assert restored.cost == response.cost
    assert restored.timing.started_at == response.timing.started_at


def test_a_response_of_another_model_has_the_prices_of_that_model() -> None:
    other = Priced("acme", "small", prices=Prices(input=0, output=0))

    def delegate(call: CallInfo, request: ChatRequest) -> Any:
        return (yield Send(request, model=other))

    assert priced(policies=[delegate]).generate("Hi").cost.amount == 0


def test_the_reported_cost_applies_without_prices() -> None:
    usage = Usage(input_tokens=10, output_tokens=2, reported_cost=Decimal("0.5"))
    response = ChatResponse(message=assistant("Hi"), usage=usage)

    assert response.cost == Cost(amount=Decimal("0.5"), price_list="reported")


def test_the_prices_of_the_program_apply_before_the_reported_cost() -> None:
    usage = Usage(input_tokens=10, output_tokens=2, reported_cost=Decimal("0.5"))

    assert ChatResponse(message=assistant("Hi"), usage=usage, prices=PRICES).cost.amount == AMOUNT


def test_tools_of_the_vendor_are_not_included() -> None:
    part = ProviderPart(ProviderState("acme", b"{}"))
    response = ChatResponse(message=assistant("Hi", part), usage=USAGE, prices=PRICES)

    assert response.cost.estimated == ("tools",)


@pytest.mark.parametrize(
    ("prices", "found"),
    [
        ({"large-1": PRICES}, PRICES),
        ({"large-*": PRICES}, PRICES),
        ({"*": Prices(input=1, output=1), "large-1": PRICES}, PRICES),
        ({"small": PRICES}, None),
        (PRICES, PRICES),
        (None, None),
    ],
)
def test_prices_are_found_by_the_name_of_the_model(prices: Any, found: Prices | None) -> None:
    assert priced(prices).prices == found


def test_prices_are_known_before_a_call() -> None:
    model = priced()

    prices = prices_of(model)

    assert prices is not None
    assert prices.cost(USAGE).amount == AMOUNT


def test_prices_can_be_in_the_config_file(tmp_path: Path, fake: Any) -> None:
    path = tmp_path / "chatmodels.toml"
    path.write_text(
        """
        [providers.acme.prices."large-*"]
        input = 2
        output = 12.5
        currency = "EUR"
        date = 2026-10-01
        tiers.flex = { input = 1, output = 6, currency = "EUR" }
        long_context.200000 = { input = 4, output = 25, currency = "EUR" }
        """
    )
    registry = ProviderRegistry()
    registry.register_provider(fake("acme"))
    registry.load_config(path)

    options = registry.create_chat_model("acme:large-1").options  # type: ignore[attr-defined]

    prices = options.prices["large-*"]
    assert (prices.input, prices.output, prices.currency) == (2, Decimal("12.5"), "EUR")
    assert prices.tiers["flex"].input == 1
    assert prices.long_context[200_000].output == 25


@pytest.mark.parametrize(
    ("prices", "problem"),
    [
        ({"input": 1}, "missing required field `output`"),
        ({"large": {"input": 1}}, "missing required field `output`"),
        ({"input": -1, "output": 1}, "Prices: input must be a number of at least 0, not -1"),
        (3, "prices must be Prices"),
    ],
)
def test_wrong_prices_are_refused(prices: Any, problem: str) -> None:
    with pytest.raises(ConfigurationError, match="prices") as caught:
        ProviderOptions(prices=prices)

    assert problem in caught.value.message


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        (PRICES, PRICES),
        ({"input": 1, "output": 2}, Prices(input=1, output=2)),
        ({"a": {"input": 1, "output": 2}}, {"a": Prices(input=1, output=2)}),
    ],
)
def test_prices_can_be_plain_data(prices: Any, expected: Any) -> None:
    assert ProviderOptions(prices=prices).prices == expected


def test_an_alias_has_the_prices_of_its_model(global_registry: Any, fake: Any) -> None:
    global_registry.register_provider(fake("acme"))
    global_registry.set_alias("default", "acme:large")

    assert global_registry.create_chat_model("default").prices is None


def test_only_usages_can_be_added() -> None:
    with pytest.raises(TypeError):
        USAGE + 1  # type: ignore[operator]
    assert sum([USAGE, USAGE]).input_tokens == 20  # type: ignore[union-attr]
