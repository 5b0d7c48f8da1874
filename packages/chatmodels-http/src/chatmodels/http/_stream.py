"""Reads a stream, from bytes to frames to events, for sync and async calls."""

from collections.abc import Iterator
from typing import Any

import msgspec

from chatmodels.core import (
    ChatModelError,
    ResponseInvalidError,
    StreamEnd,
    StreamEvent,
    StreamInterruptedError,
)
from chatmodels.core.extending import events_of
from chatmodels.http._codec.codec import read_whole
from chatmodels.http._codec.schema_support import TranslatedRequest
from chatmodels.http._codec.state_scope import MAY_HAVE_STATE, add_scope
from chatmodels.http._deadlines import Limits
from chatmodels.http._errors.headers import reported_cost, request_id
from chatmodels.http._errors.response_errors import body_error, not_json_error
from chatmodels.http._framing.frames import Frame, StreamDecoder
from chatmodels.http._sender import Sender
from chatmodels.http._surrogates import (
    BACKSLASH,
    SurrogateJoiner,
    may_have_surrogates,
    with_stand_ins,
)
from chatmodels.http._transport.engine import AsyncHttpResponse, HttpResponse, TransferError

_INCOMPLETE = MAY_HAVE_STATE | {StreamEnd}
_SSE_BEGINS = (b"data:", b"event:", b"id:", b":")


def decode_response(
    sender: Sender,
    response: HttpResponse | AsyncHttpResponse,
    body: bytes,
    request: TranslatedRequest,
) -> Any:
    """Translate a whole response.

    Raises:
        ChatModelError: The body is not a response.
    """
    failure = not_json_error(response, body, sender.metadata.name)
    if failure is not None:
        raise sender.complete_error(failure, response)
    try:
        codec = sender.codec
        result = read_whole(codec.translated_reader(request), body, codec.scope)
    except ChatModelError as error:
        sender.complete_error(error, response)
        raise
    facts: dict[str, Any] = {}
    if result.request_id is None:
        facts["request_id"] = request_id(response.headers)
    if result.usage.reported_cost is None and (cost := reported_cost(response.headers)) is not None:
        facts["usage"] = msgspec.structs.replace(result.usage, reported_cost=cost)
    return msgspec.structs.replace(result, **facts) if facts else result


class StreamReading:
    """The state of a stream: framer, decoder, limits.

    Args:
        sender: The sender of the request.
        response: The response to a request for a stream.
        request: The request.
        limits: The time limits of the attempt.

    Attributes:
        whole: Whether the body is a whole response, or a web page, instead of a stream.
        ended: Whether the terminal event has arrived.
    """

    __slots__ = (
        "_decoder",
        "_framer",
        "_limits",
        "_request",
        "_response",
        "_scope",
        "_sender",
        "_started",
        "ended",
        "whole",
    )

    def __init__(
        self,
        sender: Sender,
        response: HttpResponse | AsyncHttpResponse,
        request: TranslatedRequest,
        limits: Limits,
    ) -> None:
        kind = response.headers.get("content-type", "").lower()
        self.whole = kind.startswith(("application/json", "text/html"))
        self.ended = False
        self._started = False
        self._response = response
        self._sender = sender
        self._limits = limits
        self._request = request
        self._framer = sender.codec.framer()
        self._decoder: StreamDecoder = sender.codec.translated_reader(request)
        self._scope = sender.codec.scope

    def events(self, chunk: bytes) -> Iterator[StreamEvent]:
        """Yield the events that a chunk of the body completes.

        Raises:
            ChatModelError: The stream reports an error or is broken, or a time limit passed.
        """
        progress = False
        try:
            for frame in self._framer.feed(chunk):
                data = frame.data
                if BACKSLASH in data and may_have_surrogates(data):
                    whole = self._with_stand_ins(frame)
                else:
                    whole = frame
                for event in self._decoder.feed(whole):
                    progress = True
                    if type(event) in _INCOMPLETE:
                        yield self._complete(event)
                        if self.ended:
                            return
                    else:
                        yield event
            if progress:
                self._started = True
                self._limits.restart()
            else:
                self._limits.check()
        except ChatModelError as error:
            self._sender.complete_error(error, self._response)
            raise

    def last_events(self) -> Iterator[StreamEvent]:
        """Yield the events that the end of the body completes.

        Raises:
            StreamInterruptedError: The body was cut off in the middle of an event, or before the
                terminal event.
            ChatModelError: The stream reports an error.
        """
        try:
            for frame in self._framer.close():
                whole = self._with_stand_ins(frame)
                for event in self._decoder.feed(whole):
                    yield self._complete(event)
            for event in self._decoder.close():
                yield self._complete(event)
        except ResponseInvalidError as error:
            interrupted = StreamInterruptedError(
                f"{self._sender.metadata.name}: the stream was cut off in the middle of an event"
            )
            raise self._sender.complete_error(interrupted, self._response) from error
        except ChatModelError as error:
            self._sender.complete_error(error, self._response)
            raise
        if not self.ended:
            # Raised here, since the status and the id of the request are known.
            interrupted = StreamInterruptedError(
                f"{self._sender.metadata.name}: the stream ended without its terminal event; the "
                "partial response is in the error's `partial`"
            )
            raise self._sender.complete_error(interrupted, self._response)

    def whole_events(self, body: bytes) -> Iterator[StreamEvent]:
        """Yield the events of a whole response, from a server that does not stream.

        Some servers label a stream as JSON.

        Raises:
            ChatModelError: The body is not a response.
        """
        if body.lstrip().startswith(_SSE_BEGINS):
            yield from self.events(body)
            yield from () if self.ended else self.last_events()
        else:
            yield from events_of(decode_response(self._sender, self._response, body, self._request))

    def error(self, error: TransferError) -> ChatModelError:
        """Return the error for a body that was cut off."""
        name = self._sender.metadata.name
        failure = body_error(error, self._limits, name, started=self._started)
        return self._sender.complete_error(failure, self._response)

    def _with_stand_ins(self, frame: Frame) -> Frame:
        """Replace the surrogates in a frame, and wrap the decoder from then on."""
        data = with_stand_ins(frame.data)
        if data is frame.data:
            return frame
        if not isinstance(self._decoder, SurrogateJoiner):
            self._decoder = SurrogateJoiner(self._decoder)
        return msgspec.structs.replace(frame, data=data)

    def _complete(self, event: StreamEvent) -> StreamEvent:
        """Add the facts that decoders do not know: the scope of state, the id of the request."""
        if type(event) is not StreamEnd:
            return add_scope(event, self._scope)
        self.ended = True
        if event.request_id is not None:
            return event
        return msgspec.structs.replace(event, request_id=request_id(self._response.headers))
