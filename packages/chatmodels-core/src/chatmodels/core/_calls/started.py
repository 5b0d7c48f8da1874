"""A stream whose first event has arrived."""

from typing import Any, Generic, TypeVar

import msgspec

from chatmodels.core._values.events import StreamEvent

Source = TypeVar("Source")


class StartedStream(msgspec.Struct, Generic[Source], frozen=True):
    """A stream whose first event has arrived: the outcome of a `Send` that streams.

    Attributes:
        first: The first event.
        events: The iterator of the others; closed if it has a `close` method.
        origin: Provider and model, if it is another model's; None for the model of the call.
        source: The stream that was opened, if a policy forwards it; see `Forward`.
    """

    first: StreamEvent
    events: Source
    origin: tuple[str, str] | None = None
    source: "StartedStream[Any] | None" = None
