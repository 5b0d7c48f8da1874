"""Faults as they arrive at a client that hides nothing."""

import http.client
from pathlib import Path
from typing import Any

import pytest
from client import Got, ask

from chatmodels.testing import FAULTS, Fault, Simulator, reset_after

BROKEN = (http.client.HTTPException, ConnectionError)

COMMITTED = [
    pytest.param(fault, mode == "stream", id=f"{fault.name}-{mode}")
    for fault in FAULTS.values()
    if not fault.refused and not fault.silent
    for mode in fault.modes
]


def attempt(simulator: Simulator, **body: Any) -> Got | None:
    try:
        return ask(simulator, **body)
    except BROKEN:
        return None


@pytest.mark.parametrize(("fault", "stream"), COMMITTED)
def test_a_fault_is_committed_by_the_name_of_the_model(
    simulator: Simulator, fault: Fault, stream: bool
) -> None:
    whole = ask(simulator, stream=stream)
    got = attempt(simulator, model=f"fault-{fault.name}", stream=stream)

    if fault.cut_after is not None:
        assert got is None
        assert simulator.exchanges[-1].wait() == "cut"
    else:
        assert got is not None
        assert simulator.exchanges[-1].outcome == "complete"
        assert got.status == (fault.status or 200)
        assert got.content.replace(b"simulated-2", b"simulated-1") != whole.content or (
            fault.name == "single-bytes"
        )
        for name, value in fault.headers.items():
            assert got.headers[name] == value


def test_every_fault_has_permitted_outcomes() -> None:
    for name, fault in FAULTS.items():
        assert fault.name == name
        assert fault.description
        for mode in fault.modes:
            expected = fault.expected(mode)
            assert expected is None or expected.codes


def test_every_fault_is_in_the_readme() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")

    assert [name for name in FAULTS if f"`{name}`" not in readme] == []


def test_an_unknown_fault_is_an_unknown_model(simulator: Simulator) -> None:
    got = ask(simulator, model="fault-of-mine")

    assert (got.status, got.json["error"]["code"]) == (404, "model_not_found")


def test_a_fault_can_be_queued(simulator: Simulator) -> None:
    simulator.queue(FAULTS["rate-limited-retry-after"], "Fine.")
    first, second = ask(simulator), ask(simulator)

    assert (first.status, first.headers["retry-after"]) == (429, "7")
    assert second.message["content"] == "Fine."


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_response_can_break_off_after_any_byte(simulator: Simulator, stream: bool) -> None:
    ask(simulator, stream=stream)
    total = simulator.exchanges[0].sent

    for count in range(0, total, 7):
        fault = reset_after(count)
        simulator.queue(fault)
        assert attempt(simulator, stream=stream) is None
        exchange = simulator.exchanges[-1]
        assert (exchange.wait(), exchange.sent) == ("cut", count)


def test_a_response_that_is_shorter_than_the_cut_is_complete(simulator: Simulator) -> None:
    simulator.queue(reset_after(1_000_000))

    assert ask(simulator).message["content"] == "You said: Hello, world!"


@pytest.mark.parametrize("name", ["slow-first-byte", "stall-in-body"])
def test_silence_lasts_until_the_client_loses_patience(simulator: Simulator, name: str) -> None:
    host = simulator.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=0.05)
    body = f'{{"model": "fault-{name}", "messages": [{{"role": "user", "content": "Hi!"}}]}}'
    connection.request("POST", "/chat/completions", body, {"authorization": "Bearer k"})
    with pytest.raises(TimeoutError):
        connection.getresponse().read()
    connection.close()

    assert simulator.exchanges[-1].wait() == "abandoned"


def test_only_comments_are_sent_until_the_client_leaves(simulator: Simulator) -> None:
    host = simulator.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=300)
    messages = '[{"role": "user", "content": ""}]'
    body = f'{{"model": "fault-comments-only", "stream": true, "messages": {messages}}}'
    connection.request("POST", "/chat/completions", body, {"authorization": "Bearer k"})
    response = connection.getresponse()
    received = response.read(40)
    response.close()
    connection.close()

    assert received.startswith(b": still here\n\n")
    assert simulator.exchanges[-1].wait() == "abandoned"
