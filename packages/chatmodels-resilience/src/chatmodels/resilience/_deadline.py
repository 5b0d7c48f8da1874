"""Limits the time of a call and of everything that policies do for it."""

import time
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from chatmodels.core import ChatRequest, ConfigurationError
from chatmodels.core.extending import CallInfo, Flow, Send
from chatmodels.resilience._validation import is_response, number_problems


class Deadline:
    """A policy that limits the time of a call: retries, waits and other models included.

    It has the effect of `timeout=` with a total limit for each call. The shorter limit applies. Add
    it outside of the policies that it is to limit.

    >>> deadline = Deadline(30)  # for model.with_policies(deadline, fallback)

    Args:
        seconds: The limit, from the moment at which the policy begins.
        clock: Returns the time in seconds, on the scale of `CallInfo.deadline`.

    Raises:
        ConfigurationError: `seconds` is not a positive number.
    """

    __slots__ = ("_clock", "seconds")

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        if (problems := number_problems(seconds=(seconds, 0, False))) or not seconds:
            problems = problems or "seconds must be above 0"
            raise ConfigurationError(f"Deadline: {problems}", op="configure")
        self.seconds = seconds
        self._clock = clock

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        """Return the flow of one call."""
        before = call.timeout
        total = self._clock() - call.started + self.seconds
        if before.total is not None and before.total <= total:
            return (yield Send(request))
        call.timeout = timeout = replace(before, total=total)
        restores_at_end = False
        try:
            outcome = yield Send(replace(request, timeout=timeout))
            restores_at_end = not is_response(outcome)  # a stream that goes on
        finally:
            if not restores_at_end:
                call.timeout = before  # an outer policy can try again

        def restore(response: object, error: object) -> None:
            call.timeout = before

        if restores_at_end:
            call.on_end(restore)
        return outcome

    def __repr__(self) -> str:
        return f"Deadline({self.seconds})"
