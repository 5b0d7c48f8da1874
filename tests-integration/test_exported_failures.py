"""A failing call is exported as an exchange, from which the failure can be replayed."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatmodels.core import ChatModel, ChatModelError, ErrorCode, create_chat_model
from chatmodels.testing import (
    FAULTS,
    FailureExporter,
    Recorder,
    Recording,
    Scrubber,
    SimulatedResponse,
    Simulator,
    recordings,
)

KEY = "sk-production-0123456789abcdef"

Ask = Callable[[ChatModel], Any]


async def collected(model: ChatModel) -> object:
    async with model.astream("Hello") as stream:
        return await stream.collect()


ASKING: dict[str, Ask] = {
    "generate": lambda model: model.generate("Hello"),
    "agenerate": lambda model: asyncio.run(model.agenerate("Hello")),
    "stream": lambda model: model.stream("Hello").collect(),
    "astream": lambda model: asyncio.run(collected(model)),
}

each_shape = pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING)


def model_at(simulator: Simulator, **options: Any) -> ChatModel:
    options = {"api_key": KEY, "base_url": simulator.base_url, "max_retries": 0} | options
    return create_chat_model("openai:gpt-4o", **options)


def failure(ask: Ask, model: ChatModel) -> ChatModelError:
    with pytest.raises(ChatModelError) as raised:
        ask(model)
    return raised.value


@each_shape
@pytest.mark.parametrize(
    "fault", ["rate-limited-retry-after", "server-error", "truncated-json", "reset-before-answer"]
)
def test_a_failure_is_exported_and_replayed(fault: str, ask: Ask, tmp_path: Path) -> None:
    with Simulator() as simulator:
        model = model_at(simulator)
        exporting = model.with_observers(FailureExporter(tmp_path))
        simulator.queue(FAULTS[fault])
        error = failure(ask, exporting)
        ask(exporting)  # which succeeds

    (exchange,) = recordings(tmp_path)
    assert exchange.tags == ("failure", error.code.value)
    (path,) = tmp_path.glob("*.json")
    assert path.name.startswith(f"openai-{error.code.value}-")
    assert KEY not in path.read_text()
    with Recorder(tmp_path):
        replayed = failure(ask, model)
    assert (replayed.code, replayed.status) == (error.code, error.status)
    assert replayed.retry_after == error.retry_after


def test_a_stream_that_breaks_is_exported_with_what_arrived(tmp_path: Path) -> None:
    with Simulator() as simulator:
        model = model_at(simulator).with_observers(FailureExporter(tmp_path))
        simulator.queue(FAULTS["reset-in-body"])
        error = failure(ASKING["stream"], model)

    (exchange,) = recordings(tmp_path)
    assert exchange.response.status == 200
    assert exchange.response.failure == "broken"
    assert b"data: " in exchange.content
    with Recorder(tmp_path):
        replayed = failure(ASKING["stream"], model)
    assert replayed.code is error.code
    assert replayed.partial.text == error.partial.text


def test_equal_failures_are_written_once_and_up_to_a_limit(tmp_path: Path) -> None:
    with Simulator() as simulator:
        model = model_at(simulator).with_observers(FailureExporter(tmp_path, max_files=2))
        for status in (400, 400, 401, 403):
            simulator.queue(SimulatedResponse(status=status, headers={}, body=(b"No.",)))
            failure(ASKING["generate"], model)

    assert sorted(each.response.status for each in recordings(tmp_path)) == [400, 401]


def test_the_folder_of_failures_does_not_move_with_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exporter = FailureExporter("failures")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    with Simulator() as simulator:
        simulator.queue(FAULTS["server-error"])
        failure(ASKING["generate"], model_at(simulator).with_observers(exporter))

    assert len(list((tmp_path / "failures").iterdir())) == 1


def test_a_function_receives_the_exchange_and_the_error() -> None:
    received: list[tuple[Recording, ChatModelError]] = []
    exporter = FailureExporter(
        lambda exchange, error: received.append((exchange, error)),
        scrubber=Scrubber(patterns=["Hello"]),
        max_bytes=10,
    )
    with Simulator() as simulator:
        simulator.queue(ErrorCode.RATE_LIMITED, ErrorCode.RATE_LIMITED)
        error = failure(ASKING["generate"], model_at(simulator).with_observers(exporter, exporter))

    (first, raised), (second, _) = received
    assert raised is error
    assert first.request is not None
    assert first.request.body["messages"][0]["content"] == "***"
    assert (len(first.content), first.response.failure) == (10, "left")
    assert second.content == first.content


def test_a_call_that_succeeds_after_a_retry_is_not_exported(tmp_path: Path) -> None:
    with Simulator() as simulator:
        model = model_at(simulator, max_retries=1).with_observers(FailureExporter(tmp_path))
        simulator.queue(FAULTS["server-error"], "Yes.")
        response = model.with_policies(*_without_delay()).generate("Hello")

    assert response.text == "Yes."
    assert list(tmp_path.iterdir()) == []


def _without_delay() -> tuple[Any, ...]:
    from chatmodels.resilience import Retry

    return (Retry(max_retries=1, initial_delay=0, max_delay=0),)


def test_a_call_without_an_exchange_is_not_exported(tmp_path: Path) -> None:
    with Simulator() as simulator:
        model = model_at(simulator).with_observers(FailureExporter(tmp_path))
        failure(lambda model: model.generate([]), model)

    assert list(tmp_path.iterdir()) == []


def test_a_failing_export_does_not_change_the_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    with Simulator() as simulator, caplog.at_level(logging.WARNING, "chatmodels.observers"):
        model = model_at(simulator).with_observers(FailureExporter(tmp_path / "file"))
        simulator.queue(ErrorCode.RATE_LIMITED)
        error = failure(ASKING["generate"], model)

    assert error.code is ErrorCode.RATE_LIMITED
    assert "FailureExporter failed in end" in caplog.text


@pytest.mark.parametrize("limits", [{"max_bytes": 0}, {"max_files": 0}])
def test_limits_of_an_exporter_are_positive(limits: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must be at least 1"):
        FailureExporter(tmp_path, **limits)


@each_shape
def test_an_exporter_and_a_recorder_of_one_model_see_the_same_exchange(
    ask: Ask, tmp_path: Path
) -> None:
    recorder = Recorder(tmp_path / "recorded", "all")
    exporter = FailureExporter(tmp_path / "failed")
    with Simulator() as simulator:
        simulator.queue(ErrorCode.RATE_LIMITED)
        model = model_at(simulator)
        failure(ask, model.with_observers(recorder, exporter))
        recorder.save()

    (recorded,), (failed,) = (recordings(tmp_path / name) for name in ("recorded", "failed"))
    assert recorded.content == failed.content
    with Recorder(tmp_path / "recorded"):
        assert failure(ask, model).code is ErrorCode.RATE_LIMITED
