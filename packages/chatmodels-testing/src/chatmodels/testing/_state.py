"""The memory of a simulator: received exchanges, queued replies, stored responses."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from threading import Condition

from chatmodels.testing._exchange import Exchange, ReceivedRequest
from chatmodels.testing._protocols.protocol import StoredResponse
from chatmodels.testing._rate_limits import RateLimiter, RateLimits
from chatmodels.testing._recordings import Recording
from chatmodels.testing._replay import Replay
from chatmodels.testing._replies import Reply
from chatmodels.testing._simulated_response import SimulatedResponse


class SimulatorState:
    """The memory of a simulator, until it is reset; it is thread-safe.

    Args:
        replay: The recorded exchanges.
        limits: The rate limits.
        clock: Returns the time in Unix seconds.
        history: The most exchanges and stored responses that are kept; None for all.

    Attributes:
        limiter: The state of the rate limits; used by the simulator's thread alone.
    """

    limiter: RateLimiter | None

    def __init__(
        self,
        replay: Sequence[Recording],
        limits: RateLimits | None,
        clock: Callable[[], float],
        history: int | None,
    ) -> None:
        self._recordings = replay
        self._limits = limits
        self._clock = clock
        self._history = history
        self._changed = Condition()
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        with self._changed:
            self._by_path: dict[str, SimulatedResponse] = {}
            self._queue: deque[Reply] = deque()
            self._exchanges: deque[Exchange] = deque(maxlen=self._history)
            self._received = 0
            self._replay = Replay(self._recordings)
            self._responses: dict[str, StoredResponse] = {}
            self.limiter = None if self._limits is None else RateLimiter(self._limits, self._clock)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The kept exchanges, oldest first."""
        with self._changed:
            return tuple(self._exchanges)

    @property
    def stored(self) -> frozenset[str]:
        """The ids of the stored responses."""
        with self._changed:
            return frozenset(self._responses)

    def record(self, exchange: Exchange, /) -> int:
        """Add an exchange, and return its number, which begins with 1."""
        with self._changed:
            self._received += 1
            self._exchanges.append(exchange)
            self._changed.notify_all()
            return self._received

    def wait(self, count: int, timeout: float) -> Exchange:
        """Wait for a number of exchanges, and return the last of them.

        Raises:
            TimeoutError: There are fewer in time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._received >= count, timeout):
                raise TimeoutError(
                    f"received {self._received} of {count} requests within {timeout:g} s"
                )
            return self._exchanges[count - 1 - self._received + len(self._exchanges)]

    def queue(self, replies: Iterable[Reply], /) -> None:
        """Queue replies."""
        with self._changed:
            self._queue.extend(replies)

    def next_reply(self, request: ReceivedRequest, api: str, *, streamed: bool) -> Reply | None:
        """Return the next queued reply, or a recorded response; None if there is neither."""
        with self._changed:
            if self._queue:
                return self._queue.popleft()
            if not len(self._replay):
                return None
            return self._replay.choose(request.json, api, streamed)

    def set_path(self, path: str, response: SimulatedResponse, /) -> None:
        """Set the response of a path."""
        with self._changed:
            self._by_path[path] = response

    def of_path(self, path: str, /) -> SimulatedResponse | None:
        """Return the response of a path, if it has one."""
        return self._by_path.get(path)

    def store(self, identity: str, stored: StoredResponse, /) -> None:
        """Store a response by its id."""
        with self._changed:
            self._responses[identity] = stored
            if self._history is not None and len(self._responses) > self._history:
                del self._responses[next(iter(self._responses))]

    def load(self, identity: str, *, remove: bool = False) -> StoredResponse | None:
        """Return a stored response."""
        with self._changed:
            stored = self._responses.get(identity)
            if remove:
                self._responses.pop(identity, None)
            return stored
