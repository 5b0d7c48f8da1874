"""Restores the caller's tool names in the response to a translated request, and adds warnings."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from chatmodels.core import StreamEnd, StreamEvent, ToolCallEnd, ToolCallStart
from chatmodels.http._framing.frames import Frame, StreamDecoder


class TranslatedNames:
    """A `StreamDecoder` that translates the names of renamed tools back.

    Args:
        decoder: The vendor's decoder.
        names: The caller's names, by the name that was sent.
        warnings: The warnings of the response.
    """

    __slots__ = ("_decoder", "_names", "_warnings")

    def __init__(
        self, decoder: StreamDecoder, names: Mapping[str, str], warnings: tuple[str, ...]
    ) -> None:
        self._decoder = decoder
        self._names = names
        self._warnings = warnings

    def feed(self, frame: Frame, /) -> Sequence[StreamEvent]:
        """Read a frame and return the events that it causes.

        Raises:
            ChatModelError: The frame reports an error or is not in this wire format.
        """
        return [self._restored(event) for event in self._decoder.feed(frame)]

    def close(self) -> Sequence[StreamEvent]:
        """Return the events that the end of the bytes causes."""
        return [self._restored(event) for event in self._decoder.close()]

    def whole(self, body: bytes, /) -> Sequence[StreamEvent]:
        """Return the events of a response that arrived whole.

        Raises:
            ChatModelError: The body reports an error or is not in this wire format.
        """
        return [self._restored(event) for event in self._decoder.whole(body)]

    def _restored(self, event: StreamEvent) -> StreamEvent:
        match event:
            case ToolCallStart() if event.name in self._names:
                return replace(event, name=self._names[event.name])
            case ToolCallEnd() if event.tool_call.name in self._names:
                call = replace(event.tool_call, name=self._names[event.tool_call.name])
                return replace(event, tool_call=call)
            case StreamEnd() if self._warnings:
                return replace(event, warnings=(*self._warnings, *event.warnings))
            case _:
                return event
