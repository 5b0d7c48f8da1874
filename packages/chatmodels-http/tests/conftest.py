"""A scriptable server on loopback, a tiny codec, and models that use them."""

import importlib
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import Queue
from typing import Any

import anyio
import msgspec
import pytest

from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ChatResponse,
    ModelInfo,
    PartEnd,
    ResponseInvalidError,
    StreamEnd,
    StreamEvent,
    StreamStart,
    TextDelta,
    TextPart,
    Timeout,
)
from chatmodels.core.extending import OptionSpec, Profile, ProviderMetadata, ProviderOptions
from chatmodels.http import (
    Codec,
    Frame,
    HttpChatModel,
    HttpFailure,
    HttpRequest,
    Listing,
    SignerSource,
    standard_failure,
)
from chatmodels.http._deadlines import Limits
from chatmodels.http._transport import engines

_RESET_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class Exchange:
    """A request at the server, with methods to respond."""

    def __init__(self, connection: socket.socket, method: str, path: str, headers: dict[str, str]):
        self._connection = connection
        self.method = method
        self.path = path
        self.headers = headers
        self.body = b""

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def respond(self, body: bytes | str, status: int = 200, **headers: str) -> None:
        data = body.encode() if isinstance(body, str) else body
        named = {"content-type": "application/json", "content-length": str(len(data))}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"HTTP/1.1 {status} Status", *(f"{key}: {text}" for key, text in named.items())]
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + data)

    def begin(self, content_type: str = "text/event-stream", **headers: str) -> None:
        named = {"content-type": content_type, "transfer-encoding": "chunked"}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = ["HTTP/1.1 200 OK", *(f"{key}: {text}" for key, text in named.items())]
        self.send("\r\n".join([*lines, "", ""]).encode())

    def chunk(self, data: bytes | str) -> None:
        raw = data.encode() if isinstance(data, str) else data
        self.send(b"%x\r\n%b\r\n" % (len(raw), raw))

    def event(self, **data: object) -> None:
        self.chunk(b"data: " + msgspec.json.encode(data) + b"\n\n")

    def end(self) -> None:
        self.send(b"0\r\n\r\n")

    def detach(self) -> socket.socket:
        """Detach the connection, as for a tunnel."""
        return socket.socket(fileno=self._connection.detach())

    def finish_sending(self) -> None:
        """Close the own side; the client can still send."""
        self._connection.shutdown(socket.SHUT_WR)

    def hang_up(self) -> None:
        self._connection.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        socket.close(self._connection.detach())

    def seen_fin(self, seconds: float = 300.0) -> bool:
        """Wait for the client to close its side."""
        self._connection.settimeout(seconds)
        try:
            return self._connection.recv(1) == b""
        except OSError as error:  # a reset will do as well
            return not isinstance(error, TimeoutError)


Handler = Callable[[Exchange], object]


class Server:
    """A server that responds with its handler, and records requests and connections."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.handler: Handler = lambda exchange: exchange.respond('{"text": "hello"}')
        self.requests: list[Exchange] = []
        self.connections = 0
        self.reads_bodies = True
        self.open = 0
        self._changed = threading.Condition()
        self.reports: Queue[Any] = Queue()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # which wakes the thread that accepts
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._count(1)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def _count(self, change: int) -> None:
        with self._changed:
            self.open += change
            self._changed.notify_all()

    def wait_until_closed(self) -> None:
        """Wait until clients have closed all their connections."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self.open, timeout=60)

    def serve(self, connection: socket.socket) -> None:
        try:
            self._exchange(connection)
        finally:
            self._count(-1)

    def _exchange(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as reader, suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while first := reader.readline():
                if b" HTTP/" not in first:  # such as the beginning of TLS
                    return
                method, path, _ = first.decode("latin-1").split(" ")
                headers: dict[str, str] = {}
                while line := reader.readline().decode("latin-1").strip():
                    name, _, value = line.partition(": ")
                    headers[name.lower()] = value
                exchange = Exchange(connection, method, path, headers)
                if self.reads_bodies:
                    exchange.body = reader.read(int(headers.get("content-length", 0)))
                self.requests.append(exchange)
                if self.handler(exchange) == "stop":
                    return


class WordDecoder:
    def __init__(self) -> None:
        self._started = False
        self._ended = False
        self._may_stop = False  # whether the end of the bytes is the end of the response

    def feed(self, frame: Frame) -> Sequence[StreamEvent]:
        try:
            data = msgspec.json.decode(frame.data)
        except msgspec.DecodeError as error:
            raise ResponseInvalidError("acme: an event is not JSON") from error
        if "error" in data:
            raise standard_failure(HttpFailure(status=200, headers={}, body=frame.data), "acme")
        self._may_stop = "may_stop" in data
        events: list[StreamEvent] = [] if self._started else [StreamStart("r1", "large")]
        self._started = True
        if "text" in data:
            events.append(TextDelta(data["text"]))
        if "end" in data:
            self._ended = True
            events.append(StreamEnd(request_id=data.get("request_id")))
        return events

    def whole(self, body: bytes) -> Sequence[StreamEvent]:
        try:
            data = msgspec.json.decode(body)
        except msgspec.DecodeError as error:
            raise ResponseInvalidError("acme: the response is not JSON") from error
        if "error" in data:
            raise standard_failure(HttpFailure(status=200, headers={}, body=body), "acme")
        return (
            StreamStart("r1", "large"),
            PartEnd(TextPart(data["text"])),
            StreamEnd(request_id=data.get("request_id"), payload=msgspec.Raw(body)),
        )

    def close(self) -> Sequence[StreamEvent]:
        return (StreamEnd("length"),) if self._may_stop and not self._ended else ()


def encode(model: str, request: ChatRequest, *, stream: bool) -> HttpRequest:
    prompt = "".join(message.text for message in request.messages)
    body: dict[str, Any] = {"model": model, "prompt": prompt, "stream": stream}
    if request.settings.temperature is not None:
        body["heat"] = request.settings.temperature
    return HttpRequest(path="/chat", body=msgspec.json.encode(body), headers=(("X-Api", "1"),))


def decoder(request: ChatRequest) -> WordDecoder:
    return WordDecoder()


def failure(failure: HttpFailure) -> ChatModelError:
    return standard_failure(failure, "acme")


def read_models(body: bytes) -> Sequence[ModelInfo]:
    data = msgspec.json.decode(body)
    if not isinstance(data, list):
        raise ResponseInvalidError("acme: not a listing")
    return [ModelInfo(name=name, provider="acme") for name in data]


PROFILE = Profile(settings={"temperature": "heat", "seed": "seed"})


def profile(model: str) -> Profile:
    return PROFILE


CODEC = Codec(
    profile=profile,
    encode=encode,
    decoder=decoder,
    failure=failure,
    models=Listing(HttpRequest(method="GET", path="/models"), read_models),
    health=HttpRequest(method="GET", path="/models"),
)
"""A wire format of its own: the response to `{"prompt": ...}` is `{"text": ...}`."""


METADATA = ProviderMetadata(
    name="acme",
    description="Words.",
    distribution="chatmodels-provider-acme",
    options=(OptionSpec(name="api_key", description="The key.", env=("ACME_API_KEY",)),),
    models=(ModelInfo(name="large", provider="acme", context_window=1000),),
)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture
def metadata() -> ProviderMetadata:
    return METADATA


@pytest.fixture
def codec() -> Codec:
    return CODEC


@pytest.fixture
def options(server: Server) -> Callable[..., ProviderOptions]:
    def make(**given: Any) -> ProviderOptions:
        timeout = given.pop("timeout", Timeout())
        return ProviderOptions(
            **{"base_url": server.url, "max_retries": 0, "timeout": timeout} | given
        )

    return make


@pytest.fixture
def model(codec: Codec, options: Callable[..., ProviderOptions]) -> Callable[..., HttpChatModel]:
    def make(*, signers: SignerSource | None = None, **given: Any) -> HttpChatModel:
        return HttpChatModel(METADATA, "large", codec, options(**given), signers=signers)

    return make


def engines_named(name: str, proxy: str | None) -> tuple[Any, Any]:
    """Return new engines for sync and for async calls; imported here, not in the helpers."""
    if name == "httpcore":
        from chatmodels.http._transport import on_httpcore

        return on_httpcore.httpcore_engine(proxy), on_httpcore.httpcore_async_engine(proxy)
    from chatmodels.http._transport.asyncio_engine import AsyncioEngine
    from chatmodels.http._transport.http1.h11_parser import H11Parser
    from chatmodels.http._transport.socket_engine import SocketEngine

    parser = H11Parser if name == "h11" else None
    return SocketEngine(proxy, parser=parser), AsyncioEngine(proxy, parser=parser)


@pytest.fixture(params=["llhttp", "h11", "httpcore"])
def built_in(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Use one of the built-in engines, with one of its parsers, in a test."""
    name: str = request.param
    used: dict[Any, Any] = {}
    monkeypatch.setattr(engines, "_engines", used)
    monkeypatch.setattr(engines, "_async_engines", {})
    monkeypatch.setattr(engines, "create_engine", lambda proxy: engines_named(name, proxy)[0])
    monkeypatch.setattr(engines, "create_async_engine", lambda proxy: engines_named(name, proxy)[1])
    yield
    for engine in used.values():
        engine.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out tests that are the same with each engine: trio always has that on httpcore."""
    items[:] = [item for item in items if not _is_repeated(item)]


def _is_repeated(item: pytest.Item) -> bool:
    params: dict[str, object] = getattr(getattr(item, "callspec", None), "params", {})
    if params.get("built_in", "llhttp") == "llhttp":
        return False
    return any("trio" in str(value) or "httpx" in str(value) for value in params.values())


FORMS = [
    "generate",
    "agenerate-asyncio",
    "agenerate-trio",
    "stream",
    "astream-asyncio",
    "astream-trio",
]
Saw = Callable[[str], object]
Through = Callable[..., ChatResponse[Any]]


@pytest.fixture(params=FORMS)
def ask(request: pytest.FixtureRequest) -> Callable[[HttpChatModel], ChatResponse[Any]]:
    """Call a model in every way, async calls on both event loops."""
    form, _, backend = request.param.partition("-")
    if "stream" in form:
        return _collecting(backend)
    if form == "generate":
        return lambda model: model.generate("hi")

    async def agenerate(model: HttpChatModel) -> ChatResponse[Any]:
        return await model.agenerate("hi")

    return lambda model: anyio.run(agenerate, model, backend=backend)


@pytest.fixture(params=FORMS[3:])
def collect(request: pytest.FixtureRequest) -> Callable[..., ChatResponse[Any]]:
    """Read a stream to its end, blocking and under both event loops."""
    return _collecting(request.param.partition("-")[2])


def _collecting(backend: str) -> Callable[..., ChatResponse[Any]]:
    def collect(model: HttpChatModel, saw: Saw = len) -> ChatResponse[Any]:
        with model.stream("hi") as stream:
            for text in stream.texts():
                saw(text)
            return stream.response

    async def acollect(model: HttpChatModel, saw: Saw) -> ChatResponse[Any]:
        async with model.astream("hi") as stream:
            async for text in stream.texts():
                saw(text)
            return stream.response

    if not backend:
        return collect
    return lambda model, saw=len: anyio.run(acollect, model, saw, backend=backend)


@pytest.fixture(params=["own", "httpx", "httpx2"])
def through(request: pytest.FixtureRequest, model: Callable[..., HttpChatModel]) -> Through:
    """Make a call in a form that is named, with each engine; the model gets the options."""
    engine = request.param
    library: Any = None if engine == "own" else importlib.import_module(engine)

    def run(form: str, prompt: str = "hi", **given: Any) -> ChatResponse[Any]:
        if form.startswith("a"):
            return anyio.run(lambda: arun(form, prompt, given))  # so that no frame has the options
        if library is None:
            return ask(model(**given), form, prompt)
        with library.Client(verify=False, trust_env=False) as client:
            return ask(model(http_client=client, **given), form, prompt)

    async def arun(form: str, prompt: str, given: dict[str, Any]) -> ChatResponse[Any]:
        if library is None:
            return await aask(model(**given), form, prompt)
        async with library.AsyncClient(verify=False, trust_env=False) as client:
            return await aask(model(async_http_client=client, **given), form, prompt)

    def ask(acme: HttpChatModel, form: str, prompt: str) -> ChatResponse[Any]:
        return acme.generate(prompt) if form == "generate" else acme.stream(prompt).collect()

    async def aask(acme: HttpChatModel, form: str, prompt: str) -> ChatResponse[Any]:
        if form == "agenerate":
            return await acme.agenerate(prompt)
        return await acme.astream(prompt).collect()

    return run


@pytest.fixture
def time_passes(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Move the clock of the time limits forward by some seconds."""
    ahead = [0.0]
    defaults = Limits.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "clock", lambda: time.monotonic() + ahead[0])

    def pass_by(seconds: float) -> None:
        ahead[0] += seconds

    return pass_by


@pytest.fixture
def words() -> Callable[..., Handler]:
    """Return a handler that responds with a text, whole or streamed."""

    def make(*texts: str) -> Handler:
        def handle(exchange: Exchange) -> None:
            if not msgspec.json.decode(exchange.body)["stream"]:
                exchange.respond(
                    msgspec.json.encode({"text": "".join(texts)}), x_request_id="req_1"
                )
                return
            exchange.begin(x_request_id="req_1")
            for text in texts:
                exchange.event(text=text)
            exchange.event(end=True)
            exchange.chunk("data: [DONE]\n\n")
            exchange.end()

        return handle

    return make


@pytest.fixture
def apart() -> Callable[..., Any]:
    """Run an event loop in a thread of its own.

    Python 3.11 reports to tracers that a closed generator returns, but not that it was
    called, so that coverage loses track of the functions around an event loop.
    """

    def run(function: Callable[..., Any], *arguments: Any, backend: str = "asyncio") -> Any:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(anyio.run, function, *arguments, backend=backend).result()

    return run


CERTIFICATE = Path(__file__).with_name("localhost.pem")


@pytest.fixture
def server_tls() -> ssl.SSLContext:
    """The settings of a server that has a certificate for this machine."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


@pytest.fixture
def tls_server(server: Server, server_tls: ssl.SSLContext) -> Iterator[int]:
    """A port that terminates TLS and forwards to the server."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(raw: socket.socket) -> None:
        with suppress(OSError):
            server.serve(server_tls.wrap_socket(raw, server_side=True))

    def accept() -> None:
        with suppress(OSError):
            while True:
                raw, _ = listener.accept()
                threading.Thread(target=serve, args=(raw,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1]
    with suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatmodels.http._transport.tls._shared", [])
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
