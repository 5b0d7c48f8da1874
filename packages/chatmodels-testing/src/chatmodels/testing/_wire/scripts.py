"""Makers of scripts: each replaces one part of the right response and leaves the others alone."""

from collections.abc import Callable, Sequence

import msgspec

from chatmodels.core import ErrorCode
from chatmodels.testing._mutations import ALTERATIONS, Alteration
from chatmodels.testing._response import Answer
from chatmodels.testing._wire.fault import Script, Step
from chatmodels.testing._wire.reply import Message, Right

Change = Callable[[bytes], bytes]
"""Makes a part of a response from the right one."""


def steps(*constant: Step) -> Script:
    """Take these steps, whatever was requested."""
    return lambda right: constant


def start_line(line: bytes, *ending: Step) -> Script:
    """Send the right response with another status line."""
    return lambda right: (_with(right.message(), start=line).data(), *ending)


def head(*lines: bytes, close: bool = False) -> Script:
    """Send the right response with more header lines, before the others."""

    def script(right: Right) -> Sequence[Step]:
        message = right.message()
        sent = _with(message, headers=(*lines, *message.headers)).data()
        return (sent, "close") if close else (sent,)

    return script


def framing(lines: Callable[[int], Sequence[bytes]], body: Change, *ending: Step) -> Script:
    """Send the right response with other framing.

    Args:
        lines: The header lines that frame the body, from the body's length.
        body: The framed body, from the body.
        ending: The steps after it.
    """

    def script(right: Right) -> Sequence[Step]:
        length = len(right.content)
        message = _with(right.message(), framing=tuple(lines(length)), body=body(right.content))
        return (message.data(), *ending)

    return script


def chunks(body: Change, *ending: Step) -> Script:
    """Send the right response in chunks that are made by a function."""
    return framing(lambda length: (b"transfer-encoding: chunked",), body, *ending)


def data(change: Change, *ending: Step) -> Script:
    """Send the bytes of the whole right response, changed by a function."""
    return lambda right: (change(right.message().data()), *ending)


def content(change: Change, *lines: bytes) -> Script:
    """Send another body in the right framing, with more header lines."""

    def script(right: Right) -> Sequence[Step]:
        answer = msgspec.structs.replace(right.answer, body=(change(right.content),))
        message = right.message(answer)
        return (_with(message, headers=(*lines, *message.headers)).data(),)

    return script


def instead(body: bytes, kind: str | None, start: bytes = b"HTTP/1.1 200 OK") -> Script:
    """Send another body of another content type with its length."""
    lines = () if kind is None else (f"content-type: {kind}".encode(),)
    length = b"content-length: %d" % len(body)
    return steps(Message(start, lines, (length,), body).data())


def relabelled(kind: str | None) -> Script:
    """Send the right response with another content type; None for none."""

    def script(right: Right) -> Sequence[Step]:
        headers = {n: v for n, v in right.answer.headers.items() if n != "content-type"}
        if kind is not None:
            headers["content-type"] = kind
        return (right.message(msgspec.structs.replace(right.answer, headers=headers)).data(),)

    return script


def refusal(code: ErrorCode, status: int, *lines: bytes) -> Script:
    """Send the provider's report of a failure, with more header lines."""

    def script(right: Right) -> Sequence[Step]:
        message = right.message(right.refusal(code, status))
        return (_with(message, headers=(*lines, *message.headers)).data(),)

    return script


def status(
    number: int, body: bytes = b"", kind: str | None = "application/json", *lines: bytes
) -> Script:
    """Send a status with a body that is not the provider's."""
    headers = lines if kind is None else (*lines, f"content-type: {kind}".encode())
    length = b"content-length: %d" % len(body)
    return steps(Message(b"HTTP/1.1 %d Simulated" % number, headers, (length,), body).data())


def cut(place: Callable[[Message], int], *ending: Step) -> Script:
    """Send the beginning of the right response."""

    def script(right: Right) -> Sequence[Step]:
        message = right.message()
        return (message.data()[: place(message)], *ending)

    return script


def altered(alteration: Alteration) -> Script:
    """Send the right response with an alteration that the simulator knows as well."""
    change = ALTERATIONS[alteration]
    return lambda right: (right.message(change(right.answer, right.ask, right.protocol)).data(),)


def pieces(change: Callable[[Right], Sequence[bytes]], *ending: Step) -> Script:
    """Send a stream whose pieces, mostly events, are made by a function.

    With an ending the last chunk is not sent.
    """

    def script(right: Right) -> Sequence[Step]:
        answer: Answer = msgspec.structs.replace(right.answer, body=tuple(change(right)))
        message = right.message(answer).data()
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
