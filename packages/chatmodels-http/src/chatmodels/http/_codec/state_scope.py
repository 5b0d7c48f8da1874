"""Notes in the opaque state of a response where it is valid."""

from collections.abc import Sequence

from msgspec.structs import replace

from chatmodels.core import PartEnd, StreamEvent, ToolCallEnd
from chatmodels.core.extending import ProviderState

MAY_HAVE_STATE = frozenset({PartEnd, ToolCallEnd})
"""The types of the events that can hold opaque state."""


def all_scoped(events: Sequence[StreamEvent], scope: str | None, /) -> Sequence[StreamEvent]:
    """Return events with the scope of their opaque state.

    Args:
        events: The events.
        scope: Where the state is valid; None if it is valid wherever its format is understood.
    """
    if scope is None:
        return events
    return [scoped(event, scope) if type(event) in MAY_HAVE_STATE else event for event in events]


def scoped(event: StreamEvent, scope: str | None, /) -> StreamEvent:
    """Return an event with the scope of its opaque state; see `all_scoped`."""
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
