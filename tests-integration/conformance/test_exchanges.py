"""The exchanges of this repository are read as expected, and their requests written as recorded."""

import pytest

from conformance.exchanges import Entry, body_of, ours
from conformance.history import refused_by_others
from conformance.problems import Problems
from conformance.reading import aread_differently, read_differently
from conformance.row import InexpressibleError, Row
from conformance.rows import ROWS
from conformance.writing import REFUSED_BY_BOTH, written_differently

READ = [
    pytest.param(row, entry, id=f"{row.name}:{entry.path.parent.name}/{entry.path.stem}")
    for row in ROWS
    for entry in ours()
    if row.takes(entry)
]
WRITTEN = [
    pytest.param(row, entry, id=f"{row.name}:{entry.path.parent.name}/{entry.path.stem}")
    for row in ROWS
    for entry in ours()
    if row.requests is not None and row.takes(entry) and body_of(entry.read()) is not None
]


@pytest.mark.parametrize(("row", "entry"), READ)
def test_an_exchange_is_read_as_expected(row: Row, entry: Entry) -> None:
    problems = Problems()
    with problems.about(str(entry.path)) as found:
        found.extend(read_differently(row, entry.read()))
    problems.require_none()


@pytest.mark.parametrize(("row", "entry"), READ)
async def test_an_exchange_is_read_as_expected_by_awaited_calls(row: Row, entry: Entry) -> None:
    problems = Problems()
    with problems.about(str(entry.path)) as found:
        found.extend(await aread_differently(row, entry.read()))
    problems.require_none()


@pytest.mark.parametrize(("row", "entry"), WRITTEN)
def test_a_request_is_written_as_recorded(row: Row, entry: Entry) -> None:
    assert row.requests is not None
    problems = Problems()
    with problems.about(str(entry.path)) as found:
        try:
            found.extend(written_differently(row.requests, entry.read()))
        except InexpressibleError as reason:
            found.extend([str(reason)] if str(reason) != REFUSED_BY_BOTH else [])
    problems.require_none()


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_responses_are_accepted_by_other_vendors_as_history(row: Row) -> None:
    assert refused_by_others(row, filter(row.takes, ours())) == {}
