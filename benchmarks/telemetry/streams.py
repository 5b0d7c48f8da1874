"""The overhead of telemetry for each chunk of a stream: a longer stream minus a shorter one."""

from collections.abc import Callable

from benchmarks.measuring import row
from benchmarks.telemetry.subject import QUESTION, Instant, model, sdk
from benchmarks.telemetry.turns import Contender, microseconds

SHORT, LONG = 100, 2100
STREAMS = 3
TURNS = 80


def main() -> None:
    """Print the overhead of a chunk in the reading thread."""
    contenders: dict[str, Contender] = {}
    for chunks in (SHORT, LONG):
        timed, untimed = sdk(sampled=True, metrics=True), sdk(sampled=True, metrics=True)
        contenders |= {
            f"plain {chunks}": Contender(consumed(model(chunks))),
            f"timed {chunks}": Contender(consumed(timed.watched(chunks)), timed.collected),
            f"untimed {chunks}": Contender(
                consumed(untimed.watched(chunks, chunk_times=False)), untimed.collected
            ),
        }
    best = microseconds(contenders, runs=STREAMS, turns=TURNS)
    each = {
        name: (best[f"{name} {LONG}"] - best[f"{name} {SHORT}"]) / (LONG - SHORT)
        for name in ("plain", "timed", "untimed")
    }
    print("\n  CPU added to a streamed chunk")
    row("with its time, as by default", f"{each['timed'] - each['plain']:.3f} us")
    row("without its time", f"{each['untimed'] - each['plain']:.3f} us")
    row("the chunk itself, without telemetry", f"{each['plain']:.3f} us")


def consumed(watched: Instant) -> Callable[[], object]:
    def run() -> None:
        for _ in watched.stream(QUESTION):
            pass

    return run
