"""Collects the outcome of a `Send`: reads a stream to its end, and parses the output."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable
from itertools import chain
from typing import TYPE_CHECKING, Any

from chatmodels.core._calls.call import CallInfo
from chatmodels.core._calls.closing import aclose, close
from chatmodels.core._calls.completion import parsed_response
from chatmodels.core._calls.failures import attempt_failed
from chatmodels.core._calls.fallbacks import aresponse_of, response_of
from chatmodels.core._calls.started import StartedStream
from chatmodels.core._values.events import StreamEvent
from chatmodels.core._values.response import ChatResponse

if TYPE_CHECKING:
    from chatmodels.core._tools.output import Output


def collect(
    outcome: ChatResponse[Any] | StartedStream[Iterable[StreamEvent]],
    output: "Output[Any] | None",
    call: CallInfo,
) -> ChatResponse[Any]:
    """Return the response of an outcome, with its output parsed; read and close a stream."""
    if isinstance(outcome, ChatResponse):
        return _with_output(outcome, output, call)
    try:
        response = response_of(chain((outcome.first,), outcome.events), call)
        return parsed_response(response, output)
    except Exception as error:
        raise attempt_failed(call, error)
    finally:
        close(outcome.events, call)


async def acollect(
    outcome: ChatResponse[Any] | StartedStream[AsyncIterable[StreamEvent]],
    output: "Output[Any] | None",
    call: CallInfo,
) -> ChatResponse[Any]:
    """Return the response of an outcome; the async version of `collect`."""
    if isinstance(outcome, ChatResponse):
        return _with_output(outcome, output, call)
    try:
        response = await aresponse_of(_achain(outcome), call)
        return parsed_response(response, output)
    except Exception as error:
        raise attempt_failed(call, error)
    finally:
        await aclose(outcome.events, call)


async def _achain(stream: StartedStream[AsyncIterable[StreamEvent]]) -> AsyncIterator[StreamEvent]:
    yield stream.first
    async for event in stream.events:
        yield event


def _with_output(
    response: ChatResponse[Any], output: "Output[Any] | None", call: CallInfo
) -> ChatResponse[Any]:
    """Parse the output of a response that a policy made; others are parsed already."""
    if response.parsed is not None or call.request.output is None:
        return response
    return parsed_response(response, output)
