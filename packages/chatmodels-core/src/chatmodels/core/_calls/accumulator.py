"""Accumulates the events of a stream into the response of the equivalent non-streaming call."""

from typing import Any

from chatmodels.core._values.events import (
    AudioDelta,
    LogprobsDelta,
    PartEnd,
    ReasoningDelta,
    RefusalDelta,
    StreamEnd,
    StreamEvent,
    StreamStart,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    UsageUpdate,
)
from chatmodels.core._values.messages import Message
from chatmodels.core._values.parts import (
    AudioPart,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
)
from chatmodels.core._values.response import ChatResponse, TokenLogprob
from chatmodels.core._values.usage import Usage

_Key = tuple[str, int]


class Accumulator:
    """Accumulates events; `response()` can be called at any time for the partial response.

    Attributes:
        events: The number of events so far.
    """

    __slots__ = (
        "_audio",
        "_calls",
        "_chunks",
        "_complete_parts",
        "_end",
        "_logprobs",
        "_start",
        "_texts",
        "_usage",
        "events",
    )

    def __init__(self) -> None:
        self.events = 0
        self._start = StreamStart()
        # In the order of arrival; `_texts` has the lists of texts by index as well.
        self._chunks: dict[_Key, list[str]] = {}
        self._texts: dict[int, list[str]] = {}
        self._audio: dict[_Key, list[bytes]] = {}
        self._calls: dict[_Key, ToolCallStart] = {}
        self._complete_parts: dict[_Key, Part] = {}
        self._logprobs: list[TokenLogprob] = []
        self._usage = Usage()
        self._end: StreamEnd | None = None

    @property
    def complete(self) -> bool:
        """True if the terminal event has arrived."""
        return self._end is not None

    @property
    def last_index(self) -> int:
        """The highest index of a part so far; -1 without parts."""
        return max(map(_index, self._chunks), default=-1)

    def add(self, event: StreamEvent, /) -> None:
        """Add an event.

        Deltas of one part must have the same index; parts of different kinds may share one.

        Raises:
            TypeError: It is not an event.
            ValueError: Two tool calls have the same index, which would merge their arguments.
        """
        self.events += 1
        match event:  # the most frequent first, since each comparison costs time
            case TextDelta():
                chunks = self._texts.get(event.index)
                if chunks is None:
                    chunks = self._texts[event.index] = self._chunks_of(("text", event.index))
                chunks.append(event.text)
            case ReasoningDelta():
                self._chunks_of(("reasoning", event.index)).append(event.text)
            case ToolCallDelta():
                self._chunks_of(("tool_call", event.index)).append(event.arguments_json)
            case UsageUpdate():
                self._usage = event.usage
            case RefusalDelta():
                self._chunks_of(("refusal", event.index)).append(event.text)
            case ToolCallStart():
                self._begin(event)
            case ToolCallEnd():
                self._complete(("tool_call", event.index), event.tool_call)
            case PartEnd():
                self._complete((event.part.type, event.index), event.part)
            case AudioDelta():
                key = ("audio", event.index)
                self._chunks_of(key).append(event.transcript)
                self._audio.setdefault(key, []).append(event.data)
            case LogprobsDelta():
                self._logprobs.extend(event.logprobs)
            case StreamStart():
                self._start = event
            case StreamEnd():
                self._end = event
            case _:
                raise TypeError(f"{type(event).__qualname__} is not a stream event")

    def response(self) -> ChatResponse[Any]:
        """Build the response so far; without a terminal event, its finish reason is "other"."""
        end = self._end or _UNENDED
        if end.response is not None:  # pyright: ignore[reportUnnecessaryComparison] - of a provider
            return end.response
        return ChatResponse(
            message=Message("assistant", tuple(self._parts())),
            finish_reason=end.finish_reason,
            raw_finish_reason=end.raw_finish_reason,
            usage=self._usage,
            model=self._start.model,
            id=self._start.id,
            logprobs=tuple(self._logprobs),
            service_tier=end.service_tier,
            warnings=end.warnings,
            request_id=end.request_id,
            payload=end.payload,
        )

    def _chunks_of(self, key: _Key) -> list[str]:
        chunks = self._chunks.get(key)
        if chunks is None:
            chunks = self._chunks[key] = []
        return chunks

    def _begin(self, event: ToolCallStart) -> None:
        key = ("tool_call", event.index)
        first = self._calls.setdefault(key, event)
        if first != event:
            raise ValueError(
                f"tool calls {first.id!r} and {event.id!r} have the same index {event.index}"
            )
        self._chunks_of(key)

    def _complete(self, key: _Key, part: Part) -> None:
        self._chunks_of(key)
        self._complete_parts[key] = part

    def _parts(self) -> list[Part]:
        parts = [self._part(key) for key in sorted(self._chunks, key=_index)]
        return [part for part in parts if part is not None]

    def _part(self, key: _Key) -> Part | None:
        complete = self._complete_parts.get(key)
        if complete is not None:
            return complete
        text = "".join(self._chunks[key])
        match key[0]:
            case "tool_call":
                start = self._calls.get(key, _NAMELESS)
                return ToolCall(start.id, start.name, text)
            case "audio":
                return AudioPart(data=b"".join(self._audio[key]), transcript=text or None)
            # Empty deltas do not form a part, as in the response of a non-streaming call.
            case "text":
                return TextPart(text) if text else None
            case "reasoning":
                return ReasoningPart(text) if text else None
            case _:
                return RefusalPart(text) if text else None


def _index(key: _Key) -> int:
    return key[1]


_UNENDED = StreamEnd(finish_reason="other")
_NAMELESS = ToolCallStart("", "")
