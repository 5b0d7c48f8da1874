"""A server for benchmarks: it sends bytes that it has prepared before.

It speaks OpenAI's chat completions, and under paths that end in `/messages` Anthropic's messages.

It runs in a process of its own, as `python -m benchmarks.server`, and prints its base URL. Of a
request it reads the length, and in the prompt `words=`: the number of words to stream, one in each
event. `pause=SECONDS` after it paces the stream, and `idle` leaves it open. `stamped` before
`words=` makes each word the nanoseconds of the monotonic clock at which it is sent, which all
processes of a machine share. With the file of a certificate as its argument, the server uses TLS.
"""

import asyncio
import json
import re
import ssl
import sys
import time
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


def stamped() -> bytes:
    return event({"content": f"{time.monotonic_ns()} "})


def message() -> bytes:
    usage = {"input_tokens": 12, "output_tokens": 80}
    body = json.dumps({**MESSAGE, "content": [{"type": "text", "text": TEXT * 4}], "usage": usage})
    return HEAD % (b"application/json", b"content-length: %d" % len(body)) + body.encode()


def message_event(data: dict[str, Any]) -> bytes:
    head = f"event: {data['type']}\ndata: "
    return chunk(head.encode() + json.dumps(data, separators=(",", ":")).encode() + b"\n\n")


@cache
def message_burst(words: int) -> bytes:
    started = {**MESSAGE, "content": [], "stop_reason": None, "usage": {"input_tokens": 12}}
    ended = {"stop_reason": "end_turn", "stop_sequence": None}
    block = {"type": "text", "text": ""}
    return b"".join(
        [
            HEAD % (b"text/event-stream", b"transfer-encoding: chunked"),
            message_event({"type": "message_start", "message": started}),
            message_event({"type": "content_block_start", "index": 0, "content_block": block}),
            *(
                message_event(
                    {
                        "type": "content_block_delta",
                        "index": 0,
                        "delta": {"type": "text_delta", "text": f" word{number % 10}"},
                    }
                )
                for number in range(words)
            ),
            message_event({"type": "content_block_stop", "index": 0}),
            message_event(
                {"type": "message_delta", "delta": ended, "usage": {"output_tokens": 80}}
            ),
            message_event({"type": "message_stop"}),
            b"0\r\n\r\n",
        ]
    )


MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-opus-5",
    "stop_reason": "end_turn",
    "stop_sequence": None,
}
WHOLE_MESSAGE = message()


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
            head, body = self._received[:end], self._received[end:length]
            self._received = self._received[length:]
            self._respond(body, is_message=b"/messages HTTP/1.1" in head)

    def _respond(self, body: bytes, *, is_message: bool) -> None:
        if not re.search(rb'"stream": ?true', body):
            self._transport.write(WHOLE_MESSAGE if is_message else WHOLE)
        elif b"idle" in body:
            self._transport.write(BEGIN)
        else:
            found = WORDS.search(body)
            words, pause = (int(found[1]), found[2]) if found else (200, None)
            if is_message:
                self._transport.write(message_burst(words))
            elif b"stamped" in body and pause is None:
                self._transport.write(BEGIN + stamped() + burst(words).removeprefix(BEGIN))
            elif pause is None:
                self._transport.write(burst(words))
            else:
                paced = self._paced(words, float(pause), is_stamped=b"stamped" in body)
                task = asyncio.ensure_future(paced)
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _paced(self, words: int, pause: float, *, is_stamped: bool) -> None:
        self._transport.write(BEGIN)
        for word in islice(cycle(WORDS_SENT), words):
            await asyncio.sleep(pause)
            self._transport.write(stamped() if is_stamped else word)
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
