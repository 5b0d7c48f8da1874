"""The store of a cache in Redis or Valkey."""

import math
from typing import Self

from chatmodels.core import ChatResponse, ConfigurationError, from_json, to_json
from chatmodels.resilience._redis_connection import RedisConnection
from chatmodels.resilience._validation import number_problems


class RedisStore:
    """A store in Redis or Valkey, which processes and machines share.

    The responses are on the server as JSON, the requests only as hashes. The server limits the
    number of responses by its own settings, `maxmemory` and `maxmemory-policy`. The first use
    connects to it; `close`, or the end of a `with` block, closes the connections.

    >>> store = RedisStore("redis://localhost:6379/0", ttl=86_400)  # for Cache(store)

    Args:
        url: The address, as `redis://`, `rediss://` or `unix://`; None for the environment variable
            `REDIS_URL`.
        client: A client of the package `redis` or `valkey` to use instead, such as one for a
            cluster or for sentinels. Its timeouts apply.
        prefix: The beginning of all keys on the server.
        ttl: Seconds for which a response is valid; None for any time.
        timeout: Seconds for connecting and for each response of the server.

    Raises:
        ConfigurationError: A value is wrong, or there are both an address and a client.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        client: object = None,
        prefix: str = "chatmodels:cache:",
        ttl: float | None = None,
        timeout: float = 1.0,
    ) -> None:
        if ttl is not None and (problems := number_problems(ttl=(ttl, 0, False))):
            raise ConfigurationError(f"RedisStore: {problems}", op="configure")
        self._connection = RedisConnection("RedisStore", url, client, timeout)
        self.prefix = prefix
        self.ttl = ttl

    def get(self, key: str, /) -> ChatResponse[None] | None:
        """Return the response that is stored under a key, or None.

        Raises:
            redis.RedisError: The server failed.
            InvalidRequestError: A later version of chatmodels wrote the response.
        """
        text = self._connection.client.get(self.prefix + key)
        return None if text is None else from_json(text, ChatResponse)

    def put(self, key: str, response: ChatResponse[None], /) -> None:
        """Store a response under a key.

        Raises:
            redis.RedisError: The server failed.
        """
        milliseconds = None if self.ttl is None else max(math.ceil(self.ttl * 1000), 1)
        self._connection.client.set(self.prefix + key, to_json(response), px=milliseconds)

    def close(self) -> None:
        """Close the connections, but not those of a client that was passed."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"RedisStore({self._connection.address})"

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the configuration; a URL with credentials becomes `REDIS_URL`."""
        return _redis_store, (self._connection, self.prefix, self.ttl)


def _redis_store(connection: RedisConnection, prefix: str, ttl: float | None) -> RedisStore:
    store = RedisStore(prefix=prefix, ttl=ttl)
    store._connection = connection  # pyright: ignore[reportPrivateUsage] - of the same module
    return store
