"""The strategies of a route choose a member."""

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    Prices,
    Settings,
    assistant,
    user,
)
from chatmodels.core.extending import CallInfo, StandardChatModel
from chatmodels.resilience import Cheapest, LowestLatency, Route, Sticky, Weighted
from chatmodels.resilience._decayed_mean import DecayedMean


class Timed(StandardChatModel):
    """Responds with its name, after it has moved the clock."""

    def __init__(
        self, name: str, clock: Any = None, seconds: float = 0.0, prices: Prices | None = None
    ) -> None:
        super().__init__("acme", name, prices=prices)
        self.clock = clock
        self.seconds = seconds
        self.before: Callable[[], object] = lambda: None

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        self.before()
        if self.clock is not None:
            self.clock.now += self.seconds
        return ChatResponse(message=assistant(self.model), finish_reason="stop")


def texts(model: Route, count: int, **options: Any) -> str:
    return "".join(model.generate("Hi", **options).text for _ in range(count))


def named(names: str) -> dict[str, Timed]:
    return {name: Timed(name) for name in names}


def test_weights_decide_in_proportion() -> None:
    numbers = itertools.cycle(each / 8 for each in range(8))
    model = Route(named("abc"), Weighted([5, 2, 1], random=lambda: next(numbers)))

    assert texts(model, 16) == "aaaaabbcaaaaabbc"


def test_weights_can_be_named() -> None:
    model = Route(named("ab"), Weighted({"b": 1, "a": 0}))

    assert texts(model, 3) == "bbb"


def test_a_member_of_weight_0_is_called_if_no_other_is_available() -> None:
    model = Route(named("abc"), Weighted([1, 0, 0]))
    model.members[0].circuit.settle("failure", is_probe=False, open_for=60)

    assert texts(model, 4) == "bcbc"


def test_the_standard_library_chooses_by_default() -> None:
    counts = Counter(texts(Route(named("ab"), Weighted([1, 1])), 200))

    assert counts["a"] > 0
    assert counts["b"] > 0


async def test_the_cheapest_member_is_called(call: Any, scripted: Any) -> None:
    models = [scripted("a", "a"), scripted("b"), scripted("c")]

    assert (await call(Route(models, Cheapest([2, 0.5, 1])))).text == "b"


def test_equal_prices_are_called_in_turn() -> None:
    assert texts(Route(named("abc"), Cheapest({"a": 1, "b": 1, "c": 2})), 4) == "abab"


def test_a_price_can_depend_on_the_request() -> None:
    def price(model: Any, request: ChatRequest) -> float:
        tokens = request.settings.max_output_tokens or 0
        return 100 if model.model == "a" else tokens

    strategy = Cheapest(price)
    model = Route(named("ab"), strategy)

    assert texts(model, 1, max_output_tokens=50) + texts(model, 1, max_output_tokens=500) == "ba"
    assert repr(strategy) == f"Cheapest({price!r})"


async def test_the_cheapest_member_is_known_from_the_prices_of_the_models(call: Any) -> None:
    dear = Prices(input=1, output=9)
    cheap = Prices(input=2, output=6)
    strategy = Cheapest()
    models = [Timed("a"), Timed("b", prices=dear), Timed("c", prices=cheap)]

    route = Route(models, strategy)

    assert [(await call(route)).text for _ in range(2)] == ["c", "c"]
    assert (await call(Route(models, "cheapest"))).text == "c"
    assert repr(strategy) == "Cheapest()"


def test_the_lowest_latency_wins_after_each_was_measured(clock: Any) -> None:
    models = [Timed("a", clock, 3), Timed("b", clock, 1), Timed("c", clock, 2)]
    model = Route(models, LowestLatency(clock=clock), clock=clock)

    assert texts(model, 6) == "abcbbb"
    assert [each.latency("generate") for each in model.members] == [3, 1, 2]
    assert [each.latency("stream") for each in model.members] == [None, None, None]


def test_streams_and_responses_are_measured_apart(clock: Any) -> None:
    models = [Timed("a", clock, 3), Timed("b", clock, 1)]
    model = Route(models, LowestLatency(clock=clock), clock=clock)
    texts(model, 3)

    assert [model.stream("Hi").collect().text for _ in range(4)] == ["a", "b", "b", "b"]


def test_a_slow_member_is_measured_again(clock: Any) -> None:
    slow = Timed("a", clock, 3)
    model = Route([slow, Timed("b", clock, 1)], LowestLatency(60, clock=clock), clock=clock)
    assert texts(model, 3) == "abb"

    slow.seconds = 0.5
    clock.now = 63.0

    assert texts(model, 1) == "a"
    assert model.members[0].latency("generate") == pytest.approx((3 * 0.499 + 0.5) / 1.499, 0.01)


def test_equal_latencies_are_shared(clock: Any) -> None:
    models = [Timed("a", clock, 1.05), Timed("b", clock, 1), Timed("c", clock, 2)]
    model = Route(models, LowestLatency(clock=clock, tolerance=0.1), clock=clock)

    assert texts(model, 7) == "abcabab"


def test_one_call_at_a_time_measures_a_member(clock: Any) -> None:
    first, second = Timed("a", clock, 3), Timed("b", clock, 1)
    model = Route([first, second], LowestLatency(clock=clock), clock=clock)
    inner: list[str] = []

    def call_meanwhile() -> None:
        first.before = second.before = lambda: None
        inner.append(texts(model, 1))

    first.before = call_meanwhile
    second.before = lambda: inner.append(texts(model, 1))

    assert texts(model, 1) == "a"
    assert inner == ["b"]


def test_calls_go_to_the_least_busy_member_before_any_latency_is_known(clock: Any) -> None:
    first = Timed("a", clock, 3)
    model = Route([first], LowestLatency(clock=clock), clock=clock)
    inner: list[str] = []

    def call_meanwhile() -> None:
        first.before = lambda: None
        inner.append(texts(model, 1))

    first.before = call_meanwhile

    assert texts(model, 1) == "a"
    assert inner == ["a"]


def request_with(**settings: Any) -> ChatRequest:
    return ChatRequest(messages=(user("Hi"),), settings=Settings(**settings))


@given(st.lists(st.text(min_size=1), min_size=1, max_size=30), st.integers(0, 4))
def test_only_the_keys_of_a_member_that_is_left_out_move(keys: list[str], index: int) -> None:
    model = Route(named("abcde"), "sticky")
    before = [model.generate(request_with(user=key)).text for key in keys]

    model.members[index].circuit.settle("failure", is_probe=False, open_for=60)
    after = [model.generate(request_with(user=key)).text for key in keys]

    left_out = "abcde"[index]
    assert left_out not in after
    assert [b for b in before if b != left_out] == [
        a for b, a in zip(before, after, strict=True) if b != left_out
    ]


def test_a_new_member_gets_keys_from_all_others() -> None:
    keys = [str(number) for number in range(1000)]
    few, more = Route(named("abc"), Sticky()), Route(named("dcab"), Sticky())

    moves = Counter(
        (few.generate("Hi", user=key).text, more.generate("Hi", user=key).text) for key in keys
    )

    moved = {pair: count for pair, count in moves.items() if pair[0] != pair[1]}
    assert set(moved) == {("a", "d"), ("b", "d"), ("c", "d")}
    assert 150 < sum(moved.values()) < 350


def test_the_key_can_be_an_entry_of_the_metadata() -> None:
    model = Route(named("abcd"), Sticky("metadata.chat"))

    found = {texts(model, 3, metadata={"chat": str(each)}) for each in range(30)}

    assert found == {"aaa", "bbb", "ccc", "ddd"}


def test_the_key_can_be_the_result_of_a_function() -> None:
    strategy = Sticky(lambda request: request.messages[0].text)
    model = Route(named("abcd"), strategy)

    found = {model.generate(f"Hi {each}").text * 2 for each in range(30)}

    assert len(found) == 4
    assert repr(strategy).startswith("Sticky(<function")


def test_requests_without_a_key_go_to_the_least_busy_member() -> None:
    assert texts(Route(named("abc"), "sticky"), 4) == "abca"
    assert texts(Route(named("abc"), Sticky("metadata.chat")), 4) == "abca"


@pytest.mark.parametrize("key", ["", "metadata.", "chat", 7])
def test_other_keys_are_refused(key: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"Sticky: the key must be 'user', "):
        Sticky(key)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: Weighted([1, -1]),
            "Weighted: weight 1 must be a number of at least 0, not -1",
        ),
        (
            lambda: Cheapest({"a": "x"}),  # type: ignore[dict-item] - untyped callers
            "Cheapest: price 'a' must be a number of at least 0, not 'x'",
        ),
        (
            lambda: LowestLatency(0),
            "LowestLatency: half_life must be above 0",
        ),
        (
            lambda: LowestLatency(tolerance=-1),
            "LowestLatency: tolerance must be a number of at least 0, not -1",
        ),
        (
            lambda: Route(named("ab"), Weighted([1])),
            "Weighted: there are 1 weights for 2 models; pass one for each",
        ),
        (
            lambda: Route(named("ab"), Cheapest({"a": 1, "c": 1})),
            "Cheapest: the prices are for a, c, but the members are a, b",
        ),
    ],
    ids=["weight", "price", "half_life", "tolerance", "too-few", "other-names"],
)
def test_wrong_numbers_are_refused(build: Callable[[], object], message: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        build()

    assert raised.value.message == message


def test_strategies_show_their_arguments() -> None:
    assert repr(Weighted([1, 2])) == "Weighted([1, 2])"
    assert repr(LowestLatency(30)) == "LowestLatency(30, tolerance=0.1)"
    assert repr(Sticky()) == "Sticky('user')"


@given(st.lists(st.tuples(st.floats(0.01, 100), st.floats(0, 1000)), min_size=1, max_size=20))
def test_a_decayed_mean_is_the_weighted_mean(steps: list[tuple[float, float]]) -> None:
    mean, now = DecayedMean(60.0), 0.0
    values: list[tuple[float, float]] = []
    for value, elapsed in steps:
        now += elapsed
        mean.add(value, now)
        values.append((value, now))

    weights = [0.5 ** ((now - at) / 60.0) for _, at in values]
    expected = sum(w * v for w, (v, _) in zip(weights, values, strict=True)) / sum(weights)
    assert mean.value == pytest.approx(expected)
