"""The web service of the documentation, served by uvicorn on loopback."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from types import ModuleType
from typing import Any

import httpx
import pytest
import uvicorn

import pages
from chatmodels.core import ChatResponse, create_chat_model
from chatmodels.core.extending import CallInfo
from chatmodels.testing import FAULTS, Simulator

PAGE = Path(__file__).parent.parent / "docs" / "how-to" / "web-service.md"
BODY = {"messages": [{"role": "user", "parts": [{"type": "text", "text": "Hello there"}]}]}
TIMEOUT = 60  # the guard against a test that hangs


class Outcomes:
    """An observer of the end of a call."""

    def __init__(self) -> None:
        self.ended = Event()
        self.outcome = ""

    def start(self, call: CallInfo) -> CallInfo:
        return call

    def end(
        self, call: CallInfo, response: ChatResponse[Any] | None, error: BaseException | None
    ) -> None:
        self.outcome = call.outcome
        self.ended.set()


class Service:
    """The page's service with its simulated provider, and an observer of its calls."""

    def __init__(self, url: str, simulator: Simulator, outcomes: Outcomes) -> None:
        self.url = url
        self.simulator = simulator
        self.outcomes = outcomes


@pytest.fixture
def service(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    monkeypatch.setenv("OPENAI_BASE_URL", simulator.base_url)
    blocks = [
        block for block in pages.blocks(PAGE.read_text("utf-8")) if block.language == "python"
    ]
    module = ModuleType("app")
    monkeypatch.setitem(sys.modules, "app", module)
    pages.run(blocks[0], PAGE, module)
    outcomes = Outcomes()
    model = create_chat_model("openai:gpt-6.1-terra", max_retries=0).with_observers(outcomes)
    vars(module)["model"] = model
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(vars(module)["app"], log_level="warning", ws="none")
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, args=([listener],))
    thread.start()
    yield Service(f"http://127.0.0.1:{listener.getsockname()[1]}", simulator, outcomes)
    server.should_exit = True
    thread.join(TIMEOUT)
    listener.close()


def test_texts_arrive_as_server_sent_events(service: Service) -> None:
    response = httpx.post(f"{service.url}/chat", json=BODY, timeout=TIMEOUT)

    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.text.split("\n\n") == [
        'data: {"text": "You"}',
        'data: {"text": " said:"}',
        'data: {"text": " Hello"}',
        'data: {"text": " there"}',
        'event: end\ndata: {"finish_reason": "stop"}',
        "",
    ]


def test_a_client_that_disconnects_cancels_the_call(service: Service) -> None:
    service.simulator.queue(FAULTS["stall-in-body"])
    with httpx.stream("POST", f"{service.url}/chat", json=BODY, timeout=TIMEOUT) as response:
        lines = response.iter_lines()
        assert next(lines).startswith("data: ")
        assert not service.outcomes.ended.is_set()

    assert service.outcomes.ended.wait(TIMEOUT)
    assert service.outcomes.outcome == "cancelled"


def test_an_error_before_the_first_event_is_an_http_status(service: Service) -> None:
    service.simulator.queue(FAULTS["rate-limited"])

    response = httpx.post(f"{service.url}/chat", json=BODY, timeout=TIMEOUT)

    assert (response.status_code, response.json()) == (503, {"code": "rate_limited"})


def test_a_stream_that_breaks_ends_with_an_error_event(service: Service) -> None:
    service.simulator.queue(FAULTS["reset-in-body"])

    response = httpx.post(f"{service.url}/chat", json=BODY, timeout=TIMEOUT)

    *_, last, end = response.text.split("\n\n")
    assert (response.status_code, end) == (200, "")
    assert last == 'event: error\ndata: {"code": "stream_interrupted"}'
