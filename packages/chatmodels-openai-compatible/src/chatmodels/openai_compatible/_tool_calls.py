"""Puts tool calls together from the pieces in which streams bring them.

OpenAI numbers the calls with `index` and says id and name in a call's first piece. Others number
all calls 0, or none, begin above 0, repeat id and name in every piece, or send no ids at all.
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
    escaped,
)
from chatmodels.openai_compatible._wire import WireToolCall

FIRST_INDEX = 4
"""The event index of the first tool call: reasoning, text, refusal and sound come before."""


def arguments_text(arguments: Json) -> str:
    """Give arguments as the text that they should be: some vendors send the object itself."""
    if arguments is None:
        return ""
    return arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode()


def made_up_id(position: int, created: Json) -> str:
    """Name a call that its vendor did not name, so that a result can refer to it.

    The same for the same response, and different from one response to the next.
    """
    return f"call_{created}_{position}" if created else f"call_{position}"


def read_call(wire: WireToolCall, position: int, created: Json, dialect: str) -> ToolCall:
    """Read a whole tool call."""
    name, text = _named(wire)
    custom = wire.custom is not None
    signature = None
    if custom or wire.extra_content is not None:
        signature = signed(wire.extra_content, dialect, custom=custom)
    return ToolCall(
        identifier(wire.id) or made_up_id(position, created),
        name,
        custom_arguments(text) if custom else text,
        signature,
    )


def signed(extra: Json, dialect: str, *, custom: bool = False) -> ProviderState | None:
    """Keep the opaque state of a call, and its type if it is not a function."""
    state: dict[str, Json] = {} if extra is None else {"extra_content": extra}
    if custom:
        state["type"] = "custom"
    return ProviderState(dialect, state) if state else None


def _named(wire: WireToolCall) -> tuple[str, str]:
    """Return the name in a call or in a piece of one, and its arguments or free text."""
    if wire.custom is not None:
        return wire.custom.name or "", wire.custom.input or ""
    function = wire.function
    if function is None:
        return "", ""
    return function.name or "", arguments_text(function.arguments)


class _Call:
    __slots__ = ("arguments", "custom", "ended", "extra", "given_id", "id", "index", "key", "name")

    def __init__(self, key: int | None, given_id: str, made_up: str, name: str, index: int) -> None:
        self.key = key
        self.given_id = given_id
        self.id = given_id or made_up
        self.name = name
        self.index = index
        self.arguments: list[str] = []
        self.extra: Json = None
        self.custom = False
        self.ended = False

    def add(self, text: str) -> str:
        """Add a piece and return the piece of the arguments that it is."""
        if self.custom:
            text = ("" if self.arguments else CUSTOM_BEGIN) + escaped(text)
        self.arguments.append(text)
        self.ended = False
        return text

    def complete(self) -> bool:
        """Tell whether the arguments are whole JSON: nothing can follow them."""
        try:
            msgspec.json.decode("".join(self.arguments))
        except (msgspec.DecodeError, UnicodeEncodeError):
            return False
        return True

    def repeated(self, text: str) -> bool:
        """Return whether the arguments are whole and a piece is all of them again."""
        return text == "".join(self.arguments) and self.complete()

    def end(self, dialect: str) -> list[StreamEvent]:
        self.ended = True
        rest: list[StreamEvent] = []
        if self.custom:
            # The free text has no end of its own: it is whatever had come.
            text = CUSTOM_END if self.arguments else CUSTOM_BEGIN + CUSTOM_END
            self.arguments.append(text)
            rest.append(ToolCallDelta(text, self.index))
        signature = signed(self.extra, dialect, custom=self.custom)
        call = ToolCall(self.id, self.name, "".join(self.arguments), signature)
        return [*rest, ToolCallEnd(call, self.index)]


class CallAssembler:
    """Takes the pieces of one stream's tool calls in and gives events."""

    __slots__ = ("_calls", "_dialect", "_whole")

    def __init__(self, dialect: str) -> None:
        self._calls: list[_Call] = []
        self._whole: list[StreamEvent] = []
        self._dialect = dialect

    def __bool__(self) -> bool:
        return bool(self._whole or self._calls)

    def feed(self, pieces: Sequence[WireToolCall], created: Json) -> list[StreamEvent]:
        """Take in the pieces of one chunk."""
        events: list[StreamEvent] = []
        for piece in pieces:
            name, text = _named(piece)
            given_id = identifier(piece.id)
            call = self._continued(piece.index, given_id, name, text)
            if call is None:
                call = self._begun(piece.index, given_id, name, created, events)
            call.name = call.name or name
            if piece.extra_content is not None:
                call.extra = piece.extra_content
            if piece.custom is not None:
                call.custom = True
            if text and not (piece.index is None and given_id and call.repeated(text)):
                events.append(ToolCallDelta(call.add(text), call.index))
        return events

    def take_whole(self, calls: Sequence[WireToolCall], created: Json) -> None:
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

    def _continued(self, key: int | None, given_id: str, name: str, text: str) -> _Call | None:
        """Find the call that a piece continues; None if it begins one."""
        calls = self._calls
        if key is not None:
            call = next((call for call in reversed(calls) if call.key == key), None)
        elif given_id:
            call = next((call for call in reversed(calls) if call.given_id == given_id), None)
        else:
            call = calls[-1] if calls else None
        if not name:
            # Only a piece with a name can begin a call: some vendors make up an id for each.
            return call or (calls[-1] if calls else None)
        if call is None or (given_id and given_id != call.given_id):
            return None
        # A repeated name repeats itself; another, or one after whole arguments, is a new call, also
        # under the id of the call before if nothing is numbered. A late name is that of a call
        # without one.
        if given_id and (key is not None or name != call.name):
            return call
        if call.name and (name != call.name or (text.strip() and call.complete())):
            return call if given_id and call.repeated(text) else None
        return call

    def _begun(
        self,
        key: int | None,
        given_id: str,
        name: str,
        created: Json,
        events: list[StreamEvent],
    ) -> _Call:
        # Calls may come interleaved: what is not whole yet may go on.
        for call in self._calls:
            if not call.ended and call.complete():
                events += call.end(self._dialect)
        position = len(self._calls)
        call = _Call(key, given_id, made_up_id(position, created), name, FIRST_INDEX + position)
        self._calls.append(call)
        events.append(ToolCallStart(call.id, name, call.index))
        return call
