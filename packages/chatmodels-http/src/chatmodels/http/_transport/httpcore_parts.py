"""Requests to httpcore and translations of its errors, for the sync and the async engine."""

import ssl
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Protocol, Self
from urllib.parse import unquote_to_bytes

import httpcore
import msgspec

from chatmodels.core.extending import MASK
from chatmodels.http._transport import request_heads
from chatmodels.http._transport.causes import is_certificate_failure, reason
from chatmodels.http._transport.engine import Kind, RequestHead, TransferError
from chatmodels.http._transport.proxies import parse_proxy, proxy_for
from chatmodels.http._transport.tls import no_tls_context, tls_context


class HttpcoreHead(msgspec.Struct, frozen=True):
    """A head, encoded for httpcore.

    Attributes:
        method: As in b"POST".
        url: The parsed URL.
        proxied_url: The URL for an HTTP proxy, in which an IPv6 address keeps its brackets.
        address: Scheme, host and port, the key of shared connections.
        headers: The encoded headers, with `Host`.
    """

    method: bytes
    url: httpcore.URL
    proxied_url: httpcore.URL
    address: str
    headers: tuple[tuple[bytes, bytes], ...]

    def __repr__(self) -> str:
        return f"HttpcoreHead({self.method!r}, {self.address!r})"  # tracebacks can contain it


def prepare(head: RequestHead, /) -> HttpcoreHead:
    """Parse and encode a head, once.

    Raises:
        TransferError: The URL is not valid, or a header cannot be sent.
    """
    ready = request_heads.prepare(head)
    cached = ready.for_httpcore
    if isinstance(cached, HttpcoreHead):
        return cached
    url, proxied_url = (
        httpcore.URL(scheme=ready.scheme, host=host, port=ready.port, target=ready.target)
        for host in (ready.host, request_heads.bracketed(ready.host))
    )
    encoded = HttpcoreHead(ready.method.encode(), url, proxied_url, ready.address, ready.headers)
    ready.for_httpcore = encoded
    return encoded


def request_of(head: HttpcoreHead, body: bytes, proxied: bool, /) -> httpcore.Request:
    """Build the request for a head and a body.

    Args:
        head: The head.
        body: The body.
        proxied: Whether an HTTP proxy reads the URL.
    """
    url = head.proxied_url if proxied else head.url
    headers = list(head.headers)
    if body or head.method == b"POST":
        headers.append((b"Content-Length", b"%d" % len(body)))
    return httpcore.Request(head.method, url, headers=headers, content=Content(body))


class Content:
    """The body of a request, in one chunk.

    httpcore would wrap it in an asynchronous generator, which a cancellation does not close.
    """

    __slots__ = ("_body", "_sent")

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._sent = False

    def __iter__(self) -> Iterator[bytes]:
        return iter((self._body,))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._sent:
            raise StopAsyncIteration
        self._sent = True
        return self._body


def headers_of(response: httpcore.Response, /) -> Mapping[str, str]:
    """Return the headers of a response, lower-case name to value; the first of a name wins."""
    headers: dict[str, str] = {}
    for name, value in response.headers:
        headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    return headers


class Route(msgspec.Struct, frozen=True):
    """The route to an origin.

    Attributes:
        origin: Scheme, host and port.
        tls: The settings for TLS.
        proxy: The proxy; None for a direct connection.
    """

    origin: httpcore.Origin
    tls: ssl.SSLContext
    proxy: httpcore.Proxy | None = None

    @property
    def proxied(self) -> bool:
        """True if an HTTP proxy reads the URLs of requests; a SOCKS proxy does not."""
        return self.proxy is not None and not self.proxy.url.scheme.startswith(b"socks")


def route_to(head: HttpcoreHead, proxy: str | None, /) -> Route:
    """Return the route to the origin of a request.

    Args:
        head: The request.
        proxy: The URL of a proxy; None for the proxy of the environment.

    Raises:
        TransferError: The proxy's URL is not valid, or the certificates cannot be read.
    """
    secure = head.url.scheme == b"https"
    address = proxy_for(head.address, proxy)
    return Route(
        head.url.origin,
        tls_context() if secure else no_tls_context(),
        None if address is None else _proxy_at(address),
    )


def _proxy_at(address: str) -> httpcore.Proxy:
    found = parse_proxy(address)
    if found.scheme.startswith("socks") and find_spec("socksio") is None:
        raise TransferError("unusable", "a SOCKS proxy needs a library; try: pip install socksio")
    return httpcore.Proxy(
        httpcore.URL(scheme=found.scheme, host=found.host, port=found.port, target="/"),
        auth=None
        if found.username is None
        else (_masked(found.username), _masked(found.password or "")),
        ssl_context=tls_context() if found.scheme == "https" else None,
    )


class _Masked(bytes):
    """Bytes of a credential with a masked `repr`: httpcore logs those for a SOCKS proxy."""

    def __repr__(self) -> str:
        return repr(MASK)


def _masked(text: str) -> _Masked:
    return _Masked(unquote_to_bytes(text))


class Connection(Protocol):
    """The state of a connection, as httpcore reports it."""

    def is_idle(self) -> bool: ...

    def has_expired(self) -> bool: ...


def is_reusable(connections: Sequence[Connection], /) -> bool:
    """Report whether a connection is open, idle, and free of leftover bytes.

    Args:
        connections: The connection; empty if it was never made, or a proxy's pool dropped it.
    """
    for connection in connections:  # a generator for `all` would cost more than the checks
        if not connection.is_idle() or _has_leftover(connection):
            return False
    return bool(connections)


def _has_leftover(connection: object) -> bool:
    # Bytes after the end of a response wait in the parser, and would begin the next response.
    # The parser is private in httpcore; if it is not found, the connection is not reused.
    while (inner := getattr(connection, "_connection", None)) is not None:
        connection = inner
    parser = getattr(connection, "_h11_state", None)
    return parser is None or parser.trailing_data != (b"", False)


FAILURES = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    ImportError,  # of the library for SOCKS proxies
    OSError,
)
"""The exceptions of httpcore and of its backends."""


def connection_failures() -> tuple[type[Exception], ...]:
    """Return the exceptions of connecting, which include those for replies of a SOCKS proxy."""
    socks = sys.modules.get("socksio")
    return FAILURES if socks is None else (*FAILURES, socks.SOCKSError)


def transfer_error(error: Exception, /, *, stale: bool = False) -> TransferError:
    """Translate an error of httpcore.

    Args:
        error: The error.
        stale: Whether the connection served a request before, and no byte of this response arrived.
    """
    if not isinstance(error, FAILURES):
        return TransferError("connect", "the reply of the SOCKS proxy is malformed")
    if isinstance(error, httpcore.ConnectError) and is_certificate_failure(error):
        return TransferError("certificate", reason(error))
    for kind, types in _KINDS:
        if isinstance(error, types):
            return TransferError(kind, reason(error))
    return TransferError("broken", reason(error), stale=stale)


_KINDS: tuple[tuple[Kind, type[Exception] | tuple[type[Exception], ...]], ...] = (
    ("connect_timeout", httpcore.ConnectTimeout),
    ("timeout", httpcore.TimeoutException),
    ("connect", (httpcore.ConnectError, httpcore.ProxyError)),
    ("unusable", (httpcore.UnsupportedProtocol, httpcore.LocalProtocolError, ImportError)),
)
