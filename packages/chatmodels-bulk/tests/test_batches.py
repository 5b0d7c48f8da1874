"""The state machine of batches, against a vendor whose faults are chosen."""

import asyncio
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any

import pytest
from answers_file import records
from fake_vendor import FakeClock, Plan, Vendor, VendorModel, batched, failing, texts
from hypothesis import given, settings
from hypothesis import strategies as st

from chatmodels.bulk import (
    Job,
    Limits,
    Progress,
    RunStoppedError,
    Stop,
    _run,
    acancel,
    arun,
    cancel,
    open_job,
    run,
)
from chatmodels.bulk._clock import SystemClock
from chatmodels.bulk._stopping import StopConditions
from chatmodels.core import (
    ChatModelError,
    ConfigurationError,
    ErrorCode,
    InvalidRequestError,
    UnsupportedError,
    user,
)
from chatmodels.core.extending import BatchLimits
from chatmodels.providers.mock import MockChatModel

pytestmark = pytest.mark.usefixtures("clock")


# --- Any faults, in any order ---------------------------------------------------------------------


class Killed(BaseException):
    """Stands for the end of the process."""


class Countdown:
    """Kills the run at a chosen request or wait."""

    def __init__(self) -> None:
        self.left = sys.maxsize

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed


plans = st.builds(
    Plan,
    creation=st.sampled_from(["created", "created", "lost", "broken", "busy", "full"]),
    polls=st.integers(0, 2),
    outcomes=st.lists(
        st.sampled_from(
            ["answered", "answered", "expired", "missing", "overloaded", "malformed", "refused"]
        ),
        min_size=1,
        max_size=4,
    ),
    doubled=st.booleans(),
    shuffled=st.booleans(),
    broken_after=st.none() | st.integers(0, 3),
)


@pytest.mark.parametrize("via", ["batch", "auto"])
@settings(max_examples=50)
@given(
    count=st.integers(0, 9),
    batch_rows=st.integers(1, 4) | st.none(),
    faults=st.lists(plans, max_size=6),
    unsettled=st.booleans(),
    kills=st.lists(st.integers(1, 25), max_size=3),
)
def test_each_row_has_one_result_of_its_own_and_none_is_sent_twice(
    via: str,
    count: int,
    batch_rows: int | None,
    faults: list[Plan],
    unsettled: bool,
    kills: list[int],
) -> None:
    countdown = Countdown()
    vendor = Vendor(plans=faults, unsettled=unsettled, before=countdown)
    progress: list[Progress] = []
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(_run, "CLOCK", FakeClock(before=countdown))
        to = Path(folder) / "answers.jsonl"
        for left in [*kills, sys.maxsize]:
            countdown.left = left
            try:
                job = run(
                    VendorModel(vendor),
                    texts(count),
                    to=to,
                    via=via,  # pyright: ignore[reportArgumentType] - of a parameter
                    limits=Limits(batch_rows=batch_rows),
                    on_progress=progress.append,
                )
            except Killed:
                continue
            break
        results = records(to)

        assert [each["id"] for each in results] == [str(number) for number in range(count)]
        for number, each in enumerate(results):
            assert each.get("text") == f"re: row {number}" or each["error_code"] in (
                "content_filtered",
                "response_invalid",
                *(() if via == "auto" else ("provider_unavailable", "timeout")),
            )
        assert job.answered + job.failed == count
        assert job.batched == 0
        assert via == "auto" or not vendor.calls
        assert progress[-1].done == count if progress else True


def test_progress_counts_a_result_that_a_batch_replaces_once(to: Path, clock: FakeClock) -> None:
    batched(Vendor(), texts(3), to)
    seen: list[Progress] = []
    changed = [f"new {number}" for number in range(3)]
    vendor = Vendor(plans=[Plan(polls=5)])
    with pytest.raises(RunStoppedError):  # while the batch is under way
        batched(vendor, changed, to, changed="redo", should_stop=lambda: bool(vendor.batches))
    assert open_job(to).batched == 3

    batched(vendor, changed, to, on_progress=seen.append)
    assert [progress.done for progress in seen] == [3, 3, 3]
    assert len(vendor.batches) == 1
    assert [each["text"] for each in records(to)] == [f"re: new {n}" for n in range(3)]


# --- One fault at a time --------------------------------------------------------------------------


def test_a_run_is_divided_into_batches_by_rows(to: Path) -> None:
    vendor = Vendor()
    job = batched(vendor, texts(5), to, limits=Limits(batch_rows=2))

    assert [list(batch.rows.values()) for batch in vendor.batches] == [
        ["row 0", "row 1"],
        ["row 2", "row 3"],
        ["row 4"],
    ]
    assert [each["text"] for each in records(to)] == [f"re: row {n}" for n in range(5)]
    assert (job.answered, job.usage.output_tokens) == (5, 5)


def test_other_tasks_run_while_many_rows_are_encoded(to: Path) -> None:
    vendor = Vendor()
    assert batched(vendor, texts(201), to).answered == 201
    assert [len(batch.rows) for batch in vendor.batches] == [201]


def test_a_run_is_divided_into_batches_by_bytes(to: Path) -> None:
    vendor = Vendor(limits=BatchLimits(rows=9, bytes=120))
    batched(vendor, texts(3), to)
    assert [len(batch.rows) for batch in vendor.batches] == [2, 1]


def test_a_row_without_room_in_any_batch_fails_alone(to: Path) -> None:
    vendor = Vendor(limits=BatchLimits(rows=9, bytes=100))
    batched(vendor, ["short", "long " * 30, "short too"], to)

    assert [each.get("error_code") for each in records(to)] == [None, "invalid_request", None]
    assert "a batch has room for 100" in records(to)[1]["error"]


def test_no_more_tokens_wait_in_batches_than_allowed(to: Path) -> None:
    vendor = Vendor(plans=[Plan(polls=1), Plan(polls=1)])
    batched(vendor, [f"{n} " + "word " * 60 for n in range(4)], to, limits=Limits(batch_tokens=100))

    assert [len(batch.rows) for batch in vendor.batches] == [1, 1, 1, 1]


def test_the_samples_of_a_row_are_rows_of_a_batch(to: Path) -> None:
    vendor = Vendor()
    vendor.may_repeat = True
    batched(vendor, ["a", "b"], to, samples=2)
    assert [(each["id"], each.get("sample", 0)) for each in records(to)] == [
        ("0", 0),
        ("0", 1),
        ("1", 0),
        ("1", 1),
    ]


def test_polls_become_rarer_up_to_a_minute(to: Path, clock: FakeClock) -> None:
    batched(Vendor(plans=[Plan(polls=10)]), texts(1), to)

    assert clock.waits[:3] == [5.0, 7.5, 11.25]
    assert max(clock.waits) == 60.0
    assert clock.waits == sorted(clock.waits)


def test_a_batch_whose_creation_had_no_response_is_found_in_the_listing(to: Path) -> None:
    vendor = Vendor(plans=[Plan(creation="lost")])
    batched(vendor, texts(2), to)
    assert len(vendor.batches) == 1


def test_a_batch_that_was_not_created_is_created_after_the_listing_has_settled(
    to: Path, clock: FakeClock
) -> None:
    vendor = Vendor(plans=[Plan(creation="broken")])
    start = clock.time
    batched(vendor, texts(2), to)

    assert len(vendor.batches) == 1
    assert clock.time - start >= 60


def test_a_batch_without_a_name_is_recognised_when_it_has_ended(to: Path) -> None:
    vendor = Vendor(plans=[Plan(creation="lost", polls=4)], unsettled=True)
    batched(vendor, texts(2), to)
    assert len(vendor.batches) == 1


def test_rows_without_an_answer_are_in_the_next_batch(to: Path) -> None:
    vendor = Vendor(plans=[Plan(outcomes=["answered", "expired", "missing"])])
    batched(vendor, texts(6), to)

    assert list(vendor.batches[1].rows.values()) == ["row 1", "row 2", "row 4", "row 5"]
    assert all("text" in each for each in records(to))


def test_a_row_that_no_batch_answers_has_failed(to: Path) -> None:
    vendor = Vendor(plans=[Plan(outcomes=["missing"]) for _ in range(9)])
    job = batched(vendor, texts(1), to)

    assert len(vendor.batches) == 3
    assert job.error_codes() == {ErrorCode.TIMEOUT: 1}
    again = batched(vendor, texts(1), to, retry_failed=True)
    assert again.failed == 1
    vendor.plans.clear()
    assert batched(vendor, texts(1), to, retry_failed=True).answered == 1


def test_an_error_that_can_pass_is_tried_in_further_batches(to: Path) -> None:
    vendor = Vendor(plans=[Plan(outcomes=["overloaded"])] * 9)
    job = batched(vendor, texts(1), to)
    assert (len(vendor.batches), job.error_codes()) == (3, {ErrorCode.PROVIDER_UNAVAILABLE: 1})


def test_a_malformed_answer_is_tried_once_more(to: Path) -> None:
    vendor = Vendor(plans=[Plan(outcomes=["malformed"]), Plan(outcomes=["malformed", "answered"])])
    job = batched(vendor, texts(2), to)
    assert (len(vendor.batches), job.error_codes()) == (2, {ErrorCode.RESPONSE_INVALID: 1})
    assert [each.get("text") for each in records(to)] == [None, "re: row 1"]


def test_a_row_that_the_model_does_not_support_fails_alone(to: Path) -> None:
    job = batched(Vendor(), ["a", "unsupported", "b"], to)
    assert (job.answered, job.error_codes()) == (2, {ErrorCode.UNSUPPORTED: 1})


def test_a_row_without_a_prompt_fails_alone(to: Path) -> None:
    job = batched(Vendor(), [{"prompt": "a"}, {"text": "b"}], to)
    assert (job.answered, job.error_codes()) == (1, {ErrorCode.INVALID_REQUEST: 1})


def test_a_batch_that_does_not_fit_alone_is_divided(to: Path) -> None:
    vendor = Vendor(plans=[Plan(creation="full"), Plan(creation="full")])
    batched(vendor, texts(8), to)
    assert [len(batch.rows) for batch in vendor.batches] == [8, 4, 4, 4]


def test_a_batch_that_does_not_fit_beside_others_waits_for_them(to: Path) -> None:
    vendor = Vendor(plans=[Plan(polls=2), Plan(creation="full")])
    batched(vendor, texts(4), to, limits=Limits(batch_rows=2))
    assert [len(batch.rows) for batch in vendor.batches] == [2, 2, 2]


def test_a_vendor_that_accepts_not_even_one_row_ends_the_run(to: Path) -> None:
    vendor = Vendor(plans=[Plan(creation="busy")] * 99)
    with pytest.raises(ChatModelError, match="busy") as caught:
        batched(vendor, texts(2), to)
    assert caught.value.code is ErrorCode.RATE_LIMITED


def test_an_error_that_every_row_would_have_stops_the_run(to: Path) -> None:
    vendor = Vendor(before=failing(ErrorCode.AUTHENTICATION, 401))
    with pytest.raises(RunStoppedError, match="every further row would fail"):
        batched(vendor, texts(2), to)
    vendor.before = lambda: None
    assert batched(vendor, texts(2), to).answered == 2


def test_a_row_with_an_error_that_every_row_would_have_stops_the_run_and_has_no_result(
    to: Path,
) -> None:
    vendor = Vendor(
        plans=[Plan(outcomes=["answered", "refused"])],
        refusing=failing(ErrorCode.QUOTA_EXCEEDED, 429),
    )
    with pytest.raises(RunStoppedError, match="every further row would fail"):
        batched(vendor, texts(4), to)
    assert (open_job(to).answered, open_job(to).batched) == (2, 2)


def test_a_refused_batch_stops_a_run_without_calls(to: Path) -> None:
    vendor = Vendor(before=failing(ErrorCode.INVALID_REQUEST, 400))
    with pytest.raises(InvalidRequestError, match="refused by the vendor"):
        batched(vendor, texts(2), to)


def test_a_refused_batch_is_answered_by_calls_with_auto(to: Path) -> None:
    vendor = Vendor(before=failing(ErrorCode.INVALID_REQUEST, 404))
    assert batched(vendor, texts(2), to, via="auto").answered == 2


def test_a_vendor_that_does_not_respond_ends_the_run_after_some_time(to: Path) -> None:
    vendor = Vendor(before=failing(ErrorCode.PROVIDER_UNAVAILABLE, 503))
    with pytest.raises(ChatModelError, match="refused by the vendor"):
        batched(vendor, texts(2), to)
    vendor.before = lambda: None
    assert batched(vendor, texts(2), to).answered == 2


def test_answers_that_cannot_be_read_to_the_end_are_read_again(to: Path) -> None:
    progress: list[Progress] = []
    vendor = Vendor(plans=[Plan(broken_after=2)])
    batched(vendor, texts(4), to, on_progress=progress.append)

    assert len(vendor.batches) == 1
    assert [each.done for each in progress] == [1, 2, 3, 4]


# --- Deadlines, limits, cancellation --------------------------------------------------------------


def test_auto_cancels_a_late_batch_and_calls_the_model_for_the_rest(
    to: Path, clock: FakeClock
) -> None:
    late = Plan(polls=sys.maxsize, outcomes=["answered", "expired"])
    vendor = Vendor(plans=[late])
    start = clock.time
    job = batched(
        vendor,
        texts(6),
        to,
        via="auto",
        limits=Limits(batch_rows=4, batch_deadline=3_600, batch_tokens=1),
        prompt=lambda columns: user(columns["prompt"]),
    )

    assert vendor.cancelled == ["batch-0"]
    assert 3_600 <= clock.time - start < 3_800
    assert [each["text"] for each in records(to)] == [f"re: row {n}" for n in range(6)]
    assert job.batched == 0


def test_auto_calls_the_model_if_there_is_no_batch_api(to: Path) -> None:
    job = run(MockChatModel("m", on_exhausted="echo"), texts(2), to=to, via="auto")
    assert job.answered == 2


def test_a_model_without_a_batch_api_is_refused(to: Path) -> None:
    with pytest.raises(UnsupportedError, match="MockChatModel has no batch API"):
        run(MockChatModel("m"), texts(2), to=to, via="batch")


def test_an_unknown_way_is_refused(to: Path) -> None:
    with pytest.raises(InvalidRequestError, match="via must be one of 'calls', 'batch', 'auto'"):
        batched(Vendor(), texts(1), to, via="mail")


def test_a_limit_stops_further_batches_and_those_under_way_are_read(to: Path) -> None:
    vendor = Vendor(plans=[Plan(outcomes=["refused"]), Plan(polls=3), Plan(creation="busy")])
    with pytest.raises(RunStoppedError, match="2 of 2 rows have failed"):
        batched(vendor, texts(9), to, limits=Limits(batch_rows=2, errors=2))
    assert len(vendor.batches) == 2
    assert (open_job(to).failed, open_job(to).answered) == (2, 2)


def test_a_running_job_reports_its_rows_in_batches(to: Path, clock: FakeClock) -> None:
    counts: list[int] = []
    clock.before = lambda: counts.append(open_job(to).batched)
    batched(Vendor(plans=[Plan(polls=1)]), texts(3), to)
    assert counts == [3, 3]


def test_a_run_that_is_cancelled_keeps_its_answers_and_stops(
    to: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(plans=[Plan(polls=5, outcomes=["answered", "expired"])])
    cancelled: list[int] = []

    async def sleep(seconds: float, stopping: StopConditions, /) -> None:
        clock.time += seconds
        if not cancelled:
            cancelled.append(await acancel(VendorModel(vendor), to=to))

    monkeypatch.setattr(clock, "sleep", sleep)
    with pytest.raises(RunStoppedError, match="the batches were cancelled"):
        batched(vendor, texts(4), to)
    assert (cancelled, vendor.cancelled) == ([1], ["batch-0"])
    assert (open_job(to).answered, open_job(to).batched) == (2, 2)
    assert batched(vendor, texts(4), to).answered == 4


def test_the_run_after_a_cancellation_sends_the_other_rows_again(
    interrupted: "Interrupted",
) -> None:
    vendor = interrupted.vendor
    vendor.batches[0].plan.outcomes = ["answered", "expired"]
    assert cancel(VendorModel(vendor), to=interrupted.to) == 1

    assert interrupted.resume(texts(4)).answered == 4
    assert list(vendor.batches[1].rows.values()) == ["row 1", "row 3"]


def interrupt() -> None:
    raise KeyboardInterrupt


def test_a_run_without_batches_has_none_to_cancel(to: Path) -> None:
    batched(Vendor(), texts(1), to)
    assert cancel(VendorModel(Vendor()), to=to) == 0


def test_only_the_model_of_a_run_can_cancel_it(to: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no run in"):
        cancel(VendorModel(Vendor()), to=to)
    batched(Vendor(), texts(1), to)
    with pytest.raises(ConfigurationError, match="has the model mock:m, not mock:n"):
        cancel(Other(Vendor()), to=to)


class Other(VendorModel):
    def __init__(self, vendor: Vendor) -> None:
        super().__init__(vendor)
        self.model = "n"


# --- Few rows, and batches that cannot be cancelled -----------------------------------------------

_FEWEST = BatchLimits(rows=4, bytes=1_000_000, fewest_rows=3)


def test_too_few_rows_for_a_batch_are_called_for_with_auto(to: Path) -> None:
    vendor = Vendor(limits=_FEWEST)
    job = batched(vendor, texts(6), to, via="auto")

    assert [len(batch.rows) for batch in vendor.batches] == [4]
    assert (job.answered, job.batched) == (6, 0)


def test_too_few_rows_for_a_batch_end_a_run_without_calls(to: Path) -> None:
    vendor = Vendor(limits=_FEWEST)
    with pytest.raises(InvalidRequestError, match="batches of 3 rows or more, and 2 are left"):
        batched(vendor, texts(6), to)

    assert (open_job(to).answered, open_job(to).batched) == (4, 2)
    assert batched(vendor, texts(6), to, via="auto").answered == 6


def test_too_few_rows_wait_for_those_that_a_batch_does_not_answer(to: Path) -> None:
    plan = Plan(polls=2, outcomes=["answered", "answered", "answered", "expired"])
    vendor = Vendor(plans=[plan], limits=_FEWEST)
    assert batched(vendor, texts(6), to).answered == 6

    assert [len(batch.rows) for batch in vendor.batches] == [4, 3]


def test_a_batch_is_not_divided_below_the_fewest_rows(to: Path) -> None:
    limits = BatchLimits(rows=9, bytes=1_000_000, fewest_rows=3)
    vendor = Vendor(plans=[Plan(creation="full"), Plan(creation="full")], limits=limits)
    assert batched(vendor, texts(6), to).answered == 6
    assert [len(batch.rows) for batch in vendor.batches] == [6, 3, 3, 3]


def test_a_vendor_that_does_not_accept_the_fewest_rows_ends_the_run(to: Path) -> None:
    vendor = Vendor(plans=[Plan(creation="busy")] * 99, limits=_FEWEST)
    with pytest.raises(ChatModelError, match="busy") as caught:
        batched(vendor, texts(4), to)
    assert caught.value.code is ErrorCode.RATE_LIMITED


def test_a_late_batch_that_cannot_be_cancelled_is_read_when_it_ends(
    to: Path, clock: FakeClock
) -> None:
    limits = BatchLimits(rows=4, bytes=1_000_000, cancellable=False)
    late = Plan(polls=70, outcomes=["answered", "expired"])
    vendor = Vendor(plans=[late], limits=limits)
    job = batched(
        vendor, texts(6), to, via="auto", limits=Limits(batch_rows=4, batch_deadline=3_600)
    )

    assert vendor.cancelled == []
    assert len(vendor.batches) == 2
    assert job.answered == 6


def test_a_cancellation_is_refused_if_the_vendor_cannot_cancel_batches(
    to: Path, clock: FakeClock
) -> None:
    vendor = Vendor(limits=BatchLimits(rows=4, bytes=1_000_000, cancellable=False))
    clock.before = interrupt
    with pytest.raises(KeyboardInterrupt):
        batched(vendor, texts(4), to)
    with pytest.raises(UnsupportedError, match="mock cannot cancel batches; run it again to read"):
        cancel(VendorModel(vendor), to=to)
    clock.before = lambda: None
    assert batched(vendor, texts(4), to).answered == 4


# --- Stopping while a batch runs ------------------------------------------------------------------

_RARELY = Limits(batch_poll=1e9)
"""Polls so rare that only a request to stop ends the waiting."""


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Callable[[], object]]]:
    """The functions that are called, from another thread, when a run waits for its first poll."""
    actions: list[Callable[[], object]] = []

    class Watched(SystemClock):
        async def sleep(self, seconds: float, stopping: StopConditions, /) -> None:
            threads.extend(Thread(target=action) for action in actions)
            asyncio.get_running_loop().call_later(0, lambda: [each.start() for each in threads])
            await super().sleep(seconds, stopping)

    threads: list[Thread] = []
    monkeypatch.setattr(_run, "CLOCK", Watched(step=0.001))
    yield actions
    for thread in threads:
        thread.join()


def test_a_stop_ends_the_waiting_for_a_batch_at_once(
    to: Path, waiting: list[Callable[[], object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_run.CLOCK, "_step", 1e9)
    vendor, stop = Vendor(plans=[Plan(polls=1)]), Stop()
    waiting.append(stop.request)
    with pytest.raises(RunStoppedError, match="the run was stopped") as caught:
        batched(vendor, texts(4), to, limits=_RARELY, should_stop=stop)

    assert caught.value.requested
    assert open_job(to).batched == 4


def test_a_stop_ends_the_waiting_of_async_code_at_once(
    to: Path, waiting: list[Callable[[], object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_run.CLOCK, "_step", 1e9)
    model, stop = VendorModel(Vendor(plans=[Plan(polls=1)])), Stop()
    waiting.append(stop.request)

    async def main() -> None:
        await arun(model, texts(4), to=to, via="batch", limits=_RARELY, should_stop=stop)

    with pytest.raises(RunStoppedError, match="the run was stopped"):
        asyncio.run(main())


def test_a_cancelled_task_ends_the_waiting_at_once(
    to: Path, waiting: list[Callable[[], object]]
) -> None:
    async def main() -> None:
        run_ = asyncio.create_task(
            arun(VendorModel(Vendor()), texts(4), to=to, via="batch", limits=_RARELY)
        )
        loop = asyncio.get_running_loop()
        waiting.append(lambda: loop.call_soon_threadsafe(run_.cancel))
        await run_

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    assert open_job(to).batched == 4


def test_another_condition_ends_the_waiting_for_a_batch(
    to: Path, waiting: list[Callable[[], object]]
) -> None:
    is_requested = Event()
    waiting.append(is_requested.set)
    with pytest.raises(RunStoppedError, match="the run was stopped"):
        batched(Vendor(), texts(4), to, limits=_RARELY, should_stop=is_requested.is_set)


def test_another_process_ends_the_waiting_for_a_batch(
    to: Path, waiting: list[Callable[[], object]]
) -> None:
    waiting.append(lambda: open_job(to).stop())
    with pytest.raises(RunStoppedError, match="the run was stopped"):
        batched(Vendor(), texts(4), to, limits=_RARELY)


def test_a_run_that_is_to_stop_from_the_beginning_creates_no_batch(to: Path) -> None:
    vendor, stop = Vendor(), Stop()
    stop.request()
    with pytest.raises(RunStoppedError, match="the run was stopped"):
        batched(vendor, texts(4), to, should_stop=stop)
    assert vendor.batches == []


def test_a_stop_is_not_passed_to_a_loop_that_is_closed() -> None:
    stop, loop = Stop(), asyncio.new_event_loop()

    async def wait_in_vain() -> None:
        with stop.waking(asyncio.Event()):
            loop.stop()
            await asyncio.sleep(0)

    task = loop.create_task(wait_in_vain())
    loop.run_forever()
    loop.close()
    stop.request()
    assert stop()
    task.get_coro().close()  # type: ignore[union-attr]


# --- Resumption and changes -----------------------------------------------------------------------


@dataclass
class Interrupted:
    vendor: Vendor
    to: Path

    def resume(self, source: Sequence[str], **options: Any) -> Job:
        return batched(self.vendor, source, self.to, **options)


@pytest.fixture
def interrupted(to: Path, clock: FakeClock) -> Interrupted:
    """A run of four rows in one batch that was interrupted after its creation."""
    vendor = Vendor(plans=[Plan(polls=1)])
    clock.before = interrupt
    with pytest.raises(KeyboardInterrupt):
        batched(vendor, texts(4), to)
    clock.before = lambda: None
    return Interrupted(vendor, to)


def test_a_resumed_run_reads_its_batches(interrupted: Interrupted) -> None:
    assert interrupted.resume(texts(5)).answered == 5
    assert [len(batch.rows) for batch in interrupted.vendor.batches] == [4, 1]


def test_calls_for_rows_in_open_batches_are_refused(interrupted: Interrupted) -> None:
    with pytest.raises(ConfigurationError, match="open batches of an earlier run: 1"):
        interrupted.resume(texts(4), via="calls")


def test_a_changed_row_in_a_batch_is_noticed(interrupted: Interrupted) -> None:
    changed = ["row 0", "another", "row 2", "row 3"]
    with pytest.raises(ConfigurationError, match="row '1' has changed"):
        interrupted.resume(changed)
    interrupted.resume(changed, changed="redo")
    assert [each["text"] for each in records(interrupted.to)] == [f"re: {text}" for text in changed]


def test_batches_of_other_options_are_abandoned_or_refused(interrupted: Interrupted) -> None:
    with pytest.raises(ConfigurationError, match="have changed"):
        interrupted.resume(texts(4), seed=1)
    with pytest.raises(ConfigurationError, match="open batches of mock:m with other options"):
        interrupted.resume(texts(4), seed=1, changed="keep")
    interrupted.vendor.may_repeat = True
    assert interrupted.resume(texts(4), seed=1, changed="redo").answered == 4
    assert interrupted.vendor.cancelled == ["batch-0"]
    assert interrupted.resume(texts(4), seed=1, changed="redo").answered == 4
    assert interrupted.vendor.cancelled == ["batch-0"]


def test_calls_of_other_options_cancel_the_batches(interrupted: Interrupted) -> None:
    interrupted.vendor.may_repeat = True
    assert interrupted.resume(texts(4), via="calls", seed=1, changed="redo").answered == 4
    assert interrupted.vendor.cancelled == ["batch-0"]


def test_batches_that_cannot_be_cancelled_are_abandoned(interrupted: Interrupted) -> None:
    interrupted.vendor.may_repeat = True
    interrupted.vendor.limits = BatchLimits(rows=9, bytes=1_000_000, cancellable=False)
    assert interrupted.resume(texts(4), seed=1, changed="redo").answered == 4
    assert interrupted.vendor.cancelled == []


@pytest.mark.parametrize("provider", ["mock", "another"])
def test_a_model_without_their_batch_api_abandons_batches(
    interrupted: Interrupted, provider: str
) -> None:
    model = MockChatModel("m", provider=provider, on_exhausted="echo")
    job = run(model, texts(4), to=interrupted.to, seed=1, changed="redo")
    assert (job.answered, job.batched, interrupted.vendor.cancelled) == (4, 0, [])


def test_a_batch_that_the_vendor_does_not_have_needs_no_cancellation(
    interrupted: Interrupted,
) -> None:
    interrupted.vendor.may_repeat = True
    interrupted.vendor.cancelling = failing(ErrorCode.INVALID_REQUEST, 404)
    assert interrupted.resume(texts(4), seed=1, changed="redo").answered == 4


def test_batches_are_not_abandoned_if_their_cancellation_fails(interrupted: Interrupted) -> None:
    interrupted.vendor.cancelling = failing(ErrorCode.PERMISSION_DENIED, 403)
    with pytest.raises(ChatModelError, match="refused by the vendor"):
        interrupted.resume(texts(4), seed=1, changed="redo")
    assert interrupted.resume(texts(4)).answered == 4  # with the former options
    assert len(interrupted.vendor.batches) == 1


def test_rows_that_wait_for_a_batch_can_be_called_for(to: Path) -> None:
    vendor = Vendor(decoding=failing(ErrorCode.QUOTA_EXCEEDED, 429))
    with pytest.raises(RunStoppedError):
        batched(vendor, texts(2), to)
    assert open_job(to).batched == 2
    vendor.batches.clear()
    assert batched(vendor, texts(2), to, via="calls").answered == 2
    assert open_job(to).batched == 0


def test_the_options_of_a_run_apply_to_the_rows_of_batches(to: Path) -> None:
    @dataclass
    class Ticket:
        kind: str

    vendor = Vendor(text='{"kind": "bug"}')
    job = batched(vendor, texts(2), to, output_type=Ticket, temperature=0.5)
    assert [result.parsed for result in job.results()] == [Ticket("bug")] * 2
    for request in vendor.decoded:
        assert request.settings.temperature == 0.5
        assert request.output is not None


def test_errors_of_storage_end_the_run(to: Path, clock: FakeClock) -> None:
    def fill() -> None:
        with sqlite3.connect(to.with_name(to.name + ".run") / "results.db") as connection:
            connection.execute(
                "CREATE TRIGGER full BEFORE INSERT ON result BEGIN SELECT RAISE(ABORT, 'full'); END"
            )
        connection.close()

    clock.before = fill
    with pytest.raises(ConfigurationError, match=r"the results in .* cannot be .*: full"):
        batched(Vendor(), texts(2), to)


def test_limits_of_batches_are_checked() -> None:
    with pytest.raises(ConfigurationError, match=r"batch_rows .*; batch_poll must be a number"):
        Limits(batch_rows=0, batch_poll=-1)


def test_limits_of_calls_are_refused_with_batches(to: Path) -> None:
    vendor = Vendor()
    expected = (
        r"retries=\.\.\. has no effect with via='batch'; omit it, or pass via='calls' or via='auto'"
    )
    with pytest.raises(ConfigurationError, match=expected):
        batched(vendor, texts(1), to, limits=Limits(retries=0, requests_per_minute=9))
    assert not vendor.batches
    assert not to.with_name(f"{to.name}.run").exists()


@pytest.mark.parametrize("name", ["in_flight", "requests_per_minute", "tokens_per_minute"])
def test_limits_of_calls_are_those_of_the_rows_without_a_batch(name: str, to: Path) -> None:
    limits = Limits(**{name: 1_000_000})
    with pytest.raises(ConfigurationError, match=rf"{name}=\.\.\. has no effect"):
        batched(Vendor(), texts(1), to, limits=limits)
    assert batched(Vendor(), texts(1), to, limits=limits, via="auto").answered == 1


def test_limits_of_batches_are_refused_without_batches(to: Path) -> None:
    for limits in (Limits(batch_rows=1), Limits(batch_poll=1), Limits(batch_deadline=1)):
        with pytest.raises(ConfigurationError, match="has no effect with via='calls'"):
            batched(Vendor(), texts(1), to, limits=limits, via="calls")
    with pytest.raises(ConfigurationError, match=r"batch_deadline=.*or pass via='auto'"):
        batched(Vendor(), texts(1), to, limits=Limits(batch_deadline=1))


def test_an_error_that_cannot_pass_ends_the_run(to: Path) -> None:
    vendor = Vendor(
        plans=[Plan(creation="lost")], finding=failing(ErrorCode.PERMISSION_DENIED, 403)
    )
    with pytest.raises(ChatModelError, match="refused by the vendor"):
        batched(vendor, texts(1), to)


def test_a_timeout_of_a_proxy_is_no_refusal(to: Path) -> None:
    vendor = Vendor(plans=[Plan(creation="late")])
    batched(vendor, texts(1), to)
    assert len(vendor.batches) == 1
