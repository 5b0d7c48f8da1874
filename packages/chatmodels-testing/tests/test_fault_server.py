"""The server of transport faults, seen by clients that hide nothing."""

import asyncio
import http.client
import json
import re
import socket
import threading
from contextlib import ExitStack, closing
from typing import Any

import pytest

from chatmodels.core import ErrorCode
from chatmodels.testing import (
    WIRE_FAULTS,
    Expected,
    FaultServer,
    ReceivedRequest,
    RepeatedBytes,
    WireFault,
)
from chatmodels.testing._reset import reset_on_close
from chatmodels.testing._wire import connection as connections
from chatmodels.testing._wire.connection import RawConnection
from chatmodels.testing._wire.correct_response import CorrectResponse, correct_response
from chatmodels.testing._wire.fault import Step

BODY = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hello!"}]}).encode()
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n"
REQUEST = HEAD % len(BODY) + BODY


def fault(*steps: Step, **more: Any) -> WireFault:
    expected = Expected(success=True)
    return WireFault("own", "is made by a test", lambda right: steps, expected, **more)


def connected(server: FaultServer) -> socket.socket:
    port = int(server.url.rpartition(":")[2])
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def received(peer: socket.socket) -> bytes:
    """Receive until the server ends its direction of the connection."""
    data = bytearray()
    while piece := peer.recv(65_536):
        data += piece
    return bytes(data)


def response(peer: socket.socket, request: bytes = REQUEST) -> tuple[int, bytes]:
    """Send a request and read its response, which has a length."""
    peer.sendall(request)
    reply = http.client.HTTPResponse(peer)
    reply.begin()
    return reply.status, reply.read()


def text(body: bytes) -> str:
    return json.loads(body)["choices"][0]["message"]["content"]


def test_a_request_gets_the_correct_response_if_no_fault_is_queued() -> None:
    with FaultServer() as server, connected(server) as peer:
        first, second = response(peer), response(peer)

        assert (first[0], text(first[1])) == (200, "You said: Hello!")
        assert second == first
        assert server.connections == 1
        assert [request.path for request in server.requests] == ["/v1/chat/completions"] * 2
        assert server.played == ()


def test_requests_that_arrive_together_are_served_in_turn() -> None:
    with FaultServer() as server, connected(server) as peer:
        peer.sendall(REQUEST * 2)
        peer.shutdown(socket.SHUT_WR)

        assert received(peer).count(b"You said: Hello!") == 2


@pytest.mark.parametrize(
    ("request_line", "body", "status"),
    [(b"GET /nowhere", b"", 404), (b"POST /v1/chat/completions", b"{}", 400)],
    ids=["unknown path", "malformed"],
)
def test_an_unknown_request_is_refused(request_line: bytes, body: bytes, status: int) -> None:
    head = b"%b HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % (request_line, len(body))
    with FaultServer() as server, connected(server) as peer:
        found, content = response(peer, head + body)

    assert found == status
    assert json.loads(content)["error"]["message"]


def test_queued_faults_are_played_one_for_each_request() -> None:
    with FaultServer() as server, connected(server) as peer:
        server.queue(fault(b"HTTP/1.1 418 No\r\ncontent-length: 0\r\n\r\n"), "429-seconds")

        assert [response(peer)[0] for _ in range(3)] == [418, 429, 200]
        assert server.played == ("own", "429-seconds")


def test_a_standing_fault_is_played_for_every_request() -> None:
    with FaultServer("500-empty") as server, connected(server) as peer:
        assert [response(peer)[0] for _ in range(2)] == [500, 500]
        server.queue("429-seconds")
        assert [response(peer)[0] for _ in range(2)] == [429, 500]
        assert server.fault is WIRE_FAULTS["500-empty"]
        server.fault = None
        assert response(peer)[0] == 200
        server.fault = "529-empty"
        assert response(peer)[0] == 529


def test_connections_are_closed_without_keep_alive() -> None:
    with FaultServer(keep_alive=False) as server, connected(server) as peer:
        peer.sendall(REQUEST)

        assert b"connection: close\r\n" in received(peer)
        assert server.wait_until_left()


def test_a_fault_at_accept_does_not_need_a_request() -> None:
    with FaultServer(fault(b"bye", "close", at_accept=True)) as server, connected(server) as peer:
        assert received(peer) == b"bye"
        assert server.requests == ()
        assert server.played == ("own",)


def test_a_fault_at_accept_meets_the_next_request_on_an_open_connection() -> None:
    with FaultServer() as server, connected(server) as peer:
        response(peer)
        server.queue("close-at-accept")
        peer.sendall(REQUEST)

        assert received(peer) == b""


def test_a_reset_is_a_reset() -> None:
    with FaultServer("reset-after-request") as server, connected(server) as peer:
        peer.sendall(REQUEST)
        with pytest.raises(ConnectionResetError):
            received(peer)
        assert server.wait_until_played(1)
        assert not server.wait_until_played(2, timeout=0)


def test_a_half_closed_connection_is_held_until_the_client_leaves() -> None:
    with FaultServer("half-close-after-request") as server, connected(server) as peer:
        peer.sendall(REQUEST)
        assert received(peer) == b""
        assert server.wait_until_played()
        assert server.connections == 1
        assert not server.wait_until_left(0)
        peer.close()
        assert server.wait_until_left()


def test_bytes_that_arrive_during_a_fault_are_ignored() -> None:
    with FaultServer("stall-after-request") as server, connected(server) as peer:
        peer.sendall(REQUEST)
        assert server.wait_until_played(1)
        peer.sendall(REQUEST)
        peer.shutdown(socket.SHUT_WR)
        assert received(peer) == b""
        assert len(server.requests) == 1


def test_repeated_bytes_are_sent_until_the_client_leaves() -> None:
    with FaultServer(fault(RepeatedBytes(b"drop")), pace=0) as server, connected(server) as peer:
        peer.sendall(REQUEST)
        data = b""
        while len(data) < 40:
            data += peer.recv(40 - len(data))
        assert data == b"drop" * 10
        reset_on_close(peer)
        peer.close()
        assert server.wait_until_left()


def test_a_drip_is_bounded() -> None:
    with FaultServer(fault(RepeatedBytes(b"drop", 3)), pace=0) as server, connected(server) as peer:
        peer.sendall(REQUEST)
        assert received(peer) == b"drop" * 3


class SlowTransport(asyncio.Transport):
    """A transport whose client does not read until `resumed` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = 1_000_000
        self.resumed = asyncio.Event()
        self.written = asyncio.Event()

    def get_write_buffer_size(self) -> int:
        self.resumed.set()
        return self.waiting

    def write(self, data: Any) -> None:
        self.written.set()


class Dripping:
    """Has a drip for every connection."""

    def at_accept(self) -> list[Step]:
        return [RepeatedBytes(b"drop")]

    def at_request(self, request: ReceivedRequest, /) -> list[Step]:
        raise AssertionError("nothing is sent")


async def test_a_drip_pauses_while_the_client_does_not_read() -> None:
    transport = SlowTransport()
    connection = RawConnection(Dripping(), set(), 0.0, lambda: None)

    connection.connection_made(transport)
    await transport.resumed.wait()
    assert not transport.written.is_set()
    transport.waiting = 0
    await transport.written.wait()
    connection.connection_lost(None)


def test_a_request_that_is_not_http_is_not_served() -> None:
    with FaultServer() as server, connected(server) as peer:
        peer.sendall(b"\x00\x01\r\n\r\n")

        assert received(peer) == b""
        assert server.requests == ()


def test_a_request_that_is_too_large_is_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_REQUEST", 100)
    with FaultServer() as server, connected(server) as peer:
        peer.sendall(REQUEST)
        assert received(peer) == b""
        assert server.requests == ()


def test_many_clients_are_served_at_once() -> None:
    with FaultServer() as server, ExitStack() as stack:
        peers = [stack.enter_context(connected(server)) for _ in range(100)]
        for peer in peers:
            peer.sendall(REQUEST)

        assert [response(peer)[0] for peer in peers] == [200] * 100
        assert server.connections == 100


def test_connections_are_refused_at_the_refusing_address() -> None:
    with FaultServer() as server:
        port = int(server.refusing_url.rpartition(":")[2])
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=60)


def test_a_stopped_server_closes_its_connections_and_its_thread() -> None:
    before = set(threading.enumerate())
    server = FaultServer("stall-after-request")
    server.start()
    with connected(server) as peer:
        peer.sendall(REQUEST)
        assert server.wait_until_played(1)
        server.stop()
        server.stop()
        assert set(threading.enumerate()) <= before
        assert server.connections == 0
        assert server.wait_until_played()
        assert received(peer) == b""


def test_the_repr_of_a_server_contains_its_url() -> None:
    server = FaultServer()
    assert repr(server) == "<FaultServer, stopped>"
    with pytest.raises(RuntimeError, match="has not been started"):
        _ = server.url
    with server:
        assert repr(server) == f"<FaultServer {server.url}>"
        assert server.base_url == f"{server.url}/v1"
        with pytest.raises(RuntimeError, match="has already been started"):
            server.start()
        with pytest.raises(OSError, match=r".+"):
            FaultServer(port=int(server.url.rpartition(":")[2])).start()


def test_a_fault_that_is_not_in_the_catalogue_is_refused() -> None:
    with FaultServer() as server:
        with pytest.raises(KeyError):
            server.queue("unheard-of")
        with pytest.raises(KeyError):
            FaultServer("unheard-of")


@pytest.mark.parametrize("name", WIRE_FAULTS)
def test_a_fault_of_the_catalogue_is_described(name: str) -> None:
    found = WIRE_FAULTS[name]

    assert found.name == name
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    assert found.description
    for mode in found.modes:
        expected = found.expected(mode)
        assert expected.codes or expected.success
        assert ErrorCode.INTERNAL not in expected.codes
        assert not found.silent or ErrorCode.TIMEOUT in expected.codes


def response_to(target: str, body: dict[str, Any]) -> CorrectResponse:
    return correct_response(
        ReceivedRequest(method="POST", target=target, headers={}, body=json.dumps(body).encode())
    )


MESSAGES = [{"role": "user", "content": "Hello!"}]
CONVERSE = {"messages": [{"role": "user", "content": [{"text": "Hello!"}]}]}
RIGHTS = {
    "json": response_to("/v1/chat/completions", {"model": "m", "messages": MESSAGES}),
    "sse": response_to(
        "/v1/chat/completions", {"model": "m", "messages": MESSAGES, "stream": True}
    ),
    "ndjson": response_to("/api/chat", {"model": "m", "messages": MESSAGES}),
    "event-stream": response_to("/model/m/converse-stream", CONVERSE),
}


@pytest.mark.parametrize("kind", RIGHTS)
def test_the_scripts_of_the_catalogue_are_bounded(kind: str) -> None:
    right = RIGHTS[kind]
    assert right.format == kind
    wanted = "whole" if kind == "json" else "stream"
    for found in WIRE_FAULTS.values():
        if wanted in found.modes and (not found.formats or kind in found.formats):
            steps = found.script(right)
            sizes = [len(step) for step in steps if isinstance(step, bytes)]
            assert sum(sizes) < 2**21
            assert all(isinstance(step, bytes) for step in steps[:-1])


def test_a_client_of_another_library_meets_faults_too() -> None:
    with FaultServer("chunk-size-of-letters") as server:
        host = server.url.removeprefix("http://")
        with closing(http.client.HTTPConnection(host, timeout=60)) as client:
            client.request("POST", "/v1/chat/completions", BODY)
            reply = client.getresponse()
            with pytest.raises(http.client.HTTPException):
                reply.read()


def test_a_model_can_be_named_after_a_fault() -> None:
    def call(server: FaultServer, path: str, model: str) -> int:
        body = BODY.replace(b'"m"', model.encode())
        head = (HEAD % len(body)).replace(b"/v1/chat/completions", path.encode())
        with connected(server) as peer:
            return response(peer, head + body)[0]

    with FaultServer() as server:
        server.queue("redirect-308")
        assert call(server, "/v1/chat/completions", '"fault-redirect-307"') == 307
        assert call(server, "/v1beta/models/fault-redirect-301:generateContent", '"m"') == 301
        assert call(server, "/model/fault-redirect-302/converse", '"m"') == 302
        assert call(server, "/v1/chat/completions", '"fault-unknown"') == 308
        assert call(server, "/v1/chat/completions", '"m"') == 200
        assert server.played == ("redirect-307", "redirect-301", "redirect-302", "redirect-308")
