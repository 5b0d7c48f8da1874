"""The command `bench`."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import click
import pytest

from chatmodels.cli._bench_compare import changes
from chatmodels.cli._bench_plot import histogram, svg
from chatmodels.cli._bench_run import BenchRun, Sample, Stage, quantile, write_file
from chatmodels.core import ErrorCode
from chatmodels.testing import FAULTS


@pytest.fixture
def openai(simulator, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("OPENAI_BASE_URL", simulator.base_url)
    return "openai:gpt-6.1-terra"


def test_a_stage_makes_its_calls(run, openai, simulator) -> None:
    result = run("bench", openai, "Hello!", "-n", "6", "-c", "1,3", "--warmup", "2", "--json")
    first, second = json.loads(result.out)["stages"]

    assert result.code == 0
    assert len(simulator.exchanges) == 14
    assert (first["concurrency"], second["concurrency"]) == (1, 3)
    assert first["requests"] == second["requests"] == 6
    assert first["errors"] == {}
    assert 0 < first["first_token_p50"] <= first["latency_p50"] <= first["latency_max"]
    assert first["tokens_per_second"] > 0


def test_failures_are_counted_and_not_repeated(run, openai, simulator) -> None:
    simulator.queue(ErrorCode.RATE_LIMITED, FAULTS["error-in-stream"])
    result = run("bench", openai, "-n", "3", "--warmup", "0")

    assert result.code == 0
    assert len(simulator.exchanges) == 3
    assert "rate_limited: 1" in result.out
    assert "duration of calls at concurrency 1" in result.out


def test_a_run_in_which_all_calls_fail_is_a_failure(run, openai, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "bad-key")
    result = run("bench", openai, "-n", "2")

    assert result.code == 1
    assert "\t?\t" in result.out


def test_runs_are_saved_drawn_and_compared(run, tmp_path: Path) -> None:
    old, new, picture = (tmp_path / name for name in ("old.json", "new.json", "a.svg"))
    assert run("bench", "mock:echo", "-n", "5", "--save", old, "--svg", picture).code == 0
    text = run("bench", "mock:echo", "-n", "5", "--save", new, "--baseline", old)
    record = json.loads(run("bench", "mock:echo", "-n", "5", "--baseline", old, "--json").out)

    assert ET.parse(picture).getroot().tag.endswith("svg")
    assert "latency_p95" in text.out
    assert {change["figure"] for change in record["changes"]} >= {"latency_p50", "error_rate"}
    assert json.loads(run("bench", "--compare", old, new, "--json").out)["changes"]


def stored(path: Path, *seconds: float, errors: int = 0) -> Path:
    samples = [Sample(0.0, each, each / 2, 10) for each in seconds]
    samples += [Sample(0.0, 1.0, error="timeout")] * errors
    run = BenchRun("mock:echo", [Stage(1, sum(seconds), samples)])
    import msgspec

    path.write_bytes(msgspec.json.encode(run))
    return path


def test_a_regression_has_an_exit_code_of_its_own(run, tmp_path: Path) -> None:
    old, new = stored(tmp_path / "old.json", 1, 1), stored(tmp_path / "new.json", 1, 2, errors=1)
    better = run("bench", "--compare", new, old, "--max-regression", "10")
    worse = run("bench", "--compare", old, new, "--max-regression", "10")
    allowed = run("bench", "--compare", old, new, "--max-regression", "200")

    assert (better.code, worse.code, allowed.code) == (0, 9, 0)
    assert "latency_p95 at concurrency 1 is 100.0 % worse" in worse.err
    assert "error_rate at concurrency 1 is 33.3 % worse" in worse.err
    assert "better" in better.out


def test_stages_without_a_counterpart_are_not_compared() -> None:
    one, zero = Stage(1, 1.0, [Sample(0.0, 0.0, 0.0, 1)]), Stage(2, 0.0, [])
    found = changes(BenchRun("m", [one]), BenchRun("m", [one, zero]))

    assert {change.concurrency for change in found} == {1}
    assert all(change.worse == 0 for change in found)
    assert set(zero.figures().values()) == {None}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), "there is no model"),
        (("mock:echo", "-c", "0"), "must be integers of at least 1"),
        (("mock:echo", "-c", "1,x"), "must be integers of at least 1"),
        (("mock:echo", "--baseline", "notes.txt"), "is not a run of chatmodels bench"),
        (("mock:echo", "--baseline", "later.json"), "has format 9"),
        (("mock:echo", "-n", "1", "--save", "no/folder.json"), "cannot be written"),
    ],
)
def test_mistakes_are_reported(run, tmp_path, monkeypatch, arguments, expected: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("notes")
    (tmp_path / "later.json").write_text('{"model": "m", "stages": [], "format": 9}')
    result = run("bench", *arguments)

    assert result.code == 2
    assert expected in result.err


@pytest.mark.parametrize("option", ["--save", "--svg"])
@pytest.mark.parametrize("path", ["no/run.json", "."])
def test_a_file_that_cannot_be_created_is_noticed_before_the_calls(
    run, openai, simulator, monkeypatch, tmp_path: Path, option: str, path: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("bench", openai, option, path)

    assert result.code == 2
    assert f"{path} cannot be written" in result.err
    assert simulator.exchanges == ()


def test_a_file_that_cannot_be_written_after_the_calls_is_reported(tmp_path: Path) -> None:
    with pytest.raises(click.UsageError, match="cannot be written"):
        write_file(str(tmp_path), b"")


def test_a_baseline_without_a_common_stage_is_refused_before_the_calls(
    run, openai, simulator, tmp_path: Path
) -> None:
    old = stored(tmp_path / "old.json", 1, 1)
    limit = ("--baseline", old, "--max-regression", "10")
    result = run("bench", openai, "-c", "2,3", *limit)

    assert result.code == 2
    assert "no stage in common" in result.err
    assert simulator.exchanges == ()
    assert run("bench", openai, "-n", "1", "-c", "2", "--baseline", old).code == 0
    assert run("bench", openai, *limit[:2], "--max-regression", "1e9").code == 0


def test_runs_without_a_common_stage_do_not_pass_a_comparison(run, tmp_path: Path) -> None:
    old, new = stored(tmp_path / "old.json", 1), tmp_path / "new.json"
    new.write_text('{"model": "mock:echo", "stages": [], "format": 1}')
    result = run("bench", "--compare", old, new, "--max-regression", "10")

    assert result.code == 2
    assert "no stage in common" in result.err
    assert run("bench", "--compare", old, new).code == 0


def test_ctrl_c_before_the_first_call_ends_keeps_the_saved_run(
    run, monkeypatch, tmp_path: Path
) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("chatmodels.cli._bench.anyio.run", interrupt)
    old, picture = stored(tmp_path / "old.json", 1), tmp_path / "a.svg"
    before = old.read_bytes()

    assert run("bench", "mock:echo", "--save", old, "--svg", picture).code == 130
    assert old.read_bytes() == before
    assert not picture.exists()


def test_a_bar_shows_the_progress_in_a_terminal(terminal, openai, simulator) -> None:
    simulator.queue(ErrorCode.RATE_LIMITED)
    screen = terminal("bench", openai, "Hello!", "-n", "4", "--warmup", "0", columns=160)

    assert screen.end() == 0
    assert b"1 failed" in screen.raw
    assert b"4/4" in screen.raw
    assert "calls/s" in screen.text


def test_json_is_complete_after_ctrl_c(run, monkeypatch) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("chatmodels.cli._bench.anyio.run", interrupt)
    result = run("bench", "mock:echo", "--json")

    assert result.code == 130
    assert json.loads(result.out)["interrupted"] is True


def test_ctrl_c_reports_the_calls_that_have_ended(terminal, openai, simulator) -> None:
    simulator.queue("Hi!", FAULTS["slow-first-byte"])
    screen = terminal("bench", openai, "-n", "9", "--warmup", "0", columns=160)
    simulator.wait(2)
    screen.send("\x03")

    assert screen.end() == 130
    assert "duration of calls at concurrency 1" in screen.text


def test_an_interrupted_run_does_not_replace_a_saved_one(
    terminal, openai, simulator, tmp_path: Path
) -> None:
    saved, new = tmp_path / "saved.json", tmp_path / "new.json"
    saved.write_text("{}")
    for target in (saved, new):
        simulator.reset()
        simulator.queue("Hi!", FAULTS["slow-first-byte"])
        screen = terminal(
            "bench", openai, "-n", "9", "--warmup", "0", "--save", target, columns=200
        )
        simulator.wait(2)
        screen.send("\x03")
        assert screen.end() == 130
        assert ("is not replaced" in screen.text) is (target == saved)

    assert saved.read_text() == "{}"
    assert json.loads(new.read_text())["stages"]


def test_a_largest_regression_needs_a_run_to_compare_with(run) -> None:
    result = run("bench", "mock:echo", "--max-regression", "5")

    assert result.code == 2
    assert "needs a run to compare with" in result.err


@pytest.mark.parametrize(
    ("values", "fraction", "expected"),
    [([], 0.5, None), ([1.0], 0.99, 1.0), ([3.0, 1.0, 2.0], 0.5, 2.0), ([1.0, 2.0], 0.5, 1.0)],
)
def test_quantiles_are_values_that_occurred(values, fraction: float, expected) -> None:
    assert quantile(values, fraction) == expected


def test_a_histogram_counts_every_value() -> None:
    values = [0.1 + number / 100 for number in range(100)] + [9.0]
    lines = list(histogram(values))

    assert sum(int(line.split()[-1]) for line in lines) == 101
    assert list(histogram([])) == []
    assert list(histogram([1.0, 1.0])) == [f"   1.000 s  {'█' * 40} 2"]


def test_a_plot_of_nothing_is_still_a_picture() -> None:
    picture = ET.fromstring(svg(BenchRun("a<b", [Stage(1, 0.0, [])])))

    assert any(element.text == "a<b: duration of calls" for element in picture.iter())
