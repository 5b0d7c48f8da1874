"""Turns the events of a stream into the response that the unstreamed call would have given."""

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
from chatmodels.core._values.response import ChatResponse, TokenLogprob, Usage

_Key = tuple[str, int]


class Accumulator:
    """Collects events; `response()` may be asked at any time for what there is so far.

    Attributes:
        events: How many events have come.
    """

    __slots__ = (
        "_audio",
        "_calls",
        "_end",
        "_logprobs",
        "_pieces",
        "_start",
        "_texts",
        "_usage",
        "_whole",
        "events",
    )

    def __init__(self) -> None:
        self.events = 0
        self._start = StreamStart()
        # In the order of arrival; the lists of texts are at hand by their index besides.
        self._pieces: dict[_Key, list[str]] = {}
        self._texts: dict[int, list[str]] = {}
        self._audio: dict[_Key, list[bytes]] = {}
        self._calls: dict[_Key, ToolCallStart] = {}
        self._whole: dict[_Key, Part] = {}
        self._logprobs: list[TokenLogprob] = []
        self._usage = Usage()
        self._end: StreamEnd | None = None

    @property
    def complete(self) -> bool:
        """Whether the terminal event has come."""
        return self._end is not None

    def add(self, event: StreamEvent, /) -> None:
        """Take one event in.

        Deltas of one part must carry the same index; parts of different kinds may share one.

        Raises:
            TypeError: It is no event.
            ValueError: Two tool calls have the same index, which would merge their arguments.
        """
        self.events += 1
        match event:  # the most frequent first: each type that is not the event's costs time
            case TextDelta():
                pieces = self._texts.get(event.index)
                if pieces is None:
                    pieces = self._texts[event.index] = self._pieces_of(("text", event.index))
                pieces.append(event.text)
            case ReasoningDelta():
                self._pieces_of(("reasoning", event.index)).append(event.text)
            case ToolCallDelta():
                self._pieces_of(("tool_call", event.index)).append(event.arguments_json)
            case UsageUpdate():
                self._usage = event.usage
            case RefusalDelta():
                self._pieces_of(("refusal", event.index)).append(event.text)
            case ToolCallStart():
                self._begin(event)
            case ToolCallEnd():
                self._complete(("tool_call", event.index), event.tool_call)
            case PartEnd():
                self._complete((event.part.type, event.index), event.part)
            case AudioDelta():
                key = ("audio", event.index)
                self._pieces_of(key).append(event.transcript)
                self._audio.setdefault(key, []).append(event.data)
            case LogprobsDelta():
                self._logprobs.extend(event.logprobs)
            case StreamStart():
                self._start = event
            case StreamEnd():
                self._end = event
            case _:
                raise TypeError(f"{type(event).__qualname__} is no stream event")

    def response(self) -> ChatResponse[Any]:
        """Build the response from what there is; without a terminal event it ends with "other"."""
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

    def _pieces_of(self, key: _Key) -> list[str]:
        pieces = self._pieces.get(key)
        if pieces is None:
            pieces = self._pieces[key] = []
        return pieces

    def _begin(self, event: ToolCallStart) -> None:
        key = ("tool_call", event.index)
        known = self._calls.setdefault(key, event)
        if known != event:
            raise ValueError(
                f"tool calls {known.id!r} and {event.id!r} have the same index {event.index}"
            )
        self._pieces_of(key)

    def _complete(self, key: _Key, part: Part) -> None:
        self._pieces_of(key)
        self._whole[key] = part

    def _parts(self) -> list[Part]:
        parts = [self._part(key) for key in sorted(self._pieces, key=_index)]
        return [part for part in parts if part is not None]

    def _part(self, key: _Key) -> Part | None:
        whole = self._whole.get(key)
        if whole is not None:
            return whole
        text = "".join(self._pieces[key])
        match key[0]:
            case "tool_call":
                start = self._calls.get(key, _NAMELESS)
                return ToolCall(start.id, start.name, text)
            case "audio":
                return AudioPart(data=b"".join(self._audio[key]), transcript=text or None)
            # Deltas that say nothing make no part: the whole answer would not have one either.
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
