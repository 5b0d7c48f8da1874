"""Calls that take fifteen milliseconds: the overhead of telemetry on all threads.

One program serves many calls at once, another waits for each in turn. While the second one waits,
other processes use the CPU caches, so that the same instructions take several times as long, those
of the SDK as well.
"""

import asyncio
import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.measuring import row
from benchmarks.telemetry import bare
from benchmarks.telemetry.subject import ANSWER, QUESTION, Instant, model, sdk
from chatmodels.core import ChatResponse
from chatmodels.otel import instrument

WAIT = 0.015
AT_ONCE = 50
IN_TURN = 10
TURNS = 40


class Slow(Instant):
    """A model that responds after fifteen milliseconds."""

    def respond(self, request: Any, call: Any) -> ChatResponse[Any]:
        time.sleep(WAIT)
        return ANSWER

    async def arespond(self, request: Any, call: Any) -> ChatResponse[Any]:
        await asyncio.sleep(WAIT)
        return ANSWER


Call = Callable[[Slow], object]


def main() -> None:
    """Print the share of telemetry in such a call, including deferred recording."""
    providers = sdk(sampled=True, metrics=True)
    plain = Slow(model().provider, model().model, endpoint=model().endpoint)
    telemetry = providers.telemetry()
    watched = instrument(plain, telemetry=telemetry)
    alone = bare.span(providers)

    def beside(slow: Slow) -> None:
        slow.generate(QUESTION)
        alone()

    async def abeside(slow: Slow) -> None:
        await slow.agenerate(QUESTION)
        alone()

    print("\n  CPU added to a call that takes 15 ms: all threads, and all that is recorded later")
    for name, spent, call, sdk_call in (
        (f"{AT_ONCE} at once", at_once, lambda slow: slow.agenerate(QUESTION), abeside),
        ("one after the other", in_turn, lambda slow: slow.generate(QUESTION), beside),
    ):
        costs: dict[str, list[float]] = {"plain": [], "ours": [], "the SDK": []}
        for _ in range(TURNS):
            costs["plain"].append(spent(call, plain, telemetry.flush))
            costs["ours"].append(spent(call, watched, telemetry.flush))
            costs["the SDK"].append(spent(sdk_call, plain, telemetry.flush))
            providers.collect()
        ours, error = more(costs["ours"], costs["plain"])
        span, _ = more(costs["the SDK"], costs["plain"])
        row(
            name,
            f"{ours * 1e6:.0f} us",
            f"{ours / WAIT:.2%} of the call, give or take {error / WAIT:.2%}; "
            f"the SDK's span alone {span / WAIT:.2%}",
        )


def more(costs: list[float], plain: list[float]) -> tuple[float, float]:
    """Return the additional cost turn by turn: the median, and twice its standard error."""
    differences = [cost - without for cost, without in zip(costs, plain, strict=True)][1:]
    error = 2 * 1.25 * statistics.stdev(differences) / len(differences) ** 0.5
    return statistics.median(differences), error


def in_turn(call: Call, slow: Slow, flush: Callable[[], object]) -> float:
    """Return the CPU seconds of one of several sequential calls, including the flush."""
    start = time.process_time()
    for _ in range(IN_TURN):
        call(slow)
    flush()
    return (time.process_time() - start) / IN_TURN


def at_once(call: Any, slow: Slow, flush: Callable[[], object]) -> float:
    """Return the CPU seconds of one of several concurrent calls, including the flush."""

    async def all_of_them() -> None:
        await asyncio.gather(*(call(slow) for _ in range(AT_ONCE)))

    start = time.process_time()
    asyncio.run(all_of_them())
    flush()
    return (time.process_time() - start) / AT_ONCE
