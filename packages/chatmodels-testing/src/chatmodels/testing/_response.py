"""What a simulated provider sends back, down to the bytes and the way it breaks off."""

from collections.abc import Mapping
from typing import Literal

import msgspec

Ending = Literal["complete", "close", "reset", "stall"]
"""How an answer ends: whole; or, after `cut_after` bytes, by closing the connection, by resetting
it, or by silence until the client leaves."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP response as data.

    Attributes:
        status: The status.
        headers: The headers, without those that frame the body.
        body: The body, in the pieces in which it is written.
        streamed: Whether the body is framed in chunks; else its length is told in advance.
        terminal: How many of the last pieces tell that the answer is complete.
        latency: Seconds before the first byte; infinite for silence until the client leaves.
        pace: Seconds between two pieces.
        cut_after: Where the answer breaks off: an `int` counts bytes, the head's included, a
            `float` is a part of the body; None for not at all.
        ending: How it ends there.
    """

    status: int = 200
    headers: Mapping[str, str] = msgspec.field(
        default_factory=lambda: {"content-type": "application/json"}
    )
    body: tuple[bytes, ...] = ()
    streamed: bool = False
    terminal: int = 0
    latency: float = 0.0
    pace: float = 0.0
    cut_after: float | None = None
    ending: Ending = "complete"

    @property
    def content(self) -> bytes:
        """The whole body."""
        return b"".join(self.body)


def json_answer(body: object, /, *, status: int = 200, **headers: str) -> Answer:
    """Answer with JSON; underscores in the names of headers stand for hyphens."""
    return Answer(
        status=status,
        headers={"content-type": "application/json"}
        | {name.replace("_", "-"): value for name, value in headers.items()},
        body=(msgspec.json.encode(body),),
    )
