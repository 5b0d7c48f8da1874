"""The rows of a source, read one by one: JSON Lines, CSV, Parquet, or any iterable."""

import csv
from codecs import BOM_UTF8
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sized
from contextlib import contextmanager
from io import TextIOWrapper
from os import PathLike, fspath
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from chatmodels.bulk._pyarrow import import_pyarrow
from chatmodels.core import InvalidRequestError

Source = str | PathLike[str] | Iterable[Any]
"""The path of a `.jsonl`, `.csv` or `.parquet` file, or an iterable of rows.

A row of an iterable is a mapping of columns, or the prompt itself.
"""

_LONGEST_LINE = 64 * 1024 * 1024
_PARQUET_ROWS = 1_000


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a source.

    Attributes:
        number: Its place in the source, from 0.
        id: The column `id` as a text, else the number.
        columns: The columns; for an item that is no mapping, that item as "prompt".
        problem: The reason why the row could not be read; None if it was read.
    """

    number: int
    id: str
    columns: Mapping[str, Any] = {}
    problem: str | None = None


def read_rows(source: Source, /) -> Generator[Row]:
    """Return the rows of a source, which are read on demand; close them at the end.

    A line that is not a JSON object, or has other fields than the header of a CSV file, becomes a
    row with a `problem`.

    Raises:
        InvalidRequestError: The source is no file of a known kind and no iterable.
    """
    if isinstance(source, str | PathLike):
        return _file_rows(Path(fspath(source)))
    if isinstance(source, Mapping) or not isinstance(source, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
        kind = type(source).__name__  # pyright: ignore[reportUnknownArgumentType] - of any items
        raise InvalidRequestError(
            f"the source is of type {kind}; pass the path of a file, or an iterable of rows"
        )
    return (row_of(number, _columns(item)) for number, item in enumerate(source))


def count_rows(source: Source, /) -> int | None:
    """Return the number of rows of a source; None if only reading an iterable would show it.

    Raises:
        InvalidRequestError: As for `read_rows`.
    """
    if not isinstance(source, str | PathLike):
        return len(source) if isinstance(source, Sized) else None
    path = Path(fspath(source))
    if path.suffix.lower() == ".parquet" and path.is_file():
        with _readable(path), _readable_parquet(path):
            return import_pyarrow().parquet.read_metadata(path).num_rows
    return sum(1 for _ in _file_rows(path))


def _file_rows(path: Path) -> Generator[Row]:
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InvalidRequestError(
            f"{path} is not a {', '.join(_READERS)} file; pass one, or an iterable of rows"
        )
    if not path.is_file():
        raise InvalidRequestError(f"there is no file {path}; pass the path of the rows")
    return _rows_of(reader, path)


def _rows_of(reader: Callable[[Path], Iterator[Row]], path: Path) -> Generator[Row]:
    with _readable(path):
        yield from reader(path)


def _columns(item: Any) -> Mapping[str, Any]:
    return item if isinstance(item, Mapping) else {"prompt": item}  # pyright: ignore[reportUnknownVariableType]


def row_of(number: int, columns: Mapping[str, Any], /) -> Row:
    """Return a row, whose id is its number if it has none."""
    given = columns.get("id")
    return Row(number=number, id=str(number if given is None else given), columns=columns)


def _unreadable(number: int, problem: str) -> Row:
    return Row(number=number, id=str(number), problem=problem)


def _json_rows(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        number = 0
        for place, line in enumerate(_lines(file, path), start=1):
            if not line.strip():
                continue
            try:
                columns = msgspec.json.decode(line, type=dict[str, Any])
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                yield _unreadable(number, f"line {place} of {path.name} is no JSON object: {error}")
            else:
                yield row_of(number, columns)
            number += 1


def _lines(file: BinaryIO, path: Path) -> Iterator[bytes]:
    if file.read(len(BOM_UTF8)) != BOM_UTF8:
        file.seek(0)
    while line := file.readline(_LONGEST_LINE + 1):
        if len(line) > _LONGEST_LINE:
            raise InvalidRequestError(
                f"{path} has a line of more than {_LONGEST_LINE // 1024**2} MiB; put each row "
                "into a line of its own"
            )
        yield line


def _csv_rows(path: Path) -> Iterator[Row]:
    # Of the whole process; the default of 131,072 characters is too short for documents.
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_LINE))
    with path.open("rb") as binary:
        reader = csv.reader(TextIOWrapper(binary, "utf-8-sig", newline=""), strict=True)

        def fields() -> list[str] | None:
            try:
                return next(reader, None)
            except (csv.Error, UnicodeDecodeError) as error:
                raise InvalidRequestError(
                    f"line {reader.line_num} of {path} cannot be read: {error}; write it as CSV "
                    "in UTF-8"
                ) from error

        header = fields() or []
        number = 0
        while (values := fields()) is not None:
            if not values:
                continue
            if len(values) == len(header):
                yield row_of(number, dict(zip(header, values, strict=True)))
            else:
                yield _unreadable(
                    number,
                    f"line {reader.line_num} of {path.name} has {len(values)} fields, but the "
                    f"header has {len(header)}",
                )
            number += 1


@contextmanager
def _readable(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise InvalidRequestError(
            f"{path} cannot be read: {error}; repair it, or pass another file"
        ) from error


@contextmanager
def _readable_parquet(path: Path) -> Generator[None]:
    try:
        yield
    except import_pyarrow().ArrowException as error:
        raise InvalidRequestError(
            f"{path} cannot be read: {error}; write it as Parquet again"
        ) from error


def _parquet_rows(path: Path) -> Iterator[Row]:
    parquet = import_pyarrow().parquet
    number = 0
    with _readable_parquet(path), parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_PARQUET_ROWS):
            for columns in batch.to_pylist():
                yield row_of(number, columns)
                number += 1


_READERS = {
    ".jsonl": _json_rows,
    ".ndjson": _json_rows,
    ".csv": _csv_rows,
    ".parquet": _parquet_rows,
}
