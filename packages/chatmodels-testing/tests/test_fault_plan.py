"""Faults that a simulator chooses by a seeded plan or by a rule."""

import http.client

import pytest
from client import Got, ask

from chatmodels.core import ErrorCode
from chatmodels.testing import FAULTS, Fault, FaultPlan, ReceivedRequest, Simulator

LIMITED = {"rate-limited": 3.0, "server-error": 1.0}


def statuses(plan: FaultPlan, count: int = 40) -> list[int]:
    with Simulator(faults=plan) as simulator:
        return [ask(simulator).status for _ in range(count)]


def test_a_plan_has_the_same_faults_in_each_run() -> None:
    first = statuses(FaultPlan(0.5, LIMITED, seed=7))

    assert first == statuses(FaultPlan(0.5, LIMITED, seed=7))
    assert first != statuses(FaultPlan(0.5, LIMITED, seed=8))
    assert set(first) == {200, 429, 500}


def test_a_plan_begins_anew_after_a_reset() -> None:
    with Simulator(faults=FaultPlan(0.5, LIMITED)) as simulator:
        first = [ask(simulator).status for _ in range(20)]
        simulator.reset()
        assert [ask(simulator).status for _ in range(20)] == first


def test_the_rate_and_the_frequencies_hold_on_average() -> None:
    plan = FaultPlan(0.25, LIMITED)
    chosen = [fault.name for number in range(4000) if (fault := plan.choose(number, "whole"))]

    assert 0.22 < len(chosen) / 4000 < 0.28
    assert 0.7 < chosen.count("rate-limited") / len(chosen) < 0.8


@pytest.mark.parametrize(("rate", "expected"), [(0.0, {200}), (1.0, {529})])
def test_a_rate_can_be_none_or_all(rate: float, expected: set[int]) -> None:
    assert set(statuses(FaultPlan(rate, [FAULTS["overloaded"]]), 5)) == expected


def test_the_default_faults_leave_time_for_the_next_attempt() -> None:
    plan = FaultPlan(1.0)
    chosen = [fault for number in range(500) if (fault := plan.choose(number, "stream"))]

    assert {fault.name for fault in chosen} >= {"missing-end", "unavailable"}
    assert not any(fault.silent or fault.stream is None for fault in chosen)


def test_a_fault_of_streams_is_not_chosen_for_a_whole_response() -> None:
    with Simulator(faults=FaultPlan(1.0, ["missing-end"])) as simulator:
        assert ask(simulator).status == 200
        assert b"[DONE]" not in ask(simulator, stream=True).content


def test_a_queued_reply_is_kept_for_the_next_request_without_a_fault() -> None:
    remaining = [ErrorCode.RATE_LIMITED, None]
    with Simulator(faults=lambda _: remaining.pop(0)) as simulator:
        simulator.queue("Hello.")
        assert ask(simulator).status == 429
        assert ask(simulator).message["content"] == "Hello."


def test_a_rule_sees_the_request() -> None:
    def rule(request: ReceivedRequest) -> Fault | None:
        return FAULTS["reset-before-answer"] if request.json["messages"] else None

    def broken(_: ReceivedRequest) -> None:
        raise RuntimeError("no rule")

    with Simulator(faults=rule) as simulator:
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            ask(simulator)
        simulator.faults = None
        assert ask(simulator).status == 200
        simulator.faults = broken
        failed: Got = ask(simulator)
        assert failed.status == 500
        assert "no rule" in failed.json["error"]["message"]


def test_a_refused_request_has_no_fault() -> None:
    with Simulator(faults=FaultPlan(1.0, ["overloaded"])) as simulator:
        assert ask(simulator, model="gpt-3.5-turbo-0613").status == 404


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((1.5,), "between 0 and 1, not 1.5"),
        ((0.5, []), "at least one fault"),
        ((0.5, ["rate-limit"]), "no fault named 'rate-limit'; choose from connection-refused"),
        ((0.5, ["connection-refused"]), "see Simulator.refusing_url"),
        ((0.5, {"overloaded": 0.0}), "frequency of 'overloaded' is positive"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused(arguments: tuple[float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        FaultPlan(*arguments)


def test_a_plan_is_described() -> None:
    assert repr(FaultPlan(0.1, ["crlf"], seed=3)) == "<FaultPlan rate=0.1 seed=3 crlf>"


def test_an_error_that_no_provider_reports_is_not_a_fault() -> None:
    with Simulator(faults=lambda _: ErrorCode.STREAM_INTERRUPTED) as simulator:
        assert "no provider reports" in ask(simulator).json["error"]["message"]
