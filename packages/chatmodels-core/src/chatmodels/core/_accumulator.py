"""Turns the events of a stream into the response that the unstreamed call would have given."""

from typing import Any

from chatmodels.core._events import (
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
from chatmodels.core._messages import Message
from chatmodels.core._parts import (
    AudioPart,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
)
from chatmodels.core._response import ChatResponse, TokenLogprob, Usage

_Key = tuple[str, int]


class Accumulator:
    """Collects events; `response()` may be asked at any time for what there is so far."""

    __slots__ = (
        "_audio",
        "_calls",
        "_end",
        "_logprobs",
        "_order",
        "_pieces",
        "_start",
        "_usage",
        "_whole",
    )

    def __init__(self) -> None:
        self._start = StreamStart()
        self._order: list[_Key] = []
        self._pieces: dict[_Key, list[str]] = {}
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
        """
        match event:
            case TextDelta():
                self._piece(("text", event.index), event.text)
            case ReasoningDelta():
                self._piece(("reasoning", event.index), event.text)
            case RefusalDelta():
                self._piece(("refusal", event.index), event.text)
            case ToolCallDelta():
                self._piece(("tool_call", event.index), event.arguments_json)
            case ToolCallStart():
                key = ("tool_call", event.index)
                self._piece(key, "")
                self._calls[key] = event
            case ToolCallEnd():
                self._complete(("tool_call", event.index), event.tool_call)
            case PartEnd():
                self._complete((event.part.type, event.index), event.part)
            case AudioDelta():
                key = ("audio", event.index)
                self._piece(key, event.transcript)
                self._audio.setdefault(key, []).append(event.data)
            case LogprobsDelta():
                self._logprobs.extend(event.logprobs)
            case UsageUpdate():
                self._usage = event.usage
            case StreamStart():
                self._start = event
            case StreamEnd():
                self._end = event
            case _:
                raise TypeError(f"not a stream event: {type(event).__qualname__}")

    def _piece(self, key: _Key, text: str) -> None:
        pieces = self._pieces.get(key)
        if pieces is None:
            self._order.append(key)
            self._pieces[key] = [text]
        else:
            pieces.append(text)

    def _complete(self, key: _Key, part: Part) -> None:
        if key not in self._pieces:
            self._order.append(key)
            self._pieces[key] = []
        self._whole[key] = part

    def response(self) -> ChatResponse[Any]:
        """Build the response from what there is; without a terminal event it ends with "other"."""
        keys = sorted(self._order, key=_index)
        end = self._end or StreamEnd(finish_reason="other")
        return ChatResponse(
            message=Message("assistant", tuple(self._part(key) for key in keys)),
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

    def _part(self, key: _Key) -> Part:
        whole = self._whole.get(key)
        if whole is not None:
            return whole
        text = "".join(self._pieces[key])
        match key[0]:
            case "text":
                return TextPart(text)
            case "reasoning":
                return ReasoningPart(text)
            case "refusal":
                return RefusalPart(text)
            case "audio":
                return AudioPart(data=b"".join(self._audio[key]), transcript=text or None)
            case _:
                start = self._calls.get(key, _NAMELESS)
                return ToolCall(start.id, start.name, text)


def _index(key: _Key) -> int:
    return key[1]


_NAMELESS = ToolCallStart("", "")
