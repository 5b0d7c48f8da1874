"""Factories of scripts: each replaces one part of the correct response."""

from collections.abc import Callable, Sequence

import msgspec

from chatmodels.core import ErrorCode
from chatmodels.testing._mutations import ALTERATIONS, Alteration
from chatmodels.testing._simulated_response import SimulatedResponse
from chatmodels.testing._wire.correct_response import CorrectResponse, Message
from chatmodels.testing._wire.fault import Script, Step

Change = Callable[[bytes], bytes]
"""Returns a changed part of the correct response."""


def steps(*constant: Step) -> Script:
    """Run these steps for every request."""
    return lambda correct: constant


def start_line(line: bytes, *ending: Step) -> Script:
    """Send the correct response with another status line."""
    return lambda correct: (_with(correct.message(), start=line).data(), *ending)


def head(*lines: bytes, close: bool = False) -> Script:
    """Send the correct response with more header lines, before the others."""

    def script(correct: CorrectResponse) -> Sequence[Step]:
        message = correct.message()
        sent = _with(message, headers=(*lines, *message.headers)).data()
        return (sent, "close") if close else (sent,)

    return script


def framing(lines: Callable[[int], Sequence[bytes]], body: Change, *ending: Step) -> Script:
    """Send the correct response with other framing.

    Args:
        lines: Returns the header lines that frame the body, for the length of the body.
        body: Returns the framed body.
        ending: The steps after the response.
    """

    def script(correct: CorrectResponse) -> Sequence[Step]:
        length = len(correct.content)
        message = _with(correct.message(), framing=tuple(lines(length)), body=body(correct.content))
        return (message.data(), *ending)

    return script


def chunks(body: Change, *ending: Step) -> Script:
    """Send the correct response in chunks that a function returns."""
    return framing(lambda length: (b"transfer-encoding: chunked",), body, *ending)


def data(change: Change, *ending: Step) -> Script:
    """Send the bytes of the whole correct response, changed by a function."""
    return lambda correct: (change(correct.message().data()), *ending)


def content(change: Change, *lines: bytes) -> Script:
    """Send another body in the correct framing, with more header lines."""

    def script(correct: CorrectResponse) -> Sequence[Step]:
        response = msgspec.structs.replace(correct.response, body=(change(correct.content),))
        message = correct.message(response)
        return (_with(message, headers=(*lines, *message.headers)).data(),)

    return script


def instead(body: bytes, kind: str | None, start: bytes = b"HTTP/1.1 200 OK") -> Script:
    """Send another body of another content type with its length."""
    lines = () if kind is None else (f"content-type: {kind}".encode(),)
    length = b"content-length: %d" % len(body)
    return steps(Message(start, lines, (length,), body).data())


def relabelled(kind: str | None) -> Script:
    """Send the correct response with another content type; None for none."""

    def script(correct: CorrectResponse) -> Sequence[Step]:
        headers = {n: v for n, v in correct.response.headers.items() if n != "content-type"}
        if kind is not None:
            headers["content-type"] = kind
        return (correct.message(msgspec.structs.replace(correct.response, headers=headers)).data(),)

    return script


def refusal(code: ErrorCode, status: int, *lines: bytes) -> Script:
    """Send an error response of the provider, with more header lines."""

    def script(correct: CorrectResponse) -> Sequence[Step]:
        message = correct.message(correct.refusal(code, status))
        return (_with(message, headers=(*lines, *message.headers)).data(),)

    return script


def status(
    number: int, body: bytes = b"", kind: str | None = "application/json", *lines: bytes
) -> Script:
    """Send a status with a body that is not from the provider."""
    headers = lines if kind is None else (*lines, f"content-type: {kind}".encode())
    length = b"content-length: %d" % len(body)
    return steps(Message(b"HTTP/1.1 %d Simulated" % number, headers, (length,), body).data())


def cut(position: Callable[[Message], int], *ending: Step) -> Script:
    """Send the start of the correct response."""

    def script(correct: CorrectResponse) -> Sequence[Step]:
        message = correct.message()
        return (message.data()[: position(message)], *ending)

    return script


def altered(alteration: Alteration) -> Script:
    """Send the correct response with an alteration of the simulator."""
    change = ALTERATIONS[alteration]
    return lambda correct: (
        correct.message(change(correct.response, correct.parsed, correct.protocol)).data(),
    )


def stream_chunks(change: Callable[[CorrectResponse], Sequence[bytes]], *ending: Step) -> Script:
    """Send a stream of the chunks, mostly events, that a function returns.

    With an ending, the last chunk is not sent.
    """

    def script(correct: CorrectResponse) -> Sequence[Step]:
        response: SimulatedResponse = msgspec.structs.replace(
            correct.response, body=tuple(change(correct))
        )
        message = correct.message(response).data()
        return (message.removesuffix(b"0\r\n\r\n"), *ending) if ending else (message,)

    return script


def _with(
    message: Message,
    *,
    start: bytes | None = None,
    headers: tuple[bytes, ...] | None = None,
    framing: tuple[bytes, ...] | None = None,
    body: bytes | None = None,
) -> Message:
    return Message(
        message.start if start is None else start,
        message.headers if headers is None else headers,
        message.framing if framing is None else framing,
        message.body if body is None else body,
    )
