"""A fault of the transport as data: the bytes that a server sends, and the right outcome."""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from chatmodels.core import ErrorCode
from chatmodels.testing._fault import Expected, Mode
from chatmodels.testing._wire.reply import Format, Right

Group = Literal["connection", "head", "body", "status", "stream"]


class Drip(msgspec.Struct, frozen=True):
    """Bytes that are sent again and again, with pauses, until the client leaves.

    Attributes:
        data: The bytes of one repetition.
        count: Repetitions after which the connection is closed all the same.
    """

    data: bytes
    count: int = 20_000


Step = bytes | Drip | Literal["close", "reset", "half-close", "stall"]
"""Bytes to send, or the way a connection goes on: "half-close" ends the server's direction only,
"stall" sends nothing more. Both hold the connection until the client leaves."""

Script = Callable[[Right], Sequence[Step]]
"""Makes the steps of a fault from the right response. A script without an ending keeps the
connection for the next request."""


class WireFault(msgspec.Struct, frozen=True):
    """One way in which an exchange goes wrong on the wire, or is merely odd.

    Attributes:
        name: In kebab case.
        description: The server's behaviour.
        script: The steps that the server takes.
        whole: The permitted outcomes of a whole call.
        stream: The permitted outcomes of a streamed call; None if they are the same.
        modes: The calls that it can happen to.
        formats: The formats of bodies that it can happen to; empty for all.
        at_accept: Whether it is played when a connection is accepted, before a request is read.
        refused: Whether there is no server to connect to, see `FaultServer.refusing_url`.
        silent: Whether the client must run into its time limit.
        group: The part of the exchange that it belongs to.
    """

    name: str
    description: str
    script: Script
    whole: Expected
    stream: Expected | None = None
    modes: tuple[Mode, ...] = ("whole", "stream")
    formats: tuple[Format, ...] = ()
    at_accept: bool = False
    refused: bool = False
    silent: bool = False
    group: Group = "connection"

    def expected(self, mode: Mode, /) -> Expected:
        """Return the permitted outcomes of a call of this mode."""
        return self.whole if mode == "whole" or self.stream is None else self.stream


RIGHT = Expected(success=True)
"""The right response in spite of the fault."""


def fails(*codes: ErrorCode, status: int | None = -1, retry_after: float | None = None) -> Expected:
    """Permit an error with one of some codes."""
    return Expected(codes=codes, status=status, retry_after=retry_after)


def may_fail(*codes: ErrorCode) -> Expected:
    """Permit the right response, or an error with one of some codes."""
    return Expected(codes=codes, success=True)
