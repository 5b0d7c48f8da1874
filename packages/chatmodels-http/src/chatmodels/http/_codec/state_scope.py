"""Adds the scope to the opaque state of a response."""

from collections.abc import Sequence

from msgspec.structs import replace

from chatmodels.core import PartEnd, StreamEvent, ToolCallEnd
from chatmodels.core.extending import ProviderState

MAY_HAVE_STATE = frozenset({PartEnd, ToolCallEnd})
"""The types of the events that can contain opaque state."""


def add_scopes(events: Sequence[StreamEvent], scope: str | None, /) -> Sequence[StreamEvent]:
    """Return events with the scope of their opaque state.

    Args:
        events: The events.
        scope: The scope of the state; None if it is valid at every endpoint with its format.
    """
    if scope is None:
        return events
    return [add_scope(event, scope) if type(event) in MAY_HAVE_STATE else event for event in events]


def add_scope(event: StreamEvent, scope: str | None, /) -> StreamEvent:
    """Return an event with the scope of its opaque state; see `add_scopes`."""
    if scope is None:
        return event
    if type(event) is ToolCallEnd:
        call = event.tool_call
        if (signature := call.signature) is not None:
            signature = ProviderState(signature.format, signature.data, scope)
            return ToolCallEnd(replace(call, signature=signature), event.index)
    elif type(event) is PartEnd:
        signature: ProviderState | None = getattr(event.part, "signature", None)
        if signature is not None:
            signature = ProviderState(signature.format, signature.data, scope)
            return PartEnd(replace(event.part, signature=signature), event.index)
    return event
