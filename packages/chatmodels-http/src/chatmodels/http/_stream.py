"""Reads a stream: bytes to frames to events, in both worlds by the same rules."""

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
from chatmodels.http._codec.state_scope import MAY_HAVE_STATE, scoped
from chatmodels.http._deadlines import Limits
from chatmodels.http._errors.headers import request_id
from chatmodels.http._errors.response_errors import broken_off, not_json
from chatmodels.http._framing.frames import Frame, StreamDecoder
from chatmodels.http._sender import Sender
from chatmodels.http._surrogates import (
    BACKSLASH,
    HalfCharacters,
    may_have_halves,
    with_stand_ins,
)
from chatmodels.http._transport.engine import AsyncHttpResponse, HttpResponse, TransferError

_MORE_TO_DO = MAY_HAVE_STATE | {StreamEnd}
_SSE_BEGINS = (b"data:", b"event:", b"id:", b":")


def decoded(
    caller: Sender,
    answer: HttpResponse | AsyncHttpResponse,
    body: bytes,
    request: TranslatedRequest,
) -> Any:
    """Translate a whole answer.

    Raises:
        ChatModelError: It is not one.
    """
    failure = not_json(answer, body, caller.metadata.name)
    if failure is not None:
        raise caller.finished(failure, answer)
    try:
        codec = caller.codec
        response = read_whole(codec.translated_reader(request), body, codec.scope)
    except ChatModelError as error:
        caller.finished(error, answer)
        raise
    if response.request_id is None:
        known_id = request_id(answer.headers)
        return msgspec.structs.replace(response, request_id=known_id)
    return response


class StreamReading:
    """What a stream has come to: framer, decoder, limits.

    Args:
        caller: Who asked.
        answer: The response to a request for a stream.
        request: What was asked.
        limits: Those of the attempt.

    Attributes:
        whole: Whether the answer is no stream but a whole one, or a page.
        ended: Whether the terminal event has come.
    """

    __slots__ = (
        "_answer",
        "_begun",
        "_caller",
        "_decoder",
        "_framer",
        "_limits",
        "_request",
        "_scope",
        "ended",
        "whole",
    )

    def __init__(
        self,
        caller: Sender,
        answer: HttpResponse | AsyncHttpResponse,
        request: TranslatedRequest,
        limits: Limits,
    ) -> None:
        kind = answer.headers.get("content-type", "").lower()
        self.whole = kind.startswith(("application/json", "text/html"))
        self.ended = False
        self._begun = False
        self._answer = answer
        self._caller = caller
        self._limits = limits
        self._request = request
        self._framer = caller.codec.framer()
        self._decoder: StreamDecoder = caller.codec.translated_reader(request)
        self._scope = caller.codec.scope

    def events(self, piece: bytes) -> Iterator[StreamEvent]:
        """Give the events that a piece of the body completes.

        Raises:
            ChatModelError: The stream tells of an error or is broken, or time is up.
        """
        come = False
        try:
            for frame in self._framer.feed(piece):
                data = frame.data
                if BACKSLASH in data and may_have_halves(data):
                    whole = self._with_stand_ins(frame)
                else:
                    whole = frame
                for event in self._decoder.feed(whole):
                    come = True
                    if type(event) in _MORE_TO_DO:
                        yield self._completed(event)
                        if self.ended:
                            return
                    else:
                        yield event
            if come:
                self._begun = True
                self._limits.restart()
            else:
                self._limits.check()
        except ChatModelError as error:
            self._caller.finished(error, self._answer)
            raise

    def last_events(self) -> Iterator[StreamEvent]:
        """Give the events that the end of the body completes.

        Raises:
            StreamInterruptedError: The body was cut off in the middle of an event, or before the
                terminal event.
            ChatModelError: The stream tells of an error.
        """
        try:
            for frame in self._framer.close():
                whole = self._with_stand_ins(frame)
                for event in self._decoder.feed(whole):
                    yield self._completed(event)
            for event in self._decoder.close():
                yield self._completed(event)
        except ResponseInvalidError as error:
            interrupted = StreamInterruptedError(
                f"{self._caller.metadata.name}: the stream was cut off in the middle of an event"
            )
            raise self._caller.finished(interrupted, self._answer) from error
        except ChatModelError as error:
            self._caller.finished(error, self._answer)
            raise
        if not self.ended:
            # Told here, where the status and the id of the request are known.
            interrupted = StreamInterruptedError(
                f"{self._caller.metadata.name}: the stream ended without its terminal event; what "
                "had arrived is in the error's `partial`"
            )
            raise self._caller.finished(interrupted, self._answer)

    def whole_events(self, body: bytes) -> Iterator[StreamEvent]:
        """Give the events that a whole answer, from a server that does not stream, amounts to.

        Some servers label a stream as JSON.

        Raises:
            ChatModelError: It is not an answer.
        """
        if body.lstrip().startswith(_SSE_BEGINS):
            yield from self.events(body)
            yield from () if self.ended else self.last_events()
        else:
            yield from events_of(decoded(self._caller, self._answer, body, self._request))

    def error(self, error: TransferError) -> ChatModelError:
        """Tell why the body did not come to its end."""
        name = self._caller.metadata.name
        failure = broken_off(error, self._limits, name, begun=self._begun)
        return self._caller.finished(failure, self._answer)

    def _with_stand_ins(self, frame: Frame) -> Frame:
        """Replace halves of characters in a frame; the decoder is another one from then on."""
        data = with_stand_ins(frame.data)
        if data is frame.data:
            return frame
        if not isinstance(self._decoder, HalfCharacters):
            self._decoder = HalfCharacters(self._decoder)
        return msgspec.structs.replace(frame, data=data)

    def _completed(self, event: StreamEvent) -> StreamEvent:
        """Add what the decoder does not know: the scope of state, the id of the HTTP request."""
        if type(event) is not StreamEnd:
            return scoped(event, self._scope)
        self.ended = True
        if event.request_id is not None:
            return event
        return msgspec.structs.replace(event, request_id=request_id(self._answer.headers))
