"""Follows what goes on at a provider and is no chat, such as the download of a model."""

import time
from collections.abc import AsyncGenerator, Callable, Generator
from typing import TypeVar

from chatmodels.core import ChatModelError, Timeout
from chatmodels.http._deadlines import Limits
from chatmodels.http._errors.response_errors import broken_off
from chatmodels.http._exchange import HttpRequest
from chatmodels.http._framing.frames import Frame, Framer
from chatmodels.http._sender import Sender
from chatmodels.http._transport.engine import TransferError

T = TypeVar("T")


def follow(
    caller: Sender,
    request: HttpRequest,
    framer: Framer,
    decode: Callable[[Frame], T],
    within: Timeout,
) -> Generator[T]:
    """Send a request and give what its frames tell, as they come.

    Raises:
        ChatModelError: The request or a frame failed, or time is up.
    """
    limits = _limits(caller, within)
    answer = caller.open(request, limits, None, stream=True)
    begun = False
    try:
        while (piece := answer.read()) is not None:
            for frame in framer.feed(piece):
                yield decode(frame)
                begun = True
                limits.restart()
            limits.check()
        for frame in framer.close():
            yield decode(frame)
    except TransferError as error:
        failure = broken_off(error, limits, caller.metadata.name, begun=begun)
        raise caller.finished(failure, answer) from error.__cause__
    except ChatModelError as error:
        caller.finished(error, answer)
        raise
    finally:
        answer.close()


async def afollow(
    caller: Sender,
    request: HttpRequest,
    framer: Framer,
    decode: Callable[[Frame], T],
    within: Timeout,
) -> AsyncGenerator[T]:
    """Send a request and give what its frames tell; the twin of `follow`."""
    limits = _limits(caller, within)
    answer = await caller.aopen(request, limits, None, stream=True)
    begun = False
    try:
        while (piece := await answer.read()) is not None:
            for frame in framer.feed(piece):
                yield decode(frame)
                begun = True
                limits.restart()
            limits.check()
        for frame in framer.close():
            yield decode(frame)
    except TransferError as error:
        failure = broken_off(error, limits, caller.metadata.name, begun=begun)
        raise caller.finished(failure, answer) from error.__cause__
    except ChatModelError as error:
        caller.finished(error, answer)
        raise
    finally:
        await answer.aclose()


def _limits(caller: Sender, within: Timeout) -> Limits:
    deadline = None if within.total is None else time.monotonic() + within.total
    return Limits(within, caller.metadata.name, deadline=deadline, stream=True)
