"""The items of a streamed response: the one that an event belongs to, and its state.

OpenAI numbers the items. Other servers do not, or use one number for two items; then items are
matched by ids. Others change the ids from event to event; then items are matched by numbers.
"""

from collections.abc import Iterator, Sequence

from chatmodels.core import Part
from chatmodels.http.wire import text_or_none
from chatmodels.openai_compatible.responses._output import kind_of
from chatmodels.openai_compatible.responses._wire import Item, WireEvent

_INDEXES = 1_000
"""The number of event indexes of each item: parts are ordered by items, then within an item."""

_NAMES = ("id", "call_id")


class StreamedItem:
    """An item of the response, and the events that were yielded for it.

    Attributes:
        item: The item, as far as it is known.
        index: The event index of its first part.
        started: Whether the start of its call was yielded.
        logprobs: Whether its log probabilities were yielded.
        deltas: The arguments of its call that arrived.
        reported: The parts that were yielded, by their type and event index.
    """

    __slots__ = ("_places", "deltas", "index", "item", "logprobs", "reported", "started")

    def __init__(self, number: int) -> None:
        self.item: Item = {}
        self.index = number * _INDEXES
        self.started = False
        self.logprobs = False
        self.deltas: list[str] = []
        self.reported: dict[tuple[str, int], Part] = {}
        self._places: dict[int | None, int] = {}

    @property
    def is_custom(self) -> bool:
        """True if it is a call with free text as its arguments."""
        return kind_of(self.item) == "custom_tool_call"

    def index_of(self, content_index: int | None) -> int:
        """Return the event index of a part of the content, by its number in the stream."""
        # Bedrock counts the contents of all items together: only their order is reliable.
        return self.index_at(self._places.setdefault(content_index, len(self._places)))

    def index_at(self, place: int) -> int:
        """Return the event index of a part by its position in the item."""
        return self.index + place % _INDEXES

    def is_like(self, whole: Item) -> bool:
        """Return whether another item can be this one, with another id or more content."""
        return not self.item or kind_of(self.item) == kind_of(whole)

    def same(self, whole: Item) -> bool:
        """Return whether another item is this one by its id, or by that of its call."""
        names = [name for name in _NAMES if text_or_none(whole.get(name))]
        return self.is_like(whole) and any(whole[name] == self.item.get(name) for name in names)

    def accepts(self, whole: Item) -> bool:
        """Return whether an event about another item can be about this one."""
        call_id = self.item.get("call_id")
        return self.is_like(whole) and (not call_id or call_id == whole.get("call_id"))

    def so_far(self) -> Item:
        """Return the item with the arguments that arrived."""
        return self.item | {"input" if self.is_custom else "arguments": "".join(self.deltas)}


class StreamedItems:
    """The items of one response; iteration yields them in the order in which they began."""

    def __init__(self) -> None:
        self._by_number: dict[int, StreamedItem] = {}
        self._by_id: dict[str, StreamedItem] = {}
        self._numbered = True  # whether each item has a number of its own

    def __len__(self) -> int:
        return len(self._by_number)

    def __iter__(self) -> Iterator[StreamedItem]:
        return iter(self._by_number.values())

    def find(self, event: WireEvent) -> StreamedItem:
        """Find the item that an event adds to."""
        number = event.output_index
        if number is not None and self._numbered:
            return self._at(number)
        known = self._by_id.get(event.item_id or "")
        if known is None and number is not None:
            return self._at(number)
        return known or next(reversed(self._by_number.values()), None) or self._new()

    def place(self, event: WireEvent, *, begins: bool) -> StreamedItem:
        """Find the item that an event begins or completes."""
        whole, number = event.item or {}, event.output_index
        name = text_or_none(whole.get("id")) or ""
        item = self._by_id.get(name)
        if item is not None and item.is_like(whole):
            if number is not None and self._by_number.get(number) is not item:
                self._numbered = False
        elif number is not None:
            item = self._at(number)
            if not item.accepts(whole):
                self._numbered = False
                item = self._new()
        else:
            self._numbered = False
            waiting = (each for each in self if not each.reported and each.accepts(whole))
            item = (None if begins else next(waiting, None)) or self._new()
        if name:
            self._by_id[name] = item
        return item

    def match(self, output: Sequence[Item]) -> Iterator[tuple[StreamedItem, Item]]:
        """Find for each item of the whole response the one that was streamed, or a new one."""
        free = list(self)
        for position, whole in enumerate(output):
            item = next((each for each in free if each.same(whole)), None)
            if item is None:
                item = self._by_number.get(position)
                if item is None:
                    item = self._at(position)
                elif item not in free or not item.is_like(whole):
                    item = self._new()
            if item in free:
                free.remove(item)
            yield item, whole

    def _at(self, number: int) -> StreamedItem:
        item = self._by_number.get(number)
        if item is None:
            item = self._by_number[number] = StreamedItem(number)
        return item

    def _new(self) -> StreamedItem:
        return self._at(max(self._by_number, default=-1) + 1)
