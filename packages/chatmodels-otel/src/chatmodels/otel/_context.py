"""Where spans are current, and what the program says about its calls."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Final

from opentelemetry.context import Context, attach, get_current

_conversation: Final[ContextVar[str | None]] = ContextVar("chatmodels_conversation", default=None)


@contextmanager
def conversation(identifier: str, /) -> Generator[None]:
    """Say which conversation the calls in a `with` block belong to.

    Their spans and events carry the id as `gen_ai.conversation.id`; ids are never invented.
    """
    token = _conversation.set(identifier)
    try:
        yield
    finally:
        _conversation.reset(token)


def current_conversation() -> str | None:
    """Give the id of the conversation at hand, if the program has named one."""
    return _conversation.get()


class Attached:
    """A context that is current within a `with` block, entered any number of times in turn.

    Leaving puts the earlier context back by value instead of by token, which works in whatever
    context a block is left: no token, no "was created in a different Context".
    """

    __slots__ = ("_context", "_previous")

    def __init__(self, context: Context) -> None:
        self._context = context
        self._previous = context

    def __enter__(self) -> None:
        self._previous = get_current()
        attach(self._context)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # A coroutine that is thrown away ends in somebody else's context, which is not ours to set.
        if kind is not GeneratorExit or get_current() is self._context:
            attach(self._previous)
