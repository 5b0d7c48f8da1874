"""The results of a load, as they are stored and compared."""

import math
import os
from collections import Counter
from collections.abc import Sequence

import click
import msgspec

FORMAT = 1
QUANTILES = (0.5, 0.9, 0.95, 0.99)


class Sample(msgspec.Struct, frozen=True):
    """A call.

    Attributes:
        at: Seconds from the start of the stage to the call.
        seconds: Its duration.
        first_token: Seconds to the first token; None without one.
        output_tokens: The reported number of tokens; None without one.
        error: The code of the failure; None if the call succeeded.
    """

    at: float
    seconds: float
    first_token: float | None = None
    output_tokens: int | None = None
    error: str | None = None


class Stage(msgspec.Struct, frozen=True):
    """The calls at one concurrency.

    Attributes:
        concurrency: The number of calls at the same time.
        seconds: The duration of the stage.
        samples: The calls, in the order of their ends.
    """

    concurrency: int
    seconds: float
    samples: list[Sample]

    @property
    def succeeded(self) -> list[Sample]:
        """The calls without a failure."""
        return [sample for sample in self.samples if sample.error is None]

    @property
    def errors(self) -> dict[str, int]:
        """The failures by their codes."""
        return dict(Counter(sample.error for sample in self.samples if sample.error is not None))

    def figures(self) -> dict[str, float | None]:
        """Return the figures of the stage by name; None for those that are unknown.

        Times are those of the calls that succeeded.
        """
        done = self.succeeded
        latencies = [sample.seconds for sample in done]
        firsts = [sample.first_token for sample in done if sample.first_token is not None]
        tokens = [sample.output_tokens for sample in done if sample.output_tokens is not None]
        total = len(self.samples)
        found: dict[str, float | None] = {
            "requests_per_second": len(done) / self.seconds if self.seconds else None,
            "tokens_per_second": sum(tokens) / self.seconds if tokens and self.seconds else None,
            "error_rate": (total - len(done)) / total if total else None,
        }
        for name, values in (("latency", latencies), ("first_token", firsts)):
            for fraction in QUANTILES:
                found[f"{name}_p{fraction * 100:g}"] = quantile(values, fraction)
            found[f"{name}_max"] = max(values, default=None)
        return found


class BenchRun(msgspec.Struct, frozen=True):
    """A run of a load.

    Attributes:
        model: The model.
        stages: Its stages, one for each concurrency.
        format: The version of this format.
    """

    model: str
    stages: list[Stage]
    format: int = FORMAT


def quantile(values: Sequence[float], fraction: float, /) -> float | None:
    """Return the smallest value that at least a fraction of the values does not exceed."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(fraction * len(values)) - 1)]


def read_run(path: str, /) -> BenchRun:
    """Read a stored run.

    Raises:
        UsageError: The file cannot be read, or is not a run.
    """
    try:
        with open(path, "rb") as source:
            run = msgspec.json.decode(source.read(), type=BenchRun)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{path} is not a run of chatmodels bench: {error}") from None
    if run.format != FORMAT:
        raise click.UsageError(f"{path} has format {run.format}; this version reads {FORMAT}")
    return run


def write_run(run: BenchRun, path: str, /) -> None:
    """Store a run.

    Raises:
        UsageError: The file cannot be written.
    """
    write_file(path, msgspec.json.format(msgspec.json.encode(run), indent=1))


def check_target(path: str, /) -> None:
    """Check that a file can be created, without creating it.

    Raises:
        UsageError: Its folder does not exist, or it is a folder itself.
    """
    folder = os.path.dirname(os.path.abspath(path))
    if os.path.isdir(path):
        raise click.UsageError(f"{path} cannot be written: it is a folder")
    if not os.path.isdir(folder):
        raise click.UsageError(f"{path} cannot be written: there is no folder {folder}")


def write_file(path: str, content: bytes, /) -> None:
    """Write a file.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        with open(path, "wb") as target:
            target.write(content)
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error}") from None
