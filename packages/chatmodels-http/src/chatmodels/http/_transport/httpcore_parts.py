"""What the blocking and the awaited engine say to httpcore, and how they take its errors."""

import ssl
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Protocol, Self
from urllib.parse import quote, unquote_to_bytes, urlsplit

import httpcore
import msgspec

from chatmodels.core.extending import MASK
from chatmodels.http._transport.causes import is_certificate_failure, reason
from chatmodels.http._transport.engine import Kind, RequestHead, TransferError
from chatmodels.http._transport.proxies import environment_proxy
from chatmodels.http._transport.tls import no_tls_context, tls_context


class Prepared(msgspec.Struct, frozen=True):
    """A head as httpcore wants it.

    Attributes:
        method: As in b"POST".
        url: The address, parsed.
        proxied_url: The address for an HTTP proxy, where an IPv6 address keeps its brackets.
        address: Scheme, host and port: what connections are shared by.
        headers: The headers, encoded, `Host` included.
    """

    method: bytes
    url: httpcore.URL
    proxied_url: httpcore.URL
    address: str
    headers: tuple[tuple[bytes, bytes], ...]

    def __repr__(self) -> str:
        return f"Prepared({self.method!r}, {self.address!r})"  # tracebacks may show it


def prepared(head: RequestHead, /) -> Prepared:
    """Parse and encode a head, once.

    Raises:
        TransferError: The address is not one, or a header cannot be sent.
    """
    found = head.prepared
    if isinstance(found, Prepared):
        return found
    try:
        parts = urlsplit(head.url)
        host = (parts.hostname or "").encode("idna")
        port = parts.port
        if not host or parts.scheme not in _SCHEMES:
            raise ValueError(f"{parts.scheme}://{parts.netloc}")
    except ValueError as error:
        raise TransferError("unusable", f"the address is not valid: {error}") from error
    target = quote(parts.path or "/", safe=_SAFE)
    if parts.query:
        target += "?" + quote(parts.query, safe=_SAFE)
    url = proxied_url = httpcore.URL(scheme=parts.scheme, host=host, port=port, target=target)
    named = host
    if b":" in host:
        named = b"[%b]" % host
        proxied_url = httpcore.URL(scheme=parts.scheme, host=named, port=port, target=target)
    made = Prepared(
        head.method.encode(),
        url,
        proxied_url,
        str(proxied_url.origin),
        (
            (b"Host", named if port is None else b"%b:%d" % (named, port)),
            *(_encoded(name, value) for name, value in head.headers),
        ),
    )
    head.prepared = made
    return made


def _encoded(name: str, value: str) -> tuple[bytes, bytes]:
    # Checked here since h11 would quote what it refuses.
    if not value.isascii() or not value.replace("\t", " ").isprintable():
        raise TransferError("unusable", f"the header {name!r} has letters that no header can have")
    return name.encode(), value.encode()


_SCHEMES = ("http", "https")
_SAFE = "/?&=%:;@!$'()*+,~#"


def request_of(head: Prepared, body: bytes, proxied: bool, /) -> httpcore.Request:
    """Build the request for a head and a body.

    Args:
        head: The head.
        body: The body.
        proxied: Whether an HTTP proxy reads the address.
    """
    url = head.proxied_url if proxied else head.url
    headers = list(head.headers)
    if body or head.method == b"POST":
        headers.append((b"Content-Length", b"%d" % len(body)))
    return httpcore.Request(head.method, url, headers=headers, content=Content(body))


class Content:
    """The body of a request, in one piece.

    httpcore's own makes an asynchronous generator of it, which a cancellation leaves behind.
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
    """Give the headers of a response, lower-case name to value; the first of a name counts."""
    headers: dict[str, str] = {}
    for name, value in response.headers:
        headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    return headers


class Route(msgspec.Struct, frozen=True):
    """How an origin is reached.

    Attributes:
        origin: Scheme, host and port.
        tls: The settings for TLS.
        proxy: The proxy to go through; None for a direct connection.
    """

    origin: httpcore.Origin
    tls: ssl.SSLContext
    proxy: httpcore.Proxy | None = None

    @property
    def proxied(self) -> bool:
        """Whether an HTTP proxy reads the addresses of requests; a SOCKS proxy does not."""
        return self.proxy is not None and not self.proxy.url.scheme.startswith(b"socks")


def route_to(head: Prepared, proxy: str | None, /) -> Route:
    """Find out how to reach an origin.

    Args:
        head: A request to it.
        proxy: The address of a proxy; None for what the environment says.

    Raises:
        TransferError: That is no address, or the certificates cannot be read.
    """
    secure = head.url.scheme == b"https"
    address = environment_proxy(head.address) if proxy is None else proxy
    return Route(
        head.url.origin,
        tls_context() if secure else no_tls_context(),
        None if address is None else _proxy_at(address),
    )


def _proxy_at(address: str) -> httpcore.Proxy:
    try:
        parts = urlsplit(address)
        if parts.scheme not in _PROXIES or not parts.hostname:
            raise ValueError
        host, port = parts.hostname.encode("idna"), parts.port
    except ValueError:
        # Its words might quote a password with letters that were not encoded.
        raise TransferError("unusable", f"the address of the proxy is no {_KNOWN} URL") from None
    if parts.scheme.startswith("socks") and find_spec("socksio") is None:
        raise TransferError("unusable", "a SOCKS proxy needs a library; try: pip install socksio")
    return httpcore.Proxy(
        httpcore.URL(scheme=parts.scheme, host=host, port=port, target="/"),
        auth=None
        if parts.username is None
        else (_masked(parts.username), _masked(parts.password or "")),
        ssl_context=tls_context() if parts.scheme == "https" else None,
    )


class _Masked(bytes):
    """Bytes of a credential: httpcore logs those for a SOCKS proxy at the level DEBUG."""

    def __repr__(self) -> str:
        return repr(MASK)


def _masked(text: str) -> _Masked:
    return _Masked(unquote_to_bytes(text))


_PROXIES = ("http", "https", "socks5", "socks5h")
_KNOWN = ", ".join(_PROXIES)


class Connection(Protocol):
    """The state of a connection, as httpcore reports it."""

    def is_idle(self) -> bool: ...

    def has_expired(self) -> bool: ...


def is_reusable(connections: Sequence[Connection], /) -> bool:
    """Report whether the connection of a lane is open, idle, and free of leftover bytes.

    Args:
        connections: The connection; none if it was never made, or a proxy's pool dropped it.
    """
    for connection in connections:  # a generator for `all` would cost more than the checks
        if not connection.is_idle() or _has_leftover(connection):
            return False
    return bool(connections)


def _has_leftover(connection: object) -> bool:
    # Bytes behind the end of a response wait in the parser, and would begin the next response.
    # httpcore does not show its parser; without one in sight, nothing is proven.
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
    ImportError,  # of what a SOCKS proxy needs
    OSError,
)
"""What httpcore raises, and what its backends let through."""


def connection_failures() -> tuple[type[Exception], ...]:
    """Return what httpcore raises while it connects: replies of a SOCKS proxy are parsed then."""
    socks = sys.modules.get("socksio")
    return FAILURES if socks is None else (*FAILURES, socks.SOCKSError)


def translated(error: Exception, /) -> TransferError:
    """Turn an error of httpcore into that of the seam."""
    if not isinstance(error, FAILURES):
        return TransferError("connect", "the reply of the SOCKS proxy is malformed")
    if isinstance(error, httpcore.ConnectError) and is_certificate_failure(error):
        return TransferError("certificate", reason(error))
    for kind, types in _KINDS:
        if isinstance(error, types):
            return TransferError(kind, reason(error))
    return TransferError("broken", reason(error))


_KINDS: tuple[tuple[Kind, type[Exception] | tuple[type[Exception], ...]], ...] = (
    ("connect_timeout", httpcore.ConnectTimeout),
    ("timeout", httpcore.TimeoutException),
    ("connect", (httpcore.ConnectError, httpcore.ProxyError)),
    ("unusable", (httpcore.UnsupportedProtocol, httpcore.LocalProtocolError, ImportError)),
)
