"""A streamed call whose progress and times are visible while it runs."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from chatmodels.cli._records import tokens_per_second
from chatmodels.core import (
    ChatModelError,
    ChatResponse,
    Cost,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallStart,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatmodels.core import ChatModel, Message

Status = Literal["waiting", "running", "done", "failed", "stopped"]
_TOKENS = (TextDelta, ReasoningDelta, RefusalDelta, ToolCallStart)


class MeasuredCall:
    """A call, measured by the monotonic clock.

    Attributes:
        status: Its state; "stopped" after a cancellation.
        text: The text so far.
        first_token: Seconds until the first token, of reasoning or text; None before it.
        seconds: Seconds until the end; so far, of a call that is not over.
        response: The response; after a failure, what arrived of it.
        error: The failure.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.status: Status = "waiting"
        self.text = ""
        self.first_token: float | None = None
        self.response: ChatResponse[Any] | None = None
        self.error: ChatModelError | None = None
        self._clock = clock
        self._started = self._ended = 0.0

    async def run(
        self, model: "ChatModel", messages: "Sequence[Message]", /, **settings: Any
    ) -> None:
        """Make the call; a failure is in `error` afterwards, and a cancellation is raised."""
        self.status = "running"
        self._started = self._clock()
        stream = model.astream(messages, **settings)
        try:
            async with stream:
                async for event in stream:
                    if self.first_token is None and isinstance(event, _TOKENS):
                        self.first_token = self._clock() - self._started
                    if isinstance(event, TextDelta | RefusalDelta):
                        self.text += event.text
            self.response = stream.response
            self.status = "done"
        except ChatModelError as error:
            self.fail(error)
            self.response = error.partial or stream.partial
        except BaseException:
            self.status = "stopped"
            self.response = stream.partial
            raise
        finally:
            self._ended = self._clock()

    def fail(self, error: ChatModelError, /) -> None:
        """Note a failure, also one before the call."""
        self.error = error
        self.status = "failed"

    @property
    def seconds(self) -> float:
        """Seconds from the call to its end, or so far."""
        return (self._clock() if self.status == "running" else self._ended) - self._started

    @property
    def usage(self) -> Usage:
        """The tokens, as far as they are known."""
        return self.response.usage if self.response is not None else Usage()

    @property
    def cost(self) -> Cost:
        """The cost, as far as it is known."""
        return self.response.cost if self.response is not None else Cost()

    @property
    def tokens_per_second(self) -> float | None:
        """Output tokens per second after the first one; None if the vendor reports no number."""
        return tokens_per_second(self.usage, self.seconds, self.first_token)
