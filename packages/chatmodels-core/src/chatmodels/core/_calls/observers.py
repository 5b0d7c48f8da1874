"""The observers of calls, and their notifications."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from chatmodels.core._log import error_facts, logger
from chatmodels.core._values.metadata import HealthReport
from chatmodels.core._values.response import ChatResponse

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from chatmodels.core._calls.call import CallInfo

    Token = TypeVar("Token", default=Any)
else:
    from typing import TypeVar

    Token = TypeVar("Token")


@runtime_checkable
class Observer(Protocol[Token]):
    """Observes calls without affecting them; exceptions that it raises are logged and suppressed.

    For each call, `start` is called once, then `end` once: on the first of exhaustion, close,
    error, cancellation, or garbage collection of the stream. They can be called from different
    threads. The type variable is the type of the token. An observer whose `start` fails receives no
    further events of that call. A call that is refused for its arguments, or for unsupported
    features of the model, starts and ends at once, with an empty request and no attempt. A request
    that the provider cannot translate fails in its first attempt instead, and so does one with
    unsupported features if a policy can call another model.

    An observer can have more methods:

    - `first_event(token)` is called when the first event of a stream has arrived.
    - `enter(token)` is called whenever core begins to work on the call, and `leave(token)` when it
      stops: around the decisions and delays of policies, the request to the provider, and the log
      record of a failure. Both are called in the same `contextvars` context, several times in turn.
      A stream is left before it returns its first event. They are not called if the token is None.
    - `attempt_failed(token, error)` is called for each failed attempt. If the call continues,
      another attempt follows.
    - `checked(report)` does not belong to a call: it is called with the result of the model's
      `check_health`.
    - `start_run(info)` and `end_run(token, run, error)` belong to a run of tools, as `run_tools`
      makes: they are called once each, with a `ToolRunInfo` and a `ToolRun`. `enter` and `leave`
      are called with the token of the run, too; its calls and tools start in between.
    """

    def start(self, call: "CallInfo", /) -> Token:
        """Called at the start of a call; the result is the `token` of the other methods."""
        ...

    def end(
        self, token: Token, response: ChatResponse[Any] | None, error: BaseException | None, /
    ) -> None:
        """Called at the end of the call.

        Args:
            token: The result of `start`.
            response: The response; for a stream that was left early or broke, the partial response.
            error: The error; None for a success and for a stream that was left early. If an
                exception of the program left a stream's `with` block, that exception: the call's
                `outcome` is "closed" then, as for any stream that was left early.
        """
        ...


@runtime_checkable
class EnterableObserver(Observer[Token], Protocol[Token]):
    """An observer that is entered while core works on a call; see `Observer`."""

    def enter(self, token: Token, /) -> None:
        """Called before core works on the call."""
        ...

    def leave(self, token: Token, /) -> None:
        """Called after core has worked on the call; restores the state before `enter`."""
        ...


def checked(report: HealthReport, observers: tuple[Observer, ...], /) -> HealthReport:
    """Notify the observers that have `checked` of a health check, and return its report."""
    for observer in observers:
        notify: Callable[[HealthReport], None] | None = getattr(observer, "checked", None)
        if notify is not None:
            try:
                notify(report)
            except Exception as failure:
                report_failure(observer, "checked", failure)
    return report


def started(observers: tuple[Observer, ...], call: "CallInfo") -> tuple[Any, Any]:
    """Notify observers of the start of a call.

    Returns:
        The observers with their tokens, and those of them that are entered, or None.
    """
    tokens: list[tuple[Observer, object]] = []
    enterable: list[tuple[object, object]] = []
    for observer in observers:
        try:
            token = observer.start(call)
        except Exception as error:
            report_failure(observer, "start", error)
            continue
        tokens.append((observer, token))
        if token is not None and hasattr(observer, "enter"):
            enterable.append((observer, token))
    return tokens, enterable or None


def report_failure(observer: Observer, method: str, error: Exception) -> None:
    """Log that a method of an observer failed."""
    logger("chatmodels.observers").warning(
        "observer %s failed in %s", type(observer).__qualname__, method, extra=error_facts(error)
    )
