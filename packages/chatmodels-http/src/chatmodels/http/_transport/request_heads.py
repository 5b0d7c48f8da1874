"""Heads of requests, encoded once for all requests that share them."""

import re

from chatmodels.http._transport.dns_names import dns_name
from chatmodels.http._transport.engine import RequestHead, TransferError

_SCHEMES = ("http", "https")
_SAFE = "/?&=%:;@!$'()*+,~#"
_PORTS = {"http": 80, "https": 443}
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_PLAIN = re.compile(
    r"(https?)://([a-z0-9.-]+)(?::([0-9]{1,5}))?((?:/[\w.~/-]*)?(?:\?[\w.~=&-]+)?)", re.ASCII
)
_LAST_PORT = 65_535
_OURS = ("host", "content-length", "transfer-encoding")

_Parts = tuple[str, str, int | None, str]
"""The scheme, the host, the port that the URL names, and path and query, encoded."""


class Prepared:
    """A head, encoded.

    Attributes:
        method: As in "POST".
        scheme: "http" or "https".
        host: The host as in DNS, an IPv6 address without brackets.
        port: The port that the URL names; None for that of the scheme.
        target: Path and query, encoded.
        address: Scheme, host and port, the key of shared connections.
        headers: The encoded headers, with `Host`.
        for_httpcore: A cache for the engine on httpcore.
    """

    __slots__ = (
        "_lines",
        "_proxied_lines",
        "address",
        "for_httpcore",
        "headers",
        "host",
        "method",
        "port",
        "scheme",
        "target",
    )

    def __init__(self, head: RequestHead) -> None:
        try:
            scheme, name, port, target = _plain(head.url) or _quoted(head.url)
            host = dns_name(name)
            if not host or scheme not in _SCHEMES:
                raise ValueError(f"{scheme}://{name}")
        except ValueError as error:
            raise TransferError("unusable", f"the URL is not valid: {error}") from error
        self.method = head.method
        self.scheme, self.host, self.port = scheme, host, port
        self.target = target
        self.address = f"{scheme}://{self.authority}"
        named = bracketed(host) if port is None else self.authority
        self.headers: tuple[tuple[bytes, bytes], ...] = (
            (b"Host", named.encode()),
            *(_encoded(name, value) for name, value in head.headers),
        )
        lines = b"".join(b"%b: %b\r\n" % header for header in self.headers)
        direct = f"{self.method} {self.target} HTTP/1.1\r\n"
        proxied = f"{self.method} {self.scheme}://{named}{self.target} HTTP/1.1\r\n"
        self._lines = direct.encode() + lines
        self._proxied_lines = proxied.encode() + lines
        self.for_httpcore: object = None

    def __repr__(self) -> str:
        return f"Prepared({self.method!r}, {self.address!r})"  # tracebacks can contain it

    @property
    def authority(self) -> str:
        """Host and port, as a proxy reads them."""
        return f"{bracketed(self.host)}:{self.port or _PORTS[self.scheme]}"

    def encoded(self, body: bytes, at_once: int, proxy_headers: bytes | None) -> memoryview:
        """Return the head of a request, with its body if both have at most so many bytes.

        The view hides the headers from the frames of tracebacks.

        Args:
            body: The body.
            at_once: The largest number of bytes of a body that is appended to its head.
            proxy_headers: The lines for an HTTP proxy that reads the URL; None without one.
        """
        length = b"Content-Length: %d\r\n" % len(body) if body or self.method == "POST" else b""
        appended = body if len(body) <= at_once else b""
        if proxy_headers is None:
            return memoryview(b"%b%b\r\n%b" % (self._lines, length, appended))
        return memoryview(b"%b%b%b\r\n%b" % (self._proxied_lines, proxy_headers, length, appended))


def prepare(head: RequestHead, /) -> Prepared:
    """Parse and encode a head, once.

    Raises:
        TransferError: The URL is not valid, or a header cannot be sent.
    """
    cached = head.prepared
    if isinstance(cached, Prepared):
        return cached
    head.prepared = ready = Prepared(head)
    return ready


def _plain(url: str) -> _Parts | None:
    """Split a URL without anything to encode, as nearly all are; None for others."""
    found = _PLAIN.fullmatch(url)
    if found is None:
        return None
    scheme, host, digits, target = found.groups()
    port = None if digits is None else int(digits)
    if port is not None and port > _LAST_PORT:
        return None
    return scheme, host, port, target if target.startswith("/") else f"/{target}"


def _quoted(url: str) -> _Parts:
    # Its import takes longer than all else that a first call needs here.
    from urllib.parse import quote, urlsplit

    parts = urlsplit(url)
    target = quote(parts.path or "/", safe=_SAFE)
    if parts.query:
        target += "?" + quote(parts.query, safe=_SAFE)
    return parts.scheme, parts.hostname or "", parts.port, target


def bracketed(host: str, /) -> str:
    """Return a host as in a URL: an IPv6 address has brackets."""
    return f"[{host}]" if ":" in host else host


def _encoded(name: str, value: str) -> tuple[bytes, bytes]:
    if not _TOKEN.fullmatch(name) or name.lower() in _OURS:
        raise TransferError("unusable", f"the header {name!r} cannot be sent")
    if not value.isascii() or not value.replace("\t", " ").isprintable():
        raise TransferError(
            "unusable", f"the header {name!r} contains characters that are not allowed in headers"
        )
    return name.encode(), value.encode()
