"""A server of chat completions for benchmarks: it sends bytes that it has prepared before.

It runs in a process of its own, as `python -m benchmarks.server`, and prints its base URL. Of a
request it reads the length, and in the prompt `words=`: the number of words to stream, one in each
event. `pause=SECONDS` after it paces the stream, and `idle` leaves it open. With the file of a
certificate as its argument, the server uses TLS.
"""

import asyncio
import json
import re
import ssl
import sys
from functools import cache
from itertools import cycle, islice
from typing import Any

WORDS = re.compile(rb"words=(\d+)(?: pause=([\d.]+))?")
TEXT = "The sky is blue because air scatters short waves of light more than long ones. "
FACTS = {"id": "chatcmpl-1", "created": 1_790_000_000, "model": "gpt-6.1-terra"}
USAGE = {
    "prompt_tokens": 12,
    "completion_tokens": 80,
    "total_tokens": 92,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
}
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\nx-request-id: req_1\r\n%b\r\n\r\n"


def completion() -> bytes:
    message = {"role": "assistant", "content": TEXT * 4, "refusal": None, "annotations": []}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    body = json.dumps(
        {**FACTS, "object": "chat.completion", "choices": [choice], "usage": USAGE}
    ).encode()
    return HEAD % (b"application/json", b"content-length: %d" % len(body)) + body


def event(delta: dict[str, Any], reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    data = {**FACTS, "object": "chat.completion.chunk", "choices": [choice]}
    return chunk(b"data: " + json.dumps(data, separators=(",", ":")).encode() + b"\n\n")


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


WHOLE = completion()
BEGIN = HEAD % (b"text/event-stream", b"transfer-encoding: chunked") + event(
    {"role": "assistant", "content": "", "refusal": None}
)
WORDS_SENT = [event({"content": f" word{number}"}) for number in range(10)]
"""In turn, since some clients take a text that repeats for a failure of the model."""

END = event({}, "stop") + chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"


@cache
def burst(words: int) -> bytes:
    return b"".join([BEGIN, *islice(cycle(WORDS_SENT), words), END])


class Server(asyncio.Protocol):
    def __init__(self) -> None:
        self._received = b""
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n") + 4) > 3:
            found = re.search(rb"content-length: *(\d+)", self._received[:end], re.IGNORECASE)
            length = end + (int(found[1]) if found else 0)
            if len(self._received) < length:
                return
            body, self._received = self._received[end:length], self._received[length:]
            self._respond(body)

    def _respond(self, body: bytes) -> None:
        if not re.search(rb'"stream": ?true', body):
            self._transport.write(WHOLE)
        elif b"idle" in body:
            self._transport.write(BEGIN)
        else:
            found = WORDS.search(body)
            words, pause = (int(found[1]), found[2]) if found else (200, None)
            if pause is None:
                self._transport.write(burst(words))
            else:
                task = asyncio.ensure_future(self._paced(words, float(pause)))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _paced(self, words: int, pause: float) -> None:
        self._transport.write(BEGIN)
        for word in islice(cycle(WORDS_SENT), words):
            await asyncio.sleep(pause)
            self._transport.write(word)
        self._transport.write(END)


async def main() -> None:
    loop = asyncio.get_running_loop()
    context = None
    if len(sys.argv) > 1:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1])
    server = await loop.create_server(Server, "127.0.0.1", 0, backlog=4096, ssl=context)
    port = server.sockets[0].getsockname()[1]
    print(f"https://localhost:{port}/v1" if context else f"http://127.0.0.1:{port}/v1", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
