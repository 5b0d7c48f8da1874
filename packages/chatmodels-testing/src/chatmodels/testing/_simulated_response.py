"""HTTP responses of a simulated provider as data, including their bytes and their ending."""

from collections.abc import Mapping
from typing import Literal

import msgspec

Ending = Literal["complete", "close", "reset", "stall"]
"""The end of a response: complete; or, after `cut_after` bytes, a closed connection, a reset
connection, or no more data until the client leaves."""


class SimulatedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP response of a simulator as data.

    Attributes:
        status: The status.
        headers: The headers, without those that frame the body.
        body: The body as chunks, which are written separately.
        streamed: Whether to use chunked transfer coding; otherwise the head contains the length.
        terminal: The number of chunks at the end that mark the response as complete.
        latency: Seconds before the first byte; infinite to send nothing until the client leaves.
        pace: Seconds between two chunks.
        delays: Seconds before each chunk after the first one, instead of `pace`.
        cut_after: The point at which the response breaks off: an `int` is a number of bytes,
            including the head; a `float` is a fraction of the body; None for no break.
        ending: The ending at that point.
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
    delays: tuple[float, ...] = ()
    cut_after: float | None = None
    ending: Ending = "complete"

    @property
    def content(self) -> bytes:
        """The whole body."""
        return b"".join(self.body)


def json_response(body: object, /, *, status: int = 200, **headers: str) -> SimulatedResponse:
    """Return a JSON response; underscores in header names are replaced by hyphens."""
    return SimulatedResponse(
        status=status,
        headers={"content-type": "application/json"}
        | {name.replace("_", "-"): value for name, value in headers.items()},
        body=(msgspec.json.encode(body),),
    )
