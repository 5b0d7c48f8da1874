"""The context of spans, and the facts that the program adds to its calls."""

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Final

import msgspec
from opentelemetry.context import Context, attach, create_key, get_current, get_value, set_value


class Annotations(msgspec.Struct, frozen=True, kw_only=True):
    """The facts that a program adds to its calls.

    Attributes:
        conversation: The id of the conversation.
        prompt: The name of the prompt template.
        prompt_version: The version of the template.
        prompt_variables: The values of its variables, which are content.
    """

    conversation: str | None = None
    prompt: str | None = None
    prompt_version: str | None = None
    prompt_variables: Mapping[str, str] = {}


NO_ANNOTATIONS: Final = Annotations()

_annotations: Final[ContextVar[Annotations]] = ContextVar(
    "chatmodels_annotations", default=NO_ANNOTATIONS
)


@contextmanager
def conversation(identifier: str, /) -> Generator[None]:
    """Set the conversation id of the calls in a `with` block.

    Spans and events contain it as `gen_ai.conversation.id`. Without this function, they have none.
    """
    token = _annotations.set(msgspec.structs.replace(_annotations.get(), conversation=identifier))
    try:
        yield
    finally:
        _annotations.reset(token)


@contextmanager
def prompt_template(
    name: str,
    /,
    *,
    version: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> Generator[None]:
    """Set the prompt template of the calls in a `with` block.

    Args:
        name: The template's name, recorded as `gen_ai.prompt.name` on spans and events.
        version: Its version, recorded as `gen_ai.prompt.version`.
        variables: The values of its variables. They are content, and recorded as
            `gen_ai.prompt.variable.<name>` only if content is recorded.
    """
    token = _annotations.set(
        msgspec.structs.replace(
            _annotations.get(),
            prompt=name,
            prompt_version=version,
            prompt_variables={} if variables is None else dict(variables),
        )
    )
    try:
        yield
    finally:
        _annotations.reset(token)


def current_annotations() -> Annotations:
    """Return the facts that the program adds to its current calls."""
    return _annotations.get()


_AGENT: Final = create_key("chatmodels-agent")


def name_agent(name: str, context: Context) -> Context:
    """Return a context whose tools belong to an agent of that name."""
    return set_value(_AGENT, name, context)


def current_agent() -> str | None:
    """Return the name of the agent whose tools run, if the run has a name."""
    name = get_value(_AGENT)
    return name if isinstance(name, str) else None


def restore_context(context: Context, token: Token[Context]) -> None:
    """Restore the context that was current before another one was attached.

    `detach` is not used, since it logs an error if the context was attached in a different
    `contextvars` context. The earlier context is then restored by value. A coroutine or generator
    that is garbage-collected ends in an unrelated context, which is not changed.

    Args:
        context: The context that was attached.
        token: The token that `attach` returned.
    """
    if sys.exc_info()[0] is GeneratorExit and get_current() is not context:
        return
    try:
        token.var.reset(token)
    except ValueError:
        attach(Context() if token.old_value is Token.MISSING else token.old_value)


class Attached:
    """A context that is current in a `with` block, which can be entered repeatedly."""

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
        restore_context(self._context, self._token)
