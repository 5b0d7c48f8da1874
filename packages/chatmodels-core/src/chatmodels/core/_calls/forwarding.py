"""Streams that a policy forwards, and can continue if they break after their first event.

The events are those of the forwarded stream. If it breaks, its attempt has failed, and the error is
raised in the policy: see `Forward`. The user notices only a pause between two events.
"""

from collections import deque
from collections.abc import AsyncIterable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, Self

from msgspec.structs import replace

from chatmodels.core._calls.accumulator import Accumulator
from chatmodels.core._calls.call import CallInfo, Ending
from chatmodels.core._calls.closing import aclose, close
from chatmodels.core._calls.effects import Join, Suspended
from chatmodels.core._calls.failures import interrupted
from chatmodels.core._calls.fallbacks import events_of
from chatmodels.core._calls.started import StartedStream
from chatmodels.core._errors.classes import ChatModelError
from chatmodels.core._values.events import StreamEnd, StreamEvent
from chatmodels.core._values.response import ChatResponse

_Outcome = Suspended | StartedStream[Any] | ChatResponse[Any]


class _Sender(Protocol):
    """Performs the sends of a call, and keeps the streams that they open, in order."""

    call: CallInfo
    outcomes: list[Any]

    def failed(self, error: Exception, origin: tuple[str, str] | None) -> ChatModelError: ...
    def unused(self, used: Any, since: int = 0) -> Sequence[StartedStream[Any]]: ...


class _Forwarded:
    """A stream that continues after its breaks.

    Args:
        sender: Performs the sends.
        suspended: The policy.
        stream: The stream. Its first event is not repeated.
    """

    def __init__(self, sender: _Sender, suspended: Suspended, stream: StartedStream[Any]) -> None:
        self._sender = sender
        self._suspended: Suspended | None = suspended
        self._stream: StartedStream[Any] | None = stream
        self._join: Join | None = None
        self._arrived: deque[StreamEvent] = deque()  # of the present stream
        self._joined: deque[StreamEvent] = deque()  # for the user
        self._so_far = Accumulator()
        self._so_far.add(stream.first)
        self._has_ended = self._so_far.complete
        self._inner_endings = _InnerEndings(sender.call)
        self._inner_endings.take(sender.call, suspended.since)
        sender.call.on_end(self._inner_endings)

    def _add(self, event: StreamEvent | None) -> None:
        """Add an event of the present stream; None is its end without a terminal event."""
        if event is None:
            raise interrupted(self._sender.call, self._so_far.response())
        self._has_ended = type(event) is StreamEnd
        if self._join is None:
            self._so_far.add(event)
            self._joined.append(event)
            return
        if type(event) is StreamEnd:
            event = replace(event, response=None)  # that of another model is not the whole
        for joined in self._join(event):
            self._so_far.add(joined)
            self._joined.append(joined)

    def _break(self, error: Exception) -> tuple[Suspended, ChatModelError]:
        """Record that the attempt failed; return the policy that decides, and its error.

        Raises:
            ChatModelError: The policy has ended, so that nothing follows.
        """
        suspended, origin = self._suspended, self._stream and self._stream.origin
        self._suspended = self._stream = None
        self._has_ended = True  # unless the policy continues it
        call = self._sender.call
        error = self._sender.failed(error, origin)
        error.partial = self._so_far.response()
        self._inner_endings(call.attributed(error.partial), error)
        if suspended is None:
            raise error
        return suspended, error

    def _continue(self, previous: Suspended, outcome: _Outcome) -> StartedStream[Any] | None:
        """Continue with the outcome of the policy; return it, if it is a stream."""
        joint = previous.effect.joint
        if isinstance(outcome, Suspended):
            self._suspended = outcome
            self._inner_endings.take(self._sender.call, outcome.since)
            joint, outcome = outcome.effect.joint, outcome.effect.outcome
        self._join = joint(self._so_far.response(), max(self._so_far.last_index, 0))
        if isinstance(outcome, ChatResponse):
            self._arrived.extend(events_of(outcome))
            self._has_ended = False
            return None
        if not isinstance(outcome, StartedStream):
            raise TypeError(f"{type(outcome).__qualname__} is not an opened stream")
        self._arrived.append(outcome.first)
        self._stream = outcome
        self._has_ended = False
        return outcome

    def _leave(self) -> object:
        """Close the policy, and return the source of events to close."""
        suspended, stream = self._suspended, self._stream
        self._suspended = self._stream = None
        self._has_ended = True
        if suspended is not None:
            close(suspended.flow, self._sender.call)
        return stream and stream.events


class ForwardedEvents(_Forwarded):
    """The events of a forwarded stream after the first one; sync."""

    def __init__(
        self,
        sender: _Sender,
        suspended: Suspended,
        stream: StartedStream[Iterable[StreamEvent]],
    ) -> None:
        super().__init__(sender, suspended, stream)
        self._events = iter(stream.events)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> StreamEvent:
        while not self._joined:
            if self._has_ended:
                raise StopIteration
            try:
                self._add(self._arrived.popleft() if self._arrived else next(self._events, None))
            except Exception as error:
                self._resume(error)
        return self._joined.popleft()

    def close(self) -> None:
        """Close the stream and the policy."""
        close(self._leave(), self._sender.call)

    def _resume(self, broken: Exception) -> None:
        sender, stream = self._sender, None
        close(self._events, sender.call)
        suspended, error = self._break(broken)
        since = len(sender.outcomes)
        with _working(sender.call):
            try:
                stream = self._continue(
                    suspended, suspended.resume(error, sender.call.pending_endings)
                )
            finally:
                for other in sender.unused(stream, since):
                    close(other.events, sender.call)
        if stream is not None:
            self._events = iter(stream.events)


class AsyncForwardedEvents(_Forwarded):
    """The events of a forwarded stream after the first one; async."""

    def __init__(
        self,
        sender: _Sender,
        suspended: Suspended,
        stream: StartedStream[AsyncIterable[StreamEvent]],
    ) -> None:
        super().__init__(sender, suspended, stream)
        self._events = aiter(stream.events)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> StreamEvent:
        while not self._joined:
            if self._has_ended:
                raise StopAsyncIteration
            try:
                self._add(
                    self._arrived.popleft() if self._arrived else await anext(self._events, None)
                )
            except Exception as error:
                await self._resume(error)
        return self._joined.popleft()

    async def aclose(self) -> None:
        """Close the stream and the policy."""
        await aclose(self._leave(), self._sender.call)

    async def _resume(self, broken: Exception) -> None:
        sender, stream = self._sender, None
        await aclose(self._events, sender.call)
        suspended, error = self._break(broken)
        since = len(sender.outcomes)
        with _working(sender.call):
            try:
                stream = self._continue(
                    suspended, await suspended.resume(error, sender.call.pending_endings)
                )
            finally:
                for other in sender.unused(stream, since):
                    await aclose(other.events, sender.call)
        if stream is not None:
            self._events = aiter(stream.events)


class _InnerEndings:
    """The functions that policies inside of this one call at the end of their stream.

    They see the end of each stream, not that of the call.
    """

    def __init__(self, call: CallInfo) -> None:
        self._call = call
        self._endings: list[Ending] = []

    def take(self, call: CallInfo, since: int) -> None:
        """Take over the functions that were added after the first `since` ones."""
        self._endings = call.take_endings(since)

    def __call__(self, response: ChatResponse[Any] | None, error: BaseException | None, /) -> None:
        endings, self._endings = self._endings, []
        self._call.call_endings(endings, response, error)


@contextmanager
def _working(call: CallInfo) -> Generator[None]:
    """Enter the observers, unless a policy reads the stream while core works on the call."""
    if call.first_event_at is None:
        yield
        return
    call.enter()
    try:
        yield
    finally:
        call.leave()
