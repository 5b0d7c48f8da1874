"""The routes of our own engines: direct, or by an HTTP proxy."""

from base64 import b64encode
from typing import TYPE_CHECKING

from chatmodels.core.extending import MASK
from chatmodels.http._transport.proxies import parse_proxy, proxy_for
from chatmodels.http._transport.request_heads import Prepared

if TYPE_CHECKING:
    from ssl import SSLContext


class Route:
    """The route to an origin.

    Attributes:
        host: The host to connect to, that of the proxy if there is one.
        port: Its port.
        tls: The settings for TLS with the server; None for plain HTTP.
        server: The name of the server in its certificate.
        tunnel: The request that opens a tunnel through a proxy; None without a tunnel.
        proxy_headers: The lines for a proxy that reads the URLs of requests; None without one.
    """

    __slots__ = ("host", "port", "proxy_headers", "server", "tls", "tunnel")

    def __init__(
        self,
        host: str,
        port: int,
        server: str,
        tls: "SSLContext | None",
        proxy_headers: bytes | None = None,
        tunnel: bytes | None = None,
    ) -> None:
        self.host, self.port, self.server, self.tls = host, port, server, tls
        self.proxy_headers, self.tunnel = proxy_headers, tunnel

    def __repr__(self) -> str:
        proxied = "" if self.proxy_headers is self.tunnel else f", by a proxy, {MASK}"
        return f"Route({self.host!r}, {self.port}{proxied})"  # tracebacks can contain it


def route_to(head: Prepared, proxy: str | None, /) -> Route | None:
    """Return the route to the origin of a request; None if only httpcore can take it.

    Args:
        head: The request.
        proxy: The URL of a proxy; None for the proxy of the environment.

    Raises:
        TransferError: The proxy's URL is not valid, or the certificates cannot be read.
    """
    address = proxy_for(head.address, proxy)
    tls = _tls() if head.scheme == "https" else None
    if address is None:
        port = head.port or (80 if tls is None else 443)
        return Route(head.host, port, head.host, tls)
    found = parse_proxy(address)
    if found.scheme != "http":
        return None
    from urllib.parse import unquote_to_bytes

    port = found.port or 80
    credentials = b""
    if found.username is not None:
        pair = unquote_to_bytes(found.username) + b":" + unquote_to_bytes(found.password or "")
        credentials = b"Proxy-Authorization: Basic %b\r\n" % b64encode(pair)
    if tls is None:
        return Route(found.host, port, head.host, None, proxy_headers=credentials)
    target = head.authority.encode()
    tunnel = b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n%b\r\n" % (target, target, credentials)
    return Route(found.host, port, head.host, tls, tunnel=tunnel)


def _tls() -> "SSLContext":
    from chatmodels.http._transport.tls import tls_context  # plain HTTP needs no ssl

    return tls_context()
