"""Answers the rows of Arrow tables, for engines that divide data sets among machines."""

from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import Any, Unpack

from chatmodels.bulk._budget import Budget
from chatmodels.bulk._engine import Engine
from chatmodels.bulk._export import COLUMNS, INTEGERS, flat, record_of
from chatmodels.bulk._gate import Gate
from chatmodels.bulk._limits import Limits
from chatmodels.bulk._policies import limited
from chatmodels.bulk._prompts import PromptSource, named_columns, prompt_builder
from chatmodels.bulk._pyarrow import import_pyarrow
from chatmodels.bulk._questions import questions
from chatmodels.bulk._rows import Row, row_of
from chatmodels.bulk._tally import Tally
from chatmodels.core import ChatModel, InvalidRequestError
from chatmodels.core.extending import CallOptions, Output, structured_output

_RESULTS = tuple(name for name in COLUMNS if name not in {"id", "sample"})


class AnswerRows:
    """Answers the rows of Arrow tables: a class for `map_batches` of Ray Data.

    A table is returned with further columns, whose names begin with `prefix`: `text`, `output` (the
    value of the output type, as JSON), `finish_reason`, `model`, `input_tokens`, `output_tokens`,
    `error_code`, `error`, `attempts` and `request_id`. A row that fails has an error.

    Each worker has a model, and limits, of its own. A `RateLimit` with `shared=` in the policies of
    a model that is passed limits all workers together.

    Args:
        model: As for `arun`.
        prompt: As for `arun`.
        output_type: As for `arun`.
        limits: The limits of a worker, as for `arun`.
        prefix: The beginning of the names of the columns that are added.
        model_options: As for `arun`.
        options: As for `arun`.

    Raises:
        ConfigurationError: The model cannot be created, or a limit is one of batches.
        InvalidRequestError: The prompt is malformed.
    """

    def __init__(
        self,
        model: ChatModel | str,
        /,
        *,
        prompt: PromptSource | None = None,
        output_type: Any = None,
        limits: Limits = Limits(),  # noqa: B008 - it is frozen
        prefix: str = "answer_",
        model_options: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> None:
        from chatmodels.resilience import Concurrency

        # Ray calls a worker for several tables at the same time.
        self._gate = Gate()
        self._model = limited(model, limits, self._gate, model_options).with_policies(
            Concurrency(limits.in_flight)
        )
        self._build = prompt_builder(prompt)
        self._needed = named_columns(prompt)
        self._has_own_prompts = prompt is None
        self._limits = limits
        self._prefix = prefix
        self._call: dict[str, Any] = {**options, "output_type": output_type}
        self._output: Output[Any] | None = (
            None if output_type is None else structured_output(output_type)
        )
        self._tally = Tally()

    async def __call__(self, table: Any, /) -> AsyncGenerator[Any]:
        """Yield a `pyarrow.Table` with the columns of the results added.

        Raises:
            RunStoppedError: A limit was reached, or every further row would fail. The tables that
                were answered before are with the caller, such as in the checkpoint of Ray Data.
            InvalidRequestError: It is no `pyarrow.Table`, has a column twice or one of those names,
                or lacks a column that the prompt names.
        """
        names = [self._prefix + name for name in _RESULTS]
        self._check(table, names)
        budget = Budget(self._limits, self._tally, is_stored=False)
        engine = Engine(self._model, self._limits.in_flight, budget, self._gate, self._call)
        records: dict[int, dict[str, Any]] = {}
        async for result, _ in engine.results(questions(_rows(table), self._build, 1)):
            records[result.row.number] = flat(record_of(result, self._output))
        pyarrow = import_pyarrow()
        for name, full_name in zip(_RESULTS, names, strict=True):
            kind = pyarrow.int64() if name in INTEGERS else pyarrow.string()
            values = [record.get(name) for _, record in sorted(records.items())]
            table = table.append_column(full_name, pyarrow.array(values, kind))
        yield table

    def _check(self, table: Any, added: list[str]) -> None:
        if not isinstance(table, import_pyarrow().Table):
            raise InvalidRequestError(
                f"the rows are of type {type(table).__name__}, not pyarrow.Table; pass "
                "batch_format='pyarrow' to map_batches"
            )
        names = list[str](table.column_names)
        listed = ", ".join(map(repr, names)) or "(none)"
        if doubled := sorted(name for name, count in Counter(names).items() if count > 1):
            raise InvalidRequestError(
                f"the table has several columns of the same name: {', '.join(doubled)}; rename them"
            )
        if taken := sorted(set(added) & set(names)):
            raise InvalidRequestError(
                f"the table has columns of these names already: {', '.join(taken)}; pass prefix="
            )
        if missing := sorted((self._needed or frozenset()) - set(names)):
            raise InvalidRequestError(
                f"the prompt names columns that the table does not have: {', '.join(missing)}; it "
                f"has the columns {listed}"
            )
        if self._has_own_prompts and not {"prompt", "messages"} & set(names):
            raise InvalidRequestError(
                'the table has no column "prompt" and no column "messages", but the columns '
                f"{listed}; pass prompt=..."
            )


def _rows(table: Any) -> Iterator[Row]:
    # From 1, because a first row without a prompt would stop the run.
    for number, columns in enumerate(table.to_pylist(), start=1):
        yield row_of(number, columns)
