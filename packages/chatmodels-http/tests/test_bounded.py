"""Functions that run out of time in their threads, and their late results."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

import httpx
import pytest

from chatmodels.core import CallTimeoutError, Timeout
from chatmodels.core.extending import OutOfTimeError
from chatmodels.http import Deadlines, Engine, HttpChatModel, RequestHead
from chatmodels.http._deadlines import Limits
from chatmodels.http._transport import bounded
from chatmodels.http._transport.bounded import Worker
from chatmodels.http._transport.httpcore_engine import HttpcoreEngine

Make = Callable[..., HttpChatModel]
LONG = 120.0


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker()
    yield made
    made.close()


def test_a_function_without_a_limit_runs_in_the_thread_of_the_caller(worker: Worker) -> None:
    assert worker.run(None, threading.current_thread) is threading.current_thread()


def test_an_error_of_the_function_is_raised_although_it_is_a_timeout(worker: Worker) -> None:
    def fail() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        worker.run(LONG, fail)


@pytest.mark.parametrize("fails", [False, True], ids=["returns", "fails"])
def test_a_late_result_is_discarded(worker: Worker, fails: bool) -> None:
    released = threading.Event()
    discarded: SimpleQueue[str] = SimpleQueue()

    def slow() -> str:
        assert released.wait(LONG)
        if fails:
            raise LookupError
        return "late"

    with pytest.raises(OutOfTimeError):
        worker.run(0.01, slow, discarded.put)
    released.set()
    worker.run(LONG, lambda: discarded.put("next"))
    assert discarded.get(timeout=LONG) == ("next" if fails else "late")


def test_an_interrupted_call_leaks_nothing(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(Future[Any]):
        def result(self, timeout: float | None = None) -> Any:
            if timeout is not None:
                raise KeyboardInterrupt
            return super().result()

    discarded: SimpleQueue[str] = SimpleQueue()
    monkeypatch.setattr(bounded, "Future", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        worker.run(LONG, lambda: "response", discarded.put)
    assert discarded.get(timeout=LONG) == "response"


def test_a_late_response_is_closed(model: Make) -> None:
    released, closed = threading.Event(), threading.Event()

    class Body(httpx.ByteStream):
        def close(self) -> None:
            closed.set()

    def handle(request: httpx.Request) -> httpx.Response:
        assert released.wait(LONG)
        return httpx.Response(200, stream=Body(b"{}"))

    with httpx.Client(transport=httpx.MockTransport(handle)) as client:
        with pytest.raises(CallTimeoutError):
            model(http_client=client, timeout=Timeout(total=0.02)).generate("hi")
        released.set()
        assert closed.wait(LONG)


def test_an_engine_that_is_not_exact_is_not_drained(model: Make) -> None:
    class Chunks:
        status = 200
        exact = False

        def __init__(self) -> None:
            self.headers = {"content-type": "text/event-stream"}
            self.chunks = [b'data: {"text": "hello", "end": true}\n\n', b"more"]

        def read(self) -> bytes | None:
            return self.chunks.pop(0)

        def close(self) -> None:
            self.chunks.append(b"closed")

    class Rough(Engine):
        def send(self, head: RequestHead, body: bytes, deadlines: Deadlines, /) -> Chunks:
            return response

    response = Chunks()
    assert model(http_client=Rough()).stream("hi").collect().text == "hello"
    assert response.chunks == [b"more", b"closed"]


def test_a_defect_while_sending_closes_the_connection(server: Any) -> None:
    class Broken(Limits):
        def read(self) -> float | None:
            raise LookupError("a defect")

    engine = HttpcoreEngine()
    for _ in range(2):
        with pytest.raises(LookupError, match="a defect"):
            engine.send(
                RequestHead("GET", f"{server.url}/models", ()), b"", Broken(Timeout(), "acme")
            )
    engine.close()
