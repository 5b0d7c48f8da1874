"""Turns the tool call that contains structured output back into text."""

from collections.abc import Sequence

from msgspec.structs import replace

from chatmodels.core import (
    PartEnd,
    StreamEnd,
    StreamEvent,
    TextDelta,
    TextPart,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from chatmodels.http._framing.frames import Frame, StreamDecoder
from chatmodels.http.wire._output import OUTPUT_FROM_TOOL


class OutputFromTool:
    """A `StreamDecoder` that turns the calls of the output's tool into text.

    Args:
        decoder: The vendor's decoder.
        name: The name of the tool.
    """

    __slots__ = ("_calls", "_decoder", "_name", "_outputs")

    def __init__(self, decoder: StreamDecoder, name: str) -> None:
        self._decoder = decoder
        self._name = name
        self._outputs: set[int] = set()
        self._calls = False

    def feed(self, frame: Frame, /) -> Sequence[StreamEvent]:
        """Read a frame and return the events that it causes.

        Raises:
            ChatModelError: The frame reports an error or is not in this wire format.
        """
        return self._turned(self._decoder.feed(frame))

    def close(self) -> Sequence[StreamEvent]:
        """Return the events that the end of the bytes causes."""
        return self._turned(self._decoder.close())

    def whole(self, body: bytes, /) -> Sequence[StreamEvent]:
        """Return the events of a response that arrived whole.

        Raises:
            ChatModelError: The body reports an error or is not in this wire format.
        """
        return self._turned(self._decoder.whole(body))

    def _turned(self, events: Sequence[StreamEvent]) -> Sequence[StreamEvent]:
        if not events:
            return ()
        return [turned for event in events if (turned := self._turn(event)) is not None]

    def _turn(self, event: StreamEvent) -> StreamEvent | None:
        match event:
            case ToolCallStart() if event.name == self._name:
                self._outputs.add(event.index)
                return None
            case ToolCallDelta() if event.index in self._outputs:
                return TextDelta(event.arguments_json, event.index)
            case ToolCallEnd() if event.tool_call.name == self._name:
                self._outputs.add(event.index)
                return PartEnd(TextPart(event.tool_call.arguments_json), event.index)
            case ToolCallStart() | ToolCallEnd():
                self._calls = True
            case StreamEnd() if self._outputs:
                only = event.finish_reason == "tool_calls" and not self._calls
                reason = "stop" if only else event.finish_reason
                warnings = (*event.warnings, OUTPUT_FROM_TOOL)
                return replace(event, finish_reason=reason, warnings=warnings)
            case _:
                pass
        return event
