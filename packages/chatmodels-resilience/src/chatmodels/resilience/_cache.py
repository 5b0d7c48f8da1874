"""Returns stored responses to repeated requests."""

import time
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from threading import Lock
from typing import Any

from msgspec import json
from msgspec.structs import replace

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    InvalidRequestError,
    OutputInvalidError,
    Usage,
    to_json,
)
from chatmodels.core.extending import (
    CallInfo,
    Collect,
    Flow,
    Run,
    Send,
    StartedStream,
    error_facts,
    logger,
)
from chatmodels.resilience._memory_store import CacheStore, MemoryStore
from chatmodels.resilience._recorded_stream import recorded
from chatmodels.resilience._shared_call import SharedCalls
from chatmodels.resilience._validation import is_response

_NO_TOKENS = Usage(input_tokens=0, output_tokens=0)
_COMPLETE = frozenset({"stop", "tool_calls"})


class Cache:
    """A policy that returns the stored response if the same request was sent before.

    Two requests are the same if everything in them is, except `timeout`: messages, settings with
    the model's defaults, tools, output schema and `provider_options`. The provider, the model, its
    endpoint and its API must be the same, too. The key is a hash of all that, without credentials.

    A stored response has no used tokens (`usage` is 0), so that a `Budget` does not count it again,
    and `timing.attempts` is 0. For a stream, its events are replayed. Structured output is parsed
    again; if it does not match the output type, the request is sent.

    Only complete responses are stored: with the finish reason "stop" or "tool_calls", of this
    model and not of another one that a `Fallback` called. Requests with `idempotent=False` and
    requests that have no JSON form are sent and not stored.

    If the same request is under way in a non-streaming call, other calls wait for its response. If
    that call is cancelled, the next one takes over; if it fails, each sends its own request. A
    stream makes no call wait, because its pace is that of its reader.

    If the store fails, a warning is logged to `chatmodels.resilience` and the request is sent.
    Stored responses are logged at the level DEBUG.

    >>> cache = Cache()  # for model.with_policies(cache)

    Args:
        store: The store of the responses; None for a new `MemoryStore`.
        namespace: A part of every key. Models that share a store but differ in options that are not
            part of the request need different ones. A new one makes all stored responses invalid.
        clock: Returns the time in seconds, on the scale of `CallInfo.deadline`.

    Raises:
        ConfigurationError: The store has no `get` and `put`.
    """

    def __init__(
        self,
        store: CacheStore | None = None,
        *,
        namespace: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if store is None:
            store = MemoryStore()
        elif not isinstance(store, CacheStore):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
            raise ConfigurationError(
                f"Cache: the store is of type {type(store).__qualname__}; pass an object with "
                "get and put, such as MemoryStore(), SqliteStore(path) or RedisStore(url)",
                op="configure",
            )
        self.store = store
        self.namespace = namespace
        self._blocks = not isinstance(store, MemoryStore)
        self._clock = clock
        self._calls = SharedCalls(clock)
        self._lock = Lock()
        self._hits = self._misses = 0

    @property
    def hits(self) -> int:
        """The number of calls whose response was stored or shared."""
        return self._hits

    @property
    def misses(self) -> int:
        """The number of calls whose request was sent, without those that cannot be stored."""
        return self._misses

    def __reduce__(self) -> Any:
        """Pickle the configuration with the store; another process counts for itself."""
        return partial(Cache, namespace=self.namespace, clock=self._clock), (self.store,)

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        """Return the flow of one call."""
        key = self._key(call, request)
        if key is None:
            return (yield Send(request))
        calls = self._calls
        shared = yield Run(lambda: calls.join(key, call), lambda: calls.ajoin(key, call))
        response = shared.response
        try:
            if response is None:
                response = yield from self._stored(key)
            if response is not None:
                response = yield from self._checked(call, response)
            if response is not None:
                calls.share(shared, response)
                self._count(call, hit=True)
                return replace(response, usage=_NO_TOKENS)
            self._count(call, hit=False)
            outcome = yield Send(request)
            if is_response(outcome):
                calls.share(shared, outcome)
        except Exception:
            calls.fail(shared)
            raise
        except BaseException:  # the call was cancelled
            calls.leave(shared)
            raise
        if call.is_delegated:
            return outcome
        if is_response(outcome):
            yield from self._store(key, outcome)
            return outcome
        return self._recorded(key, outcome)

    def _key(self, call: CallInfo, request: ChatRequest) -> str | None:
        """Return the key of a request; None if its response is not to be stored."""
        if not request.idempotent:
            return None
        # The request that the model supports has the default settings of the model.
        requests = [call.request] if request is call.full_request else [call.request, request]
        facts = [self.namespace, call.provider, call.model, call.endpoint, call.api]
        try:
            texts = [to_json(replace(each, timeout=None)) for each in requests]
        except InvalidRequestError:
            return None
        return sha256(b"\n".join([json.encode(facts), *texts])).hexdigest()

    def _stored(self, key: str) -> Flow[ChatResponse[Any] | None]:
        try:
            if self._blocks:
                return (yield Run(lambda: self.store.get(key)))
            return self.store.get(key)
        except Exception as error:
            return _log_failure("read", error)

    def _store(self, key: str, response: ChatResponse[Any]) -> Flow[None]:
        if self._blocks:
            yield Run(lambda: self._put(key, response))
        else:
            self._put(key, response)

    def _put(self, key: str, response: ChatResponse[Any]) -> None:
        if response.finish_reason in _COMPLETE:
            try:
                self.store.put(key, replace(response, parsed=None))
            except Exception as error:
                _log_failure("written", error)

    def _recorded(self, key: str, stream: Any) -> StartedStream[Any]:
        return recorded(stream, lambda response: self._put(key, response), blocks=self._blocks)

    def _checked(
        self, call: CallInfo, response: ChatResponse[Any]
    ) -> Flow[ChatResponse[Any] | None]:
        """Parse the output of a stored response; return None if it is invalid."""
        if call.request.output is None:
            return response
        try:
            return (yield Collect(replace(response, parsed=None)))
        except OutputInvalidError:
            return None

    def _count(self, call: CallInfo, *, hit: bool) -> None:
        with self._lock:
            self._hits += hit
            self._misses += not hit
        if hit:
            logger("chatmodels.resilience").debug(
                "the response of %r was stored",
                f"{call.provider}:{call.model}",
                extra={"op": call.op, "provider": call.provider, "model": call.model},
            )

    def __repr__(self) -> str:
        return f"<Cache: {self._hits} hits, {self._misses} misses>"


def _log_failure(done: str, error: Exception) -> None:
    logger("chatmodels.resilience").warning(
        "the store of a Cache could not be %s", done, extra=error_facts(error)
    )
