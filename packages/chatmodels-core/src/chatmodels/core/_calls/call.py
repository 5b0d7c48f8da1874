"""One logical call: what observers see of it, and that they see its end exactly once."""

import time
from collections.abc import Callable, Mapping, MutableSequence
from typing import Any, Literal, Protocol, runtime_checkable

from chatmodels.core._calls.exchange import HttpExchange, end_exchanges
from chatmodels.core._errors.attempts import FailedAttempt
from chatmodels.core._errors.classes import ChatModelError
from chatmodels.core._errors.codes import ErrorCode
from chatmodels.core._errors.rules import error_code, failed_attempt
from chatmodels.core._log import error_facts, logger
from chatmodels.core._values.metadata import HealthReport
from chatmodels.core._values.profile import EVERYTHING, Profile
from chatmodels.core._values.request import ChatRequest
from chatmodels.core._values.response import ChatResponse, Timing
from chatmodels.core._values.timeout import Timeout

Outcome = Literal["pending", "completed", "closed", "abandoned", "failed", "cancelled"]


@runtime_checkable
class Observer(Protocol):
    """Watches calls without touching them; whatever it raises is logged and goes no further.

    For each call `start` is called once, then `first_event` at most once (streams only), then
    `end` once: on whichever comes first of exhaustion, close, error, cancellation, or the
    stream being garbage collected. They may be called from different threads. An observer whose
    `start` fails receives no further events of that call. A call that is refused for its arguments,
    or for what the model does not support, starts and ends at once, with an empty request and no
    attempt. A request that the provider cannot translate fails in its first attempt instead.

    More methods are used where an observer has them:

    - `enter(token)` is called whenever core sets to work on the call, and `leave(token)` when it
      rests: while policies decide and wait, while the provider is asked, while a failure is
      logged. Both are called in one context of `contextvars`, several times in turn, and core
      never rests within: a stream is left before it hands out its first event. A token of None
      says that nothing is wanted for this call.
    - `attempt_failed(token, error)` is told of each attempt that failed. If the call goes on,
      another attempt follows.

    And one that belongs to no call: `checked(report)` is told what `check_health` of the model
    found.
    """

    def start(self, call: "CallInfo", /) -> object:
        """Note that a call begins; what it returns is handed to the other two as `token`."""
        ...

    def first_event(self, token: object, /) -> None:
        """Note that the first event of a stream has arrived."""
        ...

    def end(
        self, token: object, response: ChatResponse[Any] | None, error: BaseException | None, /
    ) -> None:
        """Note that the call is over.

        Args:
            token: What `start` returned.
            response: The answer; of a stream left early or broken, what had arrived.
            error: What went wrong; None for a success and for a stream left early. If a stream's
                `with` block was left by an exception of the program's own, that one: the call's
                `outcome` is "closed" then, as for any stream left early.
        """
        ...


@runtime_checkable
class EnterableObserver(Observer, Protocol):
    """An observer with something to have in force while core is at work; see `Observer`."""

    def enter(self, token: object, /) -> None:
        """Put it in force."""
        ...

    def leave(self, token: object, /) -> None:
        """Put what was in force before in force again."""
        ...


Ending = Callable[[ChatResponse[Any] | None, BaseException | None], object]
"""Is called when a call is over: see `CallInfo.on_end`."""


class CallInfo:
    """The facts of one logical call, kept up to date while it runs.

    Attributes:
        op: "generate" or "stream", the same for the synchronous and the asynchronous form.
        provider: The provider's registered name.
        model: The model asked for.
        request: The request, with what the model supports of it.
        asked: The whole request, as the caller made it, or a policy before the last attempt.
        warnings: What the model does not support of `asked`.
        endpoint: The base URL that the provider is reached at, if it is reached by a URL.
        api: Which of the vendor's APIs is spoken, as "chat_completions"; None if there is but one.
        profile: The abilities of the model.
        timeout: The time limits that hold.
        started: When it began, in seconds of the monotonic clock.
        attempts: How often the provider has been asked so far.
        events: How many events a stream has delivered, known when it is over.
        first_event_at: When the first event of a stream came, by the same clock.
        failed_attempts: The attempts that failed so far, in order.
        outcome: How it ended; "closed" is a stream that was left early, "abandoned" one that
            was forgotten.
        is_delegated: Whether another model made the response, because a policy called it; of a
            failed call, whether the last attempt was another model's.
        event_times: Where a stream notes when each event came, by the same clock; None, unless an
            observer put a list or an array there in its `start`. Observers share it likewise.
        headers: Headers to send along with each request, if the provider is asked by HTTP; None,
            unless an observer put some there.
        exchanges: Where each HTTP exchange is noted as it begins; None, unless an observer put a
            list there in its `start`. Observers share one list: put one there only if it is None.
            Exchanges that are still open when the call ends, end with it.
    """

    __slots__ = (
        "_endings",
        "_enterable",
        "_tokens",
        "api",
        "asked",
        "attempts",
        "endpoint",
        "event_times",
        "events",
        "exchanges",
        "failed_attempts",
        "first_event_at",
        "headers",
        "is_delegated",
        "model",
        "op",
        "outcome",
        "profile",
        "provider",
        "request",
        "started",
        "timeout",
        "warnings",
    )

    def __init__(
        self,
        op: Literal["generate", "stream"],
        request: ChatRequest,
        *,
        provider: str,
        model: str,
        timeout: Timeout,
        asked: ChatRequest | None = None,
        warnings: tuple[str, ...] = (),
        endpoint: str | None = None,
        api: str | None = None,
        profile: Profile = EVERYTHING,
        observers: tuple[Observer, ...] = (),
    ) -> None:
        self.op: Literal["generate", "stream"] = op
        self.provider = provider
        self.model = model
        self.request = request
        self.asked = request if asked is None else asked
        self.warnings = warnings
        self.endpoint = endpoint
        self.api = api
        self.profile = profile
        self.timeout = timeout
        self.started = time.monotonic()
        self.attempts = 0
        self.events = 0
        self.first_event_at: float | None = None
        self.outcome: Outcome = "pending"
        self.is_delegated = False
        self.event_times: MutableSequence[float] | None = None
        self.headers: Mapping[str, str] | None = None
        self.exchanges: list[HttpExchange] | None = None
        self.failed_attempts: tuple[FailedAttempt, ...] = ()
        self._endings: list[Ending] | None = None
        self._tokens: list[tuple[Observer, object]] | None = None
        self._enterable: list[tuple[EnterableObserver, object]] | None = None
        if observers:
            self._tokens, self._enterable = _started(observers, self)

    @property
    def deadline(self) -> float | None:
        """When the total time is over, in seconds of the monotonic clock; None if unlimited."""
        total = self.timeout.total
        return None if total is None else self.started + total

    def on_end(self, ending: "Ending", /) -> None:
        """Have a function called when the call is over, once, with its response and its error.

        A policy uses it to release what a stream needs to its end, or to learn the usage. If the
        call fails or a stream is left early, the response is what had arrived, or None. Errors of
        the function are logged and suppressed.
        """
        if self._endings is None:
            self._endings = []
        self._endings.append(ending)

    def timing(self) -> Timing:
        """Measure the call as it stands now."""
        first = self.first_event_at
        return Timing(
            total=time.monotonic() - self.started,
            first_event=None if first is None else first - self.started,
            events=self.events,
            attempts=self.attempts,
        )

    def note_first_event(self) -> None:
        """Record that the first event of a stream is there."""
        self.first_event_at = time.monotonic()
        if self._tokens is not None:
            for observer, token in self._tokens:
                try:
                    observer.first_event(token)
                except Exception as error:
                    _report(observer, "first_event", error)

    def enter(self) -> None:
        """Tell the observers that want to know it that core sets to work on the call."""
        if self._enterable is not None:
            for observer, token in self._enterable:
                try:
                    observer.enter(token)
                except Exception as error:
                    _report(observer, "enter", error)

    def leave(self) -> None:
        """Tell them that it rests, in the reverse order."""
        if self._enterable is not None:
            for observer, token in reversed(self._enterable):
                try:
                    observer.leave(token)
                except Exception as error:
                    _report(observer, "leave", error)

    def add_failed_attempt(self, error: ChatModelError) -> None:
        """Add the attempt that failed; of another model, all of its failed attempts."""
        attempts = error.failed_attempts if self.is_delegated else ()
        self.failed_attempts += attempts or (failed_attempt(error),)

    def note_attempt_failed(self, error: ChatModelError) -> None:
        """Record that an attempt failed."""
        self.add_failed_attempt(error)
        if self.exchanges:
            end_exchanges(self.exchanges, error)
        if self._tokens is not None:
            for observer, token in self._tokens:
                told: Callable[[object, Exception], None] | None = getattr(
                    observer, "attempt_failed", None
                )
                if told is not None:
                    try:
                        told(token, error)
                    except Exception as failure:
                        _report(observer, "attempt_failed", failure)

    def end(
        self,
        response: ChatResponse[Any] | None,
        error: BaseException | None = None,
        *,
        left: Literal["closed", "abandoned"] | None = None,
    ) -> None:
        """Record the end, once; what comes later is ignored.

        Args:
            response: The answer, or what there is of it.
            error: What went wrong, if anything.
            left: How a stream was left before its end, if it was.
        """
        if self.outcome != "pending":
            return
        if self.exchanges:
            end_exchanges(self.exchanges, None if left else error)  # left by the program's error
        if error is not None and error_code(error) is ErrorCode.CANCELLED:
            self.outcome = "cancelled"
        elif error is None or left is not None:
            self.outcome = left or "completed"
        else:
            self.outcome = "failed"
            self.enter()
            try:
                self._log_failure(error)
            finally:  # logging calls filters of the program's own
                self.leave()
                self._tell_end(response, error)
            return
        self._tell_end(response, error)

    def _tell_end(self, response: ChatResponse[Any] | None, error: BaseException | None) -> None:
        endings, self._endings = self._endings, None
        for ending in endings or ():
            try:
                ending(response, error)
            except Exception as failure:
                logger("chatmodels.calls").warning(
                    "a policy's function for the end of %s of %r failed",
                    self.op,
                    f"{self.provider}:{self.model}",
                    extra=error_facts(failure),
                )
        tokens = self._tokens
        if tokens is not None:
            # A token may know its call: nothing is left for the garbage collector to untie.
            self._tokens = self._enterable = None
            for observer, token in tokens:
                try:
                    observer.end(token, response, error)
                except Exception as failure:
                    _report(observer, "end", failure)

    def _log_failure(self, error: BaseException) -> None:
        facts = error_facts(error) | {
            "op": self.op,
            "provider": self.provider,
            "model": self.model,
            "duration": time.monotonic() - self.started,
            "attempts": self.attempts,
        }
        logger("chatmodels.calls").warning(
            "%s of %r failed: %s",
            self.op,
            f"{self.provider}:{self.model}",  # with repr: a name may contain line ends
            facts["code"],
            extra=facts,
        )


def checked(report: HealthReport, observers: tuple[Observer, ...], /) -> HealthReport:
    """Tell the observers that want to know it what a health check found, and give it back."""
    for observer in observers:
        told: Callable[[HealthReport], None] | None = getattr(observer, "checked", None)
        if told is not None:
            try:
                told(report)
            except Exception as failure:
                _report(observer, "checked", failure)
    return report


def _started(observers: tuple[Observer, ...], call: CallInfo) -> tuple[Any, Any]:
    tokens: list[tuple[Observer, object]] = []
    enterable: list[tuple[object, object]] = []
    for observer in observers:
        try:
            token = observer.start(call)
        except Exception as error:
            _report(observer, "start", error)
            continue
        tokens.append((observer, token))
        if token is not None and hasattr(observer, "enter"):
            enterable.append((observer, token))
    return tokens, enterable or None


def _report(observer: Observer, method: str, error: Exception) -> None:
    logger("chatmodels.observers").warning(
        "observer %s failed in %s", type(observer).__qualname__, method, extra=error_facts(error)
    )
