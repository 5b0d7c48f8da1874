"""A script of replies, and the record of attempts."""

import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, TypeGuard

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

Matcher = str | re.Pattern[str] | Callable[[ChatRequest], object]
"""A pattern for the text of the last message, or a function that accepts the request."""

Rules = Mapping[Matcher, Reply] | Sequence[tuple[Matcher, Reply]]


class MockCall(msgspec.Struct, frozen=True):
    """One attempt of a call to a mock.

    Attributes:
        op: "generate" or "stream", for sync and async calls.
        request: The request, including the defaults of the model.
    """

    op: Literal["generate", "stream"]
    request: ChatRequest

    @property
    def text(self) -> str:
        """The text of the last message, including tool results."""
        return text_of(self.request.messages[-1])


class Attempt(msgspec.Struct, frozen=True):
    """The reply to an attempt, and the number of the attempt, from 1."""

    reply: Reply
    number: int


class Script:
    """Selects replies and records attempts; threads can share it.

    Args:
        responses: Replies in order, or one that is neither a list nor a tuple.
        rules: Replies by request; the first matching rule takes precedence over all responses.
        exhausted: The reply after the last response, and if no rule matches.
        error_rate: The fraction of attempts that fail, from 0 to 1.
        error: The error of these attempts.
        seed: The random seed, which makes the same attempts fail each time.
    """

    def __init__(
        self,
        responses: Sequence[Reply] | Reply,
        rules: Rules,
        exhausted: Exhausted,
        error_rate: float,
        error: Reply,
        seed: int,
    ) -> None:
        self.responses: tuple[Reply, ...] = (
            tuple(responses) if _is_list(responses) else (responses,)
        )
        self.rules = tuple(rules.items() if isinstance(rules, Mapping) else rules)
        self._exhausted = exhausted
        self._error_rate = error_rate
        self._error = error
        self._seed = seed
        self._lock = Lock()
        self._queue: deque[Reply] = deque()
        self.reset()

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        del state["_lock"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._queue = deque()  # as in a pickle of 0.1.0
        self.__dict__.update(state)
        self._lock = Lock()

    @property
    def calls(self) -> tuple[MockCall, ...]:
        """The attempts so far, oldest first."""
        with self._lock:
            return tuple(self._calls)

    def queue(self, replies: Sequence[Reply], /) -> None:
        """Add replies that precede all others."""
        with self._lock:
            self._queue.extend(replies)

    def reset(self) -> None:
        """Clear the calls and the queue, and start again with the first response."""
        with self._lock:
            self._queue.clear()
            self._calls: list[MockCall] = []
            self._position = 0
            self._random: Random | None = _random(self._seed) if self._error_rate else None

    def next_attempt(self, op: Literal["generate", "stream"], request: ChatRequest, /) -> Attempt:
        """Record an attempt and select its reply.

        Raises:
            ConfigurationError: The script has no reply.
        """
        with self._lock:
            self._calls.append(MockCall(op, request))
            number = len(self._calls)
            if self._random is not None and self._random.random() < self._error_rate:
                return Attempt(self._error, number)
            if self._queue:
                return Attempt(self._queue.popleft(), number)
        for matcher, reply in self.rules:  # outside the lock, because matchers run user code
            if _matches(matcher, request):
                return Attempt(reply, number)
        with self._lock:
            position = self._position
            self._position += 1
        return Attempt(self._at(position, request), number)

    def _at(self, position: int, request: ChatRequest) -> Reply:
        if position < len(self.responses):
            return self.responses[position]
        if self._exhausted == "echo" or (not self.rules and not self.responses):
            return text_of(request.messages[-1])
        if self.responses and self._exhausted != "error":
            is_cycle = self._exhausted == "cycle"
            return self.responses[position % len(self.responses) if is_cycle else -1]
        if not self.responses:
            raise ConfigurationError(
                f"none of the {len(self.rules)} rules of the mock matches the request; add a rule "
                'or responses, or pass on_exhausted="echo"'
            )
        raise ConfigurationError(
            f"the mock's script of {len(self.responses)} responses is exhausted; add responses, "
            'or pass on_exhausted="cycle", "last" or "echo"'
        )


def _is_list(responses: object) -> TypeGuard[Sequence[Reply]]:
    return isinstance(responses, Sequence) and not isinstance(responses, str)


def text_of(message: Message, /) -> str:
    """Return all text of a message, including tool results."""
    results = [part.text for part in message.parts if isinstance(part, ToolResult)]
    return "\n".join([message.text, *results]) if message.text else "\n".join(results)


def _matches(matcher: Matcher, request: ChatRequest) -> bool:
    if isinstance(matcher, str | re.Pattern):
        return re.search(matcher, text_of(request.messages[-1])) is not None
    return bool(matcher(request))


def _random(seed: int) -> "Random":
    from random import Random  # takes milliseconds to import

    return Random(seed)  # noqa: S311 - no secret depends on it
