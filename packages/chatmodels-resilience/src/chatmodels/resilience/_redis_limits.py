"""Rate limits that processes and machines share through Redis or Valkey."""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import RLock
from typing import Any, Literal, Self

from chatmodels.core import ChatModelError, ConfigurationError, NetworkError
from chatmodels.core.extending import error_facts, logger
from chatmodels.resilience._redis_connection import RedisConnection
from chatmodels.resilience._redis_corrections import Change, Corrections
from chatmodels.resilience._redis_scripts import CHANGE, PAUSE, RESERVE

_BUCKETS = 64  # in a period: a call waits for at most 1.6 % of it longer than it has to
_FAILURE_PAUSE = 5.0  # seconds without requests to a server that failed

Uses = Sequence[tuple[int, int]]
"""The amount that a call uses of each limit, and the limit."""


class Slot:
    """A place of a call in the shared limits.

    Attributes:
        wait: The seconds until it.
    """

    __slots__ = ("bucket", "key", "uses", "wait")

    def __init__(self, key: str, uses: Uses, bucket: str, wait: float) -> None:
        self.key = key
        self.uses = list(uses)
        self.bucket = bucket
        self.wait = wait


class Place:
    """The place of one call in shared limits, which the call can leave at any time.

    A cancelled async call does not wait for the thread that reserves its place. The thread then
    releases it.
    """

    __slots__ = ("_key", "_left", "_lock", "_per", "_reserving", "_shared", "_slot", "_uses")

    def __init__(self, shared: "RedisLimits", key: str, per: float, uses: Uses) -> None:
        self._shared = shared
        self._key = key
        self._per = per
        self._uses = uses
        self._slot: Slot | None = None
        self._reserving = self._left = False
        self._lock = RLock()  # the garbage collector can cancel a call within `with`

    def reserve(self, patience: float | None) -> Slot | None:
        """Reserve the place, or check that it still fits; see `RedisLimits.reserve`."""
        with self._lock:
            if self._left:  # before a thread was free
                return None
            self._reserving = True
        try:
            self._slot = self._shared.reserve(
                self._key, self._per, self._uses, self._slot, patience
            )
        finally:
            with self._lock:
                self._reserving = False
                left = self._left
            if left:
                self._release()
        return self._slot

    def leave(self) -> None:
        """Release the place, now or as soon as it is reserved."""
        with self._lock:
            self._left = True
            reserving = self._reserving
        if not reserving:
            self._release()

    def _release(self) -> None:
        if self._slot is not None:
            self._shared.change(self._slot, [0] * len(self._slot.uses))


class RedisLimits:
    """The usage of a `RateLimit`, shared by processes and machines through Redis or Valkey.

    Each call sends one script, which reserves its requests and its tokens in one atomic step, by
    the clock of the server: Redis 5 or newer, or Valkey. Async calls wait for it in a worker
    thread. Corrections of estimated tokens are sent by a thread that ends when all are sent.

    If the server fails, a warning is logged to `chatmodels.resilience`, and for five seconds, each
    process limits its own calls: all of them together can then exceed the limits. With
    `on_failure="error"`, calls fail with a `NetworkError` instead.

    The server stores numbers only, for as long as they count. The first use connects to it, also
    in a forked process; `close`, or the end of a `with` block, closes the connections.

    >>> shared = RedisLimits("redis://localhost:6379/0")
    >>> limit = RateLimit(requests=500, shared=shared, key="openai")

    Args:
        url: The address, as `redis://`, `rediss://` or `unix://`; None for the environment variable
            `REDIS_URL`.
        client: A client of the package `redis` or `valkey` to use instead, such as one for a
            cluster or for sentinels. Its timeouts apply.
        prefix: The beginning of all keys on the server.
        on_failure: "local" to limit the calls of each process if the server fails, "error" to raise
            an error.
        timeout: Seconds for connecting and for each response of the server.
        clock: Returns the time in Unix seconds; None for the clock of the server.

    Raises:
        ConfigurationError: A value is wrong, or there are both an address and a client.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        client: object = None,
        prefix: str = "chatmodels:limits:",
        on_failure: Literal["local", "error"] = "local",
        timeout: float = 1.0,
        clock: Callable[[], float] | None = None,
    ) -> None:
        if on_failure not in ("local", "error"):  # pyright: ignore[reportUnnecessaryContains] - untyped callers
            raise ConfigurationError(
                f"RedisLimits: on_failure is 'local' or 'error', not {on_failure!r}",
                op="configure",
            )
        self._connection = RedisConnection("RedisLimits", url, client, timeout)
        self.prefix = prefix
        self.on_failure = on_failure
        self._clock = clock
        self._resumes_at = 0.0
        self._pending = Corrections(self._correct)

    def reserve(
        self, key: str, per: float, uses: Uses, before: Slot | None, patience: float | None
    ) -> Slot | None:
        """Reserve a place for a call, instead of the one before.

        Args:
            key: The name of the limits.
            per: Their period in seconds.
            uses: The amounts and their limits, always in the same order.
            before: The place whose time has come. It is kept if it still fits.
            patience: The wait from which on nothing is reserved.

        Returns:
            The place; None if the server failed.

        Raises:
            NetworkError: The server failed, and `on_failure` is "error".
        """
        arguments: list[object] = [
            self._now(),
            per / _BUCKETS,
            _BUCKETS,
            "" if before is None else before.bucket,
            "" if patience is None else patience,
            *(number for use in uses for number in use),
        ]
        name = f"{self.prefix}{key}:{per:g}"
        reply = self._run(RESERVE, name, arguments)
        if reply is None:
            return None
        wait, bucket = (text.decode() if isinstance(text, bytes) else text for text in reply)
        if before is not None and before.bucket != bucket:
            before.bucket = ""  # the script has released it
        return Slot(name, uses, bucket, float(wait))

    def pause(self, key: str, per: float, seconds: float) -> None:
        """Let all calls wait for a number of seconds."""
        name = f"{self.prefix}{key}:{per:g}"
        self._run(PAUSE, name, [self._now(), seconds])

    def change(self, slot: Slot, amounts: Sequence[int]) -> None:
        """Correct the amounts of a place; it is sent soon, without a wait."""
        changes: list[Change] = []
        for unit, (amount, (estimated, limit)) in enumerate(zip(amounts, slot.uses, strict=True)):
            if amount != estimated and slot.bucket:
                changes.append((slot.key, f"{unit + 1}:{slot.bucket}", amount - estimated))
                slot.uses[unit] = amount, limit
        if changes:
            self._corrections().add(changes)

    def flush(self) -> None:
        """Wait until all corrections are sent."""
        self._corrections().flush()

    def _corrections(self) -> Corrections:
        if self._pending.process != os.getpid():  # after a fork
            self._pending = Corrections(self._correct)
        return self._pending

    def _correct(self, name: str, fields: Sequence[str | int]) -> None:
        with suppress(ChatModelError):  # the next call that reserves a place raises it
            self._run(CHANGE, name, fields)

    def close(self) -> None:
        """Send all corrections, and close the connections."""
        self.flush()
        self._connection.close()

    def _now(self) -> object:
        return "" if self._clock is None else self._clock()

    def _run(self, script: str, name: str, arguments: Sequence[object]) -> Any:
        """Run a script; return None if the server fails or failed just now."""
        if self.on_failure == "local" and time.monotonic() < self._resumes_at:
            return None
        client: Any = self._connection.client
        try:
            return client.register_script(script)([name], arguments)
        except Exception as error:
            failure = NetworkError(
                f"{self!r} failed with {type(error).__qualname__}; check that the server runs, or "
                "pass on_failure='local'"
            )
            if self.on_failure == "error":
                raise failure from error
            self._resumes_at = time.monotonic() + _FAILURE_PAUSE
            logger("chatmodels.resilience").warning(
                "%r failed with %s; each process limits its own calls for %g s",
                self,
                type(error).__qualname__,
                _FAILURE_PAUSE,
                extra=error_facts(failure),
            )
            return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"RedisLimits({self._connection.address})"

    def __reduce__(self) -> Any:
        """Pickle the configuration; a URL with credentials becomes `REDIS_URL`."""
        return _redis_limits, (self._connection, self.prefix, self.on_failure, self._clock)


def _redis_limits(
    connection: RedisConnection,
    prefix: str,
    on_failure: Literal["local", "error"],
    clock: Callable[[], float] | None,
) -> RedisLimits:
    limits = RedisLimits(prefix=prefix, on_failure=on_failure, clock=clock)
    limits._connection = connection  # pyright: ignore[reportPrivateUsage] - of the same module
    return limits
