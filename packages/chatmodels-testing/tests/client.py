"""A client with nothing in between: http.client, and raw sockets for what it cannot do."""

import http.client
import json
import socket
from contextlib import closing
from typing import Any, NamedTuple

from chatmodels.testing import Simulator

KEY = {"authorization": "Bearer k"}


class Got(NamedTuple):
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def message(self) -> dict[str, Any]:
        return self.json["choices"][0]["message"]

    @property
    def events(self) -> list[Any]:
        """The data of the stream events, without the end."""
        *events, end, rest = self.content.decode().split("\n\n")
        assert (end, rest) == ("data: [DONE]", "")
        return [json.loads(event.removeprefix("data: ")) for event in events]


def request(
    simulator: Simulator,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] = KEY,
) -> Got:
    host = simulator.url.removeprefix("http://")
    with closing(http.client.HTTPConnection(host, timeout=300)) as connection:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return Got(
            response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
        )


def ask(simulator: Simulator, text: str = "Hello, world!", **body: Any) -> Got:
    payload = {"model": "m", "messages": [{"role": "user", "content": text}]} | body
    return request(simulator, "POST", "/v1/chat/completions", json.dumps(payload).encode())


def raw(simulator: Simulator, data: bytes) -> bytes:
    """Send bytes, and receive until the simulator closes the connection."""
    port = int(simulator.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=300) as connection:
        connection.sendall(data)
        received = bytearray()
        while piece := connection.recv(65536):
            received += piece
    return bytes(received)
