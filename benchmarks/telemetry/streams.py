"""What each chunk of a stream costs more with telemetry."""

from collections.abc import Callable

from benchmarks.measuring import row
from benchmarks.telemetry.subject import CHUNKS, QUESTION, Instant, model, sdk
from benchmarks.telemetry.turns import Contender, microseconds

STREAMS = 2
TURNS = 80


def main() -> None:
    """Print what a chunk costs more, on the thread that reads and on the metric reader's."""
    timed, untimed = sdk(sampled=True, metrics=True), sdk(sampled=True, metrics=True)
    best = microseconds(
        {
            "plain": Contender(consumed(model())),
            "timed": Contender(consumed(timed.watched()), timed.collected),
            "untimed": Contender(consumed(untimed.watched(chunk_times=False)), untimed.collected),
        },
        runs=STREAMS,
        turns=TURNS,
    )
    print("\n  CPU added to a streamed chunk")
    for name, what in (("timed", "with its time, as by default"), ("untimed", "without its time")):
        row(what, f"{(best[name] - best['plain']) / CHUNKS:.3f} us")
    row("the chunk itself, without telemetry", f"{best['plain'] / CHUNKS:.3f} us")


def consumed(watched: Instant) -> Callable[[], object]:
    def run() -> None:
        for _ in watched.stream(QUESTION):
            pass

    return run
