"""A stream of messages from a server that notes its end, after which no call can be answered."""

from collections.abc import Callable
from contextvars import Context
from types import TracebackType
from typing import Any, Self


class WatchedStream:
    """The stream that a transport reads messages from.

    Args:
        stream: The stream of the transport.
        on_end: The function to call when the transport has ended it.
    """

    def __init__(self, stream: Any, on_end: Callable[[], None], /) -> None:
        self._stream = stream
        self._on_end = on_end

    @property
    def last_context(self) -> Context | None:
        """The context variables of the last message's sender, if the stream has them."""
        return getattr(self._stream, "last_context", None)  # pragma: no cover - see `receive`

    async def receive(self) -> Any:
        """Receive a message; the SDK iterates, but its protocol has this method."""
        return await self._stream.receive()  # pragma: no cover

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        try:
            return await self._stream.__anext__()
        except StopAsyncIteration:
            self._on_end()
            raise

    async def aclose(self) -> None:
        """Close the stream."""
        await self._stream.aclose()

    async def __aenter__(self) -> Self:
        await self._stream.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stream.__aexit__(kind, error, traceback)
