"""The observers of a run, for example for one span with its rounds and tools."""

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import msgspec

from chatmodels.core._calls.call import Observer
from chatmodels.core._log import error_facts, logger
from chatmodels.core._loop.effects import CallModel, Effect, Start
from chatmodels.core._loop.run import ToolRun
from chatmodels.core._public import published_in
from chatmodels.core._values.messages import Message
from chatmodels.core._values.request import ToolDefinition

_NOTHING = nullcontext()


@published_in("chatmodels.core.extending")
class ToolRunInfo(msgspec.Struct, kw_only=True):
    """The facts of a run of a model with tools, updated while it runs.

    Attributes:
        provider: The provider's registered name.
        model: The model.
        name: The name of the agent, if the program has named it.
        messages: The conversation that the run begins with.
        tools: The tools.
        model_calls: The number of calls of the model so far, failed ones included.
        tool_calls: The number of tools started so far.
    """

    provider: str
    model: str
    name: str | None
    messages: tuple[Message, ...]
    tools: tuple[ToolDefinition, ...]
    model_calls: int = 0
    tool_calls: int = 0


class RunWatching:
    """The observers of one run that have the methods `start_run` and `end_run`."""

    def __init__(self, observers: Sequence[Observer], info: ToolRunInfo) -> None:
        self._info = info
        self._tokens: list[tuple[Observer, object]] = []
        for observer in observers:
            start: Callable[[ToolRunInfo], object] | None = getattr(observer, "start_run", None)
            if start is not None:
                try:
                    token = start(info)
                except Exception as error:
                    _report(observer, "start_run", error)
                    continue
                if token is not None:
                    self._tokens.append((observer, token))

    def working(self) -> AbstractContextManager[None]:
        """Return a context manager that enters the observers while core works on the run."""
        return self._working() if self._tokens else _NOTHING

    @contextmanager
    def _working(self) -> Generator[None]:
        for observer, token in self._tokens:
            _call(observer, "enter", token)
        try:
            yield
        finally:
            for observer, token in reversed(self._tokens):
                _call(observer, "leave", token)

    def count(self, effect: Effect) -> None:
        """Count the calls of the model and of tools."""
        if isinstance(effect, CallModel):
            self._info.model_calls += 1
        elif isinstance(effect, Start):
            self._info.tool_calls += 1

    def end(self, run: ToolRun[Any], error: BaseException | None) -> None:
        """Report the end of the run."""
        for observer, token in self._tokens:
            _call(observer, "end_run", token, run, error)


def _call(observer: Observer, method: str, *arguments: object) -> None:
    method_: Callable[..., object] | None = getattr(observer, method, None)
    if method_ is not None:
        try:
            method_(*arguments)
        except Exception as error:
            _report(observer, method, error)


def _report(observer: Observer, method: str, error: Exception) -> None:
    logger("chatmodels.observers").warning(
        "observer %s failed in %s", type(observer).__qualname__, method, extra=error_facts(error)
    )
