"""Reads responses, whole and streamed: a state machine that is fed one frame at a time.

The terminal event holds the whole response, which counts: its items may be other than those
streamed (sealed anew, or with results that came late). Some servers leave its output empty; then
the streamed items are all there is.

OpenAI numbers the items. Other servers do not, or give one number to two items; then the ids count.
Others change the ids from event to event; then the numbers count.
"""

from collections.abc import Iterator, Sequence
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
from chatmodels.openai_compatible._reading import read_logprobs
from chatmodels.openai_compatible.responses._dialect import ResponsesDialect
from chatmodels.openai_compatible.responses._errors import reject
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

_PLACES = 1_000
"""Event indexes that each item has for its parts: the order of items, then that within them."""

_NAMES = ("id", "call_id")
_NO_USAGE = Usage()

_TERMINAL = frozenset(
    {"response.completed", "response.incomplete", "response.failed", "response.cancelled"}
)


class _Item:
    """An item of the answer, and what of it was told already."""

    __slots__ = ("begun", "index", "item", "logprobs", "pieces", "places", "told")

    def __init__(self, index: int) -> None:
        self.item: Item = {}
        self.index = index
        self.begun = False
        self.logprobs = False
        self.pieces: list[str] = []
        self.places: dict[int | None, int] = {}
        self.told: dict[tuple[str, int], Part] = {}

    @property
    def custom(self) -> bool:
        return kind_of(self.item) == "custom_tool_call"

    def alike(self, whole: Item) -> bool:
        """Return whether another item can be this one, with another id or more content."""
        return not self.item or kind_of(self.item) == kind_of(whole)

    def same(self, whole: Item) -> bool:
        """Return whether another item is this one by its id, or by that of its call."""
        names = [name for name in _NAMES if text_or_none(whole.get(name))]
        return self.alike(whole) and any(whole[name] == self.item.get(name) for name in names)

    def accepts(self, whole: Item) -> bool:
        """Return whether an event about another item can be about this one."""
        call_id = self.item.get("call_id")
        return self.alike(whole) and (not call_id or call_id == whole.get("call_id"))

    def place(self, content_index: int | None) -> int:
        # Bedrock counts the contents of all items together: only their order is reliable.
        return self.index + self.places.setdefault(content_index, len(self.places)) % _PLACES

    def so_far(self) -> Item:
        return self.item | {"input" if self.custom else "arguments": "".join(self.pieces)}


class ResponsesDecoder:
    """Turns one response into events.

    Args:
        dialect: How the vendor speaks.
        limit: The `max_output_tokens` of the request.
    """

    def __init__(self, dialect: ResponsesDialect, limit: int | None = None) -> None:
        self._limit = limit
        self._name = dialect.name
        self._mark = dialect.mark
        self._frames: list[bytes] = []
        self._items: dict[int, _Item] = {}
        self._ids: dict[str, _Item] = {}
        self._numbered = True  # whether each item has a number of its own
        self._usage = _NO_USAGE
        self._warnings: list[str] = []
        self._started = False
        self._ended = False

    def feed(self, frame: Frame, /) -> Sequence[StreamEvent]:
        """Take one frame in and give the events that it causes.

        Raises:
            ChatModelError: The frame reports an error, or is not of this wire format.
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
                    return (RefusalDelta(_words(event.delta), self._index(event)),)
                case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                    return (ReasoningDelta(_words(event.delta), self._of(event).index),)
                case (
                    "response.function_call_arguments.delta"
                    | "response.custom_tool_call_input.delta"
                ):
                    return self._more(self._of(event), _words(event.delta))
                case "response.content_part.added":
                    self._index(event)
                    return ()
                case "response.output_item.added":
                    return self._begin(self._place(event, begins=True), event.item or {})
                case "response.output_item.done":
                    return self._done(self._place(event, begins=False), event.item or {})
                case "error":
                    reject(data, self._name, "an error without words")
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
        events += self._used(wire)
        events.append(self._last(word_of(wire), kinds, bool(waiting), wire, msgspec.Raw(body)))
        return events

    def close(self) -> Sequence[StreamEvent]:
        """Give nothing: an answer without its terminal event is not complete."""
        return ()

    def _start(self, response: WireResponse | None) -> list[StreamEvent]:
        if self._started or response is None:
            return []
        self._started = True
        return [StreamStart(response.id or None, response.model or None)]

    def _at(self, place: int) -> _Item:
        item = self._items.get(place)
        if item is None:
            item = self._items[place] = _Item(place * _PLACES)
        return item

    def _new(self) -> _Item:
        return self._at(max(self._items, default=-1) + 1)

    def _of(self, event: WireEvent) -> _Item:
        """Find the item that an event adds to."""
        number = event.output_index
        if number is not None and self._numbered:
            return self._at(number)
        known = self._ids.get(event.item_id or "")
        if known is None and number is not None:
            return self._at(number)
        return known or next(reversed(self._items.values()), None) or self._new()

    def _place(self, event: WireEvent, *, begins: bool) -> _Item:
        """Find the item that an event begins or completes."""
        whole, number = event.item or {}, event.output_index
        name = text_or_none(whole.get("id")) or ""
        item = self._ids.get(name)
        if item is not None and item.alike(whole):
            if number is not None and self._items.get(number) is not item:
                self._numbered = False
        elif number is not None:
            item = self._at(number)
            if not item.accepts(whole):
                self._numbered = False
                item = self._new()
        else:
            self._numbered = False
            open_items = [known for known in self._items.values() if not known.told]
            waiting = (known for known in open_items if known.accepts(whole))
            item = (None if begins else next(waiting, None)) or self._new()
        if name:
            self._ids[name] = item
        return item

    def _index(self, event: WireEvent) -> int:
        return self._of(event).place(event.content_index)

    def _text(self, event: WireEvent) -> list[StreamEvent]:
        events: list[StreamEvent] = [TextDelta(_words(event.delta), self._index(event))]
        if event.logprobs:
            self._of(event).logprobs = True
            logprobs = read_logprobs({"content": event.logprobs}, self._warnings)
            events.append(LogprobsDelta(logprobs))
        return events

    def _begin(self, item: _Item, start: Item) -> list[StreamEvent]:
        item.item = item.item or start
        if item.begun or kind_of(item.item) not in CALLS:
            return []
        item.begun = True
        call = call_of(item.item, self._mark)
        return [ToolCallStart(call.id, call.name, item.index)]

    def _more(self, item: _Item, text: str) -> list[StreamEvent]:
        if not item.begun or not text:
            return []
        item.pieces.append(text)
        if item.custom:
            text = ("" if item.pieces[1:] else CUSTOM_BEGIN) + escape(text)
        return [ToolCallDelta(text, item.index)]

    def _done(self, item: _Item, whole: Item) -> list[StreamEvent]:
        item.item = whole
        events: list[StreamEvent] = []
        if not item.logprobs and (logprobs := logprobs_of(whole, self._warnings)):
            item.logprobs = True
            events.append(LogprobsDelta(logprobs))
        for place, part in parts_of(whole, self._mark):
            key = part.type, item.index + place % _PLACES
            if item.told.get(key) == part:
                continue
            if isinstance(part, ToolCall) and key not in item.told:
                events += self._called(item, part)
            else:  # what corrects a call is no end: a caller may run its tool at each
                events.append(PartEnd(part, key[1]))
            item.told[key] = part
        return events

    def _called(self, item: _Item, call: ToolCall) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        if not item.begun:
            item.begun = True
            events.append(ToolCallStart(call.id, call.name, item.index))
        rest = call.arguments_json
        if item.pieces:
            rest = CUSTOM_END if item.custom else ""
        if rest:
            events.append(ToolCallDelta(rest, item.index))
        return [*events, ToolCallEnd(call, item.index)]

    def _end(self, event: WireEvent, data: bytes) -> list[StreamEvent]:
        response = event.response or WireResponse()
        status = response.status or event.type.removeprefix("response.")
        # Perplexity tells the error beside the response, not in it.
        check(status, response.error or event.error, self._name)
        word = word_of(response) or status
        events = self._start(response)
        for item, whole in self._final(response.output or ()):
            events += self._done(item, whole)
        for item in self._items.values():
            if item.begun and not item.told:  # cut off with the answer
                events += self._done(item, item.so_far())
        if not self._items and word == "completed":
            reject(data, self._name, "it has no output")
        self._ended = True
        events += self._used(response)
        kinds = {kind for item in self._items.values() for kind, _ in item.told}
        output = [item.item for item in self._items.values()]
        waiting = waiting_items(output)
        if waiting and "tool_call" in kinds:  # else the finish reason alone says so
            events += [
                PartEnd(_marked(part, waiting), index)
                for item in self._items.values()
                if item.item in waiting
                for (_, index), part in item.told.items()
            ]
        payload = msgspec.Raw(b"[" + b",".join(self._frames) + b"]")
        return [*events, self._last(word, kinds, bool(waiting), response, payload)]

    def _used(self, response: WireResponse) -> list[StreamEvent]:
        usage = read_usage(response.usage, self._warnings)
        if usage is None:
            return []
        self._usage = usage
        return [UsageUpdate(usage)]

    def _last(
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

    def _final(self, output: Sequence[Item]) -> Iterator[tuple[_Item, Item]]:
        """Find for each item of the whole response the one that was streamed, or a new one."""
        free = list(self._items.values())
        for position, whole in enumerate(output):
            item = next((known for known in free if known.same(whole)), None)
            if item is None:
                item = self._items.get(position)
                if item is None:
                    item = self._at(position)
                elif item not in free or not item.alike(whole):
                    item = self._new()
            if item in free:
                free.remove(item)
            yield item, whole


def _marked(part: Part, waiting: Sequence[Item]) -> Part:
    """Return a part as one that waits for the caller, if its item does."""
    if isinstance(part, ProviderPart) and part.signature.data in waiting:
        return msgspec.structs.replace(part, awaits_caller=True)
    return part


def _complete(part: Part, index: int) -> StreamEvent:
    return ToolCallEnd(part, index) if type(part) is ToolCall else PartEnd(part, index)


def _words(delta: Json) -> str:
    if not isinstance(delta, str):
        raise msgspec.ValidationError(
            f"Expected `str`, got `{type(delta).__name__}` - at `$.delta`"
        )
    return delta
