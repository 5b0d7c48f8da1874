"""One model object in many event loops, threads and processes."""

import asyncio
import gc
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

import anyio
import anyio.lowlevel
import pytest

from chatmodels.core import NetworkError, Timeout
from chatmodels.core.extending import running_library
from chatmodels.http import HttpChatModel, RequestHead
from chatmodels.http._deadlines import Limits
from chatmodels.http._loop_locks import loop_lock
from chatmodels.http._transport.asyncio_engine import AsyncioEngine
from chatmodels.http._transport.engines import shared_async_engine
from chatmodels.http._transport.per_loop import PerLoop
from chatmodels.http._transport.pool import IdleConnections

Make = Callable[..., HttpChatModel]

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


async def texts_of(acme: HttpChatModel, times: int = 3) -> list[str]:
    texts: list[str] = []

    async def one() -> None:
        texts.append((await acme.agenerate("hi")).text)

    async with anyio.create_task_group() as group:
        for _ in range(times):
            group.start_soon(one)
    async with acme.astream("hi") as stream:
        texts.append((await stream.collect()).text)
    return texts


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_one_model_works_in_three_event_loops_in_a_row(
    server: Any, model: Make, words: Any, backend: str
) -> None:
    server.handler = words("ab")
    acme = model()
    for _ in range(3):
        assert anyio.run(texts_of, acme, backend=backend) == ["ab"] * 4


def test_one_model_works_in_eight_threads_with_a_loop_each(
    server: Any, model: Make, words: Any
) -> None:
    server.handler = words("ab")
    acme = model()
    results: list[list[str]] = []
    threads = [Thread(target=lambda: results.append(asyncio.run(texts_of(acme)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [["ab"] * 4] * 8


def test_one_model_works_in_eight_threads_without_loops(
    server: Any, model: Make, words: Any
) -> None:
    server.handler = words("ab")
    acme = model()
    results: list[str] = []
    threads = [
        Thread(target=lambda: results.extend(acme.generate("hi").text for _ in range(5)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == ["ab"] * 40
    assert server.connections <= 8


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_end_of_a_loop_closes_its_connections(
    server: Any, model: Make, words: Any, backend: str
) -> None:
    def handle(exchange: Any) -> str:
        words("ab")(exchange)
        server.reports.put(exchange.seen_fin())
        return "stop"

    server.handler = handle
    anyio.run(model().agenerate, "hi", backend=backend)
    assert server.reports.get(timeout=300) is True


def test_a_loop_without_a_shutdown_is_dropped_by_the_next_one(model: Make, apart: Any) -> None:
    acme = model(proxy="http://127.0.0.1:1")
    engine: Any = shared_async_engine("http://127.0.0.1:1")
    loop = asyncio.new_event_loop()

    with ThreadPoolExecutor(1) as pool:
        failure = pool.submit(loop.run_until_complete, acme.agenerate("hi")).exception()
    assert isinstance(failure, NetworkError)
    assert len(engine._loops.by_loop) == 1
    loop.close()
    with pytest.raises(NetworkError):
        apart(acme.agenerate, "hi")
    assert loop not in engine._loops.by_loop


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_end_of_a_loop_forgets_it(server: Any, model: Make, words: Any, backend: str) -> None:
    server.handler = words("ab")
    loops = WeakSet[object]()
    acme = model()

    async def call() -> None:
        loops.add(running_library().loop())
        await texts_of(acme)

    for _ in range(3):
        anyio.run(call, backend=backend)
    gc.collect()
    assert not loops


async def test_the_connections_of_an_engine_that_is_dropped_are_closed() -> None:
    closed = asyncio.Event()

    class Connection:
        def abort(self) -> None:
            closed.set()

    loops: PerLoop[Connection] = PerLoop()
    connections = await loops.of(asyncio.get_running_loop())
    idle = IdleConnections(Connection)
    idle.release(Connection())
    connections.by_address["http://acme.test"] = idle
    del loops, connections
    gc.collect()
    await closed.wait()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_lock_admits_one_task_of_its_loop_and_forgets_the_loop(backend: str) -> None:
    class Owner:
        pass

    owner, loops = Owner(), WeakSet[object]()
    running = most = 0

    async def work() -> None:
        nonlocal running, most
        async with loop_lock(owner):
            running += 1
            most = max(most, running)
            await anyio.lowlevel.checkpoint()
            running -= 1

    async def call() -> None:
        loops.add(running_library().loop())
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(work)

    anyio.run(call, backend=backend)
    gc.collect()
    assert most == 1
    assert not loops


async def test_a_loop_is_registered_while_other_threads_register_theirs(server: Any) -> None:
    class Shared(WeakKeyDictionary[object, Any]):
        def __iter__(self) -> Iterator[object]:
            raise AssertionError("it may change while it is looked through")

    engine: Any = AsyncioEngine()
    engine._loops.by_loop = Shared()
    response = await engine.send(RequestHead("GET", server.url, ()), b"", Limits(Timeout(), "acme"))
    await response.aclose()
    assert len(engine._loops.by_loop.keyrefs()) == 1


def test_a_thousand_concurrent_calls_get_responses(model: Make) -> None:
    count = 1000
    allow_open_files(2 * count + 100)  # both ends of each connection are here
    texts: list[str] = []

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        (length,) = re.findall(rb"(?i)content-length: (\d+)", head)
        await reader.readexactly(int(length))
        body = b'{"text": "ab"}'
        head = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
        writer.write(head + body)
        writer.close()
        await writer.wait_closed()

    async def calls() -> list[str]:
        server = await asyncio.start_server(respond, "127.0.0.1", 0, backlog=count)
        port = server.sockets[0].getsockname()[1]
        patient = Timeout(connect=None, read=None)
        acme = model(base_url=f"http://127.0.0.1:{port}", timeout=patient)

        async def one() -> None:
            texts.append((await acme.agenerate("hi")).text)

        async with anyio.create_task_group() as group:
            for _ in range(count):
                group.start_soon(one)
        server.close()
        return texts

    assert anyio.run(calls) == ["ab"] * count


def allow_open_files(count: int) -> None:
    """Raise the limit of open files, which many systems set to 256 or 1024."""
    with suppress(ImportError):  # Windows has no such limit
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), hard))


SCRIPT = """
import asyncio, importlib.util, os, sys

spec = importlib.util.spec_from_file_location("helpers", sys.argv[1])
helpers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(helpers)
from chatmodels.core.extending import ProviderOptions
from chatmodels.core import NetworkError, Timeout
from chatmodels.http import HttpChatModel, RequestHead

model = HttpChatModel(
    helpers.METADATA, "large", helpers.CODEC, ProviderOptions(base_url=sys.argv[2])
)
"""


def run(server: Any, script: str) -> str:
    """Run a script with a model in an interpreter of its own, warnings being errors."""
    code = SCRIPT + textwrap.dedent(script)
    helpers = str(Path(__file__).with_name("conftest.py"))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, helpers, server.url],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert not done.stderr, done.stderr
    return done.stdout


@forks
def test_a_model_works_after_a_fork(server: Any) -> None:
    out = run(
        server,
        """
        def ask():
            whole = model.generate("hi").text
            return whole + asyncio.run(model.agenerate("hi")).text

        print(ask(), flush=True)
        pid = os.fork()
        if pid == 0:
            print(ask(), flush=True)
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        print(ask(), flush=True)
        """,
    )
    assert out.split() == ["hellohello"] * 3
    # The parent's blocking connection lives on; the child has one of its own.
    assert server.connections == 2 + 3


@forks
def test_a_fork_while_a_thread_reads_certificates_does_not_block_the_child(server: Any) -> None:
    out = run(
        server,
        """
        import signal, threading
        from chatmodels.http._transport import tls

        with tls._locks.setdefault(os.getpid(), threading.Lock()):
            pid = os.fork()
            if pid == 0:
                signal.alarm(120)
                print(tls.tls_context().verify_mode.name, flush=True)
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
        """,
    )
    assert out.split() == ["CERT_REQUIRED"]


def test_the_end_of_a_program_closes_everything(server: Any) -> None:
    out = run(
        server,
        """
        async def main():
            await asyncio.gather(*(model.agenerate("hi") for _ in range(5)))

        asyncio.run(main())
        asyncio.run(main())
        model.generate("hi")
        print("done")
        """,
    )
    assert out.split() == ["done"]


def test_httpcore_is_not_imported_by_default(server: Any) -> None:
    out = run(
        server,
        """
        model.generate("hi")
        asyncio.run(model.agenerate("hi"))
        print(sorted({"httpcore", "h11", "trio"} & set(sys.modules)))
        """,
    )
    assert out.strip() == "[]"


def test_the_import_is_light() -> None:
    code = (
        "import sys, chatmodels.http; heavy = {'anyio', 'asyncio', 'certifi', 'email', 'httpcore', "
        "'httpx', 'httpx2', 'ssl', 'trio', 'urllib.request'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
