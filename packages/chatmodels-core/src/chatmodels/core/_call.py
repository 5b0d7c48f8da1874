"""One logical call: what observers see of it, and that they see its end exactly once."""

import time
from collections.abc import Callable, Mapping, MutableSequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Literal, Protocol, runtime_checkable

from chatmodels.core._errors import ErrorCode, error_code
from chatmodels.core._log import error_facts, logger
from chatmodels.core._request import ChatRequest
from chatmodels.core._response import ChatResponse, Timing
from chatmodels.core._scope import NO_SCOPE, Scope
from chatmodels.core._timeout import Timeout

Outcome = Literal["pending", "completed", "closed", "abandoned", "failed", "cancelled"]


@runtime_checkable
class Observer(Protocol):
    """Watches calls without touching them; whatever it raises is logged and goes no further.

    For each call `start` is called once, then `first_event` at most once (streams only), then
    `end` once: on whichever comes first of exhaustion, close, error, cancellation, or the
    stream being garbage collected. They may be called from different threads. An observer whose
    `start` fails is not told of the rest of that call.

    Two more methods are used where an observer has them:

    - `scope(token)` gives a context manager, or None. It is in force whenever core is at work on
      the call: while policies decide and wait, while the provider is asked, while failures are
      logged; entered and left several times in turn, and never in force while the user's code
      runs, since it is left before a stream hands out its first event.
    - `attempt_failed(token, error)` is told of each attempt that failed. If the call goes on,
      another attempt follows.
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
            error: What went wrong; None for a success and for a stream left early.
        """
        ...


class CallInfo:
    """The facts of one logical call, kept up to date while it runs.

    Attributes:
        op: "generate" or "stream", the same for the synchronous and the asynchronous form.
        provider: The provider's registered name.
        model: The model asked for.
        request: What was asked.
        endpoint: The base URL that the provider is reached at, if it is reached by a URL.
        timeout: The time limits that hold.
        started: When it began, in seconds of the monotonic clock.
        attempts: How often the provider has been asked so far.
        events: How many events a stream has delivered, known when it is over.
        first_event_at: When the first event of a stream came, by the same clock.
        outcome: How it ended; "closed" is a stream that was left early, "abandoned" one that
            was forgotten.
        scope: A context manager with what observers want to have in force while core is at work
            on the call.
        is_delegated: Whether the last attempt was another model's, at a policy's wish.
        event_times: Where a stream notes when each event came, by the same clock; None, unless an
            observer put a list or an array there in its `start`.
        headers: Headers to send along with each request, if the provider is asked by HTTP; None,
            unless an observer put some there.
    """

    __slots__ = (
        "_tokens",
        "attempts",
        "endpoint",
        "event_times",
        "events",
        "first_event_at",
        "headers",
        "is_delegated",
        "model",
        "op",
        "outcome",
        "provider",
        "request",
        "scope",
        "started",
        "timeout",
    )

    def __init__(
        self,
        op: Literal["generate", "stream"],
        request: ChatRequest,
        *,
        provider: str,
        model: str,
        timeout: Timeout,
        endpoint: str | None = None,
        observers: tuple[Observer, ...] = (),
    ) -> None:
        self.op: Literal["generate", "stream"] = op
        self.provider = provider
        self.model = model
        self.request = request
        self.endpoint = endpoint
        self.timeout = timeout
        self.started = time.monotonic()
        self.attempts = 0
        self.events = 0
        self.first_event_at: float | None = None
        self.outcome: Outcome = "pending"
        self.is_delegated = False
        self.event_times: MutableSequence[float] | None = None
        self.headers: Mapping[str, str] | None = None
        self.scope = NO_SCOPE
        self._tokens = _started(observers, self) if observers else None

    @property
    def deadline(self) -> float | None:
        """When the total time is over, in seconds of the monotonic clock; None if unlimited."""
        total = self.timeout.total
        return None if total is None else self.started + total

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

    def note_attempt_failed(self, error: Exception) -> None:
        """Record that an attempt failed."""
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
        if error is None:
            self.outcome = left or "completed"
        elif error_code(error) is ErrorCode.CANCELLED:
            self.outcome = "cancelled"
        else:
            self.outcome = "failed"
            with self.scope:
                self._log_failure(error)
        if self._tokens is not None:
            for observer, token in self._tokens:
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
            "%s of %s:%s failed: %s", self.op, self.provider, self.model, facts["code"], extra=facts
        )


def _started(observers: tuple[Observer, ...], call: CallInfo) -> list[tuple[Observer, object]]:
    tokens: list[tuple[Observer, object]] = []
    scopes: list[tuple[AbstractContextManager[object], Callable[[str, Exception], None]]] = []
    for observer in observers:
        method = "start"
        try:
            token = observer.start(call)
            tokens.append((observer, token))
            method = "scope"
            make: Callable[[object], AbstractContextManager[object] | None] | None = getattr(
                observer, "scope", None
            )
            scope = None if make is None else make(token)
            if scope is not None:
                scopes.append((scope, partial(_report, observer)))
        except Exception as error:
            _report(observer, method, error)
    if scopes:
        call.scope = Scope(scopes)
    return tokens


def _report(observer: Observer, method: str, error: Exception) -> None:
    logger("chatmodels.observers").warning(
        "observer %s failed in %s", type(observer).__qualname__, method, extra=error_facts(error)
    )
