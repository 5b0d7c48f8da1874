"""Writes the results into one file: JSON Lines, CSV or Parquet, replaced as a whole."""

import csv
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from chatmodels.bulk._pyarrow import import_pyarrow
from chatmodels.bulk._results import RowResult
from chatmodels.bulk._storage import unwritable
from chatmodels.core import ChatModelError, ChatResponse, InvalidRequestError
from chatmodels.core.extending import Output

COLUMNS: tuple[str, ...] = (
    "id",
    "sample",
    "text",
    "output",
    "finish_reason",
    "model",
    "input_tokens",
    "output_tokens",
    "error_code",
    "error",
    "attempts",
    "request_id",
)
"""The fields of a record; a field of JSON Lines that has no value is left out."""

INTEGERS = frozenset({"sample", "input_tokens", "output_tokens", "attempts"})
"""The fields that are integers; the others are texts."""

_LINES = 20  # records that are encoded at once: long ones are in memory twice
_ROW_GROUP = 1_000  # of Parquet


def refuse_unknown_format(path: Path, /) -> None:
    """Check the format of a file of results, before anything is asked.

    Raises:
        InvalidRequestError: It is unknown, or needs a library that is not installed.
    """
    if path.suffix.lower() not in _WRITERS or path.is_dir():
        raise InvalidRequestError(
            f"the results cannot be written to {path}; choose a {', '.join(_WRITERS)} file"
        )
    if path.suffix.lower() == ".parquet":
        import_pyarrow()


def export(results: Iterable[RowResult], output: Output[Any] | None, path: Path, /) -> None:
    """Write results into a file, which is replaced at the end.

    Raises:
        InvalidRequestError: The format is unknown, or needs a library that is not installed.
        ConfigurationError: The file cannot be written.
    """
    refuse_unknown_format(path)
    write = _WRITERS[path.suffix.lower()]
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("wb") as file:
            write((record_of(result, output) for result in results), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)  # it is incomplete, and takes space
        if isinstance(error, OSError):
            remedy = "free disk space or make the folder writable, and run it again"
            raise unwritable(path, error, remedy) from error
        raise


def record_of(result: RowResult, output: Output[Any] | None, /) -> dict[str, Any]:
    """Return a result as a record without fields that have no value."""
    response = result.response
    fields = _error(result.error) if response is None else _answer(response, output)
    record: dict[str, Any] = {"id": result.row.id}
    if result.sample:
        record["sample"] = result.sample
    record |= {name: value for name, value in fields.items() if value is not None}
    return record


def _answer(response: ChatResponse[Any], output: Output[Any] | None) -> dict[str, Any]:
    usage = response.usage
    return {
        "text": response.text,
        "output": None if output is None else output.parse_partial(response.text),
        "finish_reason": response.finish_reason,
        "model": response.model,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "request_id": response.request_id,
    }


def _error(error: ChatModelError | None) -> dict[str, Any]:
    assert error is not None
    return {
        "error_code": str(error.code),
        "error": error.message,
        "attempts": error.details.get("attempts", len(error.failed_attempts) or 1),
        "request_id": error.request_id,
    }


def _write_json(records: Iterator[dict[str, Any]], file: BinaryIO) -> None:
    encoder = msgspec.json.Encoder()
    file.writelines(encoder.encode_lines(group) for group in _groups(records, _LINES))


def _write_csv(records: Iterator[dict[str, Any]], file: BinaryIO) -> None:
    text = TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for record in records:
        writer.writerow(flat(record))
    text.detach()


def _write_parquet(records: Iterator[dict[str, Any]], file: BinaryIO) -> None:
    pyarrow = import_pyarrow()
    schema = pyarrow.schema(
        [(name, pyarrow.int64() if name in INTEGERS else pyarrow.string()) for name in COLUMNS]
    )
    with pyarrow.parquet.ParquetWriter(file, schema) as writer:
        for group in _groups(map(flat, records), _ROW_GROUP):
            writer.write_table(pyarrow.Table.from_pylist(group, schema))


def flat(record: dict[str, Any], /) -> dict[str, Any]:
    """Return a record whose output is JSON text."""
    if "output" not in record:
        return record
    return {**record, "output": msgspec.json.encode(record["output"]).decode()}


def _groups(records: Iterator[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    while group := list(islice(records, size)):
        yield group


_WRITERS: dict[str, Callable[[Iterator[dict[str, Any]], BinaryIO], None]] = {
    ".jsonl": _write_json,
    ".ndjson": _write_json,
    ".csv": _write_csv,
    ".parquet": _write_parquet,
}
