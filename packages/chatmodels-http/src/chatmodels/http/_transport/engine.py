"""The seam to whatever moves the bytes: one request goes out, pieces of a body come back.

An engine knows nothing of models, secrets or vendors. It never follows redirects, and it asks the
`Deadlines` of a request for the time that each step may take at the moment when the step begins.
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
    """Bytes did not come through; the cause is the HTTP library's exception.

    Attributes:
        kind: "connect" if no connection came about, "certificate" if TLS could not verify the
            other side, "connect_timeout" if it took too long,
            "pool_timeout" if an injected client had none to spare in time, "timeout" if reading
            or writing took too long, "broken" if the connection or the protocol broke,
            "undecodable" if the body has a content coding that cannot be decoded, "unusable" if
            the engine cannot make such a request at all.
    """

    def __init__(self, kind: Kind, reason: str, /) -> None:
        super().__init__(reason)
        self.kind: Kind = kind


class Deadlines(Protocol):
    """How long the next step of a request may take, in seconds from now; None for ever."""

    def connect(self) -> float | None:
        """Give the time until a connection must stand."""
        ...

    def read(self) -> float | None:
        """Give the time that the next reading or writing of bytes may take."""
        ...

    def left(self) -> float | None:
        """Return the time until the head, or the next event, must have come."""
        ...


class RequestHead:
    """What many requests have in common: all but the body.

    Attributes:
        method: As in "POST".
        url: The full address.
        headers: Names and values, without `host` and `content-length`.
        prepared: Room for what an engine has made of it.
    """

    __slots__ = ("headers", "method", "prepared", "url")

    def __init__(self, method: str, url: str, headers: tuple[tuple[str, str], ...]) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.prepared: object = None


class HttpResponse(Protocol):
    """A response whose head has come.

    Attributes:
        status: The HTTP status.
        headers: Lower-case name to value.
        exact: Whether each reading holds to the time that the patience gives as it begins.
    """

    status: int
    headers: Mapping[str, str]

    @property
    def exact(self) -> bool: ...

    def read(self) -> bytes | None:
        """Give the next piece of the body, content codings undone; None at its end.

        Raises:
            TransferError: The piece did not come through; the connection is closed.
        """
        ...

    def close(self) -> None:
        """Give the connection back if the body was read to its end, or else close it."""
        ...


class AsyncHttpResponse(Protocol):
    """The twin of `HttpResponse`."""

    status: int
    headers: Mapping[str, str]

    async def read(self) -> bytes | None:
        """Give the next piece of the body, content codings undone; None at its end.

        Raises:
            TransferError: The piece did not come through; the connection is closed.
        """
        ...

    async def aclose(self) -> None:
        """Give the connection back if the body was read to its end, or else close it.

        A cancellation does not keep it from closing.
        """
        ...


class Engine(Protocol):
    """Sends requests, blocking; shared by threads.

    One that is derived from this class can be passed to a model as its `http_client`.
    """

    def send(self, head: RequestHead, body: bytes, patience: Deadlines, /) -> HttpResponse:
        """Send a request and wait for the head of its response.

        Raises:
            TransferError: It did not come through.
        """
        ...


class AsyncEngine(Protocol):
    """Sends requests, awaited; shared by event loops.

    One that is derived from this class can be passed to a model as its `async_http_client`.
    """

    async def send(
        self, head: RequestHead, body: bytes, patience: Deadlines, /
    ) -> AsyncHttpResponse:
        """Send a request and wait for the head of its response.

        Raises:
            TransferError: It did not come through.
        """
        ...
