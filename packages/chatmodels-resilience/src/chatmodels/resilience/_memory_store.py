"""The store of a cache, and the one in memory."""

import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Any, Protocol, runtime_checkable

from chatmodels.core import ChatResponse, ConfigurationError
from chatmodels.resilience._validation import number_problems


@runtime_checkable
class CacheStore(Protocol):
    """A store of responses for a `Cache`.

    It must be thread-safe. Its methods can block: async calls run them in worker threads.
    """

    def get(self, key: str, /) -> ChatResponse[Any] | None:
        """Return the response that is stored under a key, or None."""
        ...

    def put(self, key: str, response: ChatResponse[Any], /) -> None:
        """Store a response under a key, instead of any other."""
        ...


class MemoryStore:
    """A store in memory that keeps the responses used last.

    Args:
        max_entries: The number of responses to keep.
        ttl: Seconds for which a response is valid; None for any time.
        clock: Returns the time in seconds.

    Raises:
        ConfigurationError: A number is out of range.
    """

    def __init__(
        self,
        max_entries: int = 1000,
        *,
        ttl: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        check_limits("MemoryStore", max_entries, ttl)
        self.max_entries = max_entries
        self.ttl = ttl
        self._clock = clock
        self._entries: OrderedDict[str, tuple[float, ChatResponse[Any]]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str, /) -> ChatResponse[Any] | None:
        """Return the response that is stored under a key, or None."""
        with self._lock:
            if (entry := self._entries.get(key)) is None:
                return None
            stored, response = entry
            if self.ttl is not None and self._clock() - stored >= self.ttl:
                del self._entries[key]
                return None
            self._entries.move_to_end(key)
            return response

    def put(self, key: str, response: ChatResponse[Any], /) -> None:
        """Store a response under a key, instead of the one that was used longest ago."""
        with self._lock:
            self._entries[key] = self._clock(), response
            self._entries.move_to_end(key)
            if len(self._entries) > self.max_entries:
                self._entries.popitem(last=False)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"<MemoryStore: {len(self)} of {self.max_entries} entries>"

    def __reduce__(self) -> Any:
        """Pickle the configuration; another process stores responses of its own."""
        options = {"ttl": self.ttl, "clock": self._clock}
        return partial(MemoryStore, **options), (self.max_entries,)


def check_limits(store: str, max_entries: int, ttl: float | None) -> None:
    """Raise a ConfigurationError if the limits of a store are out of range."""
    limits = {} if ttl is None else {"ttl": (ttl, 0, False)}
    if problems := number_problems(max_entries=(max_entries, 1, True), **limits):
        raise ConfigurationError(f"{store}: {problems}", op="configure")
