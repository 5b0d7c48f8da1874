"""Many calls and streams at once, with faults; `policy_load.py` makes more of them."""

import asyncio

import pytest

import policy_load
from chatmodels.testing import FaultServer
from policy_load import COUNTED, Load


def test_calls_and_streams_at_once_end_as_they_have_to_and_leave_nothing() -> None:
    async def battery() -> None:
        await load.make(220, 220, COUNTED)
        assert load.problems() == []
        assert len(asyncio.all_tasks()) == 1

    with FaultServer() as server:
        load = Load(server, places=20)
        asyncio.run(battery())

    assert load.results.total() == 220


def test_the_command_makes_the_selected_calls(capsys: pytest.CaptureFixture[str]) -> None:
    assert policy_load.main(["--calls", "26", "--at-once", "13"]) is None
    assert "26 calls, " in capsys.readouterr().out


def test_wrong_counts_are_reported() -> None:
    with FaultServer() as server:
        load = Load(server, places=1)
        load.started.update(["plain", "same", "same"])
        load.results["plain", ("?", 1, 0)] += 1
        load.tokens = 1
        load.stack.concurrency._running = 1

    assert load.problems() == [
        "plain: 1 times ('?', 1, 0)",
        "plain: 0 requests, not 1",
        "same: 0 requests, not 1",
        "the cache: 0 hits, not 1",
        "the budget: 0 tokens, not 1",
        "places: 1",
    ]


def test_growing_memory_and_tasks_that_are_left_are_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = iter(range(0, 1_000, 100))
    monkeypatch.setattr(policy_load, "resident", lambda: float(next(sizes)))
    monkeypatch.setattr(policy_load, "SOAK", 50)
    monkeypatch.setattr(policy_load, "ALL", ("plain call",))

    async def battery() -> list[str]:
        waiting = asyncio.ensure_future(asyncio.Event().wait())
        problems = await policy_load._make(load, 50, 5)
        waiting.cancel()
        return problems

    with FaultServer() as server:
        load = Load(server, places=5)
        problems = asyncio.run(battery())

    assert problems == ["the memory grew by 400.0 MB", "1 tasks are left"]
    assert "growth after the first part: 400.0 MB" in capsys.readouterr().out
