"""Calls of fifteen milliseconds over loopback: what telemetry adds to all threads, and to the wait."""

import statistics
import time
from collections.abc import Callable

from benchmarks.measuring import row, simulator
from benchmarks.telemetry.subject import QUESTION, sdk
from chatmodels.core import ChatModel, create_chat_model
from chatmodels.otel import instrument

LATENCY = 0.015
CALLS = 10
TURNS = 40


def main() -> None:
    """Print by how much telemetry lengthens such a call."""
    on = sdk(sampled=True, metrics=True)
    with simulator("--latency", str(LATENCY)) as url:
        plain = create_chat_model("openai:any", api_key="none", base_url=url)
        watched = instrument(plain, telemetry=on.telemetry())
        pairs = [(spent(plain), spent(watched, on.collect)) for _ in range(TURNS)][1:]
    wall = statistics.median(seconds for (seconds, _), _ in pairs)
    print("\n  a call over loopback that takes 15 ms, all threads, reader and processor included")
    row("the call itself", f"{wall * 1000:.2f} ms")
    for what, index in (("CPU", 1), ("time waited", 0)):
        more = [with_it[index] - without[index] for without, with_it in pairs]
        middle, error = statistics.median(more), statistics.stdev(more) / len(more) ** 0.5 * 1.25
        row(
            f"{what} added",
            f"{middle * 1e6:.0f} us",
            f"{middle / wall:.2%} of it, give or take {2 * error / wall:.2%}",
        )


def spent(model: ChatModel, collect: Callable[[], object] = lambda: None) -> tuple[float, float]:
    """Seconds of time and of all threads' CPU that a call takes; the time without collecting."""
    cpu, start = time.process_time(), time.perf_counter()
    for _ in range(CALLS):
        model.generate(QUESTION)
    waited = time.perf_counter() - start
    collect()
    return waited / CALLS, (time.process_time() - cpu) / CALLS
