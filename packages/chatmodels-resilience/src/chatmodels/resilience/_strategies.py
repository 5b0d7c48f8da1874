"""The strategies by which a route chooses a model."""

import time
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from math import inf
from typing import Any

from chatmodels.core import ChatRequest, ConfigurationError, prices_of
from chatmodels.core.extending import CallableModel, CallInfo, load_price_list
from chatmodels.resilience._decayed_mean import DecayedMean
from chatmodels.resilience._route_member import RouteMember, RouteStrategy
from chatmodels.resilience._validation import number_problems

Members = Sequence[RouteMember]

Numbers = Sequence[float] | Mapping[str, float]
"""A number for each member: in the order of the models, or by the names of the members."""


def round_robin(members: Members, call: CallInfo, request: ChatRequest, /) -> RouteMember:
    """Choose the member whose last call is the longest ago."""
    return min(members, key=lambda member: member.last_start)


def least_busy(members: Members, call: CallInfo, request: ChatRequest, /) -> RouteMember:
    """Choose the member with the fewest calls under way; of equal ones, in turn."""
    return min(members, key=lambda member: (member.running, member.last_start))


class Weighted:
    """The strategy that chooses at random, in proportion to weights.

    >>> strategy = Weighted([3, 1])  # for Route([first, second], strategy)

    Args:
        weights: A number of at least 0 for each model: in their order, or by the names of the
            members. A member of weight 0 is called only if no other is available.
        random: Returns an evenly distributed number from 0 to below 1; None for the standard
            library's.

    Raises:
        ConfigurationError: A weight is out of range.
    """

    def __init__(self, weights: Numbers, *, random: Callable[[], float] | None = None) -> None:
        self.weights = _checked("Weighted", "weight", weights)
        self._random = random

    def check(self, members: Members, /) -> None:
        """Check that each member has a weight."""
        _check_members("Weighted", "weights", self.weights, members)

    def __call__(self, members: Members, call: CallInfo, request: ChatRequest, /) -> RouteMember:
        """Choose a member."""
        weights = [_number_of(self.weights, member) for member in members]
        point = self._number() * sum(weights)
        for member, weight in zip(members, weights, strict=True):
            if point < weight:
                return member
            point -= weight
        return least_busy(members, call, request)  # all weights are 0, or rounding

    def _number(self) -> float:
        if self._random is not None:
            return self._random()
        from random import random

        return random()  # noqa: S311 - not a secret

    def __repr__(self) -> str:
        return f"Weighted({self.weights!r})"


class Cheapest:
    """The strategy that chooses the lowest price; of equal ones, the least busy member.

    >>> strategy = Cheapest([0.4, 2.0])  # for Route([first, second], strategy)

    Args:
        prices: A number for each model, in any unit: in their order, or by the names of the
            members. Or a function that returns the price of a model for a request. By default,
            the mean of the prices of input and output from `prices_of`; a model whose prices are
            unknown is chosen last.

    Raises:
        ConfigurationError: A price is out of range.
    """

    def __init__(
        self, prices: Numbers | Callable[[CallableModel, ChatRequest], float] | None = None
    ) -> None:
        self.prices = prices
        self._numbers: Numbers = ()
        self._listed: dict[tuple[str, str, str], float] = {}
        if prices is None:
            load_price_list()  # not in the first call, since it takes half a second
        elif not callable(prices):
            self._numbers = _checked("Cheapest", "price", prices)

    def check(self, members: Members, /) -> None:
        """Check that each member has a price."""
        if not (self.prices is None or callable(self.prices)):
            _check_members("Cheapest", "prices", self._numbers, members)

    def __call__(self, members: Members, call: CallInfo, request: ChatRequest, /) -> RouteMember:
        """Choose a member."""
        prices = [self._price(member, request) for member in members]
        lowest = min(prices)
        cheapest = [
            member for member, price in zip(members, prices, strict=True) if price == lowest
        ]
        return least_busy(cheapest, call, request)

    def _price(self, member: RouteMember, request: ChatRequest) -> float:
        if self.prices is None:
            return self._listed_price(member)
        if callable(self.prices):
            return self.prices(member.model, request)
        return _number_of(self._numbers, member)

    def _listed_price(self, member: RouteMember) -> float:
        """Return the mean price of input and output; infinity if unknown. It is found once."""
        model = member.model
        key = (member.name, model.provider, model.model)
        price = self._listed.get(key)
        if price is None:
            prices = prices_of(model)
            price = inf if prices is None else (float(prices.input) + float(prices.output)) / 2
            self._listed[key] = price
        return price

    def __repr__(self) -> str:
        return "Cheapest()" if self.prices is None else f"Cheapest({self.prices!r})"


class LowestLatency:
    """The strategy that chooses the lowest latency.

    For streams, it is the time to the first event, and otherwise the time to the response. Each is
    a mean in which a measurement loses half of its weight in `half_life` seconds. Failed calls are
    not measured. Retries of a member are part of its latency.

    Members that have not responded within the last `half_life` seconds are measured first, with
    one call at a time. At the start these are all members, so calls that exceed their number go to
    the least busy one. Later, a slow member gets one call per `half_life`, to notice if it is fast
    again.

    >>> strategy = LowestLatency(half_life=30)  # for Route([first, second], strategy)

    Args:
        half_life: The half-life of a measurement in seconds.
        tolerance: The part by which a latency can exceed the lowest one and count as equal. Of
            equal members, the least busy one is called.
        clock: Returns the time in seconds.

    Raises:
        ConfigurationError: A number is out of range.
    """

    def __init__(
        self,
        half_life: float = 60.0,
        *,
        tolerance: float = 0.1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        problems = number_problems(half_life=(half_life, 0, False), tolerance=(tolerance, 0, False))
        if problems or not half_life:
            problems = problems or "half_life must be above 0"
            raise ConfigurationError(f"LowestLatency: {problems}", op="configure")
        self.half_life = half_life
        self.tolerance = tolerance
        self._clock = clock

    def __call__(self, members: Members, call: CallInfo, request: ChatRequest, /) -> RouteMember:
        """Choose a member."""
        due = [member for member in members if not member.running and self._is_due(member, call)]
        if due:
            return round_robin(due, call, request)
        known = [(member.latency(call.op), member) for member in members]
        latencies = [latency for latency, _ in known if latency is not None]
        if not latencies:
            return least_busy(members, call, request)
        limit = min(latencies) * (1 + self.tolerance)
        fastest = [member for latency, member in known if latency is not None and latency <= limit]
        return least_busy(fastest, call, request)

    def _is_due(self, member: RouteMember, call: CallInfo) -> bool:
        mean = member.latencies.get(call.op)
        return mean is None or self._clock() - mean.updated >= self.half_life

    def responded(self, member: RouteMember, call: CallInfo, seconds: float, /) -> None:
        """Record a latency."""
        mean = member.latencies.get(call.op)
        if mean is None:
            mean = member.latencies[call.op] = DecayedMean(self.half_life)
        mean.add(seconds, self._clock())

    def __repr__(self) -> str:
        return f"LowestLatency({self.half_life:g}, tolerance={self.tolerance:g})"


class Sticky:
    """The strategy that sends requests with the same key to the same member.

    This keeps the prompt caches of vendors and servers warm. The choice depends only on the key and
    the names of the members (rendezvous hashing), so it is the same in all processes. If a member
    is left out, its keys are distributed over the others, and only these keys move.

    A request without a key goes to the least busy member.

    >>> strategy = Sticky("metadata.conversation")  # for Route([first, second], strategy)

    Args:
        key: "user" for the setting `user`, "metadata.NAME" for an entry of the setting `metadata`,
            or a function that returns the key of a request, or None.

    Raises:
        ConfigurationError: The key is something else.
    """

    def __init__(self, key: str | Callable[[ChatRequest], str | None] = "user") -> None:
        if not callable(key) and key != "user" and not _names_metadata(key):
            raise ConfigurationError(
                f"Sticky: the key must be 'user', 'metadata.NAME' or a function, not {key!r}",
                op="configure",
            )
        self.key = key

    def __call__(self, members: Members, call: CallInfo, request: ChatRequest, /) -> RouteMember:
        """Choose a member."""
        key = self._key_of(request)
        if key is None:
            return least_busy(members, call, request)
        return max(members, key=lambda member: _score(key, member.name))

    def _key_of(self, request: ChatRequest) -> str | None:
        if callable(self.key):
            return self.key(request)
        if self.key == "user":
            return request.settings.user
        return (request.settings.metadata or {}).get(self.key.removeprefix("metadata."))

    def __repr__(self) -> str:
        return f"Sticky({self.key!r})"


STRATEGIES: Mapping[str, Callable[[], RouteStrategy]] = {
    "round_robin": lambda: round_robin,
    "least_busy": lambda: least_busy,
    "lowest_latency": LowestLatency,
    "cheapest": Cheapest,
    "sticky": Sticky,
}
"""The strategies that need no arguments, by name."""


def _names_metadata(key: object) -> bool:
    return isinstance(key, str) and key.startswith("metadata.") and key != "metadata."


def _score(key: str, name: str) -> bytes:
    return blake2b(f"{len(key)}:{key}{name}".encode(), digest_size=16).digest()


def _checked(owner: str, label: str, numbers: Numbers) -> Any:
    """Return a copy of the numbers."""
    by_name = isinstance(numbers, Mapping)
    items = numbers.items() if by_name else enumerate(numbers)
    named = {f"{label} {name!r}": (value, 0, False) for name, value in items}
    if problems := number_problems(**named):
        raise ConfigurationError(f"{owner}: {problems}", op="configure")
    return dict(numbers) if by_name else list(numbers)


def _check_members(owner: str, label: str, numbers: Numbers, members: Members) -> None:
    if isinstance(numbers, Mapping):
        names = [member.name for member in members]
        if sorted(names) != sorted(numbers):
            raise ConfigurationError(
                f"{owner}: the {label} are for {', '.join(numbers)}, but the members are "
                f"{', '.join(names)}",
                op="configure",
            )
    elif len(numbers) != len(members):
        raise ConfigurationError(
            f"{owner}: there are {len(numbers)} {label} for {len(members)} models; "
            "pass one for each",
            op="configure",
        )


def _number_of(numbers: Numbers, member: RouteMember) -> float:
    return numbers[member.name] if isinstance(numbers, Mapping) else numbers[member.index]
