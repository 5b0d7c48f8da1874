"""Puts tool calls together from the pieces in which streams bring them.

OpenAI numbers the calls with `index` and says id and name in a call's first piece. Others number
all calls 0, or none, begin above 0, repeat id and name in every piece, or send no ids at all.
"""

from collections.abc import Sequence

import msgspec

from chatmodels.core import (
    Signature,
    StreamEvent,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from chatmodels.http.wire import Json, identifier
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
    function = wire.function
    return ToolCall(
        identifier(wire.id) or made_up_id(position, created),
        (function.name if function is not None else None) or "",
        arguments_text(function.arguments if function is not None else None),
        signed(wire.extra_content, dialect),
    )


def signed(extra: Json, dialect: str) -> Signature | None:
    """Keep a call's opaque state for the next request."""
    return None if extra is None else Signature(dialect, {"extra_content": extra})


class _Call:
    __slots__ = ("arguments", "ended", "extra", "given_id", "id", "index", "key", "name")

    def __init__(self, key: int | None, given_id: str, made_up: str, name: str, index: int) -> None:
        self.key = key
        self.given_id = given_id
        self.id = given_id or made_up
        self.name = name
        self.index = index
        self.arguments: list[str] = []
        self.extra: Json = None
        self.ended = False

    def complete(self) -> bool:
        """Tell whether the arguments are whole JSON: nothing can follow them."""
        try:
            msgspec.json.decode("".join(self.arguments))
        except (msgspec.DecodeError, UnicodeEncodeError):
            return False
        return True

    def end(self, dialect: str) -> ToolCallEnd:
        self.ended = True
        signature = signed(self.extra, dialect)
        return ToolCallEnd(
            ToolCall(self.id, self.name, "".join(self.arguments), signature), self.index
        )


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
            function = piece.function
            name = (function.name if function is not None else None) or ""
            text = arguments_text(function.arguments if function is not None else None)
            given_id = identifier(piece.id)
            call = self._continued(piece.index, given_id, name, text)
            if call is None:
                call = self._begun(piece.index, given_id, name, created, events)
            call.name = call.name or name
            if piece.extra_content is not None:
                call.extra = piece.extra_content
            if text:
                call.arguments.append(text)
                call.ended = False
                events.append(ToolCallDelta(text, call.index))
        return events

    def take_whole(self, calls: Sequence[WireToolCall], created: Json) -> None:
        """Read calls that arrived whole."""
        self._whole = [
            ToolCallEnd(read_call(call, position, created, self._dialect), FIRST_INDEX + position)
            for position, call in enumerate(calls)
        ]

    def finish(self) -> list[StreamEvent]:
        """End the calls that have not ended yet."""
        ended = [call.end(self._dialect) for call in self._calls if not call.ended]
        return [*self._whole, *ended]

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
        # A name said again repeats itself; another, or one after whole arguments, is a new call.
        # One that comes late names the call that had none.
        if not given_id and call.name and (name != call.name or (text and call.complete())):
            return None
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
        events += [
            call.end(self._dialect) for call in self._calls if not call.ended and call.complete()
        ]
        position = len(self._calls)
        call = _Call(key, given_id, made_up_id(position, created), name, FIRST_INDEX + position)
        self._calls.append(call)
        events.append(ToolCallStart(call.id, name, call.index))
        return call
