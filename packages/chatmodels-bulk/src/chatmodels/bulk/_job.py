"""The results of a run, read from its folder."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from chatmodels.bulk._batch_store import BatchStore
from chatmodels.bulk._checkpoint import Checkpoint, Stored, Totals
from chatmodels.bulk._estimate import Estimate, extrapolate
from chatmodels.bulk._export import export
from chatmodels.bulk._folder import RunFolder, RunOwner
from chatmodels.bulk._questions import check_count
from chatmodels.bulk._results import RowResult, read_result
from chatmodels.bulk._rows import Row
from chatmodels.core import ConfigurationError, Cost, ErrorCode, InvalidRequestError, Usage
from chatmodels.core.extending import Output, structured_output


class Job:
    """A run and its results, finished or not.

    The results are read from the folder at each use, in pages: a run of any size fits into memory.
    Other processes can read them while the run goes on.
    """

    def __init__(self, folder: RunFolder, output_type: Any = None) -> None:
        self._folder = folder
        self._output: Output[Any] | None = (
            None if output_type is None else structured_output(output_type)
        )
        self._samples = self._facts().samples

    @property
    def path(self) -> Path:
        """The file of the results."""
        return self._folder.target

    @property
    def folder(self) -> Path:
        """The folder that holds the results until the file is written."""
        return self._folder.path

    @property
    def model(self) -> str:
        """The model, as `"provider:model"`."""
        return self._facts().model

    @property
    def answered(self) -> int:
        """The number of results that have a response."""
        return self._totals().answered

    @property
    def failed(self) -> int:
        """The number of results that have an error."""
        return self._totals().failed

    @property
    def batched(self) -> int:
        """The number of rows that are in a batch at the vendor, or wait for one."""
        with closing(self._open()) as checkpoint:
            return BatchStore(checkpoint.connection).count()

    @property
    def usage(self) -> Usage:
        """The input and output tokens of all responses together."""
        totals = self._totals()
        return Usage(input_tokens=totals.input, output_tokens=totals.output)

    @property
    def cost(self) -> Cost:
        """The cost of all responses; `unknown` counts those without a known cost."""
        totals = self._totals()
        unknown = totals.unpriced
        return Cost(
            amount=totals.cost if unknown < totals.answered else None,
            reason=f"responses without a known cost: {unknown}" if unknown else None,
            unknown=unknown,
        )

    @property
    def owner(self) -> RunOwner | None:
        """The process that writes to the run now; None if none does or it is unknown."""
        return self._folder.owner()

    def estimate(self, rows: int, /) -> Estimate:
        """Extrapolate the tokens and the cost of a whole run from the results so far.

        Args:
            rows: The number of rows of the source.

        Raises:
            InvalidRequestError: It is no positive integer, or more rows have results already.
        """
        check_count("rows", rows)
        totals = self._totals()
        done = -(-(totals.answered + totals.failed) // self._samples)
        if rows < done:
            raise InvalidRequestError(f"rows must be at least {done}, which have results")
        with closing(self._open()) as checkpoint:
            given, output, cost = (
                extrapolate(checkpoint.spread(column, self._samples), rows)
                if totals.answered
                else None
                for column in ("input", "output", "cost")
            )
        return Estimate(
            results=rows * self._samples,
            answered=totals.answered,
            failed=totals.failed,
            input_tokens=given,
            output_tokens=output,
            cost=cost,
        )

    def results(self) -> Iterator[RowResult]:
        """Yield the results in the order of the rows.

        Raises:
            OutputInvalidError: A stored output is not of the type that was passed.
        """
        return self._read(failed=None)

    def failures(self) -> Iterator[RowResult]:
        """Yield the failed rows in their order."""
        return self._read(failed=True)

    def error_codes(self) -> Counter[ErrorCode]:
        """Count the failed rows by the codes of their errors."""
        return Counter(result.error.code for result in self.failures() if result.error is not None)

    def stop(self) -> bool:
        """Request that the process that writes to the run stops, as if `should_stop` returned True.

        Returns:
            Whether a process writes to the run. It stops before its next call.
        """
        if self.owner is None:
            return False
        self._folder.request_stop()
        return True

    def export(self, path: str | PathLike[str], /, *, failed: bool | None = None) -> None:
        """Write the results into another file: `.jsonl`, `.csv` or `.parquet`.

        Each record has the `id` of its row. A response has `text`, `output` (the value of the
        output type), `finish_reason`, `model`, `input_tokens` and `output_tokens`; an error has
        `error_code`, `error` and `attempts`. Samples after the first have their number as `sample`.

        Args:
            path: The file.
            failed: True for the failed rows only, False for the answered ones only.

        Raises:
            InvalidRequestError: The format is unknown, or needs a library that is not installed.
            ConfigurationError: The file cannot be written.
        """
        results = (self._result(stored, None) for stored in self._stored(failed=failed))
        export(results, self._output, Path(fspath(path)))

    def _read(self, *, failed: bool | None) -> Iterator[RowResult]:
        return (self._result(stored, self._output) for stored in self._stored(failed=failed))

    def _stored(self, *, failed: bool | None) -> Iterator[Stored]:
        with closing(self._open()) as checkpoint:
            yield from checkpoint.results(failed=failed)

    def _result(self, stored: Stored, output: Output[Any] | None) -> RowResult:
        number, sample = divmod(stored.place, self._samples)
        row = Row(number=number, id=stored.id)
        return read_result(row, sample, stored.value, output, failed=stored.failed)

    def _open(self) -> Checkpoint:
        return Checkpoint(self._folder.checkpoint, is_read=True)

    def _facts(self) -> Any:
        with closing(self._open()) as checkpoint:
            facts = checkpoint.facts()
        if facts is None:
            raise ConfigurationError(f"there is no run in {self._folder.path}", op="bulk")
        return facts

    def _totals(self) -> Totals:
        with closing(self._open()) as checkpoint:
            return checkpoint.totals()

    def __repr__(self) -> str:
        totals = self._totals()
        return f"<Job {str(self.path)!r}: {totals.answered} answered, {totals.failed} failed>"


def open_job(to: str | PathLike[str], /, *, output_type: Any = None) -> Job:
    """Open the results of a run, also while it goes on or after it was interrupted.

    Args:
        to: The file of the results, as it was passed to `run`.
        output_type: The type of the output, to parse the responses again.

    Raises:
        ConfigurationError: There is no run with this output.
    """
    folder = RunFolder(to)
    folder.refuse_missing()
    return Job(folder, output_type)
