"""Batches that are refused, lost, unreadable or cancelled, and the runs after them."""

from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from answers_file import records
from fake_vendor import FakeClock, Plan, Vendor, VendorModel, batched, failing, texts

from chatmodels.bulk import (
    Limits,
    RunStoppedError,
    cancel,
    open_job,
)
from chatmodels.core import (
    ChatModelError,
    ConfigurationError,
    ErrorCode,
    InvalidRequestError,
    NetworkError,
    ResponseInvalidError,
)
from chatmodels.core.extending import BatchLimits

pytestmark = pytest.mark.usefixtures("clock")


def sizes(vendor: Vendor) -> list[int]:
    return [len(batch.rows) for batch in vendor.batches]


def lost(times: int) -> Callable[[], None]:
    """Return a function that raises an error at all calls up to a number of them."""
    calls: list[None] = []

    def fail() -> None:
        calls.append(None)
        if len(calls) <= times:
            raise NetworkError("the connection broke")

    return fail


# --- Rows that wait for a batch -------------------------------------------------------------------


def test_the_rows_of_a_refused_batch_are_sent_with_the_new_options(to: Path) -> None:
    vendor = Vendor(before=failing(ErrorCode.INVALID_REQUEST, 400))
    with pytest.raises(InvalidRequestError):
        batched(vendor, texts(2), to, temperature=9)
    vendor.before = lambda: None

    assert batched(vendor, texts(2), to, temperature=1).answered == 2
    assert [request.settings.temperature for request in vendor.decoded] == [1, 1]
    assert sizes(vendor) == [2]


@pytest.fixture
def waiting(to: Path) -> Vendor:
    """The vendor of a run with four rows that was stopped while two of them waited for a batch."""
    vendor = Vendor(plans=[Plan(outcomes=["answered", "expired"])])
    batches: list[list[str]] = []

    def refuse(rows: list[str]) -> None:
        batches.append(rows)
        if len(batches) == 2:
            failing(ErrorCode.AUTHENTICATION, 401)()

    vendor.creating = refuse
    with pytest.raises(RunStoppedError):
        batched(vendor, texts(4), to)
    return vendor


def test_a_row_that_has_changed_while_it_waited_is_sent_once(to: Path, waiting: Vendor) -> None:
    batched(waiting, ["row 0", "new", "row 2", "row 3"], to, changed="redo")
    assert list(waiting.batches[1].rows.values()) == ["new", "row 3"]
    assert records(to)[1]["text"] == "re: new"


def test_a_row_that_was_removed_while_it_waited_is_not_sent(to: Path, waiting: Vendor) -> None:
    assert batched(waiting, texts(3), to).answered == 3
    assert list(waiting.batches[1].rows.values()) == ["row 1"]


def test_a_trial_does_not_send_the_rows_behind_it(to: Path, waiting: Vendor) -> None:
    batched(waiting, texts(4), to, first=2)
    assert list(waiting.batches[1].rows.values()) == ["row 1"]


def test_rows_that_no_batch_of_an_earlier_run_answered_are_not_called_for(to: Path) -> None:
    vendor = Vendor(plans=[Plan(outcomes=["missing"]) for _ in range(9)])

    def stop() -> bool:
        return len(vendor.batches) == 3 and vendor.batches[-1].state == "ended"

    with pytest.raises(RunStoppedError, match="the run was stopped"):
        batched(vendor, texts(2), to, via="auto", should_stop=stop)
    assert open_job(to).batched == 2

    assert batched(vendor, texts(2), to).error_codes() == {ErrorCode.TIMEOUT: 2}
    assert (vendor.calls, open_job(to).batched) == (0, 0)


def test_each_refused_row_counts_before_the_next_one_is_read(to: Path) -> None:
    read: list[None] = []

    def rows() -> Any:
        yield "row"
        while True:
            read.append(None)
            yield "unsupported"

    with pytest.raises(RunStoppedError, match="1 of 1 rows have failed"):
        batched(Vendor(), rows(), to, limits=Limits(errors=1))
    assert (len(read), open_job(to).failed) == (1, 1)


# --- Creation -------------------------------------------------------------------------------------


def test_a_batch_whose_upload_took_long_is_found_in_a_listing_that_lags(
    to: Path, clock: FakeClock
) -> None:
    vendor = Vendor(plans=[Plan(creation="lost")])

    def upload(rows: list[str]) -> None:
        clock.time += 3_600

    def hide() -> None:
        hidden = [batch for batch in vendor.batches if clock.time < start + 3_600 + 50]
        for batch in hidden:
            vendor.batches.remove(batch)
        late.extend(hidden)
        if clock.time >= start + 3_600 + 50:
            vendor.batches.extend(late)
            late.clear()

    start = clock.time
    late: list[Any] = []
    vendor.creating, vendor.finding = upload, hide
    assert batched(vendor, texts(2), to).answered == 2
    assert sizes(vendor) == [2]


def test_creations_that_always_fail_end_the_run(to: Path) -> None:
    uploads: list[int] = []

    def fail(rows: list[str]) -> None:
        uploads.append(len(rows))
        failing(ErrorCode.PROVIDER_UNAVAILABLE, 503)()

    with pytest.raises(ChatModelError, match="refused by the vendor"):
        batched(Vendor(creating=fail), texts(2), to)
    assert len(uploads) == 10


def test_a_rate_limit_that_passes_does_not_divide_the_batches(to: Path, clock: FakeClock) -> None:
    vendor = Vendor(plans=[Plan(creation="busy"), Plan(creation="busy")])
    batched(vendor, texts(64), to)

    assert sizes(vendor) == [64]
    assert clock.waits[:2] == [100, 100]  # as the vendor requests


def test_rows_that_were_refused_come_before_the_next_ones(to: Path) -> None:
    vendor = Vendor(plans=[Plan(polls=1), Plan(creation="busy")])
    batched(vendor, texts(6), to, limits=Limits(batch_rows=2))
    assert [list(batch.rows.values()) for batch in vendor.batches] == [
        ["row 0", "row 1"],
        ["row 2", "row 3"],
        ["row 4", "row 5"],
    ]


def test_batches_grow_again_after_refusals(to: Path) -> None:
    expired = [Plan(outcomes=["expired"]), Plan(outcomes=["expired"])]
    vendor = Vendor(plans=[Plan(creation="full"), *expired])
    batched(vendor, texts(64), to)

    assert sizes(vendor) == [64, 32, 32, 64]


def test_a_refused_batch_is_not_divided_into_too_few_rows(to: Path) -> None:
    limits = BatchLimits(rows=1_000, bytes=1_000_000, fewest_rows=3)
    vendor = Vendor(limits=limits, plans=[Plan(creation="full")])
    assert batched(vendor, texts(5), to).answered == 5
    assert sizes(vendor) == [5, 5]


def test_too_few_rows_for_the_tokens_of_a_batch_name_the_limit(to: Path) -> None:
    vendor = Vendor(limits=BatchLimits(rows=1_000, bytes=1_000_000, fewest_rows=3))
    rows = [f"{number} " + "word " * 60 for number in range(9)]
    with pytest.raises(InvalidRequestError, match="limits of a batch allow 1; raise batch_rows or"):
        batched(vendor, rows, to, limits=Limits(batch_tokens=100))


@pytest.mark.parametrize("via", ["batch", "auto"])
def test_a_batch_that_the_vendor_failed_is_sent_again(via: str, to: Path) -> None:
    failure = (ErrorCode.PROVIDER_UNAVAILABLE, 500)
    vendor = Vendor(plans=[Plan(creation="full", failure=failure)])
    assert batched(vendor, texts(2), to, via=via).answered == 2
    assert (sizes(vendor), vendor.calls) == ([2, 2], 0)


def test_rows_of_batches_that_the_vendor_always_fails_have_failed(to: Path) -> None:
    failure = (ErrorCode.PROVIDER_UNAVAILABLE, 500)
    vendor = Vendor(plans=[Plan(creation="full", failure=failure) for _ in range(9)])
    assert batched(vendor, texts(2), to).error_codes() == {ErrorCode.TIMEOUT: 2}
    assert len(vendor.batches) == 3


# --- Reading --------------------------------------------------------------------------------------


def test_answers_that_never_arrive_end_the_run(to: Path) -> None:
    downloads: list[None] = []

    def fail() -> None:
        downloads.append(None)
        raise NetworkError("the connection broke")

    with pytest.raises(NetworkError):
        batched(Vendor(reading=fail), texts(2), to)
    assert len(downloads) == 10


def test_polls_that_succeed_forgive_those_that_failed(to: Path) -> None:
    vendor = Vendor(plans=[Plan(polls=2)], retrieving=lost(9))
    assert batched(vendor, texts(2), to).answered == 2


@pytest.mark.parametrize("is_read", [False, True], ids=["gone", "unreadable"])
def test_a_batch_that_cannot_be_read_is_abandoned_if_the_user_accepts_it(
    is_read: bool, to: Path
) -> None:
    read: list[None] = []

    def unreadable() -> None:
        read.append(None)
        if len(read) > 1:
            raise ResponseInvalidError("not in this format")

    vendor = Vendor(may_repeat=True)
    if is_read:
        vendor.reading = unreadable
    else:
        vendor.retrieving = failing(ErrorCode.INVALID_REQUEST, 404)
    with pytest.raises(ConfigurationError, match=r"batch-0 cannot be read: .*changed='redo'"):
        batched(vendor, texts(3), to)
    assert open_job(to).answered == is_read
    with pytest.raises(ConfigurationError, match="batch-0 cannot be read"):
        batched(vendor, texts(3), to, via="auto")

    def repair(rows: list[str]) -> None:
        vendor.reading = vendor.retrieving = lambda: None

    vendor.creating = repair
    assert batched(vendor, texts(3), to, changed="redo").answered == 3
    assert sizes(vendor) == [3, 3 - is_read]


def test_an_error_of_the_account_is_no_attempt_of_a_row(to: Path) -> None:
    refusing = failing(ErrorCode.QUOTA_EXCEEDED, 429)
    plans = [Plan(outcomes=["refused"]) for _ in range(5)]
    vendor = Vendor(plans=plans, refusing=refusing, may_repeat=True)
    for _ in range(4):
        with pytest.raises(RunStoppedError, match="every further row would fail"):
            batched(vendor, texts(1), to)
    assert (open_job(to).failed, open_job(to).batched) == (0, 1)


# --- Cancellation ---------------------------------------------------------------------------------


def test_a_run_creates_no_batch_after_it_was_cancelled(to: Path) -> None:
    vendor = Vendor(plans=[Plan(polls=2) for _ in range(6)])
    cancelled: list[int] = []

    def cancel_second(rows: list[str]) -> None:
        if rows == ["row 1"]:
            cancelled.append(_in_thread(lambda: cancel(VendorModel(vendor), to=to)))

    vendor.creating = cancel_second
    with pytest.raises(RunStoppedError, match="the batches were cancelled"):
        batched(vendor, texts(6), to, limits=Limits(batch_rows=1))

    assert cancelled == [1]
    # The second one had no id when it was cancelled.
    assert vendor.cancelled == ["batch-0", "batch-1"]
    assert sizes(vendor) == [1, 1]
    assert open_job(to).answered == 2


def test_a_batch_that_may_exist_is_cancelled_when_it_is_found(to: Path, clock: FakeClock) -> None:
    vendor = Vendor(plans=[Plan(creation="lost", polls=9, outcomes=["expired"])])

    def interrupt() -> None:
        raise KeyboardInterrupt

    clock.before = interrupt
    with pytest.raises(KeyboardInterrupt):
        batched(vendor, texts(2), to)
    clock.before = lambda: None
    assert cancel(VendorModel(vendor), to=to) == 0

    assert batched(vendor, texts(2), to).answered == 2
    assert vendor.cancelled == ["batch-0"]


def test_a_cancellation_that_fails_is_repeated(to: Path, clock: FakeClock) -> None:
    vendor = Vendor(plans=[Plan(polls=99, outcomes=["expired"])], cancelling=lost(1))
    limits = Limits(batch_deadline=0)
    assert batched(vendor, texts(2), to, via="auto", limits=limits).answered == 2
    assert (vendor.cancelled, vendor.calls) == (["batch-0"], 2)


def _in_thread(function: Callable[[], int]) -> int:
    results: list[int] = []
    thread = Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    return results[0]
