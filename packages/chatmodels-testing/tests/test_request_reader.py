"""Requests in the forms that HTTP permits, through the sockets of a simulator."""

import socket

import pytest
from client import raw

from chatmodels.testing import Simulator

BODY = b'{"model": "m", "messages": [{"role": "user", "content": "Hi!"}]}'
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\n"
CLOSE = b"connection: close\r\n"
CHUNKS = b"transfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
LENGTH = b"content-length: %d\r\n" % len(BODY)


def test_bytes_can_arrive_one_by_one(simulator: Simulator) -> None:
    port = int(simulator.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=300) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in HEAD + CLOSE + LENGTH + b"\r\n" + BODY:
            connection.sendall(bytes([byte]))
        assert b"You said: Hi!" in connection.recv(65536)


@pytest.mark.parametrize(
    "request_bytes",
    [
        HEAD + CLOSE + LENGTH + b"\r\n" + BODY,
        HEAD + CLOSE + LENGTH * 2 + b"\r\n" + BODY,
        HEAD + CLOSE + b"x-a: 1\r\nx-a: 2\r\n" + LENGTH + b"\r\n" + BODY,
        HEAD + CLOSE + CHUNKS,
        HEAD.replace(b"1.1", b"1.0") + LENGTH + b"\r\n" + BODY,
        HEAD.replace(b"host: x", b"HOST:x \t") + CLOSE + LENGTH + b"\r\n" + BODY,
    ],
    ids=["ordinary", "repeated length", "repeated header", "chunked", "HTTP/1.0", "spaces"],
)
def test_a_request_is_read(simulator: Simulator, request_bytes: bytes) -> None:
    received = raw(simulator, request_bytes)

    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert received.endswith(b"}")
    assert b"connection: close" in received
    assert b"You said: Hi!" in received
    assert simulator.exchanges[0].request.headers["host"] == "x"


def test_many_requests_can_arrive_at_once(simulator: Simulator) -> None:
    chunked = HEAD + CHUNKS
    ordinary = HEAD + LENGTH + b"\r\n" + BODY

    received = raw(simulator, (ordinary + chunked) * 400 + HEAD + CLOSE + LENGTH + b"\r\n" + BODY)

    assert received.count(b"You said: Hi!") == 801
    assert simulator.accepted == 1


def test_a_client_that_waits_for_a_go_ahead_gets_it(simulator: Simulator) -> None:
    port = int(simulator.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=300) as connection:
        connection.sendall(HEAD + b"expect: 100-continue\r\n" + CLOSE + LENGTH + b"\r\n")
        assert connection.recv(65536) == b"HTTP/1.1 100 \r\n\r\n"
        connection.sendall(BODY)
        assert b"You said: Hi!" in connection.recv(65536)


def test_an_old_client_gets_a_stream_without_chunks(simulator: Simulator) -> None:
    body = BODY.replace(b'"m"', b'"m", "stream": true')
    head = HEAD.replace(b"1.1", b"1.0") + b"content-length: %d\r\n\r\n" % len(body)

    received = raw(simulator, head + body)

    assert b"transfer-encoding" not in received
    assert received.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /v1/models HTTP/1.1\r\n\r\n",  # without a host
        b"GET /v1/models HTTP/1.1\r\nhost: x\r\nbad header: 1\r\n\r\n",
        b"GET /v1/models HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"GET /v1/models\x00 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET /v1/models HTTP/1.1\r\nhost: x\r\nx-a: " + b"a" * 20_000,
        b"\r\n\r\n\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
    ],
    ids=["no host", "bad name", "bad length", "control", "long", "blank", "TLS"],
)
def test_other_bytes_close_the_connection(simulator: Simulator, request_bytes: bytes) -> None:
    assert raw(simulator, request_bytes) == b""
    assert simulator.exchanges == ()
