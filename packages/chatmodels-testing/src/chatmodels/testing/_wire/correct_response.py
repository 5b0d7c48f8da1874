"""The correct response to a request, in parts that a fault can replace."""

from typing import Any, Literal

import msgspec

from chatmodels.core import ErrorCode
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._protocols import PROTOCOLS
from chatmodels.testing._protocols.event_stream import CONTENT_TYPE
from chatmodels.testing._protocols.protocol import (
    MalformedRequestError,
    ParsedRequest,
    WireProtocol,
)
from chatmodels.testing._replies import simulate
from chatmodels.testing._simulated_response import SimulatedResponse

Format = Literal["json", "sse", "ndjson", "event-stream"]
"""The format of a body: one JSON value, or one of the framings of streams."""

ID = "simulated-1"


class Message(msgspec.Struct, frozen=True):
    """An HTTP response, split into parts that faults replace.

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
        """Return the bytes of the head, including the empty line at the end."""
        return newline.join((self.start, *self.headers, *self.framing, b"", b""))

    def data(self) -> bytes:
        """Return all bytes."""
        return self.head() + self.body


class CorrectResponse(msgspec.Struct, frozen=True):
    """The correct response to a request.

    Attributes:
        response: The response in the wire format of the request.
        parsed: The request in neutral terms.
        protocol: The wire format.
    """

    response: SimulatedResponse
    parsed: ParsedRequest
    protocol: WireProtocol

    @property
    def format(self) -> Format:
        """The format of the body."""
        if not self.response.streamed:
            return "json"
        kind = self.response.headers["content-type"]
        if kind == CONTENT_TYPE:
            return "event-stream"
        return "ndjson" if "ndjson" in kind else "sse"

    @property
    def content(self) -> bytes:
        """The body without its framing."""
        return self.response.content

    def message(self, response: SimulatedResponse | None = None) -> Message:
        """Return the bytes of an HTTP response, by default of the correct one."""
        response = self.response if response is None else response
        headers = {self.protocol.request_id_header: "req_1", **response.headers}
        framing, body = (b"content-length: %d" % len(response.content),), response.content
        if response.streamed:
            framing, body = (b"transfer-encoding: chunked",), chunked(*response.body)
        return Message(
            b"HTTP/1.1 %d Simulated" % response.status,
            tuple(f"{name}: {value}".encode() for name, value in headers.items()),
            framing,
            body,
        )

    def refusal(self, code: ErrorCode, status: int) -> SimulatedResponse:
        """Return an error response of the provider."""
        return self.protocol.error(code, status, "simulated failure")


def chunked(*parts: bytes) -> bytes:
    """Encode a body in chunked transfer coding, with a chunk for each part that is not empty."""
    chunks = [b"%x\r\n%b\r\n" % (len(part), part) for part in parts if part]
    return b"".join((*chunks, b"0\r\n\r\n"))


def correct_response(request: ReceivedRequest, /) -> CorrectResponse:
    """Return the correct response to a request: a text that repeats the prompt.

    An unknown request gets an error with the status 404, a malformed request 400.
    """
    for protocol in PROTOCOLS:
        if protocol.generates(request):
            try:
                parsed = protocol.read(request)
            except MalformedRequestError as error:
                refused = protocol.error(ErrorCode.INVALID_REQUEST, 400, str(error))
                return CorrectResponse(refused, ParsedRequest(model=""), protocol)
            response: Any = simulate(parsed, ID)
            return CorrectResponse(protocol.write(response, parsed), parsed, protocol)
    return CorrectResponse(
        PROTOCOLS[-1].error(ErrorCode.INVALID_REQUEST, 404, "unknown path"), _NO, _LAST
    )


_NO = ParsedRequest(model="")
_LAST = PROTOCOLS[-1]

NO_REQUEST = CorrectResponse(_LAST.error(ErrorCode.INVALID_REQUEST, 400, "no request"), _NO, _LAST)
"""The response if no request has been received."""
