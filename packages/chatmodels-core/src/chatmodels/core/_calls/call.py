"""One logical call: its facts for observers and policies, and its end, reported exactly once."""

import time
from collections.abc import Callable, Mapping, MutableSequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from msgspec.structs import replace

from chatmodels.core._calls import watchers
from chatmodels.core._calls.exchange import HttpExchange, end_exchanges
from chatmodels.core._errors.attempts import FailedAttempt
from chatmodels.core._errors.classes import ChatModelError
from chatmodels.core._errors.codes import ErrorCode
from chatmodels.core._errors.rules import error_code, failed_attempt
from chatmodels.core._log import error_facts, logger
from chatmodels.core._values.prices import Prices
from chatmodels.core._values.profile import EVERYTHING, Profile
from chatmodels.core._values.request import ChatRequest
from chatmodels.core._values.response import ChatResponse, Timing
from chatmodels.core._values.timeout import Timeout

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from chatmodels.core._calls.rate_limits import RateLimitStatus

    Token = TypeVar("Token", default=Any)
else:
    from typing import TypeVar

    Token = TypeVar("Token")

Outcome = Literal["pending", "completed", "closed", "abandoned", "failed", "cancelled"]


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


Ending = Callable[[ChatResponse[Any] | None, BaseException | None], object]
"""A function to call at the end of a call; see `CallInfo.on_end`."""


class CallInfo:
    """The facts of one logical call, updated while it runs.

    Attributes:
        op: "generate" or "stream", the same for the sync and the async form.
        provider: The provider's registered name.
        model: The requested model.
        request: The part of `full_request` that the model supports.
        full_request: The whole request of the caller, or of a policy before the last attempt.
        warnings: The parts of `full_request` that the model does not support.
        endpoint: The base URL of the provider, if it has a URL.
        api: The API of the vendor, such as "chat_completions"; None if there is only one.
        profile: The features that the model supports.
        prices: The prices that the model was created with; None for those of the price list.
        timeout: The time limits of the call.
        started: The start of the call, in seconds of the monotonic clock.
        attempts: The number of attempts so far.
        events: The number of events of a stream, set at its end.
        first_event_at: The arrival of the first event of a stream, by the same clock.
        failed_attempts: The attempts that failed so far, in order.
        pending_endings: The number of functions to call at the end.
        outcome: The way it ended; "closed" for a stream that was left early, "abandoned" for one
            that was garbage collected.
        is_checked: Whether `request` is known to be supported; if not, the first attempt checks it.
        is_delegated: Whether another model generated the response, because a policy called it; for
            a failed call, whether the last attempt was another model's.
        event_times: A sequence to which a stream appends the arrival of each event, by the same
            clock; None, unless an observer sets a list or an array in its `start`. Observers share
            it: set one only if it is None.
        headers: Headers to add to each HTTP request; None, unless an observer sets them.
        exchanges: A list to which each HTTP exchange is appended at its start; None, unless an
            observer sets a list in its `start`. Observers share it: set one only if it is None.
            Exchanges that are still open at the end of the call end with it.
        response_headers: The headers of the last HTTP response, lower-case name to value, also of a
            failed attempt; None if none has arrived. They can contain cookies: do not log them all.
        interceptor: An `Interceptor` of `chatmodels.http` for the HTTP requests of the call; None,
            unless an observer sets one in its `start`. If another observer has set one, set one
            that uses it, too.
    """

    __slots__ = (
        "_endings",
        "_entered",
        "_last_failed",
        "_watched",
        "api",
        "attempts",
        "endpoint",
        "event_times",
        "events",
        "exchanges",
        "failed_attempts",
        "first_event_at",
        "full_request",
        "headers",
        "interceptor",
        "is_checked",
        "is_delegated",
        "model",
        "op",
        "outcome",
        "pending_endings",
        "prices",
        "profile",
        "provider",
        "request",
        "response_headers",
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
        full_request: ChatRequest | None = None,
        warnings: tuple[str, ...] = (),
        endpoint: str | None = None,
        api: str | None = None,
        profile: Profile = EVERYTHING,
        prices: Prices | None = None,
        observers: tuple[Observer, ...] = (),
    ) -> None:
        self.op: Literal["generate", "stream"] = op
        self.provider = provider
        self.model = model
        self.request = request
        self.full_request = request if full_request is None else full_request
        self.warnings = warnings
        self.endpoint = endpoint
        self.api = api
        self.profile = profile
        self.prices = prices
        self.timeout = timeout
        self.started = time.monotonic()
        self.attempts = 0
        self.events = 0
        self.first_event_at: float | None = None
        self.outcome: Outcome = "pending"
        self.is_checked = True
        self.is_delegated = False
        self.event_times: MutableSequence[float] | None = None
        self.headers: Mapping[str, str] | None = None
        self.exchanges: list[HttpExchange] | None = None
        self.response_headers: Mapping[str, str] | None = None
        self.interceptor: Any = None  # core does not know engines
        self.failed_attempts: tuple[FailedAttempt, ...] = ()
        self._last_failed = 0
        self._endings: list[Ending] | None = None
        self.pending_endings = 0
        self._watched: watchers.Watched | None = None
        self._entered: watchers.Entered | None = None
        if observers:
            self._watched, self._entered = watchers.start(observers, self)

    @property
    def deadline(self) -> float | None:
        """The end of the total time, in seconds of the monotonic clock; None if unlimited."""
        total = self.timeout.total
        return None if total is None else self.started + total

    @property
    def rate_limits(self) -> "tuple[RateLimitStatus, ...]":
        """The rate limits in the headers of the last HTTP response, read on each access."""
        if self.response_headers is None:
            return ()
        from chatmodels.core._calls.rate_limits import read_rate_limits

        return read_rate_limits(self.response_headers)

    def on_end(self, ending: "Ending", /) -> None:
        """Call a function once at the end of the call, with its response and its error.

        A policy uses it to release resources of a stream, or to read the usage. If the call fails
        or a stream is left early, the response is the partial one, or None. Errors of the function
        are logged and suppressed.

        If an outer policy sends the request several times, each time is a call of its own for the
        inner policies: their functions are called with its response or its error, as soon as it
        fails, returns a response, or is collected.
        """
        if self._endings is None:
            self._endings = []
        self._endings.append(ending)
        self.pending_endings += 1

    def end_send(self, since: int, outcome: object, error: Exception | None, /) -> None:
        """Call the functions for the end of a `Send`; of an open stream, it is not the end.

        Args:
            since: `pending_endings` before the `Send`.
            outcome: Its outcome, or that of its `Collect`.
            error: Its error, or that of its `Collect`.
        """
        endings = self._endings
        if endings is None or len(endings) <= since:
            return
        response: ChatResponse[Any] | None = None
        if error is not None:
            response = getattr(error, "partial", None)
        elif isinstance(outcome, ChatResponse):
            response = outcome  # pyright: ignore[reportUnknownVariableType] - of any output
        else:
            return
        if response is not None:
            response = self.attributed(response)
        self.call_endings(self.take_endings(since), response, error)

    def take_endings(self, since: int, /) -> "list[Ending]":
        """Take over the functions that were added after the first `since` ones."""
        endings = self._endings
        if endings is None:
            return []
        taken = endings[since:]
        del endings[since:]
        self.pending_endings = len(endings)
        return taken

    def branch(self) -> "CallInfo":
        """Return a copy of the facts, for one of several sends at the same time; see `Race`."""
        branch: CallInfo = object.__new__(CallInfo)
        for name in CallInfo.__slots__:
            setattr(branch, name, getattr(self, name))
        branch._endings = None
        branch._entered = None  # they are entered for the call
        branch.pending_endings = 0
        branch.failed_attempts = ()
        branch.exchanges = None if self.exchanges is None else []
        return branch

    def adopt_branch(self, branch: "CallInfo", /) -> None:
        """Continue with the facts of the branch that decides the outcome."""
        self.request, self.full_request = branch.request, branch.full_request
        self.warnings = branch.warnings
        self.is_checked = branch.is_checked
        self.is_delegated = branch.is_delegated
        self.response_headers = branch.response_headers
        self._add_branch(branch)

        def end(response: ChatResponse[Any] | None, error: BaseException | None) -> None:
            branch.outcome = self.outcome
            branch.end_branch(response, error)

        if branch._endings:
            self.on_end(end)

    def leave_branch(
        self, branch: "CallInfo", lost: ChatModelError | None, /, *, note: bool
    ) -> None:
        """Add the facts of a branch that does not decide the outcome.

        Args:
            branch: The branch.
            lost: The error of a branch that has not failed.
            note: Whether that error is noted.
        """
        branch._watched = None  # a thread that ends later must not call observers
        if lost is not None:
            branch.outcome = "closed"
        if branch.exchanges:
            end_exchanges(branch.exchanges, lost)
        self._add_branch(branch)
        if lost is not None and note:
            self.failed_attempts += (failed_attempt(lost),)
            self._notify("attempt_failed", lost)

    def _add_branch(self, branch: "CallInfo") -> None:
        self.failed_attempts += branch.failed_attempts
        if self.exchanges is not None:
            self.exchanges += branch.exchanges or ()

    def end_branch(self, response: object, error: BaseException | None, /) -> None:
        """Call the functions for the end of a branch.

        Args:
            response: The outcome; a stream that was opened has no response.
            error: The error, if any.
        """
        endings, self._endings = self._endings, None
        self.pending_endings = 0
        if endings:
            found: Any = response
            if not isinstance(response, ChatResponse):
                found = getattr(error, "partial", None)
            self.call_endings(endings, found, error)

    def timing(self) -> Timing:
        """Measure the call up to now."""
        first = self.first_event_at
        total = time.monotonic() - self.started
        return Timing(
            total=total,
            first_event=None if first is None else first - self.started,
            events=self.events,
            attempts=self.attempts,
            started_at=time.time() - total,
        )

    def attributed(self, response: ChatResponse[Any], /) -> ChatResponse[Any]:
        """Return a response with the facts of this call, on which its cost depends.

        A partial response, and one inside of policies, lacks them. A response of another model
        has its own already.
        """
        if response.provider or self.is_delegated:
            return response
        return replace(
            response,
            provider=self.provider,
            requested_model=self.model,
            prices=self.prices,
            timing=self.timing(),
        )

    def note_first_event(self) -> None:
        """Record the arrival of the first event of a stream."""
        self.first_event_at = time.monotonic()
        self._notify("first_event")

    def enter(self) -> None:
        """Enter the observers that have `enter`, before core works on the call."""
        if self._entered:
            watchers.enter(self._entered)

    def leave(self) -> None:
        """Leave the observers that were entered, in reverse order."""
        if self._entered:
            watchers.leave(self._entered)

    def add_failed_attempt(self, error: ChatModelError) -> bool:
        """Add the last attempt, which failed; of another model, all of its failed attempts.

        Return False if that has been done: a stream that a policy forwards records its own end.
        """
        if self._last_failed == self.attempts:
            return False
        self._last_failed = self.attempts
        attempts = error.failed_attempts if self.is_delegated else ()
        self.failed_attempts += attempts or (failed_attempt(error),)
        return True

    def note_attempt_failed(self, error: ChatModelError) -> None:
        """Record that an attempt failed."""
        if not self.add_failed_attempt(error):
            return
        if self.exchanges:
            end_exchanges(self.exchanges, error)
        self._notify("attempt_failed", error)

    def _notify(self, method: str, *facts: object) -> None:
        """Call a method of the observers that have it."""
        if self._watched:
            watchers.notify(self._watched, method, *facts)

    def end(
        self,
        response: ChatResponse[Any] | None,
        error: BaseException | None = None,
        *,
        left: Literal["closed", "abandoned"] | None = None,
    ) -> None:
        """Record the end, once; later calls are ignored.

        Args:
            response: The response, complete or partial.
            error: The error, if any.
            left: The way in which a stream was left before its end, if it was.
        """
        if self.outcome != "pending":
            return
        if self.exchanges:
            end_exchanges(self.exchanges, None if left else error)  # the program's own error
        if error is not None and error_code(error) is ErrorCode.CANCELLED:
            self.outcome = "cancelled"
        elif error is None or left is not None:
            self.outcome = left or "completed"
        else:
            self.outcome = "failed"
            self.enter()
            try:
                self._log_failure(error)
            finally:  # log filters of the program can raise
                self.leave()
                self._notify_end(response, error)
            return
        self._notify_end(response, error)

    def _notify_end(self, response: ChatResponse[Any] | None, error: BaseException | None) -> None:
        endings, self._endings = self._endings, None
        self.pending_endings = 0
        if endings:
            self.call_endings(endings, response, error)
        if self._watched:
            # A token can refer to its call: break the cycle, without garbage collection.
            watched, self._watched, self._entered = self._watched, None, None
            watchers.end(watched, response, error)

    def call_endings(
        self,
        endings: "list[Ending]",
        response: ChatResponse[Any] | None,
        error: BaseException | None,
        /,
    ) -> None:
        """Call functions at the end of the call, or of a part of it."""
        for ending in reversed(endings):  # the inner policies first
            try:
                ending(response, error)
            except Exception as failure:
                logger("chatmodels.calls").warning(
                    "a policy's function for the end of %s of %r failed",
                    self.op,
                    f"{self.provider}:{self.model}",
                    extra=error_facts(failure),
                )

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
            f"{self.provider}:{self.model}",  # with repr: a name can contain line ends
            facts["code"],
            extra=facts,
        )
