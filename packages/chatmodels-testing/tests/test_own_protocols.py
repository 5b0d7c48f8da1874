"""A simulator learns other wire formats, and contracts with them stay on loopback."""

import socket
import sys
from collections.abc import Iterator
from typing import Any

import careless
import msgspec
import pytest
from client import request

from chatmodels.core import ChatResponse, TextPart
from chatmodels.core.extending import register_provider, unregister_provider
from chatmodels.testing import ReceivedRequest, SimulatedResponse, Simulator
from chatmodels.testing.contract import ProviderContract, checks
from chatmodels.testing.contract._contract import check_context
from chatmodels.testing.wire import OpenAIChat, ParsedRequest, json_response


class Telegraph:
    """A wire format without `features` and `describe`."""

    name = "telegraph"
    request_id_header = "x-telegram"

    def __init__(self) -> None:
        self._errors = OpenAIChat()
        self.other, self.key = self._errors.other, self._errors.key
        self.error, self.error_event = self._errors.error, self._errors.error_event
        self.empty = self._errors.empty

    def generates(self, request: ReceivedRequest, /) -> bool:
        return request.path.endswith(("/telegraph", "/chat/completions"))

    def read(self, request: ReceivedRequest, /) -> ParsedRequest:
        return ParsedRequest(model="m", text=str(request.json["text"]))

    def write(self, response: ChatResponse[Any], parsed: ParsedRequest, /) -> SimulatedResponse:
        return json_response({"text": f"{response.text} STOP"})


def post(simulator: Simulator, path: str, body: object) -> bytes:
    return request(simulator, "POST", path, msgspec.json.encode(body)).content


@pytest.fixture
def contract(monkeypatch: pytest.MonkeyPatch) -> Iterator[ProviderContract]:
    contract = ProviderContract(provider="careless", model="m", protocols=(Telegraph(),))
    monkeypatch.setitem(sys.modules, contract.module, careless)
    register_provider(careless.CarelessProvider())
    yield contract
    unregister_provider("careless")


def test_a_simulator_responds_in_a_wire_format_that_it_is_taught() -> None:
    with Simulator(protocols=[Telegraph()]) as simulator:
        body = post(simulator, "/telegraph", {"text": "Hello"})
        assert msgspec.json.decode(body) == {"text": "You said: Hello STOP"}


def test_own_wire_formats_take_precedence_and_others_remain() -> None:
    with Simulator(protocols=[Telegraph()]) as simulator:
        body = post(simulator, "/v1/chat/completions", {"text": "Hello"})
        assert b"STOP" in body
        messages = [{"role": "user", "content": "Hello"}]
        post(simulator, "/v1/responses", {"model": "m", "input": messages})
        protocol = simulator.protocol_of(simulator.exchanges[-1].request)
        assert protocol is not None
        assert protocol.name == "openai.responses"


def test_chat_requests_are_described_in_order() -> None:
    with Simulator() as simulator:
        for text in ("One", "Two"):
            messages = [{"role": "user", "content": text}]
            post(simulator, "/v1/chat/completions", {"model": "m", "messages": messages})
        sent = simulator.sent_requests

    assert [request.parts for request in sent] == [(TextPart("One"),), (TextPart("Two"),)]


def test_requests_that_are_not_described_are_an_error() -> None:
    with Simulator(protocols=[Telegraph()]) as simulator:
        post(simulator, "/telegraph", {"text": "Hello"})
        with pytest.raises(TypeError, match="telegraph does not describe requests; implement"):
            _ = simulator.sent_requests


def test_a_check_of_requests_that_are_not_described_names_the_remedy(
    contract: ProviderContract,
) -> None:
    (check,) = [each for each in checks(contract) if each.name == "usage-is-decoded"]
    with pytest.raises(AssertionError, match="implement DescribingProtocol"):
        check()


def test_a_check_that_leaves_loopback_fails(contract: ProviderContract) -> None:
    with (
        pytest.raises(AssertionError, match=r"careless tried to connect to 192\.0\.2\.1, although"),
        check_context(contract),
        socket.socket() as connection,
        pytest.raises(OSError, match="blocks the connection"),
    ):
        connection.connect(("192.0.2.1", 80))
