"""Exchanges of a simulator: each request and the outcome of its response."""

from threading import Event
from typing import Any, Literal
from urllib.parse import parse_qs

import msgspec

Outcome = Literal["pending", "complete", "cut", "abandoned"]
"""Pending, sent completely, cut off by a fault, or abandoned by the client."""


class ReceivedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request as received.

    Attributes:
        method: The method, such as "POST".
        target: The path with the query.
        headers: The headers by lower-case name; the last one if repeated.
        body: The bytes of the body.
    """

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path without the query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, list[str]]:
        """The query parameters by name."""
        return parse_qs(self.target.partition("?")[2])

    @property
    def json(self) -> Any:
        """The body as parsed JSON; None if the body is empty.

        Raises:
            msgspec.DecodeError: The body is not JSON.
        """
        return msgspec.json.decode(self.body) if self.body else None


class Exchange:
    """A request and the outcome of its response, which the simulator's thread updates.

    Attributes:
        request: The request.
        status: The status of the response; 0 until there is one.
        request_id: The id of the request in the headers of the response.
        sent: The bytes that were written, including the head.
        outcome: The outcome.
    """

    __slots__ = ("_ended", "outcome", "request", "request_id", "sent", "status")

    def __init__(self, request: ReceivedRequest) -> None:
        self.request = request
        self.status = 0
        self.request_id = ""
        self.sent = 0
        self.outcome: Outcome = "pending"
        self._ended = Event()

    def __repr__(self) -> str:
        request = self.request
        return f"<Exchange {request.method} {request.target} {self.status} {self.outcome}>"

    def end(self, outcome: Outcome, /) -> None:
        """Record the outcome, if none is recorded."""
        if self.outcome == "pending":
            self.outcome = outcome
            self._ended.set()

    def wait(self, timeout: float = 60.0) -> Outcome:
        """Wait for the end of the response, at most `timeout` seconds, and return the outcome."""
        self._ended.wait(timeout)
        return self.outcome
