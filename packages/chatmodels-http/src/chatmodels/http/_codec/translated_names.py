"""Restores the caller's names of tools and arguments in the response, and adds warnings."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from chatmodels.core import StreamEnd, StreamEvent, ToolCallDelta, ToolCallEnd, ToolCallStart
from chatmodels.http._codec.renamed_arguments import RenamedArguments, restored_call
from chatmodels.http._framing.frames import Frame, StreamDecoder


class TranslatedNames:
    """A `StreamDecoder` that translates the names of renamed tools and arguments back.

    The arguments of a call with renamed ones are one chunk, since the names in it can be cut.

    Args:
        decoder: The vendor's decoder.
        names: The caller's names of tools, by the name that was sent.
        warnings: The warnings of the response.
        arguments: The caller's names of arguments.
    """

    __slots__ = ("_arguments", "_decoder", "_held", "_names", "_warnings")

    def __init__(
        self,
        decoder: StreamDecoder,
        names: Mapping[str, str],
        warnings: tuple[str, ...],
        arguments: RenamedArguments,
    ) -> None:
        self._decoder = decoder
        self._names = names
        self._warnings = warnings
        self._arguments = arguments
        self._held: set[int] = set()

    def feed(self, frame: Frame, /) -> Sequence[StreamEvent]:
        """Read a frame and return the events that it causes.

        Raises:
            ChatModelError: The frame reports an error or is not in this wire format.
        """
        return [*self._restored(self._decoder.feed(frame))]

    def close(self) -> Sequence[StreamEvent]:
        """Return the events that the end of the bytes causes."""
        return [*self._restored(self._decoder.close())]

    def whole(self, body: bytes, /) -> Sequence[StreamEvent]:
        """Return the events of a response that arrived whole.

        Raises:
            ChatModelError: The body reports an error or is not in this wire format.
        """
        return [*self._restored(self._decoder.whole(body))]

    def _restored(self, events: Sequence[StreamEvent]) -> Iterator[StreamEvent]:
        for event in events:
            match event:
                case ToolCallStart():
                    if event.name in self._arguments:
                        self._held.add(event.index)
                    name = self._names.get(event.name)
                    yield event if name is None else replace(event, name=name)
                case ToolCallDelta() if event.index in self._held:
                    continue
                case ToolCallEnd():
                    call = restored_call(event.tool_call, self._arguments)
                    if event.index in self._held:
                        self._held.discard(event.index)
                        yield ToolCallDelta(call.arguments_json, event.index)
                    if call.name in self._names:
                        call = replace(call, name=self._names[call.name])
                    yield event if call is event.tool_call else replace(event, tool_call=call)
                case StreamEnd() if self._warnings:
                    yield replace(event, warnings=(*self._warnings, *event.warnings))
                case _:
                    yield event
