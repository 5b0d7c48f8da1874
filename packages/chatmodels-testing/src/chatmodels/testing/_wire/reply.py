"""The right response to a request, in parts that a fault can replace."""

from typing import Any, Literal

import msgspec

from chatmodels.core import ErrorCode
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._protocols import PROTOCOLS
from chatmodels.testing._protocols.event_stream import CONTENT_TYPE
from chatmodels.testing._protocols.protocol import Ask, MalformedRequestError, WireProtocol
from chatmodels.testing._replies import simulated
from chatmodels.testing._response import Answer

Format = Literal["json", "sse", "ndjson", "event-stream"]
"""The format of a body: one JSON value, or one of the framings of streams."""

ID = "simulated-1"


class Message(msgspec.Struct, frozen=True):
    """An HTTP response, cut where faults replace something.

    Attributes:
        start: The status line.
        headers: The header lines without those that frame the body.
        framing: The header lines that frame the body.
        body: The body with its framing.
    """

    start: bytes
    headers: tuple[bytes, ...]
    framing: tuple[bytes, ...]
    body: bytes

    def head(self, newline: bytes = b"\r\n") -> bytes:
        """Return the bytes of the head, with the empty line at its end."""
        return newline.join((self.start, *self.headers, *self.framing, b"", b""))

    def data(self) -> bytes:
        """Return all bytes."""
        return self.head() + self.body


class Right(msgspec.Struct, frozen=True):
    """The right response to a request.

    Attributes:
        answer: The response as the wire format of the request has it.
        ask: The request in neutral terms.
        protocol: The wire format.
    """

    answer: Answer
    ask: Ask
    protocol: WireProtocol

    @property
    def format(self) -> Format:
        """The format of the body."""
        if not self.answer.streamed:
            return "json"
        kind = self.answer.headers["content-type"]
        if kind == CONTENT_TYPE:
            return "event-stream"
        return "ndjson" if "ndjson" in kind else "sse"

    @property
    def content(self) -> bytes:
        """The body without its framing."""
        return self.answer.content

    def message(self, answer: Answer | None = None) -> Message:
        """Return an answer as an HTTP response, the right one by default."""
        answer = self.answer if answer is None else answer
        headers = {self.protocol.request_id_header: "req_1", **answer.headers}
        framing, body = (b"content-length: %d" % len(answer.content),), answer.content
        if answer.streamed:
            framing, body = (b"transfer-encoding: chunked",), chunked(*answer.body)
        return Message(
            b"HTTP/1.1 %d Simulated" % answer.status,
            tuple(f"{name}: {value}".encode() for name, value in headers.items()),
            framing,
            body,
        )

    def refusal(self, code: ErrorCode, status: int) -> Answer:
        """Return the provider's report of a failure."""
        return self.protocol.error(code, status, "simulated failure")


def chunked(*pieces: bytes) -> bytes:
    """Frame a body in chunks, a chunk for each piece that is not empty."""
    chunks = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces if piece]
    return b"".join((*chunks, b"0\r\n\r\n"))


def right_reply(request: ReceivedRequest, /) -> Right:
    """Make the right response to a request: a text that repeats the question.

    A request that no wire format knows gets an error with the status 404, a malformed one 400.
    """
    for protocol in PROTOCOLS:
        if protocol.generates(request):
            try:
                ask = protocol.read(request)
            except MalformedRequestError as error:
                refused = protocol.error(ErrorCode.INVALID_REQUEST, 400, str(error))
                return Right(refused, Ask(model=""), protocol)
            response: Any = simulated(ask, ID)
            return Right(protocol.write(response, ask), ask, protocol)
    return Right(PROTOCOLS[-1].error(ErrorCode.INVALID_REQUEST, 404, "unknown path"), _NO, _LAST)


_NO = Ask(model="")
_LAST = PROTOCOLS[-1]

NOTHING_ASKED = Right(_LAST.error(ErrorCode.INVALID_REQUEST, 400, "no request"), _NO, _LAST)
"""The reply where no request has come."""
