"""What a simulator saw: each request, and how its answer went."""

from threading import Event
from typing import Any, Literal
from urllib.parse import parse_qs

import msgspec

Outcome = Literal["pending", "complete", "cut", "abandoned"]
"""How an answer went: under way, sent whole, broken off by a fault, or left by the client."""


class ReceivedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came over the wire.

    Attributes:
        method: As in "POST".
        target: The path with the query.
        headers: By lower-case name; of repeated ones the last.
        body: The body's bytes.
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
        """The query, by name."""
        return parse_qs(self.target.partition("?")[2])

    @property
    def json(self) -> Any:
        """The body as parsed JSON; None if it is empty.

        Raises:
            msgspec.DecodeError: It is something else.
        """
        return msgspec.json.decode(self.body) if self.body else None


class Exchange:
    """A request and how its answer went; the simulator's thread keeps it up to date.

    Attributes:
        request: What the client sent.
        status: The status of the answer; 0 until there is one.
        request_id: The id of the request that the answer's head tells.
        sent: Bytes that were written, head included.
        outcome: How it went.
    """

    __slots__ = ("_over", "outcome", "request", "request_id", "sent", "status")

    def __init__(self, request: ReceivedRequest) -> None:
        self.request = request
        self.status = 0
        self.request_id = ""
        self.sent = 0
        self.outcome: Outcome = "pending"
        self._over = Event()

    def __repr__(self) -> str:
        request = self.request
        return f"<Exchange {request.method} {request.target} {self.status} {self.outcome}>"

    def end(self, outcome: Outcome, /) -> None:
        """Record the end, once."""
        if self.outcome == "pending":
            self.outcome = outcome
            self._over.set()

    def wait(self, timeout: float = 60.0) -> Outcome:
        """Wait until the answer is over, for at most `timeout` seconds, and tell how it went."""
        self._over.wait(timeout)
        return self.outcome
