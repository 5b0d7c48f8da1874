"""Where spans are current, and what the program says about its calls."""

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Final

import msgspec
from opentelemetry.context import Context, attach, get_current


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a program says about its calls that they do not say themselves.

    Attributes:
        conversation: The id of the conversation that they belong to.
        prompt: The name of the template that the prompt was made from.
        prompt_version: Its version.
        prompt_variables: What was put in its places, which is content.
    """

    conversation: str | None = None
    prompt: str | None = None
    prompt_version: str | None = None
    prompt_variables: Mapping[str, str] = {}


NOTHING_SAID: Final = Said()

_said: Final[ContextVar[Said]] = ContextVar("chatmodels_said", default=NOTHING_SAID)


@contextmanager
def conversation(identifier: str, /) -> Generator[None]:
    """Say which conversation the calls in a `with` block belong to.

    Their spans and events carry the id as `gen_ai.conversation.id`; ids are never invented.
    """
    token = _said.set(msgspec.structs.replace(_said.get(), conversation=identifier))
    try:
        yield
    finally:
        _said.reset(token)


@contextmanager
def prompt_template(
    name: str,
    /,
    *,
    version: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> Generator[None]:
    """Say which template the prompts of the calls in a `with` block were made from.

    Args:
        name: The template's name, which spans and events carry as `gen_ai.prompt.name`.
        version: Its version, likewise `gen_ai.prompt.version`.
        variables: What was put in its places. It is content: recorded, as
            `gen_ai.prompt.variable.<name>`, only if content is.
    """
    token = _said.set(
        msgspec.structs.replace(
            _said.get(),
            prompt=name,
            prompt_version=version,
            prompt_variables={} if variables is None else dict(variables),
        )
    )
    try:
        yield
    finally:
        _said.reset(token)


def currently_said() -> Said:
    """Give what the program says about the calls that it makes now."""
    return _said.get()


def restored(context: Context, token: Token[Context]) -> None:
    """Make the context current again that was so before another one was attached.

    Without `detach`, which logs an error if that was in a different context of `contextvars`: it
    is put back by value then. A coroutine or generator that is thrown away ends in somebody else's
    context, though, which is not ours to set.

    Args:
        context: What was attached.
        token: What `attach` gave for it.
    """
    if sys.exc_info()[0] is GeneratorExit and get_current() is not context:
        return
    try:
        token.var.reset(token)
    except ValueError:
        attach(Context() if token.old_value is Token.MISSING else token.old_value)


class Attached:
    """A context that is current within a `with` block, entered any number of times in turn."""

    __slots__ = ("_context", "_token")

    def __init__(self, context: Context) -> None:
        self._context = context

    def __enter__(self) -> None:
        self._token = attach(self._context)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        restored(self._context, self._token)
