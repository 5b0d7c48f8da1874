"""The delay from the server's write to the event: microseconds, the server in another process.

The server writes the time of the monotonic clock, which all processes share, into each event. The
first contender is a bare protocol of asyncio, which searches the received bytes for the time.
"""

import asyncio
import re
import statistics
import time
from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit

import openai

from benchmarks.measuring import row, server
from chatmodels.core import create_chat_model

EVENTS, PAUSE = 200, 0.005
BURSTS, WORDS = 100, 2_000
ROUNDS = 5
STAMP = re.compile(rb'"(\d{12,}) "')

Stream = Callable[[str], AsyncIterator[str]]


def main() -> None:
    with server() as url:
        asyncio.run(compare(url))


async def compare(url: str) -> None:
    async with openai.AsyncOpenAI(api_key="key", base_url=url) as client:
        await compare_with(url, client)


async def compare_with(url: str, client: openai.AsyncOpenAI) -> None:
    streams: dict[str, Stream] = {
        "a bare protocol": bare(url),
        "chatmodels": chatmodels(url),
        "the vendor's SDK": sdk(client),
    }
    paced: dict[str, list[float]] = {name: [] for name in streams}
    first: dict[str, list[float]] = {name: [] for name in streams}
    for _ in range(ROUNDS):
        for name, stream in streams.items():
            paced[name] += await delays(stream, f"stamped words={EVENTS} pause={PAUSE}")
            for _ in range(BURSTS // ROUNDS):
                first[name] += (await delays(stream, f"stamped words={WORDS}"))[:1]
    for label, found in (("an event of a paced stream", paced), ("the first of a burst", first)):
        for name, values in found.items():
            median = statistics.median(values)
            more = median - statistics.median(found["a bare protocol"])
            tail = statistics.quantiles(values, n=100)[-1]
            row(f"{label}, {name}", f"{median:.0f} us", f"{more:+.0f} us; p99 {tail:.0f} us")


async def delays(stream: Stream, prompt: str) -> list[float]:
    """Return the delay of each event with a time, in microseconds."""
    found: list[float] = []
    async for text in stream(prompt):
        now = time.monotonic_ns()
        if text.strip().isdigit():
            found.append((now - int(text)) / 1000)
    return found


class Received(asyncio.Protocol):
    """Puts the times into a queue as they arrive, and None at the end of the response."""

    def __init__(self) -> None:
        self.times: asyncio.Queue[bytes | None] = asyncio.Queue()

    def data_received(self, data: bytes) -> None:
        for stamp in STAMP.findall(data):
            self.times.put_nowait(stamp)
        if data.endswith(b"0\r\n\r\n"):
            self.times.put_nowait(None)


def bare(url: str) -> Stream:
    parts = urlsplit(url)

    async def stream(prompt: str) -> AsyncIterator[str]:
        loop = asyncio.get_running_loop()
        transport, received = await loop.create_connection(Received, parts.hostname, parts.port)
        body = b'{"stream": true, "prompt": "%b"}' % prompt.encode()
        head = f"POST {parts.path}/chat/completions HTTP/1.1\r\ncontent-length: {len(body)}\r\n\r\n"
        transport.write(head.encode() + body)
        while (stamp := await received.times.get()) is not None:
            yield stamp.decode()
        transport.close()

    return stream


def chatmodels(url: str) -> Stream:
    model = create_chat_model("openai:gpt-6.1-terra", api_key="key", base_url=url)

    async def stream(prompt: str) -> AsyncIterator[str]:
        async with model.astream(prompt) as events:
            async for event in events:
                if event.type == "text_delta":
                    yield event.text

    return stream


def sdk(client: openai.AsyncOpenAI) -> Stream:
    async def stream(prompt: str) -> AsyncIterator[str]:
        async for chunk in await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": prompt}], stream=True
        ):
            yield (chunk.choices[0].delta.content if chunk.choices else None) or ""

    return stream
