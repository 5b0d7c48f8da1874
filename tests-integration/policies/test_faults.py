"""Faults of the transport meet each policy; `./run faults --policies` plays all combinations."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

import fault_matrix
from chatmodels.core import (
    ChatModel,
    ChatModelError,
    ChatRequest,
    ChatResponse,
    ErrorCode,
    NetworkError,
    RateLimitError,
    assistant,
)
from chatmodels.core.extending import CallInfo, Flow, Send
from chatmodels.resilience import Cache, MemoryStore
from chatmodels.testing import WIRE_FAULTS, Expected, FaultServer
from fault_matrix import RIGHT, SECRET, SHAPES
from policies import cells
from policies.cells import DIALECTS, PolicyCell, some_policy_cells
from policies.stage import Played
from policies.subjects import SUBJECTS, Limiting, Play, Storing, Subject

SOME = some_policy_cells()


@pytest.mark.parametrize("cell", SOME, ids=str)
def test_a_fault_harms_neither_the_policy_nor_the_next_call(cell: PolicyCell) -> None:
    assert cell.problem() is None


def test_each_policy_gets_faults_of_each_provider_in_each_call_form() -> None:
    met = Counter((cell.policy, cell.provider, cell.shape) for cell in SOME)

    assert len(met) == len(SUBJECTS) * len(DIALECTS) * len(SHAPES)
    assert {cell.fault.name for cell in SOME} == set(WIRE_FAULTS)


class Wrong(Subject):
    """A subject whose policy is a function of a test."""

    policy: Callable[..., Flow[Any]]

    def around(self, model: ChatModel) -> ChatModel:
        return model.with_policies(lambda call, request: type(self).policy(self, call, request))


def wrong(policy: Callable[..., Flow[Any]]) -> type[Subject]:
    return type("WrongPolicy", (Wrong,), {"policy": staticmethod(policy)})


def response(text: str) -> Callable[..., Flow[Any]]:
    def made(self: Wrong, call: CallInfo, request: ChatRequest) -> Flow[Any]:
        return ChatResponse(message=assistant(text))
        yield Send(request)

    return made


def other_error(error: Exception) -> Callable[..., Flow[Any]]:
    def changed(self: Wrong, call: CallInfo, request: ChatRequest) -> Flow[Any]:
        try:
            return (yield Send(request))
        except ChatModelError as original:
            raise error from original

    return changed


def miscounted(self: Wrong, call: CallInfo, request: ChatRequest) -> Flow[Any]:
    call.attempts += 1
    return (yield Send(request))


def hidden(self: Wrong, call: CallInfo, request: ChatRequest) -> Flow[Any]:
    for _ in range(2):
        self.stage.backup.generate(request)
    return (yield Send(request))


def repeated(self: Wrong, call: CallInfo, request: ChatRequest) -> Flow[Any]:
    try:
        return (yield Send(request))
    except ChatModelError:
        return (yield Send(request))


def failing_later(self: Wrong, call: CallInfo, request: ChatRequest) -> Flow[Any]:
    if self.stage.sent():
        raise NetworkError("lost")
    return (yield Send(request))


def plain(self: Wrong, call: CallInfo, request: ChatRequest) -> Flow[Any]:
    return (yield Send(request))


class Holding(wrong(plain)):
    def held(self, played: Played) -> object:
        return "a place"


class Wronged(wrong(plain)):
    async def then(self, played: Played, play: Play) -> object:
        return "something"


class Tasked(wrong(plain)):
    def around(self, model: ChatModel) -> ChatModel:
        self.task = asyncio.ensure_future(asyncio.Event().wait())
        return super().around(model)


class Unlimited(Limiting):
    def around(self, model: ChatModel) -> ChatModel:
        return model


class Uncached(Storing):
    def around(self, model: ChatModel) -> ChatModel:
        return model

    def held(self, played: Played) -> object:
        return None


class Forgetful(Storing):
    """A cache whose store keeps nothing."""

    class Store(MemoryStore):
        def put(self, key: str, response: ChatResponse[Any], /) -> None:
            pass

    def around(self, model: ChatModel) -> ChatModel:
        self.cache = Cache(self.Store())
        return model.with_policies(self.cache)


def never(server: FaultServer, timeout: float) -> bool:
    return False


PROBLEMS = [
    ("gzip", wrong(response("Something else.")), "a wrong response: "),
    ("close-after-request", wrong(response(RIGHT)), "a success: "),
    ("gzip", wrong(response(RIGHT)), "counts of a success: "),
    ("reset-in-headers", wrong(other_error(NetworkError(SECRET))), "another error: "),
    ("reset-in-headers", wrong(other_error(RateLimitError("x"))), "counts of a failure: "),
    ("reset-in-headers", wrong(miscounted), "1 ends, 2 attempts, "),
    ("gzip", wrong(hidden), "1 attempts, 3 requests"),
    ("connection-refused", wrong(hidden), "2 requests"),
    ("reset-in-headers", wrong(repeated), "2 attempts, not 1"),
    ("gzip", Holding, "the policy: a place"),
    ("gzip", Wronged, "the policy afterwards: something"),
    ("gzip", Tasked, "tasks are left: "),
    ("gzip", wrong(failing_later), "the call afterwards failed: "),
    ("stall-after-request", wrong(plain), "the connection is still open"),
    ("gzip", Unlimited, "the policy afterwards: the second "),
    ("gzip", Uncached, "the policy afterwards: after "),
    ("reset-in-headers", Forgetful, "the policy afterwards: a repeated request: "),
]


@pytest.mark.parametrize(("fault", "subject", "problem"), PROBLEMS)
def test_a_wrong_policy_is_reported(
    fault: str, subject: type[Subject], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SUBJECTS, "wrong", subject)
    monkeypatch.setattr(FaultServer, "wait_until_left", never)

    found = PolicyCell(WIRE_FAULTS[fault], "wrong", "openai", "generate").problem()

    assert found is not None
    assert found.startswith(problem)


@pytest.mark.parametrize(
    ("outcome", "problem"),
    [
        (ValueError("x"), "a foreign exception: "),
        (RateLimitError("x", op="generate"), "counts of a failure: "),
    ],
)
def test_a_wrong_outcome_is_reported(
    outcome: Exception, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = cells._Play._outcome

    async def changed(self: Any, limits: Any) -> Exception:
        await original(self, limits)
        return outcome

    monkeypatch.setattr(cells._Play, "_outcome", changed)

    found = PolicyCell(WIRE_FAULTS["gzip"], "deadline", "openai", "generate").problem()

    assert found is not None
    assert found.startswith(problem)


def test_another_code_is_reported() -> None:
    expected = Expected(codes=(ErrorCode.TIMEOUT,))
    fault = msgspec.structs.replace(WIRE_FAULTS["reset-in-headers"], whole=expected)

    found = PolicyCell(fault, "deadline", "openai", "generate").problem()

    assert found is not None
    assert found.startswith("other codes: ")


def test_a_thread_that_is_left_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    class Threaded(wrong(plain)):
        def around(self, model: ChatModel) -> ChatModel:
            threading.Thread(target=release.wait).start()
            return super().around(model)

    monkeypatch.setitem(SUBJECTS, "wrong", Threaded)
    monkeypatch.setattr(cells, "JOIN", 0.0)

    found = PolicyCell(WIRE_FAULTS["gzip"], "wrong", "openai", "generate").problem()
    release.set()

    assert found is not None
    assert found.startswith("threads are left: ")


def test_the_command_plays_the_selected_policies(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ["--fault", "gzip", "--provider", "azure", "--policies"]

    assert fault_matrix.main([*chosen, "retry", "cache"]) is None
    assert "1 faults, 8 cells, 0 failed, " in capsys.readouterr().out


def test_the_command_knows_the_names_of_policies(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        fault_matrix.main(["--policies", "retries"])
    assert "no policy is named 'retries'; choose from retry, " in capsys.readouterr().err
