"""A stream whose first event has arrived."""

from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from chatmodels.core._values.events import StreamEvent

if TYPE_CHECKING:
    from chatmodels.core._calls.generation import CallableModel

Source = TypeVar("Source")


class StartedStream(msgspec.Struct, Generic[Source], frozen=True):
    """A stream whose first event has arrived: the outcome of a `Send` that streams.

    Attributes:
        first: The first event.
        events: The iterator of the others; closed if it has a `close` method.
        model: The other model that generates it; None for the model of the call.
    """

    first: StreamEvent
    events: Source
    model: "CallableModel | None" = None
