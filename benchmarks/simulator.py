"""The simulator itself: responses per second of one core, and the share of the load generator."""

import json
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.measuring import row, simulator_process

CONNECTIONS = 16
ROUNDS = 9
REQUESTS = 200  # of each connection in a round
PROMPT = "Why is the sky blue?"
MESSAGES = {"messages": [{"role": "user", "content": PROMPT}]}
TOOL = {"name": "weather", "parameters": {"type": "object", "properties": {"city": {}}}}

LOADS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "chat completions": ("/v1/chat/completions", {"model": "gpt-6.1-terra", **MESSAGES}),
    "chat completions, a tool": (
        "/v1/chat/completions",
        {
            "model": "gpt-6.1-terra",
            **MESSAGES,
            "reasoning_effort": "none",  # which functions need there
            "tools": [{"type": "function", "function": TOOL}],
        },
    ),
    "Responses": ("/v1/responses", {"model": "gpt-6.1-terra", "input": PROMPT}),
    "Anthropic": ("/v1/messages", {"model": "claude-sonnet-5-5", "max_tokens": 99, **MESSAGES}),
    "Gemini": (
        "/v1beta/models/gemini-3.8-flash:generateContent",
        {"contents": [{"role": "user", "parts": [{"text": PROMPT}]}]},
    ),
}


def main() -> None:
    with simulator_process() as (url, process):
        for name, (path, body) in LOADS.items():
            rates: list[tuple[float, float, float]] = []
            with connections(url) as clients:
                rates += [measure(clients, path, body, process) for _ in range(ROUNDS)]
            per_core, per_second, share = max(rates)
            row(
                f"{name}, responses per CPU second",
                f"{per_core:,.0f}",
                f"{per_second:,.0f} per second; {share:.0%} of the CPU time is the client's",
            )


def measure(
    clients: list[socket.socket], path: str, body: dict[str, Any], process: int
) -> tuple[float, float, float]:
    """Return responses per CPU second of the simulator, per second, and the client's share."""
    data = json.dumps(body).encode()
    request = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer key\r\n"
        "anthropic-version: 2023-06-01\r\naccept: application/json\r\nuser-agent: benchmark\r\n"
        f"content-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
    ).encode() + data
    start, own, others = time.perf_counter(), time.process_time(), cpu_seconds_of(process)
    for _ in range(REQUESTS):
        for client in clients:
            client.sendall(request)
        for client in clients:
            receive(client)
    count = REQUESTS * len(clients)
    own, others = time.process_time() - own, cpu_seconds_of(process) - others
    return count / others, count / (time.perf_counter() - start), own / (own + others)


def receive(client: socket.socket) -> None:
    """Receive one response, whose length is in its head."""
    data = client.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    assert b" 200 OK" in head, data
    left = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]) - len(body)
    while left > 0:
        left -= len(client.recv(65536))


def cpu_seconds_of(process: int) -> float:
    """Return the CPU time of another process, which Linux reports."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def connections(url: str) -> Iterator[list[socket.socket]]:
    address = ("127.0.0.1", urlsplit(url).port)
    with ExitStack() as stack:
        yield [stack.enter_context(socket.create_connection(address)) for _ in range(CONNECTIONS)]
