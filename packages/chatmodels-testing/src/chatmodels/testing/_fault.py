"""A fault of an exchange with a provider, as data."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from chatmodels.core import ErrorCode
from chatmodels.testing._former import warn_former
from chatmodels.testing._mutations import ALTERATIONS, Alteration
from chatmodels.testing._protocols.protocol import ParsedRequest, WireProtocol
from chatmodels.testing._simulated_response import Ending, SimulatedResponse

Mode = Literal["whole", "stream"]


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """The permitted outcomes of a call: an error, the correct response, or either.

    Attributes:
        codes: The permitted error codes, the best first; empty if no error is permitted.
        success: Whether the correct response is permitted.
        status: The HTTP status; None if there is no response; -1 if any value is permitted.
        retry_after: Seconds to wait; -1 if any value is permitted.
        partial: Whether the error must contain the text that had arrived.
    """

    codes: tuple[ErrorCode, ...] = ()
    success: bool = False
    status: int | None = -1
    retry_after: float | None = None
    partial: bool = False


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A fault or an irregularity of an exchange.

    Attributes:
        name: The name in kebab case; a simulator applies it for the model name `fault-<name>`.
        description: The behaviour of the server.
        whole: The permitted outcomes of a whole call; None if it succeeds.
        stream: The permitted outcomes of a streamed call; None if it succeeds.
        modes: The modes of calls that the fault applies to.
        error: The error that the provider reports.
        status: The status of the response.
        headers: Headers that replace or extend those of the response.
        content: The body, instead of the correct one.
        alteration: Another alteration of the response.
        latency: Seconds before the first byte.
        pace: Seconds between the chunks of the response.
        cut_after: The point at which the response breaks off, as in `SimulatedResponse`.
        ending: The way in which it breaks off.
        refused: Whether the connection is refused; a simulator cannot apply this fault, see
            `Simulator.refusing_url`.
        silent: Whether the client must reach a time limit: a test sets short ones.
    """

    name: str
    description: str
    whole: Expected | None = None
    stream: Expected | None = None
    modes: tuple[Mode, ...] = ("whole", "stream")
    error: ErrorCode | None = None
    status: int | None = None
    headers: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    content: bytes | None = None
    alteration: Alteration | None = None
    latency: float = 0.0
    pace: float = 0.0
    cut_after: float | None = None
    ending: Ending = "complete"
    refused: bool = False
    silent: bool = False

    def expected(self, mode: Mode, /) -> Expected | None:
        """Return the permitted outcomes of a call of this mode; None if it succeeds."""
        return self.whole if mode == "whole" else self.stream

    def apply(
        self, response: SimulatedResponse, parsed: ParsedRequest, protocol: WireProtocol, /
    ) -> SimulatedResponse:
        """Return a response with the fault."""
        if self.error is not None:
            message = f"simulated: {self.description}"
            response = protocol.error(self.error, self.status or 500, message)
        if self.alteration is not None:
            response = ALTERATIONS[self.alteration](response, parsed, protocol)
        if self.content is not None:
            response = msgspec.structs.replace(response, body=(self.content,), streamed=False)
        return msgspec.structs.replace(
            response,
            status=self.status or response.status,
            headers={**response.headers, **self.headers},
            latency=self.latency or response.latency,
            pace=self.pace or response.pace,
            cut_after=self.cut_after,
            ending=self.ending,
        )

    def commit(
        self, response: SimulatedResponse, parsed: ParsedRequest, protocol: WireProtocol, /
    ) -> SimulatedResponse:
        """Apply the fault: the former name of `apply`, until 0.3."""
        warn_former("Fault.commit", "Fault.apply")
        return self.apply(response, parsed, protocol)
