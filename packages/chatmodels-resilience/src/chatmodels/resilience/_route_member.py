"""A model of a route, with the facts by which a strategy chooses."""

from collections.abc import Sequence
from typing import Literal, Protocol

from chatmodels.core import ChatRequest
from chatmodels.core.extending import CallableModel, CallInfo
from chatmodels.resilience._circuit import Circuit
from chatmodels.resilience._decayed_mean import DecayedMean


class RouteMember:
    """A model of a `Route` and its current state; for strategies and for monitoring.

    Attributes:
        name: The name that is unique in the route.
        index: The position in the route, from 0.
        model: The model.
        running: The number of its calls under way; a stream counts until its end.
        last_start: The number of its last call, counted over all members; -1 before the first.
        circuit: The state of its health, which the route maintains.
        latencies: The means of its latencies by operation, which `LowestLatency` maintains.
    """

    __slots__ = ("circuit", "index", "last_start", "latencies", "model", "name", "running")

    def __init__(self, name: str, index: int, model: CallableModel, circuit: Circuit) -> None:
        self.name = name
        self.index = index
        self.model = model
        self.circuit = circuit
        self.running = 0
        self.last_start = -1
        self.latencies: dict[str, DecayedMean] = {}

    @property
    def is_available(self) -> bool:
        """False if it is left out now, because its calls failed."""
        return not self.circuit.is_open

    def latency(self, op: Literal["generate", "stream"], /) -> float | None:
        """Return the mean latency in seconds, as `LowestLatency` measures it; None if unknown.

        Args:
            op: "generate" for whole responses, "stream" for the first events of streams.
        """
        mean = self.latencies.get(op)
        return None if mean is None else mean.value

    def __repr__(self) -> str:
        state = "available" if self.is_available else "left out"
        return f"<RouteMember {self.name!r}: {state}, {self.running} calls under way>"


class RouteStrategy(Protocol):
    """A function that chooses the member for the next attempt of a call.

    The route calls it within its lock, so that it must be fast. A strategy can have more methods:

    - `check(members)` is called once, when a route is created, and raises `ConfigurationError` if
      the strategy does not fit the members.
    - `responded(member, call, seconds)` is called after a response, or the first event of a stream,
      with the seconds since the start of the attempt.
    """

    def __call__(
        self, members: Sequence[RouteMember], call: CallInfo, request: ChatRequest, /
    ) -> RouteMember:
        """Choose a member.

        Args:
            members: Those that are available and were not called before in this call, at least one.
            call: The call.
            request: The request.
        """
        ...
