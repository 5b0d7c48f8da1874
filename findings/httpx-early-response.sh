#!/bin/sh
# A server can refuse a large request before it has read the body: it responds with 413 and closes the connection, which
# resets it. httpx 0.28.1 (httpcore 1.0.9) is made to read such a response: it ignores the failure to send the rest. With
# `httpx.Client` this works. With `httpx.AsyncClient` under asyncio the response is lost, and the call raises `ReadError`:
# a transport of asyncio is closed as soon as a write fails, with the received bytes unread.
# Linux only: other systems drop received bytes at a reset.
#
# Output seen on 2026-11-30:
#   httpx 0.28.1, httpcore 1.0.9, anyio 4.16.0
#   Client: 413 413 413
#   AsyncClient: ReadError ReadError ReadError
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check httpx==0.28.1 httpcore==1.0.9 anyio==4.16.0
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio
import socket
import sys
import threading
from importlib.metadata import version

import httpx

BODY = bytes(30_000_000)  # more than the buffers of the sockets
RESPONSE = b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 9\r\n\r\ntoo large"


def serve():
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1_000)  # the head
            connection.sendall(RESPONSE)


def outcome(error_or_response):
    if isinstance(error_or_response, Exception):
        return type(error_or_response).__name__
    return str(error_or_response.status_code)


def call():
    with httpx.Client(trust_env=False) as client:
        try:
            return outcome(client.post(url, content=BODY))
        except httpx.TransportError as error:
            return outcome(error)


async def acall():
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            return outcome(await client.post(url, content=BODY))
        except httpx.TransportError as error:
            return outcome(error)


with socket.create_server(("127.0.0.1", 0)) as listener:
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    threading.Thread(target=serve, daemon=True).start()
    sync = [call() for _ in range(3)]
    asynchronous = [asyncio.run(acall()) for _ in range(3)]
print(", ".join(f"{name} {version(name)}" for name in ("httpx", "httpcore", "anyio")))
print("Client:", *sync)
print("AsyncClient:", *asynchronous)
sys.exit(set(sync) != {"413"} or "413" in asynchronous)
PYTHON
