"""The response to a repeated request is the stored one."""

import asyncio
import copy
import logging
import pickle
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from fakeredis import FakeRedis
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chatmodels.core import (
    CallTimeoutError,
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    FinishReason,
    NetworkError,
    Settings,
    StreamEnd,
    StreamEvent,
    TextDelta,
    Timeout,
    Usage,
    assistant,
    user,
)
from chatmodels.core.extending import CallInfo, Flow, Send, StandardChatModel, ToolDefinition
from chatmodels.resilience import (
    Budget,
    Cache,
    Fallback,
    MemoryStore,
    Reask,
    RedisStore,
    Retry,
    SqliteStore,
    _shared_call,
)
from chatmodels.resilience._waiting import ThreadPlace

SEVEN = '{"value": 7}'


@pytest.fixture(params=["memory", "sqlite", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Any]:
    """A store of each kind."""
    if request.param == "memory":
        yield MemoryStore()
    elif request.param == "redis":
        yield RedisStore(client=FakeRedis())
    else:
        with SqliteStore(tmp_path / "cache.db") as opened:
            yield opened


async def test_a_repeated_request_gets_the_stored_response(
    call: Any, scripted: Any, store: Any
) -> None:
    cache = Cache(store)
    script = scripted("Hello", "other")
    model = script.with_policies(cache)

    first = await call(model)
    second = await call(model)

    assert (first.text, second.text) == ("Hello", "Hello")
    assert len(script.requests) == 1
    assert (cache.hits, cache.misses) == (1, 1)
    assert (first.timing.attempts, second.timing.attempts) == (1, 0)
    assert second == replace(first, usage=Usage(input_tokens=0, output_tokens=0))


async def test_all_shapes_share_the_stored_response(call: Any, scripted: Any, store: Any) -> None:
    script = scripted("Hello")
    model = script.with_policies(Cache(store))
    await call(model)

    assert model.generate("Hi").text == "Hello"
    assert (await model.agenerate("Hi")).text == "Hello"
    with model.stream("Hi") as stream:
        assert [event.type for event in stream][-3:] == ["part_end", "usage_update", "stream_end"]
    async with model.astream("Hi") as astream:
        assert [text async for text in astream.texts()] == ["Hello"]


async def test_a_budget_does_not_count_a_stored_response(call: Any, scripted: Any) -> None:
    budget = Budget(tokens=100)
    model = scripted("Hello").with_policies(budget, Cache())

    for _ in range(3):
        await call(model)

    assert budget.used == 15


@pytest.mark.parametrize(
    "options",
    [
        {"prompt": "Ho"},
        {"temperature": 0.5},
        {"tools": [ToolDefinition("f", "", {"type": "object"})]},
        {"output_type": int},
        {"provider_options": {"x": 1}},
        {"idempotent": False},
        {"provider_options": {"x": object()}},
    ],
    ids=lambda options: next(iter(options)),
)
async def test_another_request_is_sent(call: Any, scripted: Any, options: Any) -> None:
    script = scripted("Hello", SEVEN, SEVEN)
    model = script.with_policies(Cache())
    await call(model)

    await call(model, **options)

    assert len(script.requests) == 2


async def test_the_time_limit_is_not_part_of_the_key(call: Any, scripted: Any) -> None:
    model = scripted("Hello").with_policies(Cache())
    await call(model, timeout=5)

    assert (await call(model, timeout=6)).text == "Hello"


async def test_models_that_differ_do_not_share_responses(call: Any, scripted: Any) -> None:
    store = MemoryStore()
    models = [
        scripted("a").with_policies(Cache(store)),
        scripted("b", name="small").with_policies(Cache(store)),
        scripted("c", settings=Settings(temperature=1.0)).with_policies(Cache(store)),
        scripted("d", endpoint="https://example.com").with_policies(Cache(store)),
        scripted("e", api="other").with_policies(Cache(store)),
        scripted("f").with_policies(Cache(store, namespace="2")),
    ]

    for _ in range(2):
        assert [(await call(model)).text for model in models] == list("abcdef")


async def test_a_policy_outside_that_changes_the_request_is_noticed(
    call: Any, scripted: Any
) -> None:
    added = ["a", "b", "a"]

    def adding(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        messages = (*request.messages, user(added.pop(0)))
        return (yield Send(replace(request, messages=messages)))

    model = scripted("for a", "for b").with_policies(adding, Cache())

    assert [(await call(model)).text for _ in range(3)] == ["for a", "for b", "for a"]


class Ending(StandardChatModel):
    """Responds with the finish reason of the test."""

    def __init__(self, reason: FinishReason, policy: Cache) -> None:
        super().__init__("acme", "large", policies=[policy])
        self.reason: FinishReason = reason

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        return ChatResponse(message=assistant("Hello"), finish_reason=self.reason)


@pytest.mark.parametrize(
    ("reason", "stored"),
    [
        ("stop", True),
        ("tool_calls", True),
        ("length", False),
        ("content_filter", False),
        ("refusal", False),
    ],
)
async def test_only_complete_responses_are_stored(
    call: Any, reason: FinishReason, stored: bool
) -> None:
    store = MemoryStore()

    await call(Ending(reason, Cache(store)))

    assert len(store) == stored


async def test_an_error_is_not_stored(call: Any, scripted: Any) -> None:
    model = scripted(NetworkError("lost"), "Hello").with_policies(Cache())

    with pytest.raises(NetworkError):
        await call(model)

    assert (await call(model)).text == "Hello"


async def test_the_response_of_another_model_is_not_stored(call: Any, scripted: Any) -> None:
    first = scripted(NetworkError("lost"), "first")
    second = scripted("second", name="small")
    model = first.with_policies(Cache(), Fallback(second))

    assert (await call(model)).text == "second"
    assert (await call(model)).text == "first"


async def test_structured_output_is_parsed_again(call: Any, scripted: Any, store: Any) -> None:
    model = scripted(SEVEN).with_policies(Cache(store))
    await call(model, output_type=int)

    assert (await call(model, output_type=int)).parsed == 7


async def test_a_stored_output_that_is_invalid_is_requested_again(call: Any, scripted: Any) -> None:
    store = MemoryStore()
    script = scripted("seven", SEVEN)
    model = script.with_policies(Cache(store))
    with suppress(Exception):
        model.stream("Hi", output_type=int).collect()  # stored before it is parsed
    assert len(store) == 1

    assert (await call(model, output_type=int)).parsed == 7
    assert (await call(model, output_type=int)).parsed == 7
    assert len(script.requests) == 2


@pytest.mark.parametrize("outside", [True, False])
async def test_the_output_that_was_requested_again_is_stored(
    call: Any, scripted: Any, *, outside: bool
) -> None:
    script = scripted("seven", SEVEN, SEVEN)
    policies = [Cache(), Reask()] if outside else [Reask(), Cache()]
    model = script.with_policies(*policies)
    await call(model, output_type=int)

    response = await call(model, output_type=int)

    assert response.parsed == 7
    if outside:
        assert len(script.requests) == 2


class Streaming(StandardChatModel):
    """Streams until it is closed; records that it was."""

    closed = 0

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        try:
            yield TextDelta("Hello")
            yield TextDelta(" there")
            yield StreamEnd()
        finally:
            self.closed += 1

    async def aevents(self, request: ChatRequest, call: CallInfo, /) -> AsyncIterator[StreamEvent]:
        try:
            yield TextDelta("Hello")
            yield TextDelta(" there")
            yield StreamEnd()
        finally:
            self.closed += 1


async def test_a_stream_that_is_left_early_is_closed_and_not_stored() -> None:
    store = MemoryStore()
    model = Streaming("acme", "large", policies=[Cache(store)])

    with model.stream("Hi") as stream:
        next(stream)
        next(stream)
    async with model.astream("Hi") as astream:
        await anext(astream)
    assert (len(store), model.closed) == (0, 2)

    assert model.stream("Hi").collect().text == "Hello there"
    assert (len(store), model.closed) == (1, 3)


class Plain(StandardChatModel):
    """Streams from iterators that have no method to close them."""

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        return iter([TextDelta("Hello"), StreamEnd()])

    def aevents(self, request: ChatRequest, call: CallInfo, /) -> AsyncIterator[StreamEvent]:
        return Unclosable(self.events(request, call))


class Unclosable:
    def __init__(self, events: Iterator[StreamEvent]) -> None:
        self.events = events

    def __aiter__(self) -> "Unclosable":
        return self

    async def __anext__(self) -> StreamEvent:
        return next(self.events)


async def test_a_stream_that_cannot_be_closed_is_stored(call: Any) -> None:
    store = MemoryStore()

    assert (await call(Plain("acme", "large", policies=[Cache(store)]))).text == "Hello"
    assert len(store) == 1


class Broken:
    """A store that is out of order."""

    def get(self, key: str, /) -> ChatResponse[Any] | None:
        raise OSError("the disk is gone")

    def put(self, key: str, response: ChatResponse[Any], /) -> None:
        raise OSError("the disk is gone")


async def test_a_store_that_fails_is_logged_and_the_call_goes_on(
    call: Any, scripted: Any, caplog: pytest.LogCaptureFixture
) -> None:
    model = scripted("Hello").with_policies(Cache(Broken()))

    with caplog.at_level(logging.WARNING, "chatmodels.resilience"):
        assert (await call(model)).text == "Hello"

    assert [each.getMessage() for each in caplog.records] == [
        "the store of a Cache could not be read",
        "the store of a Cache could not be written",
    ]


def test_a_stored_response_is_logged_for_debugging(
    scripted: Any, caplog: pytest.LogCaptureFixture
) -> None:
    model = scripted("Hello").with_policies(cache := Cache())

    with caplog.at_level(logging.DEBUG, "chatmodels.resilience"):
        model.generate("Hi")
        model.generate("Hi")

    (record,) = (each for each in caplog.records if each.name == "chatmodels.resilience")
    assert record.getMessage() == "the response of 'acme:large' was stored"
    assert repr(cache) == "<Cache: 1 hits, 1 misses>"


def test_the_store_must_be_a_store() -> None:
    wrong: Any = "cache.db"

    with pytest.raises(ConfigurationError, match=r"the store is of type str; pass .*SqliteStore"):
        Cache(wrong)


# Calls with the same request at the same time.


class Gated(StandardChatModel):
    """Responds when the test opens the gate: with the next item of its script."""

    def __init__(self, *script: str | Exception, cache: Cache) -> None:
        super().__init__("acme", "large", policies=[cache])
        self.script = list(script)
        self.sent = 0
        self.gate = threading.Event()

    def _outcome(self) -> ChatResponse[Any]:
        outcome = self.script.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return ChatResponse(message=assistant(outcome))

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        self.sent += 1
        self.gate.wait()
        return self._outcome()

    async def arespond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        self.sent += 1
        await until(self.gate.is_set)
        return self._outcome()


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - the condition has no event
        await anyio.sleep(0.001)


def waiting(cache: Cache) -> int:
    return sum(len(each.waiting) for each in cache._calls._calls.values())


def test_threads_share_one_request() -> None:
    cache = Cache()
    model = Gated("Hello", cache=cache)

    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(model.generate, "Hi") for _ in range(8)]
        while waiting(cache) < 7:
            threading.Event().wait(0.001)
        model.gate.set()
        texts = [each.result().text for each in calls]

    assert texts == ["Hello"] * 8
    assert model.sent == 1
    assert (cache.hits, cache.misses) == (7, 1)


async def test_a_task_a_thread_and_streams_wait_for_the_response() -> None:
    cache = Cache()
    model = Gated("Hello", cache=cache)
    texts: list[str] = []

    async def run(shape: Callable[[], Any]) -> None:
        texts.append((await shape()).text)

    async with anyio.create_task_group() as group:
        group.start_soon(run, lambda: model.agenerate("Hi"))
        await until(lambda: model.sent == 1)
        group.start_soon(run, lambda: model.agenerate("Hi"))
        group.start_soon(run, lambda: model.astream("Hi").collect())
        group.start_soon(run, lambda: anyio.to_thread.run_sync(model.generate, "Hi"))
        group.start_soon(run, lambda: anyio.to_thread.run_sync(model.stream("Hi").collect))
        await until(lambda: waiting(cache) == 4)
        model.gate.set()

    assert texts == ["Hello"] * 5
    assert model.sent == 1


async def test_another_call_takes_over_if_the_first_is_cancelled() -> None:
    cache = Cache()
    model = Gated("Hello", cache=cache)
    texts: list[str] = []
    scope = anyio.CancelScope()

    async def first() -> None:
        with scope:
            await model.agenerate("Hi")

    async def other() -> None:
        texts.append((await model.agenerate("Hi")).text)

    async with anyio.create_task_group() as group:
        group.start_soon(first)
        await until(lambda: model.sent == 1)
        for _ in range(3):
            group.start_soon(other)
        await until(lambda: waiting(cache) == 3)
        scope.cancel()
        await until(lambda: model.sent == 2)
        assert waiting(cache) == 2
        model.gate.set()

    assert texts == ["Hello"] * 3
    assert model.sent == 2
    assert cache._calls._calls == {}


async def test_a_stream_that_waited_for_a_cancelled_call_lets_the_next_take_over() -> None:
    cache = Cache()
    model = Gated("Hello", "Hello", cache=cache)
    scope = anyio.CancelScope()

    async def first() -> None:
        with scope:
            await model.agenerate("Hi")

    async with anyio.create_task_group() as group:
        group.start_soon(first)
        await until(lambda: model.sent == 1)
        group.start_soon(model.astream("Hi").collect)
        await until(lambda: waiting(cache) == 1)
        group.start_soon(model.agenerate, "Hi")
        await until(lambda: waiting(cache) == 2)
        scope.cancel()
        await until(lambda: model.sent == 3)
        model.gate.set()

    assert cache._calls._calls == {}


async def test_each_call_sends_its_own_request_if_the_first_fails() -> None:
    cache = Cache(MemoryStore(ttl=0))
    model = Gated(NetworkError("lost"), "Hello", "Hello", cache=cache)
    outcomes: list[str] = []

    async def run() -> None:
        try:
            outcomes.append((await model.agenerate("Hi")).text)
        except NetworkError:
            outcomes.append("lost")

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(run)
        await until(lambda: waiting(cache) == 2)
        model.gate.set()

    assert sorted(outcomes) == ["Hello", "Hello", "lost"]
    assert model.sent == 3
    assert cache._calls._calls == {}


async def test_a_cancelled_wait_leaves_the_others_waiting() -> None:
    cache = Cache()
    model = Gated("Hello", cache=cache)
    scope = anyio.CancelScope()

    async def cancelled() -> None:
        with scope:
            await model.agenerate("Hi")

    async with anyio.create_task_group() as group:
        group.start_soon(model.agenerate, "Hi")
        await until(lambda: model.sent == 1)
        group.start_soon(cancelled)
        group.start_soon(model.agenerate, "Hi")
        await until(lambda: waiting(cache) == 2)
        scope.cancel()
        await until(lambda: waiting(cache) == 1)
        model.gate.set()

    assert model.sent == 1
    assert cache.hits == 1


async def test_a_call_that_is_cancelled_as_it_takes_over_leaves_to_the_next() -> None:
    cache = Cache()
    model = Gated("Hello", cache=cache)
    scopes = [anyio.CancelScope(), anyio.CancelScope()]

    async def cancelled(scope: anyio.CancelScope) -> None:
        with scope:
            await model.agenerate("Hi")

    async with anyio.create_task_group() as group:
        group.start_soon(cancelled, scopes[0])
        await until(lambda: model.sent == 1)
        group.start_soon(cancelled, scopes[1])
        await until(lambda: waiting(cache) == 1)
        group.start_soon(model.agenerate, "Hi")
        await until(lambda: waiting(cache) == 2)
        for scope in scopes:  # the second one while it is woken
            scope.cancel()
        model.gate.set()

    assert cache._calls._calls == {}
    assert model.script == []


async def test_a_wait_beyond_the_total_time_is_an_error() -> None:
    cache = Cache()
    model = Gated("Hello", cache=cache)

    async with anyio.create_task_group() as group:
        group.start_soon(model.agenerate, "Hi")
        await until(lambda: model.sent == 1)
        with pytest.raises(CallTimeoutError, match="longer than the total timeout"):
            await model.agenerate("Hi", timeout=Timeout(total=0.01))
        with pytest.raises(CallTimeoutError, match="longer than the total timeout"):
            await anyio.to_thread.run_sync(lambda: model.generate("Hi", timeout=0.01))
        assert waiting(cache) == 0
        model.gate.set()

    assert model.sent == 1


async def test_an_interrupted_wait_leaves_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache()
    model = Gated("Hello", cache=cache)

    def interrupted(*_: object) -> bool:
        raise KeyboardInterrupt

    async with anyio.create_task_group() as group:
        group.start_soon(model.agenerate, "Hi")
        await until(lambda: model.sent == 1)
        with monkeypatch.context() as patch:
            patch.setattr(threading.Event, "wait", interrupted)
            with pytest.raises(KeyboardInterrupt):
                model.generate("Hi")
        assert waiting(cache) == 0
        model.gate.set()


def test_a_task_whose_loop_is_closed_does_not_take_over() -> None:
    cache = Cache()
    model = Gated("Hello", cache=cache)
    info = CallInfo(
        "generate",
        ChatRequest(messages=(user("Hi"),)),
        provider="acme",
        model="large",
        timeout=Timeout(),
    )
    flow = cache(info, info.request)
    step: Any = next(flow)
    flow.send(step.function())  # it leads
    loop = asyncio.new_event_loop()
    task = loop.create_task(model.agenerate("Hi"))
    while not waiting(cache):
        loop.run_until_complete(asyncio.sleep(0))
    loop.close()

    flow.close()

    model.gate.set()
    assert model.generate("Hi").text == "Hello"
    task._log_destroy_pending = False  # type: ignore[attr-defined] - the test destroys it


def test_a_call_that_ends_while_another_begins_to_wait_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache = Cache()
    model = Gated("Hello", cache=cache)
    model.gate.set()
    info = CallInfo(
        "generate",
        ChatRequest(messages=(user("Hi"),)),
        provider="acme",
        model="large",
        timeout=Timeout(),
    )
    flow = cache(info, info.request)
    step: Any = next(flow)
    flow.send(step.function())  # it leads

    class Ending(ThreadPlace):
        def __init__(self) -> None:
            flow.close()  # as the garbage collector does
            super().__init__()

    monkeypatch.setattr(_shared_call, "ThreadPlace", Ending)

    assert model.generate("Hi").text == "Hello"


async def test_retries_inside_belong_to_the_shared_request(scripted: Any) -> None:
    script = scripted(NetworkError("lost"), "Hello")
    model = script.with_policies(Cache(), Retry(random=lambda: 0.0))

    responses = [await model.agenerate("Hi") for _ in range(3)]

    assert [each.timing.attempts for each in responses] == [2, 0, 0]
    assert [len(each.failed_attempts) for each in responses] == [1, 0, 0]


# The stores.


def response(text: str) -> ChatResponse[Any]:
    return ChatResponse(message=assistant(text))


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.booleans(), st.floats(0, 5))),
    st.integers(1, 3),
    st.none() | st.floats(0, 10),
)
def test_the_memory_behaves_as_a_simple_model_of_it(
    steps: list[tuple[str, bool, float]], limit: int, ttl: float | None
) -> None:
    now = 0.0
    store = MemoryStore(limit, ttl=ttl, clock=lambda: now)
    expected: OrderedDict[str, tuple[float, str]] = OrderedDict()

    for number, (key, writes, elapsed) in enumerate(steps):
        now += elapsed
        if writes:
            store.put(key, response(str(number)))
            expected.pop(key, None)
            expected[key] = now, str(number)
            while len(expected) > limit:
                del expected[next(iter(expected))]
        else:
            found = store.get(key)
            entry = expected.pop(key, None)
            if entry is None or (ttl is not None and now - entry[0] >= ttl):
                assert found is None
            else:
                assert found is not None
                assert found.text == entry[1]
                expected[key] = entry
        assert len(store) == len(expected) <= limit


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.booleans(), st.integers(0, 5)), max_size=30),
    st.integers(1, 3),
    st.none() | st.integers(0, 10),
)
def test_the_file_behaves_as_a_simple_model_of_it(
    steps: list[tuple[str, bool, int]], limit: int, ttl: int | None
) -> None:
    now = 1_000_000.0
    written: list[tuple[str, float, str]] = []

    with SqliteStore(":memory:", max_entries=limit, ttl=ttl, clock=lambda: now) as store:
        for number, (key, writes, elapsed) in enumerate(steps):
            now += elapsed
            if writes:
                store.put(key, response(str(number)))
                written.append((key, now, str(number)))
                continue
            found = store.get(key)
            last = next((each for each in reversed(written) if each[0] == key), None)
            if last not in written[-limit:] or (ttl is not None and now - last[1] >= ttl):
                assert found is None
            else:
                assert found is not None
                assert found.text == last[2]


def test_a_file_is_shared_and_contains_no_request(tmp_path: Any, scripted: Any) -> None:
    path = tmp_path / "cache.db"
    with SqliteStore(path) as store:
        scripted("Hello").with_policies(Cache(store)).generate("my question")

    assert b"my question" not in path.read_bytes()
    with SqliteStore(path) as store:
        assert scripted().with_policies(Cache(store)).generate("my question").text == "Hello"
        assert repr(store) == f"SqliteStore({str(path)!r})"
        store.close()
        assert scripted().with_policies(Cache(store)).generate("my question").text == "Hello"


def test_threads_share_a_file(tmp_path: Any, scripted: Any) -> None:
    with SqliteStore(tmp_path / "cache.db") as store, SqliteStore(store.path) as other:
        caches = [Cache(store), Cache(other)]
        prompts = [str(number % 20) for number in range(200)]
        script = scripted(*["Hello"] * 200)
        models = [script.with_policies(cache) for cache in caches]
        for prompt in prompts[:20]:
            models[0].generate(prompt)

        with ThreadPoolExecutor(8) as pool:
            texts = list(pool.map(lambda each: models[int(each) % 2].generate(each).text, prompts))

    assert texts == ["Hello"] * 200
    assert len(script.requests) == 20
    assert caches[0].hits + caches[1].hits == 200


async def test_a_file_that_is_no_database_is_logged(
    tmp_path: Any, call: Any, scripted: Any, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "cache.db"
    path.write_bytes(b"something else" * 100)

    with SqliteStore(path) as store, caplog.at_level(logging.WARNING, "chatmodels.resilience"):
        assert (await call(scripted("Hello").with_policies(Cache(store)))).text == "Hello"

    assert len(caplog.records) == 2


async def test_the_event_loop_goes_on_while_a_store_is_used(scripted: Any) -> None:
    loop_thread = threading.get_ident()
    threads: list[int] = []

    class Noting(MemoryStoreLike):
        def note(self) -> None:
            threads.append(threading.get_ident())

    model = scripted("Hello", "Hello").with_policies(Cache(Noting()))
    await model.agenerate("Hi")
    await model.astream("Ho").collect()

    assert len(threads) == 4
    assert loop_thread not in threads


class MemoryStoreLike:
    """A store of another type."""

    def note(self) -> None:
        raise AssertionError("nobody calls it")

    def get(self, key: str, /) -> ChatResponse[Any] | None:
        self.note()
        return None

    def put(self, key: str, response: ChatResponse[Any], /) -> None:
        self.note()


@pytest.mark.parametrize("make", [MemoryStore, lambda **limits: SqliteStore("cache.db", **limits)])
def test_limits_of_a_store_are_checked_together(make: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"max_entries must be .* ttl must be"):
        make(max_entries=0, ttl=-1)
    assert make().ttl is None


@pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, lambda policy: pickle.loads(pickle.dumps(policy))],
    ids=["copy", "pickle"],
)
def test_its_configuration_is_copied(copied: Callable[[Any], Any], tmp_path: Path) -> None:
    memory = MemoryStore(5, ttl=7)
    memory.put("key", ChatResponse(message=assistant("stored")))

    with SqliteStore(tmp_path / "cache", max_entries=6, ttl=8) as file:
        file.put("key", ChatResponse(message=assistant("stored")))
        in_memory = copied(Cache(memory, namespace="n"))
        in_file = copied(Cache(file))
        with in_file.store as same:
            assert same.get("key") == file.get("key")

    assert (in_memory.namespace, in_memory.hits, in_memory.misses) == ("n", 0, 0)
    assert (in_memory.store.max_entries, in_memory.store.ttl) == (5, 7)
    assert in_memory.store.get("key") is None
    assert (same.path, same.max_entries, same.ttl) == (file.path, 6, 8)


def test_a_memory_describes_itself() -> None:
    assert repr(MemoryStore(10)) == "<MemoryStore: 0 of 10 entries>"
