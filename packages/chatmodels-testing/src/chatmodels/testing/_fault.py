"""One thing that can go wrong between a program and a provider, as data."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from chatmodels.core import ErrorCode
from chatmodels.testing._mutations import ALTERATIONS, Alteration
from chatmodels.testing._protocols.protocol import Ask, WireProtocol
from chatmodels.testing._response import Answer, Ending

Mode = Literal["whole", "stream"]


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """The permitted outcomes of a call: an error, the right response, or either.

    Attributes:
        codes: The codes that are right; the first is the best. Empty if no error is.
        success: Whether the right response is permitted.
        status: The HTTP status, None where no answer came; -1 where either is right.
        retry_after: Seconds to wait; -1 where any number is right, or none.
        partial: Whether the text that had arrived must be kept.
    """

    codes: tuple[ErrorCode, ...] = ()
    success: bool = False
    status: int | None = -1
    retry_after: float | None = None
    partial: bool = False


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which an exchange goes wrong, or is merely odd.

    Attributes:
        name: In kebab case; the model name `fault-<name>` makes a simulator commit it.
        description: What happens.
        whole: What a whole call must come to; None if it succeeds.
        stream: What a streamed call must come to; None if it succeeds.
        modes: The calls that it can happen to.
        error: The provider reports this failure.
        status: The status of the answer.
        headers: Headers of the answer, over those it would have.
        content: The body instead of the one it would be.
        alteration: How the answer is altered otherwise.
        latency: Seconds before the first byte.
        pace: Seconds between pieces of the answer.
        cut_after: Where the answer breaks off, as in `Answer`.
        ending: How it does.
        refused: Whether there is nobody to connect to; a simulator cannot commit that itself,
            see `Simulator.refusing_url`.
        silent: Whether the client has to lose patience: a test sets short time limits.
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
        """Tell what a call of this mode must come to; None if it succeeds."""
        return self.whole if mode == "whole" else self.stream

    def commit(self, answer: Answer, ask: Ask, protocol: WireProtocol, /) -> Answer:
        """Spoil an answer."""
        if self.error is not None:
            message = f"simulated: {self.description}"
            answer = protocol.error(self.error, self.status or 500, message)
        if self.alteration is not None:
            answer = ALTERATIONS[self.alteration](answer, ask, protocol)
        if self.content is not None:
            answer = msgspec.structs.replace(answer, body=(self.content,), streamed=False)
        return msgspec.structs.replace(
            answer,
            status=self.status or answer.status,
            headers={**answer.headers, **self.headers},
            latency=self.latency or answer.latency,
            pace=self.pace or answer.pace,
            cut_after=self.cut_after,
            ending=self.ending,
        )
