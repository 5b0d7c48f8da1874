"""The comparison of two runs of a load."""

from typing import NamedTuple

from chatmodels.cli._bench_run import BenchRun

_BETTER_HIGHER = {"requests_per_second", "tokens_per_second"}
_COMPARED = (
    "requests_per_second",
    "tokens_per_second",
    "error_rate",
    "latency_p50",
    "latency_p95",
    "first_token_p50",
    "first_token_p95",
)


class Change(NamedTuple):
    """A figure of two runs.

    Attributes:
        concurrency: The concurrency of the stages.
        figure: The name of the figure.
        before: The former value.
        after: The later value.
        worse: The percentage by which it is worse; below 0 if it is better. That of the error rate
            is in points.
    """

    concurrency: int
    figure: str
    before: float
    after: float
    worse: float


def changes(before: BenchRun, after: BenchRun, /) -> list[Change]:
    """Compare the figures of the stages with equal concurrency."""
    former = {stage.concurrency: stage.figures() for stage in before.stages}
    found: list[Change] = []
    for stage in after.stages:
        earlier, later = former.get(stage.concurrency, {}), stage.figures()
        for name in _COMPARED:
            old, new = earlier.get(name), later[name]
            if old is not None and new is not None:
                found.append(Change(stage.concurrency, name, old, new, _worse(name, old, new)))
    return found


def _worse(name: str, old: float, new: float) -> float:
    if name == "error_rate":
        return (new - old) * 100
    if old == 0:
        return 0.0
    return ((old - new) if name in _BETTER_HIGHER else (new - old)) / old * 100


def regressions(found: list[Change], percent: float, /) -> list[Change]:
    """Return the figures that are worse by more than a percentage."""
    return [change for change in found if change.worse > percent]
