"""Sends a second attempt if the first one has not responded in time."""

import time
from bisect import insort
from collections import deque
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from threading import RLock
from typing import TYPE_CHECKING, Any

from chatmodels.core import ChatRequest, ConfigurationError
from chatmodels.core.extending import CallableModel, CallInfo, Flow, Race, Send, logger
from chatmodels.resilience._replacement import within_total
from chatmodels.resilience._validation import model_problems, number_problems

if TYPE_CHECKING:
    from chatmodels.resilience._retry_budget import RetryBudget

_WINDOW = 100  # latencies
_LEAST = 20  # latencies, before a quantile of them is used


class Hedge:
    """A policy that starts another attempt if one has not responded in time.

    If there is no response, or no first event of a stream, within `delay` seconds, another attempt
    starts while the first one continues. The first success is the outcome, and the other attempts
    are cancelled. This shortens the longest waits, at the cost of some requests that are sent
    twice. An attempt that fails is not replaced: put a `Retry` or a `Fallback` outside. If one
    fails while another is under way, the outcome is that of the other.

    With a `quantile`, the delay follows the latencies of the last 100 calls: with 0.95, about one
    call in 20 is sent twice. `delay` applies until 20 calls have succeeded. Streams and other calls
    are measured apart.

    Further attempts go to `models` in turn, or to the model of the call. The policies inside of
    this one apply to each attempt of the model of the call. A `Budget` inside counts each attempt
    that reports its usage; a cancelled one does not, although the vendor can charge for it.
    `failed_attempts` lists a cancelled attempt with the code "cancelled".

    A request with `idempotent=False` is sent once. No attempt starts after the total time limit,
    and no attempt is waited for after it.

    Async attempts are cancelled at once. In sync calls, each attempt runs in a thread, which cannot
    be stopped: it ends with its response or at its time limit, and closes its connection then. Use
    a `timeout`, or a `Deadline` outside, to limit it.

    Each further attempt is logged to `chatmodels.resilience` at the level INFO.

    >>> hedge = Hedge(delay=2.0)  # for model.with_policies(hedge)

    Args:
        models: The models of further attempts; none for the model of the call.
        delay: Seconds without a response after which another attempt starts.
        quantile: The part of the calls, above 0 and below 1, that is to respond within the delay;
            None for a fixed delay.
        max_hedges: The largest number of attempts after the first.
        budget: A limit on the further attempts of all calls together; None for no limit.
        clock: Returns the time in seconds, on the scale of `CallInfo.deadline`.

    Raises:
        ConfigurationError: A number is out of range, or something is not a model.
    """

    def __init__(
        self,
        *models: CallableModel,
        delay: float,
        quantile: float | None = None,
        max_hedges: int = 1,
        budget: "RetryBudget | None" = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        problems = [
            *model_problems(models),
            number_problems(delay=(delay, 0, False), max_hedges=(max_hedges, 1, True)),
        ]
        if quantile is not None:
            problems.append(number_problems(quantile=(quantile, 0, False)))
            if not problems[-1] and not 0 < quantile < 1:
                problems.append(f"quantile must be above 0 and below 1, not {quantile!r}")
        if any(problems):
            message = "; ".join(filter(None, problems))
            raise ConfigurationError(f"Hedge: {message}", op="configure")
        self.models = models
        self.delay = delay
        self.quantile = quantile
        self.max_hedges = max_hedges
        self.budget = budget
        self._clock = clock
        self._latencies = {"generate": _Latencies(), "stream": _Latencies()}
        self._hedges = 0
        self._lock = RLock()  # the garbage collector can end a call within `with`

    @property
    def hedges(self) -> int:
        """The number of further attempts so far."""
        return self._hedges

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        """Return the flow of one call."""
        if not request.idempotent:
            return (yield Send(request))
        latencies = self._latencies[call.op]
        with self._lock:
            delay = latencies.quantile(self.quantile, self.delay)
        started = self._clock()
        outcome = yield Race(self._sends(call, request, delay), delay)
        with self._lock:
            latencies.add(self._clock() - started)
        if self.budget is not None:
            self.budget.refund(retried=False)
        return outcome

    def _sends(self, call: CallInfo, request: ChatRequest, delay: float) -> Iterator[Send]:
        """Yield the attempts; each one when it is to start."""
        yield Send(request)
        for model in islice(cycle(self.models or (None,)), self.max_hedges):
            if call.deadline is not None and self._clock() >= call.deadline:
                return
            if self.budget is not None and not self.budget.spend():
                return
            with self._lock:
                self._hedges += 1
            logger("chatmodels.resilience").info(
                "%s of %r has not responded within %.2f s; another attempt starts",
                call.op,
                f"{call.provider}:{call.model}",
                delay,
                extra={"op": call.op, "provider": call.provider, "model": call.model},
            )
            yield Send(within_total(call, request, self._clock), model)

    def __repr__(self) -> str:
        quantile = "" if self.quantile is None else f", quantile={self.quantile:g}"
        return f"Hedge(delay={self.delay:g}{quantile}, max_hedges={self.max_hedges})"

    def __reduce__(self) -> Any:
        """Pickle the configuration; another process measures for itself."""
        arguments = self.delay, self.quantile, self.max_hedges, self.budget, self._clock
        return _hedge, (self.models, *arguments)


class _Latencies:
    """The latencies of the last calls."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque()
        self._sorted: list[float] = []

    def add(self, seconds: float) -> None:
        """Add a latency, and forget the oldest one."""
        if len(self._recent) == _WINDOW:
            self._sorted.remove(self._recent.popleft())
        self._recent.append(seconds)
        insort(self._sorted, seconds)

    def quantile(self, part: float | None, default: float) -> float:
        """Return the latency that a part of the calls does not exceed."""
        count = len(self._sorted)
        if part is None or count < _LEAST:
            return default
        return self._sorted[int(part * count)]


def _hedge(
    models: tuple[CallableModel, ...],
    delay: float,
    quantile: float | None,
    max_hedges: int,
    budget: "RetryBudget | None",
    clock: Callable[[], float],
) -> Hedge:
    return Hedge(
        *models,
        delay=delay,
        quantile=quantile,
        max_hedges=max_hedges,
        budget=budget,
        clock=clock,
    )
