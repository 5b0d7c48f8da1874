"""Assembles tool calls from the deltas of a stream.

OpenAI numbers the calls with `index` and sends id and name in the first delta of a call. Others
number all calls 0, or none, start above 0, repeat id and name in every delta, or send no ids.
"""

from collections.abc import Sequence

import msgspec

from chatmodels.core import StreamEvent, ToolCall, ToolCallDelta, ToolCallEnd, ToolCallStart
from chatmodels.core.extending import ProviderState
from chatmodels.http.wire import Json, identifier
from chatmodels.openai_compatible._custom import (
    CUSTOM_BEGIN,
    CUSTOM_END,
    custom_arguments,
    escape,
)
from chatmodels.openai_compatible._wire import WireToolCall

FIRST_INDEX = 4
"""The event index of the first tool call: reasoning, text, refusal and audio have lower ones."""


def arguments_text(arguments: Json) -> str:
    """Return arguments as text: some vendors send an object."""
    if arguments is None:
        return ""
    return arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode()


def generated_id(position: int, created: Json) -> str:
    """Return an id for a call without one, so that a result can refer to it.

    It is the same for the same response, and differs between responses.
    """
    return f"call_{created}_{position}" if created else f"call_{position}"


def read_call(wire: WireToolCall, position: int, created: Json, dialect: str) -> ToolCall:
    """Read a whole tool call."""
    name, text = _named(wire)
    custom = wire.custom is not None
    signature = None
    if custom or wire.extra_content is not None:
        signature = call_state(wire.extra_content, dialect, custom=custom)
    return ToolCall(
        identifier(wire.id) or generated_id(position, created),
        name,
        custom_arguments(text) if custom else text,
        signature,
    )


def call_state(extra: Json, dialect: str, *, custom: bool = False) -> ProviderState | None:
    """Return the opaque state of a call, with its type if it is not a function."""
    state: dict[str, Json] = {} if extra is None else {"extra_content": extra}
    if custom:
        state["type"] = "custom"
    return ProviderState(dialect, state) if state else None


def _named(wire: WireToolCall) -> tuple[str, str]:
    """Return the name in a call or a delta, and its arguments or free text."""
    if wire.custom is not None:
        return wire.custom.name or "", wire.custom.input or ""
    function = wire.function
    if function is None:
        return "", ""
    return function.name or "", arguments_text(function.arguments)


class _Call:
    __slots__ = ("arguments", "custom", "ended", "extra", "given_id", "id", "index", "key", "name")

    def __init__(
        self, key: int | None, given_id: str, generated: str, name: str, index: int
    ) -> None:
        self.key = key
        self.given_id = given_id
        self.id = given_id or generated
        self.name = name
        self.index = index
        self.arguments: list[str] = []
        self.extra: Json = None
        self.custom = False
        self.ended = False

    def add(self, text: str) -> str:
        """Add a delta and return its part of the arguments."""
        if self.custom:
            text = ("" if self.arguments else CUSTOM_BEGIN) + escape(text)
        self.arguments.append(text)
        self.ended = False
        return text

    def complete(self) -> bool:
        """Return whether the arguments are complete JSON, which nothing can follow."""
        try:
            msgspec.json.decode("".join(self.arguments))
        except (msgspec.DecodeError, UnicodeEncodeError):
            return False
        return True

    def repeats(self, text: str) -> bool:
        """Return whether the arguments are complete and a delta repeats all of them."""
        return text == "".join(self.arguments) and self.complete()

    def end(self, dialect: str) -> list[StreamEvent]:
        self.ended = True
        rest: list[StreamEvent] = []
        if self.custom:
            # The free text has no end marker: it is all that has arrived.
            text = CUSTOM_END if self.arguments else CUSTOM_BEGIN + CUSTOM_END
            self.arguments.append(text)
            rest.append(ToolCallDelta(text, self.index))
        signature = call_state(self.extra, dialect, custom=self.custom)
        call = ToolCall(self.id, self.name, "".join(self.arguments), signature)
        return [*rest, ToolCallEnd(call, self.index)]


class CallAssembler:
    """Assembles the tool calls of one stream and returns events."""

    __slots__ = ("_calls", "_dialect", "_whole")

    def __init__(self, dialect: str) -> None:
        self._calls: list[_Call] = []
        self._whole: list[StreamEvent] = []
        self._dialect = dialect

    def __bool__(self) -> bool:
        return bool(self._whole or self._calls)

    def feed(self, deltas: Sequence[WireToolCall], created: Json) -> list[StreamEvent]:
        """Add the deltas of one chunk."""
        events: list[StreamEvent] = []
        for delta in deltas:
            name, text = _named(delta)
            given_id = identifier(delta.id)
            call = self._find_call(delta.index, given_id, name, text)
            if call is None:
                call = self._start_call(delta.index, given_id, name, created, events)
            call.name = call.name or name
            if delta.extra_content is not None:
                call.extra = delta.extra_content
            if delta.custom is not None:
                call.custom = True
            if text and not (delta.index is None and given_id and call.repeats(text)):
                events.append(ToolCallDelta(call.add(text), call.index))
        return events

    def add_whole(self, calls: Sequence[WireToolCall], created: Json) -> None:
        """Read calls that arrived whole."""
        for position, wire in enumerate(calls):
            call = read_call(wire, position, created, self._dialect)
            self._whole.append(ToolCallEnd(call, FIRST_INDEX + position))

    def finish(self) -> list[StreamEvent]:
        """End the calls that have not ended yet."""
        ended = list(self._whole)
        for call in self._calls:
            if not call.ended:
                ended += call.end(self._dialect)
        return ended

    def _find_call(self, key: int | None, given_id: str, name: str, text: str) -> _Call | None:
        """Return the call that a delta continues; None if it begins a new one."""
        calls = self._calls
        if key is not None:
            call = next((call for call in reversed(calls) if call.key == key), None)
        elif given_id:
            call = next((call for call in reversed(calls) if call.given_id == given_id), None)
        else:
            call = calls[-1] if calls else None
        if not name:
            # Only a delta with a name can begin a call: some vendors send a new id in each delta.
            return call or (calls[-1] if calls else None)
        if call is None or (given_id and given_id != call.given_id):
            return None
        # The same name continues a call. Another name, or one after complete arguments, begins a
        # new call, even with the id of the previous call if calls are not numbered. A late name
        # belongs to a call without one.
        if given_id and (key is not None or name != call.name):
            return call
        if call.name and (name != call.name or (text.strip() and call.complete())):
            return call if given_id and call.repeats(text) else None
        return call

    def _start_call(
        self,
        key: int | None,
        given_id: str,
        name: str,
        created: Json,
        events: list[StreamEvent],
    ) -> _Call:
        # Calls can be interleaved: incomplete ones can continue.
        for call in self._calls:
            if not call.ended and call.complete():
                events += call.end(self._dialect)
        position = len(self._calls)
        call = _Call(key, given_id, generated_id(position, created), name, FIRST_INDEX + position)
        self._calls.append(call)
        events.append(ToolCallStart(call.id, name, call.index))
        return call
