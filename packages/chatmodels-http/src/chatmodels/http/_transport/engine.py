"""The interface of engines, which send a request and return the chunks of a response.

An engine is independent of models, secrets and vendors. It never follows redirects. When a step of
a request begins, the engine reads the time limit of the step from the `Deadlines` of the request.
"""

from collections.abc import Mapping
from typing import Literal, Protocol

Kind = Literal[
    "connect",
    "certificate",
    "connect_timeout",
    "pool_timeout",
    "timeout",
    "broken",
    "undecodable",
    "unusable",
]


class TransferError(Exception):
    """A request or a response failed in transit; the cause is the HTTP library's exception.

    Attributes:
        kind: "connect" if no connection was established, "certificate" if TLS could not verify the
            server, "connect_timeout" if connecting took too long, "pool_timeout" if an injected
            client had no free connection in time, "timeout" if reading or writing took too long,
            "broken" if the connection or the protocol broke, "undecodable" if the body has a
            content coding that cannot be decoded, "unusable" if the engine cannot send such a
            request.
        stale: Whether a connection that served a request before broke before the first byte of the
            response, or, with an injected client, before the end of its head. The server has closed
            it, and the request can be sent again at once.
    """

    def __init__(self, kind: Kind, reason: str, /, *, stale: bool = False) -> None:
        super().__init__(reason)
        self.kind: Kind = kind
        self.stale = stale


class Deadlines(Protocol):
    """The time limits of the next step of a request, in seconds from now; None for no limit."""

    def connect(self) -> float | None:
        """Return the time until a connection must be established."""
        ...

    def read(self) -> float | None:
        """Return the time allowed for the next read or write."""
        ...

    def left(self) -> float | None:
        """Return the time until the head, or the next event, must have arrived."""
        ...


class RequestHead:
    """Method, URL and headers of a request, which many requests share.

    Attributes:
        method: As in "POST".
        url: The full URL.
        headers: Names and values, without `host` and `content-length`.
        prepared: A cache for the engine's encoding of the head.
    """

    __slots__ = ("headers", "method", "prepared", "url")

    def __init__(self, method: str, url: str, headers: tuple[tuple[str, str], ...]) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.prepared: object = None


class HttpResponse(Protocol):
    """A response whose head has arrived.

    Attributes:
        status: The HTTP status.
        headers: Lower-case name to value.
        exact: Whether each read observes the time limit of the `Deadlines` when it begins.
    """

    status: int
    headers: Mapping[str, str]

    @property
    def exact(self) -> bool: ...

    def read(self) -> bytes | None:
        """Return the next chunk of the body with content codings decoded; None at its end.

        Raises:
            TransferError: The response failed in transit; the connection is closed.
        """
        ...

    def close(self) -> None:
        """Release the connection if the body was read to its end, or else close it."""
        ...


class AsyncHttpResponse(Protocol):
    """The async version of `HttpResponse`."""

    status: int
    headers: Mapping[str, str]

    async def read(self) -> bytes | None:
        """Return the next chunk of the body with content codings decoded; None at its end.

        Raises:
            TransferError: The response failed in transit; the connection is closed.
        """
        ...

    async def aclose(self) -> None:
        """Release the connection if the body was read to its end, or else close it.

        A cancellation does not prevent the closing.
        """
        ...


class Engine(Protocol):
    """Sends requests of sync calls; shared by threads.

    An instance of a subclass can be passed to a model as its `http_client`.
    """

    def send(self, head: RequestHead, body: bytes, deadlines: Deadlines, /) -> HttpResponse:
        """Send a request and wait for the head of its response.

        Raises:
            TransferError: The request or its response failed in transit.
        """
        ...


class AsyncEngine(Protocol):
    """Sends requests of async calls; shared by event loops.

    An instance of a subclass can be passed to a model as its `async_http_client`.
    """

    async def send(
        self, head: RequestHead, body: bytes, deadlines: Deadlines, /
    ) -> AsyncHttpResponse:
        """Send a request and wait for the head of its response.

        Raises:
            TransferError: The request or its response failed in transit.
        """
        ...
