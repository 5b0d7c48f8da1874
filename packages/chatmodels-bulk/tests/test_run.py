"""Runs over files: results, resumption, changes, limits."""

import csv
import os
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from answers_file import records
from pyarrow import parquet

from chatmodels.bulk import (
    Job,
    Limits,
    Progress,
    Range,
    RunOwner,
    RunStoppedError,
    arun,
    count_rows,
    open_job,
    run,
)
from chatmodels.bulk._folder import RunFolder
from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    ErrorCode,
    InvalidRequestError,
    Prices,
    RateLimitError,
    Usage,
    assistant,
    image,
    set_alias,
    system,
    user,
)
from chatmodels.core.extending import CallInfo, Flow, Send, error_class
from chatmodels.providers.mock import MockChatModel
from chatmodels.resilience import Retry


@dataclass
class Ticket:
    kind: str


def write_rows(path: Path, count: int) -> Path:
    path.write_text("".join(f'{{"id": "r{n}", "text": "ticket {n}"}}\n' for n in range(count)))
    return path


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "rows.jsonl", 5)


def in_thread(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Call a function in a thread: coverage loses lines after a loop that cancelled calls."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(function, *arguments, **options).result()


def echo(**options: Any) -> MockChatModel:
    return MockChatModel("m", on_exhausted="echo", **options)


def test_every_row_has_one_record_in_the_order_of_the_source(rows: Path, to: Path) -> None:
    job = run(echo(), rows, to=to, prompt="Classify: {text}")

    assert [(each["id"], each["text"]) for each in records(to)] == [
        (f"r{n}", f"Classify: ticket {n}") for n in range(5)
    ]
    assert (job.answered, job.failed, job.path) == (5, 0, to)
    assert job.usage.input_tokens == 15
    assert repr(job) == f"<Job {str(to)!r}: 5 answered, 0 failed>"
    assert job.model == "mock:m"


def test_a_second_run_asks_only_for_the_rows_without_a_result(rows: Path, to: Path) -> None:
    run(echo(), rows, to=to, prompt="{text}")
    with rows.open("a") as file:
        file.write('{"id": "new", "text": "one more"}\n')
    model = echo()

    run(model, rows, to=to, prompt="{text}")

    assert [call.request.messages[-1].text for call in model.calls] == ["?", "one more"][1:]
    assert [each["id"] for each in records(to)] == ["r0", "r1", "r2", "r3", "r4", "new"]


def test_a_failed_row_is_a_record_and_can_be_asked_again(rows: Path, to: Path) -> None:
    rules = {"ticket 3": ErrorCode.CONTEXT_LENGTH_EXCEEDED}
    job = run(echo(rules=rules), rows, to=to, prompt="{text}")

    failed = records(to)[3]
    assert (failed["id"], failed["error_code"]) == ("r3", "context_length_exceeded")
    assert failed["attempts"] == 1
    assert [result.row.id for result in job.failures()] == ["r3"]
    assert job.error_codes() == {ErrorCode.CONTEXT_LENGTH_EXCEEDED: 1}
    again = echo()
    assert run(again, rows, to=to, prompt="{text}").failed == 1
    assert again.calls == ()
    assert run(again, rows, to=to, prompt="{text}", retry_failed=True).failed == 0
    assert [call.request.messages[-1].text for call in again.calls] == ["ticket 3"]


def test_structured_output_is_a_value_in_the_record_and_is_parsed_again(
    rows: Path, to: Path
) -> None:
    model = MockChatModel("m", responses=[{"kind": "bug"}], on_exhausted="last")
    job = run(model, rows, to=to, prompt="{text}", output_type=Ticket)

    assert records(to)[0]["output"] == {"kind": "bug"}
    assert [result.parsed for result in job.results()] == [Ticket("bug")] * 5
    assert next(open_job(to).results()).parsed is None
    assert next(open_job(to, output_type=Ticket).results()).parsed == Ticket("bug")


def test_samples_are_results_of_their_own(rows: Path, to: Path) -> None:
    model = MockChatModel("m", responses=["a", "b"], on_exhausted="cycle")
    job = run(model, rows, to=to, prompt="{text}", samples=2, limits=Limits(in_flight=1))

    assert job.answered == 10
    assert [(each["id"], each.get("sample", 0), each["text"]) for each in records(to)[:3]] == [
        ("r0", 0, "a"),
        ("r0", 1, "b"),
        ("r1", 0, "a"),
    ]
    with pytest.raises(ConfigurationError, match="has 2 samples of each row, not 3"):
        run(echo(), rows, to=to, prompt="{text}", samples=3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": MockChatModel("other", on_exhausted="echo")}, "from mock:m to mock:other"),
        ({"temperature": 0.5}, "the options, settings or output schema have changed"),
        ({"output_type": Ticket}, "the options, settings or output schema have changed"),
        ({"prompt": "Now: {text}"}, "row 'r0' has changed"),
    ],
)
def test_a_result_of_another_request_is_never_returned(
    rows: Path, to: Path, change: dict[str, Any], message: str
) -> None:
    run(echo(), rows, to=to, prompt="{text}")
    before = to.read_bytes()
    arguments: dict[str, Any] = {"model": echo(), "prompt": "{text}", **change}
    model = arguments.pop("model")

    with pytest.raises(ConfigurationError, match=message):
        run(model, rows, to=to, **arguments)
    run(model, rows, to=to, **arguments, changed="keep")

    assert model.calls == () or "output_type" in change
    if "output_type" not in change:
        assert to.read_bytes() == before
        run(model, rows, to=to, **arguments, changed="redo")
        assert len(model.calls) == 5


def test_a_row_that_has_changed_is_asked_again_on_request(rows: Path, to: Path) -> None:
    run(echo(), rows, to=to, prompt="{text}")
    rows.write_text(rows.read_text().replace("ticket 2", "ticket two"))
    model = echo()

    run(model, rows, to=to, prompt="{text}", changed="redo")

    assert [call.request.messages[-1].text for call in model.calls] == ["ticket two"]
    assert records(to)[2]["text"] == "ticket two"


@pytest.mark.parametrize(
    "code", [ErrorCode.AUTHENTICATION, ErrorCode.QUOTA_EXCEEDED, ErrorCode.MODEL_NOT_FOUND]
)
def test_an_error_that_every_row_would_have_stops_the_run(
    rows: Path, to: Path, code: ErrorCode
) -> None:
    model = MockChatModel("m", responses=["fine", code], on_exhausted="last")
    with pytest.raises(RunStoppedError, match="every further row would fail") as caught:
        in_thread(run, model, rows, to=to, prompt="{text}", limits=Limits(in_flight=1))

    assert caught.value.code == code
    assert caught.value.__cause__ is not None
    assert len(model.calls) == 2
    assert not to.exists()
    assert (open_job(to).answered, open_job(to).failed) == (1, 0)
    run(echo(), rows, to=to, prompt="{text}")
    assert [each["text"] for each in records(to)] == ["fine", *(f"ticket {n}" for n in range(1, 5))]


def test_a_run_stops_at_a_number_of_failed_rows(rows: Path, to: Path) -> None:
    model = MockChatModel("m", responses=[ErrorCode.CONTENT_FILTERED], on_exhausted="last")
    limits = Limits(in_flight=1, errors=2)
    with pytest.raises(RunStoppedError, match="2 of 2 rows have failed") as caught:
        run(model, rows, to=to, prompt="{text}", limits=limits)

    assert caught.value.code == ErrorCode.CONTENT_FILTERED


def test_a_run_stops_at_a_share_of_failed_rows(tmp_path: Path, to: Path) -> None:
    source = write_rows(tmp_path / "many.jsonl", 100)
    model = echo(rules={"ticket [0-9]*5$": ErrorCode.CONTENT_FILTERED})
    limits = Limits(in_flight=1, errors=0.05)
    with pytest.raises(RunStoppedError, match=r"2 of 20 rows have failed \(the limit is 0.05\)"):
        run(model, source, to=to, prompt="{text}", limits=limits)


def test_a_run_stops_at_a_cost_and_goes_on_with_what_was_spent(rows: Path, to: Path) -> None:
    prices = Prices(input=Decimal(1_000_000), output=Decimal(0))  # 1 for a token of the input
    limits = Limits(in_flight=1, cost=4)
    with pytest.raises(RunStoppedError, match="the cost has reached 4") as caught:
        run(echo(prices=prices), rows, to=to, prompt="{text}", limits=limits)
    assert caught.value.code == ErrorCode.QUOTA_EXCEEDED
    assert open_job(to).answered == 2

    again = echo(prices=prices)
    with pytest.raises(RunStoppedError, match=r"the cost has reached 4.* raise the limit"):
        run(again, rows, to=to, prompt="{text}", limits=limits)
    assert again.calls == ()
    job = run(echo(prices=prices), rows, to=to, prompt="{text}")

    assert job.cost.amount == 10
    assert (job.cost.reason, job.cost.unknown) == (None, 0)


def test_a_limit_that_the_last_row_reaches_does_not_stop_the_run(rows: Path, to: Path) -> None:
    prices = Prices(input=Decimal(1_000_000), output=Decimal(0))
    run(echo(prices=prices), rows, to=to, prompt="{text}", limits=Limits(in_flight=1, cost=10))
    assert len(records(to)) == 5


def test_a_cost_that_is_unknown_cannot_be_limited(rows: Path, to: Path) -> None:
    with pytest.raises(RunStoppedError, match="the cost of a response is unknown"):
        run(echo(), rows, to=to, prompt="{text}", limits=Limits(in_flight=1, cost=1))

    cost = open_job(to).cost
    assert (cost.amount, cost.unknown) == (None, 1)
    assert cost.reason == "responses without a known cost: 1"


def test_progress_counts_earlier_results(to: Path) -> None:
    seen: list[Progress] = []
    run(echo(), ["a", "b"], to=to)
    run(echo(), ["a", "b", "c"], to=to, on_progress=seen.append)

    (progress,) = seen
    assert (progress.done, progress.answered, progress.failed, progress.total) == (3, 3, 0, 3)
    assert progress.usage.input_tokens == 1


def final(seen: list[Progress], to: Path) -> Progress:
    """Return the last progress, after comparing it with the stored results."""
    job, last = open_job(to), seen[-1]
    assert (last.answered, last.failed) == (job.answered, job.failed)
    assert last.done == job.answered + job.failed
    assert last.cost == job.cost.amount
    return last


def test_progress_counts_a_result_that_is_replaced_once(to: Path) -> None:
    rules = {"b": ErrorCode.CONTENT_FILTERED}
    prices = Prices(input=Decimal(1_000_000), output=Decimal(0))
    seen: list[Progress] = []
    run(echo(rules=rules, prices=prices), ["a", "b", "c c"], to=to)

    model = echo(prices=prices)
    run(model, ["x x x", "b!", "c c"], to=to, changed="redo", on_progress=seen.append)
    assert [progress.done for progress in seen] == [3, 3]
    assert final(seen, to).cost == 3 + 1 + 2
    run(model, ["y"] * 3, to=to, prompt="{prompt}?", changed="redo", on_progress=seen.append)
    assert final(seen, to).cost == 3


def test_progress_counts_a_failed_row_that_is_asked_again_once(to: Path) -> None:
    seen: list[Progress] = []
    prices = Prices(input=Decimal(1), output=Decimal(1))
    failing = echo(rules={"x": ErrorCode.CONTENT_FILTERED}, prices=prices)
    run(failing, ["a", "x", "b", "x", "x"], to=to)

    limits = Limits(in_flight=1)
    model = MockChatModel("m", responses=["now"], rules={}, on_exhausted="last", prices=prices)
    with pytest.raises(RunStoppedError):
        run(
            model,
            ["a", "x", "b", "x", "x"],
            to=to,
            retry_failed=True,
            limits=limits,
            should_stop=lambda: len(model.calls) == 1,
            on_progress=seen.append,
        )
    assert (seen[-1].done, seen[-1].failed) == (3, 0)  # the others are to be asked again
    run(
        echo(prices=prices),
        ["a", "x", "b", "x", "x"],
        to=to,
        retry_failed=True,
        first=4,
        on_progress=seen.append,
    )
    assert final(seen, to).failed == 1  # the trial leaves the last row


def test_a_limit_of_the_cost_counts_a_result_that_is_replaced_once(rows: Path, to: Path) -> None:
    prices = Prices(input=Decimal(1_000_000), output=Decimal(0))
    limits = Limits(in_flight=1, cost=15)
    run(echo(prices=prices), rows, to=to, prompt="{text}")
    for prompt in ("{text}!", "{text}?"):
        job = run(echo(prices=prices), rows, to=to, prompt=prompt, changed="redo", limits=limits)
        assert job.cost.amount == 10


def test_an_unknown_cost_that_is_replaced_does_not_count(rows: Path, to: Path) -> None:
    run(echo(), rows, to=to, prompt="{text}", first=1)
    model = echo(prices=Prices(input=1, output=1))
    seen: list[Progress] = []
    run(model, rows, to=to, prompt="{text}!", changed="redo", on_progress=seen.append)
    assert final(seen, to).done == 5


@pytest.mark.anyio
async def test_a_run_can_be_awaited(rows: Path, to: Path) -> None:
    job = await arun(echo(), rows, to=to, prompt="{text}")
    assert job.answered == 5


def test_a_malformed_response_is_requested_once_more(to: Path) -> None:
    invalid = ErrorCode.RESPONSE_INVALID
    job = run(
        MockChatModel("m", responses=[invalid, "fine", invalid, invalid]),
        ["a", "b"],
        to=to,
        limits=Limits(in_flight=1),
    )

    assert [result.text for result in job.results()] == ["fine", None]
    wrong = run(
        MockChatModel("m", responses=["no JSON"]),
        ["a"],
        to=to.with_name("b.jsonl"),
        output_type=Ticket,
    )
    assert wrong.error_codes() == {ErrorCode.OUTPUT_INVALID: 1}


def test_rows_can_be_requests_messages_and_prompts(to: Path) -> None:
    source = [
        "one",
        user("two"),
        {"id": "x", "messages": [{"role": "user", "content": "three"}]},
    ]
    run(echo(), source, to=to)
    assert [each["text"] for each in records(to)] == ["one", "two", "three"]

    def request(columns: Any) -> ChatRequest:
        return ChatRequest(messages=(user(columns["prompt"] + "!"),))

    to = to.with_name("b.jsonl")
    run(echo(), ["one"], to=to, prompt=request)
    assert run(echo(), ["one"], to=to, prompt=request).answered == 1
    assert records(to)[0]["text"] == "one!"


def test_attachments_are_added_to_the_text(tmp_path: Path, to: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("Three cats.")
    speech, picture = "https://example.com/a.mp3", "https://example.com/a.png"
    model = echo()
    source = [
        {"prompt": "How many?", "attachments": str(note)},
        {"prompt": "What?", "attachments": [speech, picture]},
        {"messages": [{"role": "user", "content": "?"}], "attachments": str(note)},
        {"messages": [{"role": "assistant", "content": "?"}], "attachments": str(note)},
        {"prompt": "What?", "attachments": [7]},
    ]
    job = run(model, source, to=to, limits=Limits(in_flight=1))

    kinds = [
        [type(part).__name__ for part in call.request.messages[-1].parts] for call in model.calls
    ]
    assert kinds == [
        ["TextPart", "FilePart"],
        ["TextPart", "AudioPart", "ImagePart"],
        ["TextPart", "FilePart"],
    ]
    messages = [result.error.message for result in job.failures() if result.error]
    assert "its last message is not from the user" in messages[0]
    assert "must be a path" in messages[1]


def test_unreadable_rows_fail_and_the_others_are_answered(tmp_path: Path, to: Path) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_text('{"text": "fine"}\n\n[1]\n{"text"\n{"other": 1}\n{"text": null}\n')
    job = run(echo(), source, to=to, prompt="text: {text}")

    assert [each.get("text") for each in records(to)] == ["text: fine", None, None, None, "text: "]
    problems = [result.error.message for result in job.failures() if result.error]
    assert "line 3 of rows.jsonl is no JSON object" in problems[0]
    assert "line 4 of rows.jsonl is no JSON object" in problems[1]
    assert "row '3' has no column 'text', but the columns 'other'" in problems[2]
    assert run(echo(), source, to=to, prompt="text: {text}").failed == 3


def test_a_prompt_of_a_wrong_type_fails_alone(to: Path) -> None:
    source = [{"prompt": text} for text in ("fine", 5, "\ud800", {"a": 1}, "fine too")]
    run(echo(), source, to=to)

    codes = [each.get("error_code", each.get("text")) for each in records(to)]
    assert codes == ["fine", *["invalid_request"] * 3, "fine too"]

    def broken(columns: Any) -> str:
        return "fine" if columns["prompt"] == "fine" else columns["prompt"] + 1  # a TypeError

    job = run(echo(), ["fine", "b"], to=to.with_name("b.jsonl"), prompt=broken)
    assert [result.row.id for result in job.failures()] == ["1"]


def test_a_row_that_was_unreadable_is_asked_when_it_is_readable(tmp_path: Path, to: Path) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_text('\ufeff{"text": "a"}\n{"text"\n', "utf-8")
    assert run(echo(), source, to=to, prompt="{text}").failed == 1
    source.write_text('{"text": "a"}\n{"text": "b"}\n')

    assert run(echo(), source, to=to, prompt="{text}").answered == 2


def test_rows_that_are_gone_are_not_in_the_results(to: Path) -> None:
    run(echo(), ["a", "b", "c"], to=to)
    with pytest.raises(ConfigurationError, match="the source has become shorter: 2 results"):
        run(echo(), ["a"], to=to)
    run(echo(), ["a"], to=to, changed="keep")
    assert len(records(to)) == 3
    run(echo(), ["a"], to=to, changed="redo")
    assert len(records(to)) == 1


def test_another_id_is_another_row(to: Path) -> None:
    run(echo(), [{"id": "a", "prompt": "x"}], to=to)
    with pytest.raises(ConfigurationError, match="row 'b' has changed"):
        run(echo(), [{"id": "b", "prompt": "x"}], to=to)


def test_calls_that_are_under_way_are_kept_if_the_source_fails(to: Path) -> None:
    def source() -> Iterator[str]:
        yield from ("a", "b")
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        run(echo(), source(), to=to)
    assert open_job(to).answered == 2


@pytest.mark.anyio
async def test_a_running_loop_is_refused(to: Path) -> None:
    with pytest.raises(ConfigurationError, match="use: await arun"):
        run(echo(), ["a"], to=to)


def test_a_long_field_of_a_csv_file_is_read(tmp_path: Path, to: Path) -> None:
    source = tmp_path / "rows.csv"
    source.write_text("text\n" + "a" * 200_000 + "\n")
    assert run(echo(), source, to=to, prompt="{text}").usage.input_tokens == 1


def test_a_csv_file_is_read_and_written(tmp_path: Path) -> None:
    source, to = tmp_path / "rows.csv", tmp_path / "answers.csv"
    source.write_text('\ufeffid,text\na,"one, two"\n\nb,three\nc,too,many\n', "utf-8")
    run(
        MockChatModel("m", responses=[{"kind": "x"}], on_exhausted="last"),
        source,
        to=to,
        prompt="{text}",
        output_type=Ticket,
    )

    with to.open(newline="") as file:
        found = list(csv.DictReader(file))
    assert [(each["id"], each["output"], each["error_code"]) for each in found] == [
        ("a", '{"kind":"x"}', ""),
        ("b", '{"kind":"x"}', ""),
        ("2", "", "invalid_request"),
    ]
    assert "line 5 of rows.csv has 3 fields, but the header has 2" in found[2]["error"]


def test_a_malformed_csv_file_is_refused(tmp_path: Path, to: Path) -> None:
    source = tmp_path / "rows.csv"
    source.write_text('text\nfine\n"not closed')
    with pytest.raises(InvalidRequestError, match="cannot be read"):
        run(echo(), source, to=to, prompt="{text}")


def test_a_parquet_file_is_read_and_written(rows: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a.parquet", tmp_path / "b.parquet"
    run(echo(), rows, to=first, prompt="{text}")
    run(echo(), first, to=second, prompt="Again: {text}")

    table = parquet.read_table(second)
    assert table.column("text").to_pylist() == [f"Again: ticket {n}" for n in range(5)]
    assert table.column("id").to_pylist() == [f"r{n}" for n in range(5)]


def test_results_can_be_exported_into_another_file(rows: Path, to: Path) -> None:
    job: Job = run(echo(), rows, to=to, prompt="{text}")
    job.export(to.with_name("other.jsonl"))
    assert to.with_name("other.jsonl").read_bytes() == to.read_bytes()


def test_an_export_of_long_results_needs_little_memory(to: Path) -> None:
    length, count = 20_000, 600
    job = run(echo(), ["x" * length for _ in range(count)], to=to)
    tracemalloc.start()
    try:
        job.export(to)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < count * length / 2


def test_parquet_without_its_library_is_refused(
    rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(InvalidRequestError, match=r"chatmodels-bulk\[parquet\]"):
        run(echo(), rows, to=tmp_path / "a.parquet", prompt="{text}")


def test_a_line_without_an_end_is_refused(
    rows: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatmodels.bulk._rows._LONGEST_LINE", 20)
    with pytest.raises(InvalidRequestError, match="has a line of more than"):
        run(echo(), rows, to=to, prompt="{text}")


def test_a_brace_in_a_template_is_doubled(to: Path) -> None:
    run(echo(), [{"text": "a"}], to=to, prompt="{{{text}}}")
    assert records(to)[0]["text"] == "{a}"


def test_rows_are_read_when_there_is_room(to: Path) -> None:
    read: list[int] = []
    ahead: list[int] = []

    def source() -> Iterator[str]:
        for number in range(2500):
            read.append(number)
            yield str(number)

    def watch(progress: Progress) -> None:
        ahead.append(len(read) - progress.done)

    run(echo(), source(), to=to, limits=Limits(in_flight=10), on_progress=watch)

    assert max(ahead) <= 11
    assert len(records(to)) == 2500
    assert run(echo(), source(), to=to).answered == 2500


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"source": 7}, "the source is of type int"),
        ({"source": {"prompt": "a"}}, "the source is of type dict"),
        ({"source": "rows.txt"}, r"rows.txt is not a .jsonl"),
        ({"source": "absent.jsonl"}, "there is no file absent.jsonl"),
        ({"to": "answers.txt"}, "the results cannot be written to"),
        ({"prompt": "{"}, "is malformed"),
        ({"prompt": "{text.upper}"}, "has a field that is no column"),
        ({"prompt": "{}"}, "has a field that is no column"),
        ({"prompt": "{missing}"}, "row 'r0' has no column 'missing', but the columns 'id', 'text'"),
        ({"prompt": lambda columns: columns["missing"]}, "the prompt of row 'r0' failed: KeyError"),
        ({"prompt": None}, 'row \'r0\' has no column "prompt" and no column "messages"'),
        ({"samples": 0}, "samples must be a positive integer, not 0"),
        ({"changed": "no"}, "changed must be one of 'stop', 'redo', 'keep', not 'no'"),
        ({"temperature": "hot"}, "temperature"),
        ({"output_type": {"a": 1}}, "output_type must be a type"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_asked(
    rows: Path, to: Path, arguments: dict[str, Any], message: str
) -> None:
    model = echo()
    chosen = {"source": rows, "to": to, "prompt": "{text}", **arguments}
    with pytest.raises(InvalidRequestError, match=message):
        run(model, chosen.pop("source"), **chosen)
    assert model.calls == ()


def test_wrong_limits_are_listed_together() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Limits(
            in_flight=0, requests_per_minute=0, tokens_per_minute=-1, retries=11, cost=0, errors=1.5
        )
    assert caught.value.message.count(" must be ") == 6


def test_a_model_by_its_name_is_retried_inside_of_the_limits(
    to: Path,
) -> None:
    assert run("mock:m", ["a"], to=to).answered == 1
    set_alias("bulk-test", "mock:m")
    assert run("bulk-test", ["a"], to=to).answered == 1


def test_a_trial_answers_the_first_rows_which_count_towards_the_run(rows: Path, to: Path) -> None:
    model = echo()
    seen: list[Progress] = []
    job = run(model, rows, to=to, prompt="{text}", first=2, on_progress=seen.append)

    assert not to.exists()
    assert (job.answered, seen[-1].total) == (2, 2)
    job = run(model, rows, to=to, prompt="{text}", on_progress=seen.append)
    assert (len(model.calls), job.answered, seen[-1].total) == (5, 5, 5)
    assert len(records(to)) == 5
    assert run(model, rows, to=to, prompt="{text}", first=2).answered == 5
    with pytest.raises(InvalidRequestError, match="first must be a positive integer, not 0"):
        run(model, rows, to=to, first=0)


def test_the_whole_run_is_estimated_from_its_first_rows(rows: Path, to: Path) -> None:
    responses = [
        ChatResponse(message=assistant("x"), usage=Usage(input_tokens=10, output_tokens=count))
        for count in (1, 2, 3, 4, 5)
    ]
    model = MockChatModel("m", responses=responses, prices=Prices(input=1, output=1))
    job = run(model, rows, to=to, prompt="{text}", limits=Limits(in_flight=1))

    found = job.estimate(105)
    assert (found.results, found.answered, found.failed) == (105, 5, 0)
    assert found.input_tokens == Range(1050, 1050, 1050)
    # The 2.5 % on each side of Student's distribution with four degrees of freedom: 2.776.
    margin = 2.776 * (2.5 * (100 + 100 * 100 / 5)) ** 0.5
    assert found.output_tokens is not None
    assert found.output_tokens.expected == 315
    assert found.output_tokens.high == pytest.approx(315 + margin, rel=0.01)
    assert found.output_tokens.low == pytest.approx(315 - margin, rel=0.04)
    assert found.cost is not None
    assert found.cost.expected == pytest.approx(0.001365)
    assert job.estimate(5).output_tokens == Range(15, 15, 15)
    with pytest.raises(InvalidRequestError, match="rows must be at least 5"):
        job.estimate(4)


def test_an_estimate_is_open_or_unknown_without_enough_results(rows: Path, to: Path) -> None:
    rules = {"ticket 0": ErrorCode.CONTENT_FILTERED}
    failed = run(echo(rules=rules), rows, to=to, prompt="{text}", first=1).estimate(10)
    assert failed.output_tokens is None
    assert failed.failed == 1
    single = run(echo(), rows, to=to, prompt="{text}", first=1, retry_failed=True).estimate(10)
    assert single.output_tokens == Range(20, 2, float("inf"))
    job = run(echo(), rows, to=to, prompt="{text}", first=2)
    assert job.estimate(10).cost is None


def test_a_run_stops_on_request_and_goes_on_later(rows: Path, to: Path) -> None:
    model = echo()
    with pytest.raises(RunStoppedError, match="the run was stopped; run it again to go on"):
        run(
            model,
            rows,
            to=to,
            prompt="{text}",
            limits=Limits(in_flight=1),
            should_stop=lambda: len(model.calls) == 2,
        )

    assert run(model, rows, to=to, prompt="{text}").answered == 5
    assert len(model.calls) == 5


def test_another_process_can_stop_a_run(rows: Path, to: Path) -> None:
    def stop(progress: Progress) -> None:
        assert open_job(to).stop()

    with pytest.raises(RunStoppedError, match="was stopped"):
        run(echo(), rows, to=to, prompt="{text}", limits=Limits(in_flight=1), on_progress=stop)

    job = run(echo(), rows, to=to, prompt="{text}")
    assert job.answered == 5
    assert job.folder == to.with_name("answers.jsonl.run")
    assert not job.stop()


def test_failed_rows_are_exported_alone(rows: Path, to: Path) -> None:
    job = run(echo(rules={"ticket 3": ErrorCode.CONTENT_FILTERED}), rows, to=to, prompt="{text}")

    job.export(to, failed=True)
    assert [each["id"] for each in records(to)] == ["r3"]
    job.export(to, failed=False)
    assert [each["id"] for each in records(to)] == ["r0", "r1", "r2", "r4"]


def test_the_owner_is_the_process_that_has_the_run(rows: Path, to: Path) -> None:
    owners: list[RunOwner | None] = []
    job = run(
        echo(),
        rows,
        to=to,
        prompt="{text}",
        on_progress=lambda _: owners.append(open_job(to).owner),
    )

    assert job.owner is None
    assert owners[0] is not None
    assert owners[0].process == os.getpid()
    assert owners[0].is_local
    with RunFolder(to).locked():
        owner = open_job(to).owner
        assert owner is not None
        assert owner.process == os.getpid()
        (to.parent / "answers.jsonl.run" / "owner").write_text("{")
        assert job.owner is None
        with pytest.raises(ConfigurationError, match="is in use by another process"):
            run(echo(), rows, to=to, prompt="{text}")


def test_model_options_create_the_model(rows: Path, to: Path) -> None:
    options = {"responses": ["one"], "on_exhausted": "last"}
    assert run("mock:m", rows, to=to, prompt="{text}", model_options=options).answered == 5
    with pytest.raises(InvalidRequestError, match="model_options are for a model that is passed"):
        run(echo(), rows, to=to, model_options=options)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_the_progress_knows_the_length_of_a_file(tmp_path: Path, suffix: str) -> None:
    source = tmp_path / f"rows{suffix}"
    if suffix == ".csv":
        source.write_text("prompt\na\nb\n")
    else:
        import pyarrow as pa

        parquet.write_table(pa.table({"prompt": ["a", "b"]}), source)
    seen: list[Progress] = []
    run(echo(), source, to=tmp_path / "o.jsonl", on_progress=seen.append)
    assert seen[-1].total == 2


def test_the_texts_of_messages_are_templates(to: Path) -> None:
    model = echo()
    photo = image("https://example.com/a.png")
    prompt = [system("Reply in {language}."), user("Describe {thing}.", photo)]
    run(model, [{"language": "French", "thing": "it"}], to=to, prompt=prompt)

    assert model.calls[0].request.messages == (
        system("Reply in French."),
        user("Describe it.", photo),
    )
    with pytest.raises(InvalidRequestError, match="malformed"):
        run(model, ["a"], to=to, prompt=[user("{")])


def test_the_results_do_not_replace_the_rows(tmp_path: Path) -> None:
    source = write_rows(tmp_path / "rows.jsonl", 1)
    link = tmp_path / "link.jsonl"
    link.symlink_to(source)

    for target in (source, link):
        with pytest.raises(InvalidRequestError, match="the results would replace the rows"):
            run(echo(), source, to=target, prompt="{text}")
    assert records(source) == [{"id": "r0", "text": "ticket 0"}]


def test_calls_that_wait_for_a_rate_limit_are_not_sent_after_a_stop(rows: Path, to: Path) -> None:
    model = echo()

    with pytest.raises(RunStoppedError) as stopped:
        run(
            model,
            rows,
            to=to,
            prompt="{text}",
            limits=Limits(requests_per_minute=1_000, in_flight=5),
            should_stop=lambda: bool(model.calls),
        )
    assert stopped.value.requested
    assert len(model.calls) < 5
    assert open_job(to).answered == len(model.calls)
    assert run(model, rows, to=to, prompt="{text}").answered == 5
    assert len(model.calls) == 5


def test_samples_of_a_row_are_not_independent(tmp_path: Path, to: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", 4)
    model = echo()
    build = {"ticket 0": "a", "ticket 1": "a b", "ticket 2": "a b c", "ticket 3": "a b c d"}
    single = tmp_path / "single.jsonl"
    one = run(model, rows, to=single, prompt=lambda row: build[row["text"]]).estimate(100)
    many = run(model, rows, to=to, prompt=lambda row: build[row["text"]], samples=3).estimate(100)

    assert one.input_tokens is not None
    assert many.input_tokens is not None
    assert many.results == 300
    assert many.input_tokens.expected == 3 * one.input_tokens.expected
    assert many.input_tokens.high == pytest.approx(3 * one.input_tokens.high)


def test_two_rows_have_a_wide_interval(rows: Path, to: Path) -> None:
    build = {"ticket 0": "a", "ticket 1": "a b c"}
    job = run(echo(), rows, to=to, prompt=lambda row: build[row["text"]], first=2)

    found = job.estimate(3).input_tokens
    assert found is not None
    assert found.high == pytest.approx(6 + 12.706 * (2 * 1.5) ** 0.5)


def test_failures_of_an_earlier_run_do_not_stop_the_next_one(rows: Path, to: Path) -> None:
    run(echo(rules={"ticket": ErrorCode.CONTENT_FILTERED}), rows, to=to, prompt="{text}")

    limits = Limits(errors=3)
    job = run(echo(), rows, to=to, prompt="{text}!", changed="redo", limits=limits)
    assert (job.answered, job.failed) == (5, 0)


def test_a_run_without_results_does_not_fix_the_model(rows: Path, to: Path) -> None:
    model = echo(rules={"": ErrorCode.AUTHENTICATION})
    with pytest.raises(RunStoppedError) as stopped:
        in_thread(run, model, rows, to=to, prompt="{text}")
    assert not stopped.value.requested

    job = run(MockChatModel("n", on_exhausted="echo"), rows, to=to, prompt="{text}", samples=2)
    assert (job.model, job.answered) == ("mock:n", 10)


def test_unknown_costs_of_an_earlier_run_count(rows: Path, to: Path) -> None:
    model = echo()
    for _ in range(2):
        with pytest.raises(RunStoppedError, match="pass prices, or run it without a limit"):
            run(model, rows, to=to, prompt="{text}", limits=Limits(cost=1, in_flight=1))
    assert len(model.calls) == 1


def test_a_job_begins_before_the_first_call(rows: Path, to: Path) -> None:
    model = echo()
    seen: list[tuple[int, str]] = []
    run(
        model,
        rows,
        to=to,
        prompt="{text}",
        on_start=lambda job: seen.append((len(model.calls), job.model)),
    )
    assert seen == [(0, "mock:m")]


def test_damaged_files_are_errors_of_the_request(tmp_path: Path, to: Path) -> None:
    latin, damaged = tmp_path / "a.csv", tmp_path / "b.parquet"
    latin.write_bytes("größe\n1\n".encode("latin-1"))
    damaged.write_bytes(b"PAR1")
    for source in (latin, damaged):
        with pytest.raises(InvalidRequestError, match="cannot be read"):
            run(echo(), source, to=to)
        with pytest.raises(InvalidRequestError, match="cannot be read"):
            count_rows(source)
    with pytest.raises(InvalidRequestError, match="there is no file"):
        count_rows(tmp_path / "none.parquet")


def test_retries_are_no_option_of_the_model(rows: Path, to: Path) -> None:
    with pytest.raises(InvalidRequestError, match=r"pass Limits\(retries=...\)"):
        run("mock:m", rows, to=to, model_options={"max_retries": 2})


def test_the_owner_of_a_run_that_crashed_is_none(to: Path) -> None:
    job = run(echo(), ["a"], to=to)
    (job.folder / "owner").write_text('{"process": 1, "host": "other"}')
    assert job.owner is None


def test_a_wrong_key_costs_one_request_for_each_call_under_way(tmp_path: Path, to: Path) -> None:
    rows = write_rows(tmp_path / "many.jsonl", 300)
    model = echo(rules={"": ErrorCode.AUTHENTICATION})
    with pytest.raises(RunStoppedError, match="every further row would fail") as stopped:
        in_thread(run, model, rows, to=to, prompt="{text}", limits=Limits(in_flight=20))

    assert stopped.value.code is ErrorCode.AUTHENTICATION
    assert len(model.calls) <= 20
    assert (open_job(to).answered, open_job(to).failed) == (0, 0)
    assert run(echo(), rows, to=to, prompt="{text}").answered == 300


def test_faults_of_a_few_rows_do_not_touch_the_others(tmp_path: Path, to: Path) -> None:
    codes = (ErrorCode.RATE_LIMITED, ErrorCode.PROVIDER_UNAVAILABLE, ErrorCode.RESPONSE_INVALID)
    attempts: Counter[int] = Counter()

    def respond(request: ChatRequest) -> str:
        number = int(request.messages[-1].text.removeprefix("ticket "))
        attempts[number] += 1
        is_permanent, is_transient = number % 100 == 7, number % 100 == 8
        if is_permanent or (is_transient and attempts[number] == 1):
            raise error_class(codes[number // 100 % 3])("a fault")
        return f"answer {number}"

    rows = write_rows(tmp_path / "many.jsonl", 1_000)
    again = Retry(max_retries=2, initial_delay=0)
    model = MockChatModel("m", rules={"": respond}, policies=[again])
    job = run(model, rows, to=to, prompt="{text}", limits=Limits(in_flight=50))

    permanent, transient = range(7, 1_000, 100), range(8, 1_000, 100)
    assert job.error_codes() == dict(zip(codes, (4, 3, 3), strict=True))
    assert [result.row.id for result in job.failures()] == [f"r{n}" for n in permanent]
    found = {each["id"]: each.get("text") for each in records(to)}
    assert found == {f"r{n}": None if n in permanent else f"answer {n}" for n in range(1_000)}
    assert {n for n, times in attempts.items() if times > 1} == {*permanent, *transient}
    attempts.clear()
    run(model, rows, to=to, prompt="{text}", retry_failed=True)
    assert set(attempts) == set(permanent)


def test_no_request_is_sent_while_the_vendor_wants_none(to: Path) -> None:
    windows: list[tuple[float, float]] = []
    sent: list[float] = []
    pause = 0.02

    def respond(request: ChatRequest) -> str:
        if len(windows) < 10 and len(sent) >= 15 * len(windows):
            windows.append((now := time.monotonic(), now + pause))
            raise RateLimitError("too many requests", retry_after=pause)
        return "fine"

    def record(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        sent.append(time.monotonic())  # others can run before the response
        return (yield Send(request))

    # The retries of a model that is passed by its name are outside of the limits of the run.
    options = {"rules": {"": respond}, "policies": [record]}
    limits = Limits(in_flight=10, retries=9)
    job = run("mock:m", map(str, range(200)), to=to, limits=limits, model_options=options)

    assert (job.answered, job.failed) == (200, 0)
    assert len(windows) == 10
    assert not [one for one in sent for begin, end in windows if begin < one < end]


def test_a_row_that_alone_is_limited_does_not_hold_back_the_others(to: Path) -> None:
    answered: list[str] = []  # since the last attempt
    attempts: list[float] = []

    def respond(request: ChatRequest) -> str:
        text = request.messages[-1].text
        if text != "too long":
            answered.append(text)
            return "fine"
        attempts.append(0.001 if len(attempts) < 2 or not answered else 3_600.0)
        answered.clear()
        raise RateLimitError("too many tokens", retry_after=attempts[-1])

    rows = ["too long", *map(str, range(50))]
    limits = Limits(in_flight=2, retries=9)
    job = run("mock:m", rows, to=to, limits=limits, model_options={"rules": {"": respond}})

    assert (job.answered, job.failed) == (50, 1)
    assert attempts.count(3_600.0) == 1  # too long to wait for: the row has failed
