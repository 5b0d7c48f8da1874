"""The engines for clients of httpx and httpx2 that the user passes.

An engine of the user is used unchanged.

The caller closes the client. Its headers, authentication, hooks, proxies and pool apply. Time
limits and content decoding are those of chatmodels, and redirects are not followed.

A client reads its time limits once for a head and once for a body, and applies them to every
single read. Limits that span several reads are therefore applied from outside: by cancellation in
an async call, and by a thread for the request in a sync call, which is abandoned when the limit has
passed. An abandoned thread closes the response when the client returns.
"""

import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeGuard

from chatmodels.core import ConfigurationError
from chatmodels.core.extending import OutOfTimeError
from chatmodels.http._transport.bounded import Worker
from chatmodels.http._transport.causes import is_certificate_failure, reason
from chatmodels.http._transport.content_encoding import Decoder, decoder
from chatmodels.http._transport.engine import (
    AsyncEngine,
    AsyncHttpResponse,
    Deadlines,
    Engine,
    HttpResponse,
    Kind,
    RequestHead,
    TransferError,
)
from chatmodels.http._transport.reuse import Reuse

if TYPE_CHECKING:
    from anyio import CancelScope

LIBRARIES = ("httpx", "httpx2")


def injected_engine(client: object, /) -> Engine:
    """Return the engine for the option `http_client`.

    Raises:
        ConfigurationError: It is neither a client of httpx or httpx2 nor a subclass of `Engine`.
    """
    return client if _is_engine(client) else InjectedEngine(client)


def async_injected_engine(client: object, /) -> AsyncEngine:
    """Return the engine for the option `async_http_client`; async version of `injected_engine`."""
    return client if _is_async_engine(client) else AsyncInjectedEngine(client)


# By inheritance and not by methods: the clients of many libraries have a method `send`.
def _is_engine(client: object) -> TypeGuard[Engine]:
    return Engine in type(client).__mro__


def _is_async_engine(client: object) -> TypeGuard[AsyncEngine]:
    return AsyncEngine in type(client).__mro__


def library_of(client: object, class_name: str, option: str, /) -> str:
    """Return the library of a client, without importing it.

    Args:
        client: The client that the user passes.
        class_name: The name of its class: "Client" or "AsyncClient".
        option: The name of the option, for the message.

    Raises:
        ConfigurationError: The object is of another class.
    """
    for ancestor in type(client).__mro__:
        library = ancestor.__module__.partition(".")[0]
        if ancestor.__name__ == class_name and library in LIBRARIES:
            return library
    engine = "AsyncEngine" if class_name == "AsyncClient" else "Engine"
    raise ConfigurationError(
        f"{option} must be an httpx.{class_name}, an httpx2.{class_name} or derived from "
        f"chatmodels.http.{engine}, not an object of type "
        f"{type(client).__module__}.{type(client).__qualname__}"
    )


class InjectedEngine:
    """An `Engine` that uses a `Client` of httpx or httpx2.

    Args:
        client: The client.

    Raises:
        ConfigurationError: The object is not such a client.
    """

    def __init__(self, client: object) -> None:
        self._library = library_of(client, "Client", "http_client")
        self._client: Any = client

    def send(self, head: RequestHead, body: bytes, deadlines: Deadlines, /) -> HttpResponse:
        """Send a request and wait for the head of its response.

        Raises:
            TransferError: The request or its response failed in transit.
        """
        worker = Worker()
        reuse = Reuse()
        try:
            with _Translation(self._library, reuse):
                request = _request(self._client, head, body, deadlines)
                request.extensions["trace"] = reuse.trace
                response = worker.run(
                    deadlines.left(),
                    lambda: self._client.send(request, stream=True, follow_redirects=False),
                    _close,
                )
                return _Response(response, self._library, deadlines, worker)
        except OutOfTimeError:
            worker.close()
            raise TransferError("timeout", "no head arrived in time") from None
        except BaseException:
            worker.close()
            raise


def _close(response: Any) -> None:
    response.close()


class _Response:
    exact = True
    __slots__ = (
        "_abandoned",
        "_chunks",
        "_deadlines",
        "_decoder",
        "_library",
        "_response",
        "_worker",
        "headers",
        "status",
    )

    def __init__(self, response: Any, library: str, deadlines: Deadlines, worker: Worker) -> None:
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = dict(response.headers)
        self._response = response
        self._library = library
        self._deadlines = deadlines
        self._worker = worker
        self._abandoned = False
        self._decoder: Decoder | None = None
        if response.is_stream_consumed:  # by a hook, or by a transport that returned it whole
            self._chunks: Iterator[bytes] = response.iter_bytes()
        else:
            self._chunks = response.iter_raw()
            self._decoder = decoder(self.headers.get("content-encoding"))

    def read(self) -> bytes | None:
        """Return the next chunk of the body; None at its end."""
        if self._decoder is not None and (decoded := self._decoder.rest()):
            return decoded
        seconds = None if self._deadlines.left() is None else self._deadlines.read()
        try:
            with _Translation(self._library):
                chunk = self._worker.run(seconds, self._next, lambda _: self._response.close())
        except OutOfTimeError:
            self._abandoned = True
            raise TransferError("timeout", "no bytes arrived in time") from None
        return chunk if self._decoder is None else self._decoder.feed(chunk)

    def close(self) -> None:
        """Let the client keep or close the connection."""
        if not self._abandoned:  # otherwise the thread, which can be reading now, closes it
            self._response.close()
        self._worker.close()

    def _next(self) -> bytes | None:
        return next(self._chunks, None)


class AsyncInjectedEngine:
    """An `AsyncEngine` that uses an `AsyncClient` of httpx or httpx2.

    Args:
        client: The client.

    Raises:
        ConfigurationError: The object is not such a client.
    """

    def __init__(self, client: object) -> None:
        self._library = library_of(client, "AsyncClient", "async_http_client")
        self._client: Any = client

    async def send(
        self, head: RequestHead, body: bytes, deadlines: Deadlines, /
    ) -> AsyncHttpResponse:
        """Send a request and wait for the head of its response.

        Raises:
            TransferError: The request or its response failed in transit.
        """
        from anyio import CancelScope

        reuse = Reuse()
        with _Translation(self._library, reuse):
            request = _request(self._client, head, body, deadlines)
            with CancelScope() as scope:
                deadline = _Deadline(scope, deadlines, reuse)
                request.extensions["trace"] = deadline.trace
                deadline.set(_SLACK)
                response = await self._client.send(request, stream=True, follow_redirects=False)
                return _AsyncResponse(response, self._library, deadlines)
        raise TransferError("timeout", "no head arrived in time")


class _AsyncResponse:
    __slots__ = (
        "_chunks",
        "_deadlines",
        "_decoder",
        "_ended",
        "_library",
        "_response",
        "headers",
        "status",
    )

    def __init__(self, response: Any, library: str, deadlines: Deadlines) -> None:
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = dict(response.headers)
        self._response = response
        self._decoder: Decoder | None = None
        if response.is_stream_consumed:
            self._chunks: AsyncIterator[bytes] = response.aiter_bytes()
        else:
            self._chunks = response.aiter_raw()
            self._decoder = decoder(self.headers.get("content-encoding"))
        self._library = library
        self._deadlines = deadlines
        self._ended = True

    async def read(self) -> bytes | None:
        """Return the next chunk of the body; None at its end."""
        from anyio import move_on_after

        if self._decoder is not None and (decoded := self._decoder.rest()):
            return decoded
        self._ended = True
        with _Translation(self._library), move_on_after(self._deadlines.read()):
            chunk = await anext(self._chunks, None)
            self._ended = chunk is None
            return chunk if self._decoder is None else self._decoder.feed(chunk)
        raise TransferError("timeout", "no bytes arrived in time")

    async def aclose(self) -> None:
        """Let the client keep or close the connection, even while being cancelled."""
        from anyio import CancelScope

        with CancelScope(shield=True):
            await self._response.aclose()
            # As with other connections: suspended generators would cause warnings.
            for _ in range(_MAX_UNWOUND):
                if self._ended:
                    break
                await self._unwind()

    async def _unwind(self) -> None:
        try:
            with _Translation(self._library):
                self._ended = await anext(self._chunks, None) is None
        except TransferError:
            self._ended = True


class _Deadline:
    """Cancels an async request when its time limit has passed.

    httpcore leaks the socket if it is cancelled during a TLS handshake. While it connects, its own
    limits apply, and the cancellation comes a little later. From the sending on, it is exact.
    """

    __slots__ = ("_deadlines", "_reuse", "_scope")

    def __init__(self, scope: "CancelScope", deadlines: Deadlines, reuse: Reuse) -> None:
        self._scope = scope
        self._deadlines = deadlines
        self._reuse = reuse

    def set(self, slack: float = 0.0) -> None:
        from anyio import current_time

        seconds = self._deadlines.left()
        if seconds is not None:
            self._scope.deadline = current_time() + seconds + slack

    async def trace(self, event: str, info: object) -> None:
        """Receive the trace events of httpcore; other transports do not report them."""
        self._reuse.note(event)
        if event.endswith("send_request_headers.started"):
            self.set()
        elif event.endswith((".connect_tcp.started", ".start_tls.started")):
            self.set(_SLACK)


_SLACK = 1.0
"""The seconds by which a transport without trace events can exceed a limit before its head."""

_MAX_UNWOUND = 1000  # chunks that a client can still have; custom transports can be endless


def _request(client: Any, head: RequestHead, body: bytes, deadlines: Deadlines) -> Any:
    return client.build_request(
        head.method,
        head.url,
        headers=head.headers,
        content=body,
        extensions={"timeout": _Timeouts(deadlines)},
    )


class _Timeouts(dict[str, float | None]):
    """The time limits of one request as httpx's extension `timeout`, computed at each read."""

    def __init__(self, deadlines: Deadlines) -> None:
        super().__init__(connect=None, read=None, write=None, pool=None)
        self._deadlines = deadlines

    def __getitem__(self, name: str, /) -> float | None:
        return self._deadlines.connect() if name == "connect" else self._deadlines.read()

    def get(self, name: str, default: Any = None, /) -> Any:
        return self[name]


class _Translation:
    """Translates the errors of a client's library to `TransferError`."""

    __slots__ = ("_library", "_reuse")

    def __init__(self, library: str, reuse: Reuse | None = None) -> None:
        self._library = sys.modules[library]
        self._reuse = reuse

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        transfer_kind = None if error is None else self._kind(error)
        if error is not None and transfer_kind is not None:
            stale = transfer_kind == "broken" and self._reuse is not None and self._reuse.stale
            raise TransferError(transfer_kind, reason(error), stale=stale) from error

    def _kind(self, error: BaseException) -> Kind | None:
        library: Any = self._library
        if isinstance(error, library.ConnectError) and is_certificate_failure(error):
            return "certificate"
        kinds: tuple[tuple[Kind, Any], ...] = (
            ("connect_timeout", library.ConnectTimeout),
            ("pool_timeout", library.PoolTimeout),
            ("timeout", library.TimeoutException),
            ("connect", (library.ConnectError, library.ProxyError)),
            ("unusable", (library.UnsupportedProtocol, library.LocalProtocolError)),
            ("broken", (library.HTTPError, library.StreamError, OSError)),
            # for example from a closed client, or for an invalid host name
            ("unusable", (library.InvalidURL, RuntimeError, UnicodeError)),
        )
        # Other errors are defects of a transport or a hook, not network errors.
        return next((name for name, types in kinds if isinstance(error, types)), None)
