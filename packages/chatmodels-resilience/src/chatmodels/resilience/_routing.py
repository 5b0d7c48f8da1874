"""The policy by which a route calls its members."""

from collections.abc import Callable, Mapping
from threading import RLock
from typing import Any, NamedTuple

from chatmodels.core import (
    CallTimeoutError,
    ChatModelError,
    ChatRequest,
    CircuitOpenError,
    ErrorCode,
    RateLimitError,
)
from chatmodels.core.extending import CallableModel, CallInfo, Flow, Send, logger
from chatmodels.resilience._circuit import Circuit, verdict_of
from chatmodels.resilience._replacement import can_replace, log_replacement, within_total
from chatmodels.resilience._route_member import RouteMember, RouteStrategy


class Admission(NamedTuple):
    """A member that was chosen for an attempt.

    Attributes:
        member: The member.
        is_probe: Whether the attempt is the probe of a member that was left out.
        started: The start of the attempt.
    """

    member: RouteMember
    is_probe: bool
    started: float


class Routing:
    """The policy that calls the members of a route: one, and others if it fails.

    Args:
        models: The models by the names of the members.
        strategy: Chooses a member.
        on: The codes of errors after which another member is called.
        failures: The number of failures in a row after which a member is left out.
        reset_after: Seconds until a probe of a member that is left out.
        unhealthy_on: The codes of errors that count as failures of a member.
        clock: Returns the time in seconds.
    """

    def __init__(
        self,
        models: Mapping[str, CallableModel],
        strategy: RouteStrategy,
        on: frozenset[ErrorCode],
        failures: int,
        reset_after: float,
        unhealthy_on: frozenset[ErrorCode],
        clock: Callable[[], float],
    ) -> None:
        self._configuration = models, strategy, on, failures, reset_after, unhealthy_on, clock
        self.members = tuple(
            RouteMember(name, index, model, Circuit(failures, reset_after, clock))
            for index, (name, model) in enumerate(models.items())
        )
        if (check := getattr(strategy, "check", None)) is not None:
            check(self.members)
        self._strategy = strategy
        self._responded: Callable[[RouteMember, CallInfo, float], object] | None = getattr(
            strategy, "responded", None
        )
        self._on = on
        self._unhealthy_on = unhealthy_on
        self._clock = clock
        self._starts = 0
        self._lock = RLock()  # the garbage collector can end a call within `with`

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        """Return the flow of one call."""
        remaining = list(self.members)
        admission = self._admit(remaining, call, request)
        if admission is None:
            raise self._unavailable(call)
        while True:
            try:
                outcome = yield Send(request, admission.member.model)
            except ChatModelError as error:
                self._settle(admission, call, error)
                if error.code not in self._on or not remaining:
                    raise
                if not can_replace(call, request, error, self._clock):
                    raise
                admission = self._admit(remaining, call, request)
                if admission is None:
                    names = ", ".join(member.name for member in remaining)
                    error.add_note(f"no other model was called: {names} failed before")
                    raise
                log_replacement(call, error)
            except BaseException as error:  # a cancellation, too, must free the member
                self._settle(admission, call, error)
                raise
            else:
                self._succeed(admission, call)
                return outcome
            request = within_total(call, request, self._clock)

    def _admit(
        self, remaining: list[RouteMember], call: CallInfo, request: ChatRequest
    ) -> Admission | None:
        """Choose one of the remaining members, and remove it; None if none is available."""
        with self._lock:
            available = [member for member in remaining if member.is_available]
            if not available:
                return None
            member = self._strategy(available, call, request)
            if member not in available:
                raise TypeError(f"the strategy must return one of its members, not {member!r}")
            remaining.remove(member)
            is_probe = bool(member.circuit.admit())
            member.running += 1
            member.last_start = self._starts
            self._starts += 1
            return Admission(member, is_probe, self._clock())

    def _succeed(self, admission: Admission, call: CallInfo) -> None:
        seconds = self._clock() - admission.started
        if call.op == "generate":
            self._settle(admission, call, None)
        else:
            call.on_end(lambda response, error: self._settle(admission, call, error))
        if self._responded is not None:  # last, since it can raise an error
            with self._lock:
                self._responded(admission.member, call, seconds)

    def _settle(self, admission: Admission, call: CallInfo, error: BaseException | None) -> None:
        member = admission.member
        advised = error.retry_after if isinstance(error, ChatModelError) else None
        verdict = verdict_of(call, error, self._unhealthy_on)
        if _had_too_little_time(call, error):
            verdict = "neither"
        with self._lock:
            member.running -= 1
            change = member.circuit.settle(
                verdict, is_probe=admission.is_probe, open_for=advised or None
            )
        if change is not None:
            logger("chatmodels.resilience").warning(
                "the member %r of %r is %s",
                member.name,
                f"{call.provider}:{call.model}",
                f"left out for {member.circuit.wait:.1f} s" if change == "opened" else "back",
                extra={"op": call.op, "provider": call.provider, "model": call.model},
            )

    def _unavailable(self, call: CallInfo) -> CircuitOpenError:
        wait = min(member.circuit.wait for member in self.members)
        names = ", ".join(member.name for member in self.members)
        return CircuitOpenError(
            f"all models of {call.provider}:{call.model} are left out because they failed "
            f"({names}); try again in {wait:.1f} s, or put a Fallback outside of the Route",
            retry_after=wait,
        )

    def __reduce__(self) -> Any:
        """Pickle the configuration; another process counts for itself."""
        return Routing, self._configuration


def _had_too_little_time(call: CallInfo, error: BaseException | None) -> bool:
    """Report whether policies of a member refused a call, because its time limit is too short.

    Nothing was sent then, and the member can respond to calls that have more time.
    """
    if call.deadline is None or not isinstance(error, (RateLimitError, CallTimeoutError)):
        return False
    return not error.failed_attempts
