"""Reads recorded responses through the four call shapes of a model."""

from typing import Any

from chatmodels.core import ChatModelError, ChatRequest, ChatResponse
from chatmodels.testing import Recording
from conformance.differences import differences
from conformance.replaying import (
    AsyncReplaying,
    ModelFactory,
    Replaying,
    Response,
    response_of,
)
from conformance.row import HELLO, Row

Outcome = tuple[ChatResponse[Any] | None, ChatModelError | None]
"""The response of a call, or its error."""

PIECES = (1, 7, 4096)
"""The sizes, in bytes, of the pieces in which a body arrives."""


def read(
    model: ModelFactory, response: Response, *, streamed: bool, request: ChatRequest = HELLO
) -> Outcome:
    """Call `generate` or `stream`."""
    caller = model(http_client=Replaying(response))
    try:
        if streamed:
            return caller.stream(request).collect(), None
        return caller.generate(request), None
    except ChatModelError as error:
        return None, error


async def aread(model: ModelFactory, response: Response, *, streamed: bool) -> Outcome:
    """Call `agenerate` or `astream`."""
    caller = model(async_http_client=AsyncReplaying(response))
    try:
        if streamed:
            return await caller.astream(HELLO).collect(), None
        return await caller.agenerate(HELLO), None
    except ChatModelError as error:
        return None, error


def shapes(exchange: Recording) -> tuple[bool, ...]:
    """Return the modes of calls of a response: whole, streamed, or both for a failure."""
    return (exchange.streamed,) if exchange.response.status == 200 else (False, True)


def read_differently(row: Row, exchange: Recording) -> list[str]:
    """List how the blocking calls of a row's model read a response otherwise than expected."""
    found: list[str] = []
    for size in PIECES:
        for streamed in shapes(exchange):
            outcome = read(row.model, response_of(exchange, size), streamed=streamed)
            found += _named(differences(exchange, *outcome, row.adapt), size, streamed=streamed)
    return found + row.also(row.model, exchange)


async def aread_differently(row: Row, exchange: Recording) -> list[str]:
    """List how the awaited calls of a row's model read a response otherwise than expected."""
    found: list[str] = []
    for size in PIECES:
        for streamed in shapes(exchange):
            outcome = await aread(row.model, response_of(exchange, size), streamed=streamed)
            found += _named(differences(exchange, *outcome, row.adapt), size, streamed=streamed)
    return found


def _named(found: list[str], size: int, *, streamed: bool) -> list[str]:
    shape = "streamed" if streamed else "whole"
    return [f"{shape}, in pieces of {size}: {difference}" for difference in found]
