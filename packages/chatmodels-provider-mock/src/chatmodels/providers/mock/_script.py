"""A script: which reply is whose turn, and the record of what was asked."""

import re
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from chatmodels.core import (
    ChatRequest,
    ConfigurationError,
    Message,
    ToolResult,
)
from chatmodels.providers.mock._arguments import Exhausted
from chatmodels.providers.mock._reply import Reply

if TYPE_CHECKING:
    from random import Random

When = str | re.Pattern[str] | Callable[[ChatRequest], object]
"""What a rule looks for: a pattern in the text of the last message, or a test of the request."""

Rules = Mapping[When, Reply] | Sequence[tuple[When, Reply]]


class MockCall(msgspec.Struct, frozen=True):
    """One attempt that a mock was asked for.

    Attributes:
        op: "generate" or "stream", the same for the synchronous and the asynchronous form.
        request: What was asked, defaults of the model included.
    """

    op: Literal["generate", "stream"]
    request: ChatRequest

    @property
    def text(self) -> str:
        """The text of the last message, tool results included."""
        return text_of(self.request.messages[-1])


class Turn(msgspec.Struct, frozen=True):
    """What is due: the reply, and the position of the attempt among all, from 1."""

    reply: Reply
    number: int


class Script:
    """Hands out replies and records who asked; shared by threads.

    Args:
        responses: Replies in order.
        rules: Replies by what is asked; the first rule that fits counts, before any response.
        exhausted: What follows the last response, and what no rule fits.
        error_rate: Which part of the attempts fails, from 0 to 1.
        error: What those fail with.
        seed: Makes the same attempts fail each time.
    """

    def __init__(
        self,
        responses: Sequence[Reply],
        rules: Rules,
        exhausted: Exhausted,
        error_rate: float,
        error: Reply,
        seed: int,
    ) -> None:
        self.responses = tuple(responses)
        self.rules = tuple(rules.items() if isinstance(rules, Mapping) else rules)
        self._exhausted = exhausted
        self._error_rate = error_rate
        self._error = error
        self._seed = seed
        self._lock = Lock()
        self.reset()

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        del state["_lock"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = Lock()

    @property
    def calls(self) -> tuple[MockCall, ...]:
        """What was asked so far, oldest first."""
        with self._lock:
            return tuple(self._calls)

    def reset(self) -> None:
        """Forget the calls and begin again with the first response."""
        with self._lock:
            self._calls: list[MockCall] = []
            self._position = 0
            self._random: Random | None = _random(self._seed) if self._error_rate else None

    def take(self, op: Literal["generate", "stream"], request: ChatRequest, /) -> Turn:
        """Record an attempt and choose the reply.

        Raises:
            ConfigurationError: There is none, and the script is to say so.
        """
        with self._lock:
            self._calls.append(MockCall(op, request))
            number = len(self._calls)
            if self._random is not None and self._random.random() < self._error_rate:
                return Turn(self._error, number)
        for when, reply in self.rules:  # outside the lock, since they run a user's code
            if _fits(when, request):
                return Turn(reply, number)
        with self._lock:
            position = self._position
            self._position += 1
        return Turn(self._at(position, request), number)

    def _at(self, position: int, request: ChatRequest) -> Reply:
        if position < len(self.responses):
            return self.responses[position]
        if self._exhausted == "echo" or (not self.rules and not self.responses):
            return text_of(request.messages[-1])
        if self.responses and self._exhausted != "error":
            cycling = self._exhausted == "cycle"
            return self.responses[position % len(self.responses) if cycling else -1]
        if not self.responses:
            raise ConfigurationError(
                f"none of the {len(self.rules)} rules of the mock fits the request; add one that "
                'does, responses, or on_exhausted="echo"'
            )
        raise ConfigurationError(
            f"the mock's script of {len(self.responses)} responses is exhausted; script more, or "
            'pass on_exhausted="cycle", "last" or "echo"'
        )


def text_of(message: Message, /) -> str:
    """Give all text of a message, that of tool results included."""
    results = [part.text for part in message.parts if isinstance(part, ToolResult)]
    return "\n".join([message.text, *results]) if message.text else "\n".join(results)


def _fits(when: When, request: ChatRequest) -> bool:
    if isinstance(when, str | re.Pattern):
        return re.search(when, text_of(request.messages[-1])) is not None
    return bool(when(request))


def _random(seed: int) -> "Random":
    from random import Random  # takes milliseconds to import

    return Random(seed)  # noqa: S311 - no secret depends on it
