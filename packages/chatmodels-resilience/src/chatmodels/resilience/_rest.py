"""The events of a stream that continues a text."""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from chatmodels.core import (
    AudioDelta,
    ChatResponse,
    Citation,
    PartEnd,
    ReasoningDelta,
    RefusalDelta,
    StreamEvent,
    StreamStart,
    TextDelta,
    TextPart,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    UsageUpdate,
)

_Indexed = (
    ReasoningDelta
    | RefusalDelta
    | AudioDelta
    | ToolCallStart
    | ToolCallDelta
    | ToolCallEnd
    | PartEnd
)


class Rest:
    """Converts the events of a stream to those that continue the events so far.

    Its first text belongs to the text so far. The other parts follow.

    Args:
        partial: The response so far: a single text, or nothing.
        index: The index of the text.
        repeats: Whether the stream is expected to repeat the text.
    """

    def __init__(self, partial: ChatResponse[Any], index: int, *, repeats: bool) -> None:
        self._usage = partial.usage
        self._index = index
        self._shift: int | None = None if partial.message.parts else 0
        self._texts = [partial.text]
        self._overlap = Overlap(partial.text, repeats=repeats)

    def events(self, event: StreamEvent, /) -> Iterator[StreamEvent]:
        """Convert one event."""
        match event:
            case StreamStart():
                return
            case UsageUpdate():
                yield UsageUpdate(self._usage + event.usage)
            case TextDelta():
                yield from self._text(event.text, event.index)
            case PartEnd(TextPart() as part) if self._shifted(event.index, 0) == self._index:
                yield from self._text_end(part, event.index)
            case _:
                yield from self._held()
                if isinstance(event, _Indexed):
                    event = replace(event, index=self._shifted(event.index, 1))
                yield event

    def _shifted(self, index: int, gap: int) -> int:
        """Return the index for the user; the first one is `gap` after that of the text so far."""
        if self._shift is None:
            self._shift = self._index + gap - index
        return index + self._shift

    def _text(self, text: str, index: int) -> Iterator[TextDelta]:
        index = self._shifted(index, 0)
        if index != self._index:
            yield TextDelta(text, index)
        elif new := self._overlap.without(text):
            self._texts.append(new)
            yield TextDelta(new, index)

    def _held(self) -> Iterator[TextDelta]:
        if held := self._overlap.end():
            self._texts.append(held)
            yield TextDelta(held, self._index)

    def _text_end(self, part: TextPart, index: int) -> Iterator[StreamEvent]:
        """Replace the text of a complete part, and move its citations."""
        if len(self._texts) == 1:  # the part came without deltas
            yield from self._text(part.text, index)
        yield from self._held()
        whole = "".join(self._texts)
        distance = len(whole) - len(part.text)
        citations = tuple(_moved(each, distance) for each in part.citations)
        yield PartEnd(replace(part, text=whole, citations=citations), self._index)


def _moved(citation: Citation, distance: int) -> Citation:
    start, end = citation.start, citation.end
    return replace(
        citation,
        start=None if start is None else start + distance,
        end=None if end is None else end + distance,
    )


class Overlap:
    """The beginning of a continuing text that has been received already.

    It is the text so far, if the vendor repeats it, and the white space at its end, which the
    request omits, so that the model can write it once more.

    Args:
        text: The text so far.
        repeats: Whether the vendor is expected to repeat the text. If it does not, nothing is lost.
    """

    def __init__(self, text: str, *, repeats: bool) -> None:
        sent = text.rstrip()
        self._expected = sent if repeats else ""
        self._position = 0  # in the expected text; what is before it is held back
        self._blank = text[len(sent) :]

    def without(self, text: str) -> str:
        """Return the new part of the next text."""
        if self._expected:
            following = self._expected[self._position : self._position + len(text)]
            if not text.startswith(following):
                text = self._expected[: self._position] + text
            else:
                self._position += len(following)
                if self._position < len(self._expected):
                    return ""
                text = text[len(following) :]
            self._expected = ""
        while text and self._blank:
            if text[0] != self._blank[0]:
                self._blank = ""
            else:
                text, self._blank = text[1:], self._blank[1:]
        return text

    def end(self) -> str:
        """Return the text that was held back, at the end of the text."""
        held, self._expected = self._expected[: self._position], ""
        return self.without(held)
