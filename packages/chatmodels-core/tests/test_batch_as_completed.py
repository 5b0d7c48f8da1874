"""Results of a batch as they complete: lazily, never too many, and nothing left behind."""

import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Any

import anyio
import pytest

from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ChatResponse,
    InvalidRequestError,
    RateLimitError,
    assistant,
    user,
)
from chatmodels.core.extending import ProviderRegistry, StandardChatModel

tenant: ContextVar[str] = ContextVar("tenant", default="nobody")


class Gated(StandardChatModel):
    """Echoes; a prompt that begins with "wait" is answered when its gate is opened."""

    def __init__(self) -> None:
        super().__init__("fake", "gated")
        self.lock = threading.Lock()
        self.gates: dict[str, threading.Event] = {}
        self.agates: dict[str, anyio.Event] = {}
        self.begun: list[str] = []
        self.cancelled: list[str] = []
        self.running = self.most = 0
        self.tenants: set[str] = set()

    def open(self, text: str) -> None:
        with self.lock:
            self.gates.setdefault(text, threading.Event()).set()
        if text in self.agates:
            self.agates[text].set()

    def respond(self, request: ChatRequest, call: object, /) -> ChatResponse[Any]:
        text = self.begin(request)
        if text.startswith("wait"):
            with self.lock:
                gate = self.gates.setdefault(text, threading.Event())
            gate.wait(300)
        with self.lock:
            self.running -= 1
        return self.complete(text)

    async def arespond(self, request: ChatRequest, call: object, /) -> ChatResponse[Any]:
        text = self.begin(request)
        if text.startswith("wait"):
            gate = self.agates.setdefault(text, anyio.Event())
            try:
                await gate.wait()
            except BaseException:
                self.cancelled.append(text)
                raise
        self.running -= 1
        return self.complete(text)

    def begin(self, request: ChatRequest) -> str:
        text = request.messages[-1].text
        with self.lock:
            self.begun.append(text)
            self.running += 1
            self.most = max(self.most, self.running)
            self.tenants.add(tenant.get())
        return text

    def complete(self, text: str) -> ChatResponse[Any]:
        if text == "fail":
            raise RateLimitError("slow down")
        if text == "defect":
            raise KeyboardInterrupt
        return ChatResponse(message=assistant(text))


class Source:
    """Prompts that count how many of them were read."""

    def __init__(self, prompts: Iterable[str]) -> None:
        self.prompts = prompts
        self.read = 0

    def __iter__(self) -> Iterator[str]:
        return map(self.count, self.prompts)

    def count(self, prompt: str) -> str:
        self.read += 1
        return prompt


class AsyncSource(Source):
    """The same for async callers only."""

    __iter__ = None  # type: ignore[assignment]

    async def __aiter__(self) -> AsyncIterator[str]:
        for prompt in self.prompts:
            yield self.count(prompt)


def shown(result: Any) -> str:
    return str(result.code) if isinstance(result, ChatModelError) else result.text


Collect = Callable[..., Awaitable[list[tuple[int, str]]]]


@pytest.fixture(params=["sync", "asyncio", "trio"])
def shape(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def anyio_backend(shape: str) -> str:
    return "asyncio" if shape == "sync" else shape


@pytest.fixture
def collect(shape: str) -> Collect:
    async def run(model: Any, prompts: Any, **options: Any) -> list[tuple[int, str]]:
        if shape == "sync":
            with model.batch_as_completed(prompts, **options) as results:
                return [(index, shown(result)) for index, result in results]
        async with model.abatch_as_completed(prompts, **options) as aresults:
            return [(index, shown(result)) async for index, result in aresults]

    return run


@pytest.mark.parametrize("max_concurrency", [1, 2, 8])
async def test_every_result_comes_once_with_its_index(
    collect: Collect, max_concurrency: int
) -> None:
    prompts = ["a", [user("b")], "fail", ChatRequest(messages=(user("c"),)), "d"]

    found = await collect(Gated(), prompts, max_concurrency=max_concurrency)

    assert sorted(found) == [(0, "a"), (1, "b"), (2, "rate_limited"), (3, "c"), (4, "d")]


async def test_results_come_in_the_order_in_which_calls_end(shape: str) -> None:
    model, prompts = Gated(), ["wait 0", "wait 1", "wait 2"]
    found: list[int] = []

    if shape == "sync":
        results = model.batch_as_completed(prompts)
        for text in ("wait 2", "wait 0", "wait 1"):
            model.open(text)
            found.append(next(results)[0])
        assert next(results, None) is None
    else:
        async with model.abatch_as_completed(prompts) as aresults:
            for text in ("wait 2", "wait 0", "wait 1"):
                await anyio.wait_all_tasks_blocked()
                model.open(text)
                found.append((await anext(aresults))[0])
            assert await anext(aresults, None) is None

    assert found == [2, 0, 1]


async def test_prompts_are_read_when_there_is_room(shape: str) -> None:
    model, source = Gated(), Source(map(str, range(100)))
    counts: list[int] = []

    if shape == "sync":
        with model.batch_as_completed(source, max_concurrency=3) as results:
            for _ in range(5):
                next(results)
                counts.append(source.read)
    else:
        async with model.abatch_as_completed(source, max_concurrency=3) as aresults:
            for _ in range(5):
                await anyio.wait_all_tasks_blocked()
                await anext(aresults)
                counts.append(source.read)

    assert counts == [3, 4, 5, 6, 7]
    assert model.most <= 3


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_prompts_can_come_from_an_async_iterable(anyio_backend: str) -> None:
    model, source = Gated(), AsyncSource(["a", "fail", "b"])

    async with model.abatch_as_completed(source, max_concurrency=2) as results:
        found = [(index, shown(result)) async for index, result in results]

    assert sorted(found) == [(0, "a"), (1, "rate_limited"), (2, "b")]


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_result_does_not_wait_for_the_next_prompt(anyio_backend: str) -> None:
    more = anyio.Event()

    async def slow() -> AsyncIterator[str]:
        yield "a"
        await more.wait()
        yield "b"

    async with Gated().abatch_as_completed(slow()) as results:
        first = await anext(results)
        more.set()
        second = await anext(results)

    assert [shown(result) for _, result in (first, second)] == ["a", "b"]


@pytest.mark.parametrize(
    ("make", "total"),
    [
        pytest.param(list, 4, id="list"),
        pytest.param(iter, None, id="iterator"),
    ],
)
async def test_progress_is_reported_before_each_result(
    collect: Collect, make: Callable[[list[str]], Any], total: int | None
) -> None:
    seen: list[tuple[int, int | None]] = []

    await collect(
        Gated(),
        make(["a", "b", "fail", "c"]),
        on_progress=lambda done, of: seen.append((done, of)),
    )

    assert seen == [(1, total), (2, total), (3, total), (4, total)]


async def test_a_whole_batch_reports_progress_too(shape: str) -> None:
    model, seen = Gated(), list[tuple[int, int | None]]()

    def note(done: int, total: int | None) -> None:
        seen.append((done, total))

    if shape == "sync":
        model.batch(iter(["a", "b"]), on_progress=note)  # type: ignore[arg-type]
    else:
        await model.abatch(iter(["a", "b"]), on_progress=note)  # type: ignore[arg-type]

    assert seen == [(1, 2), (2, 2)]


async def test_what_progress_raises_ends_the_batch(collect: Collect) -> None:
    def refuse(done: int, total: int | None) -> None:
        raise ValueError("enough")

    model = Gated()
    with pytest.raises(ValueError, match="enough"):
        await collect(model, ["a"] * 50, on_progress=refuse, max_concurrency=2)

    assert len(model.begun) <= 3


async def test_what_the_prompts_raise_ends_the_batch(collect: Collect) -> None:
    def broken() -> Iterator[str]:
        yield "a"
        raise ValueError("the file is cut off")

    with pytest.raises(ValueError, match="the file is cut off"):
        await collect(Gated(), broken())


async def test_an_empty_batch_has_no_results(collect: Collect) -> None:
    assert await collect(Gated(), []) == []


async def test_options_are_those_of_every_call(collect: Collect) -> None:
    found = await collect(Gated(), ["a", "b"], temperature=9)

    assert sorted(found) == [(0, "invalid_request"), (1, "invalid_request")]


async def test_context_variables_reach_every_call(collect: Collect) -> None:
    model, token = Gated(), tenant.set("acme")
    try:
        await collect(model, ["a", "b"], max_concurrency=2)
    finally:
        tenant.reset(token)

    assert model.tenants == {"acme"}


def test_after_close_no_call_begins() -> None:
    model = Gated()
    results = model.batch_as_completed(Source(["a", "wait", "b", "c"]), max_concurrency=2)

    assert shown(next(results)[1]) == "a"
    results.close()
    results.close()
    model.open("wait")

    assert next(results, None) is None
    assert "b" not in model.begun[2:]
    assert "c" not in model.begun


def test_an_interruption_in_a_thread_reaches_the_caller() -> None:
    with pytest.raises(KeyboardInterrupt):
        list(Gated().batch_as_completed(["defect", "a"], max_concurrency=2))


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_leaving_the_block_cancels_the_calls_that_run(anyio_backend: str) -> None:
    model = Gated()

    async with model.abatch_as_completed(["a", "wait 1", "wait 2", "b"], max_concurrency=3) as got:
        assert (await anext(got))[0] == 0
        await anyio.wait_all_tasks_blocked()

    assert sorted(model.cancelled) == ["wait 1", "wait 2"]
    assert await anext(got, None) is None


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_an_error_in_the_block_comes_out_as_it_is(anyio_backend: str) -> None:
    model = Gated()

    async def read() -> None:
        async with model.abatch_as_completed(["wait"]):
            await anyio.wait_all_tasks_blocked()
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        await read()

    assert model.cancelled == ["wait"]


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_cancellation_ends_the_batch_at_once(anyio_backend: str) -> None:
    model, found = Gated(), list[Any]()

    async def read() -> None:
        async with model.abatch_as_completed(["a", "wait"]) as results:
            async for result in results:
                found.append(result)

    async with anyio.create_task_group() as group:
        group.start_soon(read)
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()

    assert [index for index, _ in found] == [0]
    assert model.cancelled == ["wait"]


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_reader_can_give_up_on_a_result_and_come_back(anyio_backend: str) -> None:
    model = Gated()

    async with model.abatch_as_completed(["wait"]) as results:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await anext(results)
        await anyio.wait_all_tasks_blocked()
        model.open("wait")
        assert shown((await anext(results))[1]) == "wait"


class Defective(StandardChatModel):
    """Breaks in a way that no call does: outside of what makes errors of the library."""

    def respond(self, request: ChatRequest, call: object, /) -> ChatResponse[Any]:
        raise AssertionError

    async def _agenerate(self, *arguments: Any) -> Any:
        raise RuntimeError("a defect")


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_defect_comes_out_without_an_exception_group(anyio_backend: str) -> None:
    with pytest.raises(RuntimeError, match="a defect"):
        await Defective("fake", "defective").abatch(["a", "b"])


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_tasks_need_a_block_of_their_own(anyio_backend: str) -> None:
    results = Gated().abatch_as_completed(["a"])

    with pytest.raises(InvalidRequestError, match=r"async with model\.abatch_as_completed"):
        await anext(results)
    async with results:
        assert [index async for index, _ in results] == [0]
    for _ in range(2):
        with pytest.raises(InvalidRequestError, match="already been entered"):
            await results.__aenter__()
    await results.__aexit__(None, None, None)


@pytest.mark.parametrize(
    ("prompts", "options", "words"),
    [
        pytest.param(
            "Hi", {}, "a batch accepts a sequence of prompts, not one str (pass a list", id="text"
        ),
        pytest.param(user("Hi"), {}, "not one Message", id="message"),
        pytest.param({"a": 1}, {}, "not one dict (messages_from_openai() and", id="dict"),
        pytest.param(["a"], {"max_concurrency": 0}, "max_concurrency must be at least 1", id="0"),
        pytest.param(3, {"max_concurrency": -1}, "of them); max_concurrency", id="both"),
    ],
)
async def test_what_cannot_be_a_batch_is_refused_at_once(
    shape: str, prompts: Any, options: dict[str, Any], words: str
) -> None:
    begin = Gated().batch_as_completed if shape == "sync" else Gated().abatch_as_completed

    with pytest.raises(InvalidRequestError) as caught:
        begin(prompts, **options)

    assert words in caught.value.message


async def test_an_alias_has_batches_as_they_complete(collect: Collect, fake: Any) -> None:
    registry = ProviderRegistry()
    registry.register_provider(fake("acme"))
    registry.set_alias("fast", "acme:large")

    found = await collect(registry.create_chat_model("fast"), ["a", "b"])

    assert sorted(found) == [(0, "acme:large"), (1, "acme:large")]
