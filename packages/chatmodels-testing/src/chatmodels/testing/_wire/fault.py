"""A transport fault as data: the bytes that a server sends, and the permitted outcomes."""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from chatmodels.core import ErrorCode
from chatmodels.testing._fault import Expected, Mode
from chatmodels.testing._wire.correct_response import CorrectResponse, Format

Group = Literal["connection", "head", "body", "status", "stream"]


class RepeatedBytes(msgspec.Struct, frozen=True):
    """Bytes that are sent repeatedly, with pauses, until the client leaves.

    Attributes:
        data: The bytes of one repetition.
        count: The number of repetitions, after which the connection is closed.
    """

    data: bytes
    count: int = 20_000


Step = bytes | RepeatedBytes | Literal["close", "reset", "half-close", "stall"]
"""Bytes to send, or an action: "half-close" ends only the server's direction, "stall" sends
nothing more. Both keep the connection open until the client leaves."""

Script = Callable[[CorrectResponse], Sequence[Step]]
"""Returns the steps of a fault for the correct response. A script without an ending keeps the
connection open for the next request."""


class WireFault(msgspec.Struct, frozen=True):
    """A fault or an irregularity of an exchange on the wire.

    Attributes:
        name: The name in kebab case.
        description: The behaviour of the server.
        script: The steps that the server takes.
        whole: The permitted outcomes of a whole call.
        stream: The permitted outcomes of a streamed call; None if they are the same.
        modes: The modes of calls that the fault applies to.
        formats: The body formats that the fault applies to; empty for all.
        at_accept: Whether the script runs when a connection is accepted, before a request is read.
        refused: Whether the connection is refused, see `FaultServer.refusing_url`.
        silent: Whether the client must reach a time limit.
        group: The affected part of the exchange.
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


SUCCESS = Expected(success=True)
"""The correct response in spite of the fault."""


def fails(*codes: ErrorCode, status: int | None = -1, retry_after: float | None = None) -> Expected:
    """Permit an error with one of the codes."""
    return Expected(codes=codes, status=status, retry_after=retry_after)


def may_fail(*codes: ErrorCode) -> Expected:
    """Permit the correct response, or an error with one of the codes."""
    return Expected(codes=codes, success=True)
