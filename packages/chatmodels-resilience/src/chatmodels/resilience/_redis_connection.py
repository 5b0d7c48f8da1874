"""A connection to Redis or Valkey that shows no secrets."""

import os
import re
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any

from chatmodels.core import ConfigurationError
from chatmodels.resilience._validation import number_problems

if TYPE_CHECKING:
    from redis import Redis

VARIABLE = "REDIS_URL"


class RedisConnection:
    """The client of a server, created at the first use; threads and forked processes can share it.

    Args:
        owner: The name of the class that uses it, for messages.
        url: The address, as `redis://`, `rediss://` or `unix://`; None for `REDIS_URL`.
        client: A client to use instead.
        timeout: Seconds for connecting and for each response.

    Raises:
        ConfigurationError: A value is wrong, or there are both an address and a client.
    """

    def __init__(self, owner: str, url: str | None, client: object, timeout: float) -> None:
        problems = number_problems(timeout=(timeout, 0, False))
        if url is not None and client is not None:
            problems = "pass a URL or client=..., not both"
        elif url is not None and not url.startswith(("redis://", "rediss://", "unix://")):
            problems = "the URL begins with redis://, rediss:// or unix://"
        if problems:
            raise ConfigurationError(f"{owner}: {problems}", op="configure")
        self._owner = owner
        self._url = url
        self._timeout = timeout
        self._given: Any = client
        # By process: a forked one must not share connections, nor a lock that is held meanwhile.
        self._clients: dict[int, Any] = {}
        self._locks: dict[int, Lock] = {}

    @property
    def client(self) -> "Redis":
        """The client.

        Raises:
            ConfigurationError: No address is known, or the package `redis` is not installed.
        """
        if self._given is not None:
            return self._given
        process = os.getpid()
        with self._locks.setdefault(process, Lock()):
            client = self._clients.get(process)
            if client is None:
                client = self._clients[process] = self._connect()
            return client

    def _connect(self) -> "Redis":
        url = os.environ.get(VARIABLE) if self._url is None else self._url
        if not url:
            raise ConfigurationError(
                f"{self._owner} has no address; pass a URL or set {VARIABLE}. Pickles do not "
                "contain URLs with credentials",
                op="configure",
            )
        try:
            from redis import ConnectionError as BrokenConnection
            from redis import Redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry
        except ImportError as error:
            raise ConfigurationError(
                f"{self._owner} needs the package redis; "
                "try: pip install 'chatmodels-resilience[redis]'",
                op="configure",
            ) from error
        # The server may have closed an idle connection. By default, redis-py 6 and later repeat a
        # failure three times, with delays of seconds.
        try:
            return Redis.from_url(  # pyright: ignore[reportUnknownMemberType] - it lacks annotations
                url,
                socket_timeout=self._timeout,
                socket_connect_timeout=self._timeout,
                retry=Retry(NoBackoff(), 1, (BrokenConnection,)),
            )
        except ValueError:
            # The error quotes a part of the URL, which can be a part of the password.
            url = ""  # tracebacks show local variables
            raise ConfigurationError(
                f"{self._owner} cannot read the URL {self.address}; write a special character of a "
                "password in its percent-encoded form, as in %2F for a slash",
                op="configure",
            ) from None

    def close(self) -> None:
        """Close the connections, but not those of a client that was passed."""
        process = os.getpid()
        with self._locks.setdefault(process, Lock()):
            client = self._clients.pop(process, None)
            if client is not None:
                client.close()

    @property
    def address(self) -> str:
        """The address without credentials."""
        if self._given is not None:
            return f"client={type(self._given).__qualname__}"
        if self._url is None:
            return VARIABLE
        return repr(_without_secrets(self._url))

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[object, ...]]:
        """Pickle the address if it has no credentials; otherwise, it is `REDIS_URL`."""
        url = self._url if self._url and _without_secrets(self._url) == self._url else None
        return RedisConnection, (self._owner, url, self._given, self._timeout)


def _without_secrets(url: str) -> str:
    """Remove the user, the password and the query, which can contain a password, too."""
    scheme, _, rest = url.partition("://")
    address, *query = re.split("[?#]", rest, maxsplit=1)
    if "@" in "".join(query):  # a password that is not percent-encoded: its end is unknown
        return f"{scheme}://"
    return f"{scheme}://{address.rpartition('@')[2]}"
