"""Decodes responses, whole and streamed: a state machine that is fed one frame at a time.

The terminal event contains the whole response, which takes precedence: its items can differ from
the streamed ones (encrypted again, or with late results). Some servers leave its output empty; then
the streamed items are used.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import msgspec

from chatmodels.core import (
    LogprobsDelta,
    Part,
    PartEnd,
    ProviderPart,
    ReasoningDelta,
    RefusalDelta,
    StreamEnd,
    StreamEvent,
    StreamStart,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    UsageUpdate,
)
from chatmodels.http import Frame
from chatmodels.http.wire import NOT_JSON, Json, finish_reason, text_or_none
from chatmodels.openai_compatible._custom import CUSTOM_BEGIN, CUSTOM_END, escape
from chatmodels.openai_compatible._logprobs import read_logprobs
from chatmodels.openai_compatible.responses._dialect import ResponsesDialect
from chatmodels.openai_compatible.responses._errors import reject
from chatmodels.openai_compatible.responses._items import StreamedItem, StreamedItems
from chatmodels.openai_compatible.responses._output import (
    CALLS,
    call_of,
    kind_of,
    logprobs_of,
    parts_of,
    waiting_items,
)
from chatmodels.openai_compatible.responses._response import (
    FINISH_REASONS,
    check,
    read_usage,
    word_of,
)
from chatmodels.openai_compatible.responses._wire import (
    Item,
    WireEvent,
    WireResponse,
    event_decoder,
    response_decoder,
)

_NO_USAGE = Usage()

_TERMINAL = frozenset(
    {"response.completed", "response.incomplete", "response.failed", "response.cancelled"}
)


class ResponsesDecoder:
    """Decodes one response into events.

    Args:
        dialect: The dialect.
        limit: The `max_output_tokens` of the request.
    """

    def __init__(self, dialect: ResponsesDialect, limit: int | None = None) -> None:
        self._limit = limit
        self._name = dialect.name
        self._mark = dialect.mark
        self._frames: list[bytes] = []
        self._items = StreamedItems()
        self._usage = _NO_USAGE
        self._warnings: list[str] = []
        self._started = False
        self._ended = False

    def feed(self, frame: Frame, /) -> Sequence[StreamEvent]:
        """Decode one frame and return its events.

        Raises:
            ChatModelError: The frame reports an error, or is not in this wire format.
        """
        data = frame.data
        if self._ended or not data or data.startswith(b"[DONE]"):
            return ()
        try:
            event = event_decoder.decode(data)
            self._frames.append(data)
            match event.type:
                case "response.output_text.delta":
                    return self._text(event)
                case "response.refusal.delta":
                    return (RefusalDelta(_text_of(event.delta), self._index(event)),)
                case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                    return (ReasoningDelta(_text_of(event.delta), self._items.find(event).index),)
                case (
                    "response.function_call_arguments.delta"
                    | "response.custom_tool_call_input.delta"
                ):
                    return self._continue_call(self._items.find(event), _text_of(event.delta))
                case "response.content_part.added":
                    self._index(event)
                    return ()
                case "response.output_item.added":
                    return self._begin_item(self._items.place(event, begins=True), event.item or {})
                case "response.output_item.done":
                    return self._end_item(self._items.place(event, begins=False), event.item or {})
                case "error":
                    reject(data, self._name, "an error without a message")
                case kind if kind in _TERMINAL:
                    return self._end(event, data)
                case _:
                    return self._start(event.response)
        except NOT_JSON as error:
            reject(data, self._name, error)

    def whole(self, body: bytes, /) -> Sequence[StreamEvent]:
        """Return the events of a response that arrived whole: its parts are complete.

        Raises:
            ChatModelError: The body reports an error or is not a response.
        """
        try:
            wire = response_decoder.decode(body)
            if wire.output is None and wire.status != "failed" and not wire.error:
                reject(body, self._name, "it has no output")
            output = wire.output or []
            parts = [part for item in output for _, part in parts_of(item, self._mark)]
        except NOT_JSON as error:
            reject(body, self._name, error)
        check(wire.status, wire.error, self._name)
        if not output and wire.status == "completed":
            reject(body, self._name, "it has no output")
        events: list[StreamEvent] = [StreamStart(wire.id or None, wire.model or None)]
        kinds = {part.type for part in parts}
        waiting = waiting_items(output)
        if waiting and "tool_call" in kinds:
            parts = [_marked(part, waiting) for part in parts]
        events += map(_complete, parts, range(len(parts)))
        for item in output:
            if logprobs := logprobs_of(item, self._warnings):
                events.append(LogprobsDelta(logprobs))
        events += self._usage_events(wire)
        events.append(
            self._stream_end(word_of(wire), kinds, bool(waiting), wire, msgspec.Raw(body))
        )
        return events

    def close(self) -> Sequence[StreamEvent]:
        """Return no events: a response without its terminal event is not complete."""
        return ()

    def _start(self, response: WireResponse | None) -> list[StreamEvent]:
        if self._started or response is None:
            return []
        self._started = True
        return [StreamStart(response.id or None, response.model or None)]

    def _index(self, event: WireEvent) -> int:
        return self._items.find(event).index_of(event.content_index)

    def _text(self, event: WireEvent) -> list[StreamEvent]:
        events: list[StreamEvent] = [TextDelta(_text_of(event.delta), self._index(event))]
        if event.logprobs:
            self._items.find(event).logprobs = True
            logprobs = read_logprobs({"content": event.logprobs}, self._warnings)
            events.append(LogprobsDelta(logprobs))
        return events

    def _begin_item(self, item: StreamedItem, start: Item) -> list[StreamEvent]:
        item.item = item.item or start
        if item.started or kind_of(item.item) not in CALLS:
            return []
        item.started = True
        call = call_of(item.item, self._mark)
        return [ToolCallStart(call.id, call.name, item.index)]

    def _continue_call(self, item: StreamedItem, text: str) -> list[StreamEvent]:
        if not item.started or not text:
            return []
        item.deltas.append(text)
        if item.is_custom:
            text = ("" if item.deltas[1:] else CUSTOM_BEGIN) + escape(text)
        return [ToolCallDelta(text, item.index)]

    def _end_item(self, item: StreamedItem, whole: Item) -> list[StreamEvent]:
        item.item = whole
        events: list[StreamEvent] = []
        if not item.logprobs and (logprobs := logprobs_of(whole, self._warnings)):
            item.logprobs = True
            events.append(LogprobsDelta(logprobs))
        for place, part in parts_of(whole, self._mark):
            key = part.type, item.index_at(place)
            if item.reported.get(key) == part:
                continue
            if isinstance(part, ToolCall) and key not in item.reported:
                events += self._end_call(item, part)
            else:  # a corrected call does not end again: callers can run its tool at each end
                events.append(PartEnd(part, key[1]))
            item.reported[key] = part
        return events

    def _end_call(self, item: StreamedItem, call: ToolCall) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        if not item.started:
            item.started = True
            events.append(ToolCallStart(call.id, call.name, item.index))
        rest = call.arguments_json
        if item.deltas:
            rest = CUSTOM_END if item.is_custom else ""
        if rest:
            events.append(ToolCallDelta(rest, item.index))
        return [*events, ToolCallEnd(call, item.index)]

    def _end(self, event: WireEvent, data: bytes) -> list[StreamEvent]:
        response = event.response or WireResponse()
        status = response.status or event.type.removeprefix("response.")
        # Perplexity sends the error beside the response, not in it.
        check(status, response.error or event.error, self._name)
        word = word_of(response) or status
        events = self._start(response)
        for item, whole in self._items.match(response.output or ()):
            events += self._end_item(item, whole)
        for item in self._items:
            if item.started and not item.reported:  # cut off with the response
                events += self._end_item(item, item.so_far())
        if not self._items and word == "completed":
            reject(data, self._name, "it has no output")
        self._ended = True
        events += self._usage_events(response)
        kinds = {kind for item in self._items for kind, _ in item.reported}
        waiting = waiting_items([item.item for item in self._items])
        if waiting and "tool_call" in kinds:  # otherwise only the finish reason reports it
            events += [
                PartEnd(_marked(part, waiting), index)
                for item in self._items
                if item.item in waiting
                for (_, index), part in item.reported.items()
            ]
        payload = msgspec.Raw(b"[" + b",".join(self._frames) + b"]")
        return [*events, self._stream_end(word, kinds, bool(waiting), response, payload)]

    def _usage_events(self, response: WireResponse) -> list[StreamEvent]:
        usage = read_usage(response.usage, self._warnings)
        if usage is None:
            return []
        self._usage = usage
        return [UsageUpdate(usage)]

    def _stream_end(
        self,
        word: str | None,
        kinds: AbstractSet[str],
        is_waiting: bool,
        wire: WireResponse,
        payload: msgspec.Raw,
    ) -> StreamEnd:
        reason = finish_reason(
            "max_output_tokens" if self._is_cut_off(word) else word or "completed",
            FINISH_REASONS,
            calls="tool_call" in kinds or is_waiting,
            refused="refusal" in kinds,
        )
        return StreamEnd(
            finish_reason=reason,
            raw_finish_reason=word,
            service_tier=text_or_none(wire.service_tier),
            warnings=tuple(self._warnings),
            payload=payload,
        )

    def _is_cut_off(self, word: str | None) -> bool:
        # llama.cpp reports a response as completed that the limit has cut off.
        used, limit = self._usage.output_tokens, self._limit
        return word == "completed" and used is not None and limit is not None and used >= limit


def _marked(part: Part, waiting: Sequence[Item]) -> Part:
    """Return a part as one that waits for the caller, if its item does."""
    if isinstance(part, ProviderPart) and part.signature.data in waiting:
        return msgspec.structs.replace(part, awaits_caller=True)
    return part


def _complete(part: Part, index: int) -> StreamEvent:
    return ToolCallEnd(part, index) if type(part) is ToolCall else PartEnd(part, index)


def _text_of(delta: Json) -> str:
    if not isinstance(delta, str):
        raise msgspec.ValidationError(
            f"Expected `str`, got `{type(delta).__name__}` - at `$.delta`"
        )
    return delta
