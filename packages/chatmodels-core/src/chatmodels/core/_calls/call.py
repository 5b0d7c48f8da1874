"""One logical call: what observers see of it, and that they see its end exactly once."""

import time
from typing import Any, Literal, Protocol, runtime_checkable

from chatmodels.core._error_rules import error_code
from chatmodels.core._errors import ErrorCode
from chatmodels.core._log import error_facts, logger
from chatmodels.core._values.request import ChatRequest
from chatmodels.core._values.response import ChatResponse, Timing
from chatmodels.core._values.timeout import Timeout

Outcome = Literal["pending", "completed", "closed", "failed", "cancelled"]


@runtime_checkable
class Observer(Protocol):
    """Watches calls without touching them; whatever it raises is logged and goes no further.

    For each call `start` is called once, then `first_event` at most once (streams only), then
    `end` once: on whichever comes first of exhaustion, close, error, cancellation, or the
    stream being garbage collected. They may be called from different threads. An observer whose
    `start` fails is not told of the rest of that call.
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
        outcome: How it ended; "closed" is a stream that was left early.
    """

    __slots__ = (
        "_tokens",
        "attempts",
        "endpoint",
        "events",
        "first_event_at",
        "model",
        "op",
        "outcome",
        "provider",
        "request",
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

    def end(
        self,
        response: ChatResponse[Any] | None,
        error: BaseException | None = None,
        *,
        closed: bool = False,
    ) -> None:
        """Record the end, once; what comes later is ignored.

        Args:
            response: The answer, or what there is of it.
            error: What went wrong, if anything.
            closed: Whether a stream was left before its end.
        """
        if self.outcome != "pending":
            return
        if error is None:
            self.outcome = "closed" if closed else "completed"
        elif error_code(error) is ErrorCode.CANCELLED:
            self.outcome = "cancelled"
        else:
            self.outcome = "failed"
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
    for observer in observers:
        try:
            tokens.append((observer, observer.start(call)))
        except Exception as error:
            _report(observer, "start", error)
    return tokens


def _report(observer: Observer, method: str, error: Exception) -> None:
    logger("chatmodels.observers").warning(
        "observer %s failed in %s", type(observer).__qualname__, method, extra=error_facts(error)
    )
