"""Models are pulled, and the progress is yielded."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import Any

import anyio
import pytest

from chatmodels.core import (
    AuthenticationError,
    CallTimeoutError,
    ConfigurationError,
    InvalidRequestError,
    ModelNotFoundError,
    NetworkError,
    ProviderUnavailableError,
    ResponseInvalidError,
    StreamInterruptedError,
    Timeout,
)
from chatmodels.providers.ollama import PullProgress, apull, pull
from chatmodels.providers.ollama._pull import _prepare
from chatmodels.testing import SimulatedResponse, Simulator
from chatmodels.testing._protocols.ollama_chat import OllamaChat

STEPS = [
    PullProgress("pulling manifest"),
    PullProgress("pulling simulated", "sha256:0", 1024, 2048),
    PullProgress("pulling simulated", "sha256:0", 2048, 2048),
    PullProgress("success"),
]
Puller = Callable[..., list[PullProgress]]


def _blocking(*args: Any, **options: Any) -> list[PullProgress]:
    return list(pull(*args, **options))


def _awaited(*args: Any, **options: Any) -> list[PullProgress]:
    async def collect() -> list[PullProgress]:
        return [progress async for progress in apull(*args, **options)]

    return anyio.run(collect)


@pytest.fixture(params=[_blocking, _awaited], ids=["blocking", "awaited"])
def puller(request: pytest.FixtureRequest) -> Puller:
    found: Puller = request.param
    return found


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as started:
        yield started


def answering(monkeypatch: pytest.MonkeyPatch, *lines: bytes, **how: Any) -> None:
    """Have the simulator response to a pull with these lines."""
    headers = {"content-type": "application/x-ndjson"}
    response = SimulatedResponse(headers=headers, body=lines, streamed=True, **how)
    monkeypatch.setattr(OllamaChat, "other", lambda *_: response)


def test_the_steps_are_yielded_as_they_arrive(puller: Puller, simulator: Simulator) -> None:
    assert puller("qwen3", host=simulator.url) == STEPS
    assert simulator.requests == [{"model": "qwen3", "stream": True}]


def test_a_library_without_tls_has_to_be_allowed(puller: Puller, simulator: Simulator) -> None:
    puller("qwen3", insecure=True, host=simulator.url)

    assert simulator.requests[-1]["insecure"] is True


def test_a_model_that_is_not_in_the_library_is_reported(
    puller: Puller, simulator: Simulator
) -> None:
    with pytest.raises(ModelNotFoundError, match="file does not exist") as caught:
        puller("missing", host=simulator.url)

    error = caught.value
    assert (error.op, error.provider, error.status) == ("pull", "ollama", 200)


def test_a_refused_pull_is_reported(puller: Puller, simulator: Simulator) -> None:
    with pytest.raises(AuthenticationError) as caught:
        puller("qwen3", host=simulator.url, api_key="bad")

    assert caught.value.op == "pull"


def test_an_unreachable_server_is_reported(puller: Puller, simulator: Simulator) -> None:
    with pytest.raises(NetworkError):
        puller("qwen3", base_url=simulator.refusing_url)


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ([b'{"status": "pulling manifest"}\n'], StreamInterruptedError),
        ([], StreamInterruptedError),
        ([b'{"status": "pulling manifest"}\n', b"nonsense\n"], ResponseInvalidError),
        ([b"{}\n"], ResponseInvalidError),
        ([b'{"status": "x"}\n', b'{"error": "disk full"}'], ProviderUnavailableError),
    ],
    ids=["early end", "nothing", "no JSON", "no status", "error"],
)
def test_a_pull_without_success_is_an_error(
    puller: Puller,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    lines: list[bytes],
    error: type[Exception],
) -> None:
    answering(monkeypatch, *lines)
    with pytest.raises(error):
        puller("qwen3", host=simulator.url)


def test_a_last_line_can_lack_a_newline(
    puller: Puller, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, b'{"status": "pulling manifest"}\n', b'{"status": "success"}')

    assert puller("qwen3", host=simulator.url)[-1] == PullProgress("success")


def test_a_broken_connection_is_reported(
    puller: Puller, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [b'{"status": "pulling manifest"}\n'] * 100
    answering(monkeypatch, *lines, cut_after=0.9, ending="reset")
    with pytest.raises((StreamInterruptedError, NetworkError)) as caught:
        puller("qwen3", host=simulator.url)

    assert caught.value.op == "pull"


@pytest.mark.parametrize(
    "timeout", [Timeout(first_event=0.1), Timeout(total=0.1)], ids=["step", "total"]
)
def test_a_stalled_pull_reaches_its_time_limits(
    puller: Puller, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, timeout: Timeout
) -> None:
    answering(monkeypatch, b'{"status": "x"}\n', cut_after=0, ending="stall")
    with pytest.raises(CallTimeoutError):
        puller("qwen3", host=simulator.url, timeout=timeout)


def test_a_name_that_cannot_be_written_is_refused(puller: Puller) -> None:
    with pytest.raises(InvalidRequestError, match="cannot be written as JSON"):
        puller("\ud800")


def test_an_unknown_kind_of_client_is_refused_by_the_pull(puller: Puller) -> None:
    with pytest.raises(ConfigurationError) as caught:
        puller("qwen3", http_client=object(), async_http_client=object())

    assert (caught.value.op, caught.value.provider) == ("pull", "ollama")


def test_steps_have_long_time_limits_by_default() -> None:
    patient, _ = _prepare("qwen3", False, {})
    hurried, _ = _prepare("qwen3", False, {"timeout": 5.0})

    assert patient.timeout.between_events == patient.timeout.read == 1_800.0
    assert hurried.timeout == Timeout(total=5.0)


def test_leaving_a_pull_closes_its_connection(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [b'{"status": "pulling manifest"}\n'] * 2
    answering(monkeypatch, *lines, pace=60.0)
    steps = pull("qwen3", host=simulator.url)
    next(steps)
    steps.close()

    assert simulator.exchanges[-1].wait() == "abandoned"


async def test_cancelling_a_pull_closes_its_connection(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [b'{"status": "pulling manifest"}\n'] * 2
    answering(monkeypatch, *lines, pace=60.0)

    async def follow(steps: AsyncIterator[PullProgress]) -> None:
        async for _ in steps:
            scope.cancel()

    with anyio.CancelScope() as scope:
        async with aclosing(apull("qwen3", host=simulator.url)) as steps:
            await follow(steps)

    assert scope.cancelled_caught
    assert await anyio.to_thread.run_sync(simulator.exchanges[-1].wait) == "abandoned"
