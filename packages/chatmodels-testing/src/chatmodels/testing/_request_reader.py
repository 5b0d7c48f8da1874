"""Reads the requests of a connection: ordinary ones by itself, all others with h11.

h11 takes longer for the head of a request than the simulator for the whole rest of a response, so a
load test would measure h11.
"""

import re

import h11

from chatmodels.testing._exchange import ReceivedRequest

ReadError = h11.RemoteProtocolError
"""The received bytes are not a request."""

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # noqa: S105 - of HTTP
_HEAD = re.compile(
    rf"({_TOKEN}) ([!-~]+) HTTP/1\.1\r\n((?:{_TOKEN}:[^\x00-\x08\n-\x1f\x7f]*\r\n)+)\r\n"
)
_END = b"\r\n\r\n"
_LONGEST_HEAD = 16_384
_UNUSUAL = ("transfer-encoding", "expect", "upgrade")


class RequestReader:
    """Collects bytes, and returns one request after the other.

    Attributes:
        closes: Whether the connection is closed after the response to the last request.
        accepts_chunks: Whether the last request permits a response in chunks, as of HTTP/1.1.
    """

    def __init__(self) -> None:
        self.closes = False
        self.accepts_chunks = True
        self._received = bytearray()
        self._head: tuple[ReceivedRequest, int] | None = None
        self._unusual: _UnusualRequest | None = None

    def feed(self, data: bytes, /) -> None:
        """Add received bytes."""
        self._received += data

    def next(self) -> ReceivedRequest | None:
        """Return the next request; None until all its bytes are received.

        Raises:
            ReadError: The bytes are not a request.
        """
        received = self._received
        if self._unusual is None and self._head is None:
            if not received:
                return None
            end = received.find(_END)
            if end < 0 and len(received) < _LONGEST_HEAD and chr(received[0]).isalpha():
                return None
            self._head = _read_head(received[: end + len(_END)].decode("latin-1"))
            if self._head is not None:
                del received[: end + len(_END)]
        if self._head is None:
            return self._next_unusual()
        request, length = self._head
        if len(received) < length:
            return None
        self.closes = "close" in request.headers.get("connection", "").lower()
        self.accepts_chunks = True
        self._head = None
        if not length:
            return request
        body = bytes(received[:length])
        del received[:length]
        return ReceivedRequest(
            method=request.method, target=request.target, headers=request.headers, body=body
        )

    def interim(self) -> bytes:
        """Return the response for a client that waits for one before it sends the body."""
        return b"" if self._unusual is None else self._unusual.interim()

    def _next_unusual(self) -> ReceivedRequest | None:
        if self._unusual is None:
            self._unusual = _UnusualRequest()
        request = self._unusual.feed(bytes(self._received))
        self._received.clear()
        if request is not None:
            self._received += self._unusual.rest
            self.accepts_chunks = self._unusual.accepts_chunks
            self.closes = not self.accepts_chunks or (
                "close" in request.headers.get("connection", "").lower()
            )
            self._unusual = None
        return request


def _read_head(text: str) -> tuple[ReceivedRequest, int] | None:
    """Return the request of an ordinary head and the length of its body; otherwise None."""
    found = _HEAD.fullmatch(text)
    if found is None:
        return None
    method, target, lines = found.groups()
    fields = lines.split("\r\n")
    headers: dict[str, str] = {}
    for field in fields[:-1]:
        name, _, value = field.partition(":")
        headers[name.lower()] = value.strip(" \t")
    length = headers.get("content-length", "0")
    if (
        len(headers) != len(fields) - 1  # one of them is repeated
        or "host" not in headers
        or not (length.isascii() and length.isdigit())
        or any(name in headers for name in _UNUSUAL)
    ):
        return None
    return ReceivedRequest(method=method, target=target, headers=headers), int(length)


class _UnusualRequest:
    """One request that h11 reads.

    Attributes:
        rest: The bytes after the request.
        accepts_chunks: Whether the request permits a response in chunks.
    """

    def __init__(self) -> None:
        self.rest = b""
        self.accepts_chunks = True
        self._http = h11.Connection(h11.SERVER)
        self._head: h11.Request | None = None
        self._body = bytearray()

    def feed(self, data: bytes) -> ReceivedRequest | None:
        """Add received bytes, and return the request if it is complete."""
        if data:
            self._http.receive_data(data)
        while True:
            match self._http.next_event():
                case h11.Request() as head:
                    self._head = head
                case h11.Data() as part:
                    self._body += part.data
                case h11.EndOfMessage():
                    return self._request()
                case _:
                    return None

    def interim(self) -> bytes:
        if not self._http.they_are_waiting_for_100_continue:
            return b""
        return self._http.send(h11.InformationalResponse(status_code=100, headers=[])) or b""

    def _request(self) -> ReceivedRequest:
        head = self._head
        assert head is not None
        self.rest = self._http.trailing_data[0]
        self.accepts_chunks = head.http_version > b"1.0"
        return ReceivedRequest(
            method=head.method.decode(),
            target=head.target.decode(),
            headers={
                name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers
            },
            body=bytes(self._body),
        )
