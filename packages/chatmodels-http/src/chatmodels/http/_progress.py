"""Progress of operations other than chat, such as the download of a model."""

import time
from collections.abc import AsyncGenerator, Callable, Generator
from typing import TypeVar

from chatmodels.core import ChatModelError, Timeout
from chatmodels.http._deadlines import Limits
from chatmodels.http._errors.response_errors import body_error
from chatmodels.http._exchange import HttpRequest
from chatmodels.http._framing.frames import Frame, Framer
from chatmodels.http._sender import Sender
from chatmodels.http._transport.engine import TransferError

T = TypeVar("T")


def follow(
    sender: Sender,
    request: HttpRequest,
    framer: Framer,
    decode: Callable[[Frame], T],
    within: Timeout,
) -> Generator[T]:
    """Send a request and yield its decoded frames.

    Raises:
        ChatModelError: The request or a frame failed, or a time limit passed.
    """
    limits = _limits(sender, within)
    response = sender.open(request, limits, None, stream=True)
    started = False
    try:
        while (chunk := response.read()) is not None:
            for frame in framer.feed(chunk):
                yield decode(frame)
                started = True
                limits.restart()
            limits.check()
        for frame in framer.close():
            yield decode(frame)
    except TransferError as error:
        failure = body_error(error, limits, sender.metadata.name, started=started)
        raise sender.complete_error(failure, response) from error.__cause__
    except ChatModelError as error:
        sender.complete_error(error, response)
        raise
    finally:
        response.close()


async def afollow(
    sender: Sender,
    request: HttpRequest,
    framer: Framer,
    decode: Callable[[Frame], T],
    within: Timeout,
) -> AsyncGenerator[T]:
    """Async version of `follow`."""
    limits = _limits(sender, within)
    response = await sender.aopen(request, limits, None, stream=True)
    started = False
    try:
        while (chunk := await response.read()) is not None:
            for frame in framer.feed(chunk):
                yield decode(frame)
                started = True
                limits.restart()
            limits.check()
        for frame in framer.close():
            yield decode(frame)
    except TransferError as error:
        failure = body_error(error, limits, sender.metadata.name, started=started)
        raise sender.complete_error(failure, response) from error.__cause__
    except ChatModelError as error:
        sender.complete_error(error, response)
        raise
    finally:
        await response.aclose()


def _limits(sender: Sender, within: Timeout) -> Limits:
    deadline = None if within.total is None else time.monotonic() + within.total
    return Limits(within, sender.metadata.name, deadline=deadline, stream=True)
