"""Models and clocks for the tests of policies, and the four shapes of a call."""

import inspect
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import pytest
from fakeredis import TcpFakeServer
from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from chatmodels.core import ChatRequest, ChatResponse, Usage, assistant
from chatmodels.core.extending import CallInfo, StandardChatModel

SHAPES: dict[str, Callable[..., Any]] = {
    "generate": lambda model, prompt, **options: model.generate(prompt, **options),
    "agenerate": lambda model, prompt, **options: model.agenerate(prompt, **options),
    "stream": lambda model, prompt, **options: model.stream(prompt, **options).collect(),
    "astream": lambda model, prompt, **options: model.astream(prompt, **options).collect(),
}

Call = Callable[..., Awaitable[ChatResponse[Any]]]


@pytest.fixture(params=SHAPES)
def call(request: pytest.FixtureRequest) -> Call:
    """A function that makes a call of one shape: `await call(model, prompt="Hi", **options)`."""

    async def made(model: Any, prompt: Any = "Hi", **options: Any) -> ChatResponse[Any]:
        outcome = SHAPES[request.param](model, prompt, **options)
        return await outcome if inspect.isawaitable(outcome) else outcome

    return made


class Scripted(StandardChatModel):
    """Responds with texts and errors, one after another; keeps the requests."""

    def __init__(self, *script: str | Exception, name: str = "large", **options: Any) -> None:
        super().__init__("acme", name, **options)
        self.script = list(script)
        self.requests: list[ChatRequest] = []

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        self.requests.append(request)
        outcome = self.script.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        usage = Usage(input_tokens=10, output_tokens=5)
        return ChatResponse(message=assistant(outcome), usage=usage)


@pytest.fixture
def scripted() -> type[Scripted]:
    """The class of a model with a script."""
    return Scripted


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until the test moves it."""
    return Clock()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The address of a Redis or Valkey server, which runs until the tests end.

    Where none is installed, it is that of fakeredis, which speaks the protocol and runs scripts.
    """
    binary = shutil.which("redis-server") or shutil.which("valkey-server")
    with ExitStack() as stack:
        yield stack.enter_context(_fake_server() if binary is None else _real_server(binary))


@contextmanager
def _real_server(binary: str) -> Generator[str]:  # pragma: no cover - not installed everywhere
    # The path of a socket is short, and that of pytest's folders can be long.
    with TemporaryDirectory(prefix="redis-") as folder:
        path = f"{folder}/socket"
        options = ["--port", "0", "--unixsocket", path, "--dir", folder, "--save", ""]
        server = subprocess.Popen([binary, *options], stdout=subprocess.DEVNULL)
        try:
            patient = Retry(ConstantBackoff(0.05), 6000)
            with Redis(
                unix_socket_path=path, retry=patient, retry_on_error=[RedisConnectionError]
            ) as client:
                client.ping()
            yield f"unix://{path}"
        finally:
            server.terminate()
            server.wait(300)


@contextmanager
def _fake_server() -> Generator[str]:  # pragma: no cover - a real one is preferred
    server = TcpFakeServer(("127.0.0.1", 0), server_type="redis")
    thread = Thread(target=server.serve_forever, name="fakeredis")
    thread.start()
    try:
        host, port = server.server_address[:2]
        yield f"redis://{host}:{port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The address of a server without data."""
    with Redis.from_url(redis_server) as client:
        client.flushall()
    return redis_server


@pytest.fixture
def redis_client(redis_url: str) -> Iterator[Any]:
    """A client of a server without data."""
    with Redis.from_url(redis_url) as client:
        yield client
