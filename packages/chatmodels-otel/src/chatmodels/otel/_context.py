"""Where spans are current, and what the program says about its calls."""

import sys
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


def attached(context: Context) -> Context:
    """Make a context current, and give the one that was."""
    previous = get_current()
    attach(context)
    return previous


def restored(context: Context, previous: Context) -> None:
    """Make the context current that was so before another one was attached.

    It is put back by value instead of by token, which works in whatever context that happens: no
    token, no "was created in a different Context". A coroutine or generator that is thrown away
    ends in somebody else's context, though, which is not ours to set.
    """
    if sys.exc_info()[0] is not GeneratorExit or get_current() is context:
        attach(previous)


class Attached:
    """A context that is current within a `with` block, entered any number of times in turn."""

    __slots__ = ("_context", "_previous")

    def __init__(self, context: Context) -> None:
        self._context = context
        self._previous = context

    def __enter__(self) -> None:
        self._previous = attached(self._context)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        restored(self._context, self._previous)
