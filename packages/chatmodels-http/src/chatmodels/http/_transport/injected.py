"""The engines for clients that a user has passed: those of httpx and of httpx2, which are alike.

An engine of the user's own is taken as it is.

The caller closes the client. Its headers, authentication, hooks, proxies and pool apply; time
limits and content decoding are ours, and redirects are not followed.

A client reads its time limits once for a head and once for a body, and applies them to every
single read. The limits that span several reads are therefore held from outside: by cancellation in
an async call, and in a sync call by a thread for the request, which is abandoned when time is up.
An abandoned thread closes the response when the client returns from what it was doing.
"""

import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeGuard

from chatmodels.core import ConfigurationError
from chatmodels.http._transport.bounded import OutOfTimeError, Worker
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

if TYPE_CHECKING:
    from anyio import CancelScope

LIBRARIES = ("httpx", "httpx2")


def injected_engine(client: object, /) -> Engine:
    """Give the engine for what was passed as `http_client`.

    Raises:
        ConfigurationError: It is neither a client of a known kind nor derived from `Engine`.
    """
    return client if _is_engine(client) else InjectedEngine(client)


def async_injected_engine(client: object, /) -> AsyncEngine:
    """Give the engine for what was passed as `async_http_client`; the twin of `injected_engine`."""
    return client if _is_async_engine(client) else AsyncInjectedEngine(client)


# By descent and not by shape: many a library's clients have a method `send`.
def _is_engine(client: object) -> TypeGuard[Engine]:
    return Engine in type(client).__mro__


def _is_async_engine(client: object) -> TypeGuard[AsyncEngine]:
    return AsyncEngine in type(client).__mro__


def library_of(client: object, class_name: str, option: str, /) -> str:
    """Tell which library a client is of, which need not be imported to find out.

    Args:
        client: What the user has passed.
        class_name: The class that it must be of: "Client" or "AsyncClient".
        option: The name of the option, for the message.

    Raises:
        ConfigurationError: It is of another class.
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
        ConfigurationError: It is no such client.
    """

    def __init__(self, client: object) -> None:
        self._library = library_of(client, "Client", "http_client")
        self._client: Any = client

    def send(self, head: RequestHead, body: bytes, patience: Deadlines, /) -> HttpResponse:
        """Send a request and wait for the head of its response.

        Raises:
            TransferError: It did not come through.
        """
        worker = Worker()
        try:
            with _Translation(self._library):
                request = _request(self._client, head, body, patience)
                response = worker.run(
                    patience.left(),
                    lambda: self._client.send(request, stream=True, follow_redirects=False),
                    _close,
                )
                return _Answer(response, self._library, patience, worker)
        except OutOfTimeError:
            worker.close()
            raise TransferError("timeout", "no head came in time") from None
        except BaseException:
            worker.close()
            raise


def _close(response: Any) -> None:
    response.close()


class _Answer:
    exact = True
    __slots__ = (
        "_abandoned",
        "_decoder",
        "_library",
        "_patience",
        "_pieces",
        "_response",
        "_worker",
        "headers",
        "status",
    )

    def __init__(self, response: Any, library: str, patience: Deadlines, worker: Worker) -> None:
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = dict(response.headers)
        self._response = response
        self._library = library
        self._patience = patience
        self._worker = worker
        self._abandoned = False
        self._decoder: Decoder | None = None
        if response.is_stream_consumed:  # by a hook, or since a transport had it whole
            self._pieces: Iterator[bytes] = response.iter_bytes()
        else:
            self._pieces = response.iter_raw()
            self._decoder = decoder(self.headers.get("content-encoding"))

    def read(self) -> bytes | None:
        """Give the next piece of the body; None at its end."""
        if self._decoder is not None and (decoded := self._decoder.rest()):
            return decoded
        seconds = None if self._patience.left() is None else self._patience.read()
        try:
            with _Translation(self._library):
                piece = self._worker.run(seconds, self._next, lambda _: self._response.close())
        except OutOfTimeError:
            self._abandoned = True
            raise TransferError("timeout", "no bytes came in time") from None
        return piece if piece is None or self._decoder is None else self._decoder.feed(piece)

    def close(self) -> None:
        """Let the client keep or close the connection."""
        if not self._abandoned:  # or the thread closes it, which may be reading from it now
            self._response.close()
        self._worker.close()

    def _next(self) -> bytes | None:
        return next(self._pieces, None)


class AsyncInjectedEngine:
    """An `AsyncEngine` that uses an `AsyncClient` of httpx or httpx2.

    Args:
        client: The client.

    Raises:
        ConfigurationError: It is no such client.
    """

    def __init__(self, client: object) -> None:
        self._library = library_of(client, "AsyncClient", "async_http_client")
        self._client: Any = client

    async def send(
        self, head: RequestHead, body: bytes, patience: Deadlines, /
    ) -> AsyncHttpResponse:
        """Send a request and wait for the head of its response.

        Raises:
            TransferError: It did not come through.
        """
        from anyio import CancelScope

        with _Translation(self._library):
            request = _request(self._client, head, body, patience)
            with CancelScope() as scope:
                deadline = _Deadline(scope, patience)
                request.extensions["trace"] = deadline.trace
                deadline.set(_SLACK)
                response = await self._client.send(request, stream=True, follow_redirects=False)
                return _AsyncAnswer(response, self._library, patience)
        raise TransferError("timeout", "no head came in time")


class _AsyncAnswer:
    __slots__ = (
        "_decoder",
        "_ended",
        "_library",
        "_patience",
        "_pieces",
        "_response",
        "headers",
        "status",
    )

    def __init__(self, response: Any, library: str, patience: Deadlines) -> None:
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = dict(response.headers)
        self._response = response
        self._decoder: Decoder | None = None
        if response.is_stream_consumed:
            self._pieces: AsyncIterator[bytes] = response.aiter_bytes()
        else:
            self._pieces = response.aiter_raw()
            self._decoder = decoder(self.headers.get("content-encoding"))
        self._library = library
        self._patience = patience
        self._ended = True

    async def read(self) -> bytes | None:
        """Give the next piece of the body; None at its end."""
        from anyio import move_on_after

        if self._decoder is not None and (decoded := self._decoder.rest()):
            return decoded
        self._ended = True
        with _Translation(self._library), move_on_after(self._patience.read()):
            piece = await anext(self._pieces, None)
            self._ended = piece is None
            return piece if piece is None or self._decoder is None else self._decoder.feed(piece)
        raise TransferError("timeout", "no bytes came in time")

    async def aclose(self) -> None:
        """Let the client keep or close the connection, even while being cancelled."""
        from anyio import CancelScope

        with CancelScope(shield=True):
            await self._response.aclose()
            # As with our own connections: generators left waiting would be complained about.
            for _ in range(_UNWINDING):
                if self._ended:
                    break
                await self._unwind()

    async def _unwind(self) -> None:
        try:
            with _Translation(self._library):
                self._ended = await anext(self._pieces, None) is None
        except TransferError:
            self._ended = True


class _Deadline:
    """Cancels an async request when its time is up.

    httpcore leaks the socket if it is cancelled during a TLS handshake. While it connects, its own
    limits apply, so the cancellation comes a little later; once it sends, it comes exactly.
    """

    __slots__ = ("_patience", "_scope")

    def __init__(self, scope: "CancelScope", patience: Deadlines) -> None:
        self._scope = scope
        self._patience = patience

    def set(self, slack: float = 0.0) -> None:
        from anyio import current_time

        seconds = self._patience.left()
        if seconds is not None:
            self._scope.deadline = current_time() + seconds + slack

    async def trace(self, event: str, info: object) -> None:
        """Follow the steps of httpcore's connections; other transports do not report them."""
        if event.endswith("send_request_headers.started"):
            self.set()
        elif event.endswith((".connect_tcp.started", ".start_tls.started")):
            self.set(_SLACK)


_SLACK = 1.0
"""Seconds; by so much a transport that reports no steps may exceed a limit before its head."""

_UNWINDING = 1000  # pieces that a client may still hold; its own transports may never end


def _request(client: Any, head: RequestHead, body: bytes, patience: Deadlines) -> Any:
    return client.build_request(
        head.method,
        head.url,
        headers=head.headers,
        content=body,
        extensions={"timeout": _Timeouts(patience)},
    )


class _Timeouts(dict[str, float | None]):
    """The time limits of one request as httpx's extension `timeout`, true when they are read."""

    def __init__(self, patience: Deadlines) -> None:
        super().__init__(connect=None, read=None, write=None, pool=None)
        self._patience = patience

    def __getitem__(self, name: str, /) -> float | None:
        return self._patience.connect() if name == "connect" else self._patience.read()

    def get(self, name: str, default: Any = None, /) -> Any:
        return self[name]


class _Translation:
    """Turns the errors of a client's library into those of the seam."""

    __slots__ = ("_library",)

    def __init__(self, library: str) -> None:
        self._library = sys.modules[library]

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        found = None if error is None else self._kind(error)
        if error is not None and found is not None:
            raise TransferError(found, reason(error)) from error

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
            # as from a client that is closed already, or for a host that is no name
            ("unusable", (library.InvalidURL, RuntimeError, UnicodeError)),
        )
        # Anything else is a defect of a transport or a hook, which must not look like bad weather.
        return next((name for name, types in kinds if isinstance(error, types)), None)
