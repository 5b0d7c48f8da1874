"""The growth of costs: CPU microseconds of each part, as the number of parts grows.

A flat curve is a cost that grows with the work. `./run bench growth` writes the numbers as JSON and
the plots of the documentation.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.measuring import row, server
from benchmarks.plots import Point, plot
from chatmodels.core import (
    ChatModel,
    ChatRequest,
    Message,
    Timeout,
    assistant,
    create_chat_model,
    user,
)
from chatmodels.core.extending import ProviderMetadata, ProviderRegistry
from chatmodels.providers.mock import MockChatModel
from chatmodels.resilience import Retry

FOLDER = Path(__file__).parents[1] / "docs" / "explanation" / "growth"
ROUNDS = 3
PATIENT = Timeout(connect=600, read=600, first_event=600, between_events=600)
TEXT = "The sky is blue because air scatters short waves of light more than long ones. "
"""The text of a message."""


def main() -> None:
    raise_file_limit()
    with server() as url:
        model = create_chat_model(
            "openai:gpt-6.1-terra", api_key="key", base_url=url, timeout=PATIENT
        )
        found = {
            "concurrency": curve(concurrency(model), "a stream among so many at once"),
            "chunks": curve(chunks(model), "a chunk of a stream with so many"),
        }
    encoded = curve(history(ours), "a message of a history with so many, encoded")
    bare = curve(history(dumps), "the same with json.dumps")
    found["history"] = {**encoded, **bare}
    found["providers"] = curve(providers(), "resolving a model among so many providers")
    found["policies"] = curve(policies(), "a call through so many policies")
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "growth.json").write_text(json.dumps(found, indent=1) + "\n")
    for name, curves in found.items():
        title, across = TITLES[name]
        drawing = plot(title, across, "CPU microseconds", curves)
        (FOLDER / f"{name}.svg").write_text(drawing)


TITLES = {
    "concurrency": ("A stream of 20 chunks", "streams at once"),
    "chunks": ("A chunk of a stream", "chunks of the stream"),
    "history": ("A message of a conversation, encoded", "messages of the conversation"),
    "providers": ("Resolving a model", "registered providers"),
    "policies": ("A call of a mock model", "policies, plus one"),
}


def curve(points: Iterator[Point], label: str) -> dict[str, list[Point]]:
    found: list[Point] = []
    for number, seconds in points:
        found.append((number, round(seconds * 1e6, 3)))
        row(f"{label}: {number:,.0f}", f"{seconds * 1e6:.2f} us")
    return {label: found}


def best(work: Callable[[], object], parts: int) -> float:
    """Return the CPU seconds of each part in the best round."""
    times: list[float] = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        times.append((time.process_time() - start) / parts)
    return min(times)


def concurrency(model: ChatModel) -> Iterator[Point]:
    async def stream() -> None:
        await model.astream("words=17").collect()

    async def measured(number: int) -> float:
        turns = max(1, 500 // number)
        return min([await once(number, turns) for _ in range(ROUNDS)])

    async def once(number: int, turns: int) -> float:
        start = time.process_time()
        for _ in range(turns):
            await together([stream() for _ in range(number)])
        return (time.process_time() - start) / (turns * number)

    for number in (1, 10, 100, 1_000, 10_000):
        yield number, asyncio.run(measured(number))  # the first round opens the connections


async def together(tasks: Sequence[Awaitable[None]]) -> None:
    await asyncio.gather(*tasks)


def chunks(model: ChatModel) -> Iterator[Point]:
    for number in (10, 100, 1_000, 10_000, 100_000):
        prompt, turns = f"words={number}", max(1, 1_000 // number)

        def work(prompt: str = prompt, turns: int = turns) -> None:
            for _ in range(turns):
                for _ in model.stream(prompt):
                    pass

        yield number, best(work, number * turns)


def history(encode: Callable[[list[Message]], Callable[[], object]]) -> Iterator[Point]:
    for number in (1, 10, 100, 1_000, 10_000):
        messages = [user(TEXT) if each % 2 == 0 else assistant(TEXT) for each in range(number)]
        turns = max(1, 2_000 // number)
        work = encode(messages)

        def repeated(work: Callable[[], object] = work, turns: int = turns) -> None:
            for _ in range(turns):
                work()

        yield number, best(repeated, number * turns)


def ours(messages: list[Message]) -> Callable[[], object]:
    model = create_chat_model("openai:gpt-6.1-terra", api_key="key")
    request = ChatRequest(messages=tuple(messages))
    encode = model._sender.codec.encode  # without sending it
    return lambda: encode(model.model, request, stream=False)


def dumps(messages: list[Message]) -> Callable[[], object]:
    rows = [{"role": message.role, "content": TEXT} for message in messages]
    body = {"model": "gpt-6.1-terra", "messages": rows}
    return lambda: json.dumps(body).encode()


class Provider:
    def __init__(self, name: str) -> None:
        self.metadata = ProviderMetadata(name=name, description="", distribution="")

    create_chat_model = model_info = check_health = list_models = print


def providers() -> Iterator[Point]:
    registry = ProviderRegistry()
    for number in (1, 10, 100, 1_000):
        for each in range(len(registry.list_providers()), number):
            registry.register_provider(Provider(f"acme-{each}"))

        def work() -> None:
            for _ in range(10_000):
                registry.resolve("acme-0:large")

        yield number, best(work, 10_000)


def policies() -> Iterator[Point]:
    for number in range(9):
        model = MockChatModel().with_policies(*[Retry() for _ in range(number)])

        def work(model: ChatModel = model) -> None:
            for _ in range(1_000):
                model.generate("Why?")

        yield number + 1, best(work, 1_000)


def raise_file_limit() -> None:
    if sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
