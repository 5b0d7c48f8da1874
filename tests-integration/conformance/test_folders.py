"""The exchanges in the folders that `CHATMODELS_RECORDED` names are read and written likewise.

Each test records the number of exchanges that it has read, written or left out; the summary of the
run lists the sums.
"""

from collections import Counter
from collections.abc import Callable

import pytest

from conformance.exchanges import VARIABLE, Entry, entries, folders
from conformance.history import refused_by_others
from conformance.problems import Problems
from conformance.reading import aread_differently, read_differently
from conformance.row import InexpressibleError, Row
from conformance.rows import ROWS
from conformance.uncounted import uncounted
from conformance.writing import written_differently

if not folders():
    pytest.skip(f"no recordings; set {VARIABLE} to folders of them", allow_module_level=True)

SHARES = 16
EVERYTHING = [entry for folder in folders() for entry in entries(folder)]
Count = Callable[[str, object], None]

SHARED = [
    pytest.param(row, EVERYTHING[share::SHARES], id=f"{row.name}:{share + 1}-of-{SHARES}")
    for row in ROWS
    for share in range(SHARES)
]


def counted(counts: Counter[str], record_property: Count) -> None:
    for name, count in counts.items():
        record_property("conformance", f"{name}\t{count}")


def test_every_exchange_is_of_a_known_wire_format_or_counted(record_property: Count) -> None:
    counts = Counter(
        f"no row for {entry.api}"
        for entry in EVERYTHING
        if not any(row.takes(entry) for row in ROWS)
    )
    counted(counts, record_property)


@pytest.mark.parametrize(("row", "share"), SHARED)
def test_exchanges_are_read_as_expected(
    row: Row, share: list[Entry], record_property: Count
) -> None:
    problems, counts = Problems(), Counter[str]()
    with uncounted():
        for entry in filter(row.takes, share):
            with problems.about(str(entry.path)) as found:
                found.extend(read_differently(row, entry.read()))
            counts[f"{row.name}: {entry.api} read"] += 1
    counted(counts, record_property)
    problems.require_none()


@pytest.mark.parametrize(("row", "share"), SHARED)
async def test_exchanges_are_read_as_expected_by_awaited_calls(
    row: Row, share: list[Entry]
) -> None:
    problems = Problems()
    with uncounted():
        for entry in filter(row.takes, share):
            with problems.about(str(entry.path)) as found:
                found.extend(await aread_differently(row, entry.read()))
    problems.require_none()


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS if row.requests])
def test_requests_are_written_as_recorded(row: Row, record_property: Count) -> None:
    assert row.requests is not None
    problems, counts = Problems(), Counter[str]()
    with uncounted():
        for entry in filter(row.takes, EVERYTHING):
            with problems.about(str(entry.path)) as found:
                try:
                    found.extend(written_differently(row.requests, entry.read()))
                    counts[f"{row.name}: requests written"] += 1
                except InexpressibleError as reason:
                    counts[f"{row.name}: requests left out: {reason}"] += 1
    counted(counts, record_property)
    problems.require_none()


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_responses_are_accepted_by_other_vendors_as_history(row: Row) -> None:
    with uncounted():
        found = refused_by_others(row, (entry for entry in EVERYTHING if row.takes(entry)))
    assert found == {}
