"""Clients of httpx and httpx2 that a user passes."""

import gc
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import httpx
import httpx2
import pytest
from msgspec import structs

from chatmodels.core import (
    CallTimeoutError,
    ChatRequest,
    ConfigurationError,
    InternalError,
    NetworkError,
    Secret,
    StreamEnd,
    StreamInterruptedError,
    Timeout,
    user,
)
from chatmodels.core.extending import CallInfo, ProviderMetadata, ProviderOptions
from chatmodels.http import (
    AsyncEngine,
    Codec,
    Deadlines,
    Engine,
    HttpChatModel,
    RequestHead,
    TransferError,
)

Make = Callable[..., HttpChatModel]
libraries = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
both = pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])


QUICK: dict[str, Any] = {"verify": False}  # certificates are slow to load, and are not needed


class Ways:
    """Both forms of a call through both kinds of clients, as if they were blocking."""

    def __init__(self, library: Any, model: Make, backend: str | None) -> None:
        self._library = library
        self._model = model
        self._backend = backend

    def generate(self, client: dict[str, Any] | None = None, **options: Any) -> Any:
        return self._run(lambda acme: acme.generate, lambda acme: acme.agenerate, client, options)

    def collect(self, client: dict[str, Any] | None = None, **options: Any) -> Any:
        return self._run(
            lambda acme: lambda prompt: acme.stream(prompt).collect(),
            lambda acme: lambda prompt: acme.astream(prompt).collect(),
            client,
            options,
        )

    def _run(self, sync: Any, asynchronous: Any, client: Any, options: dict[str, Any]) -> Any:
        if self._backend is None:
            with self._library.Client(**QUICK | (client or {})) as http_client:
                return sync(self._model(http_client=http_client, **options))("hi")

        async def main() -> Any:
            async with self._library.AsyncClient(**QUICK | (client or {})) as http_client:
                return await asynchronous(self._model(async_http_client=http_client, **options))(
                    "hi"
                )

        return anyio.run(main, backend=self._backend)


@pytest.fixture(
    params=[
        (library, backend) for library in (httpx, httpx2) for backend in (None, "asyncio", "trio")
    ],
    ids=lambda param: f"{param[0].__name__}-{param[1] or 'blocking'}",
)
def ways(request: pytest.FixtureRequest, model: Make) -> Ways:
    library, backend = request.param
    return Ways(library, model, backend)


def test_an_injected_client_sends_the_requests(server: Any, ways: Ways, words: Any) -> None:
    server.handler = words("a", "b")
    client = {"headers": {"X-Client": "yes"}}
    assert ways.generate(client, api_key=Secret("sk-1")).text == "ab"
    response = ways.collect(client, api_key=Secret("sk-1"))
    assert (response.text, response.request_id) == ("ab", "req_1")
    for request in server.requests:
        assert request.headers["x-client"] == "yes"
        assert request.headers["authorization"] == "Bearer sk-1"
        assert request.headers["content-type"] == "application/json"
        assert request.headers["host"] == f"127.0.0.1:{server.port}"


def test_a_client_that_is_passed_stays_open(server: Any, model: Make) -> None:
    with httpx.Client() as client:
        acme = model(http_client=client)
        assert acme.generate("hi").text == "hello"
        acme.close()
        assert acme.generate("hi").text == "hello"
        assert not client.is_closed
    assert server.connections == 1


def test_the_primitives_end_with_the_terminal_event(server: Any, model: Make) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin()
        exchange.event(text="Hello", end=True)
        exchange.seen_fin()

    server.handler = handle
    request = ChatRequest(messages=(user("hi"),))
    timeout = Timeout(between_events=0.2)
    call = CallInfo("stream", request, provider="acme", model="large", timeout=timeout)
    with httpx.Client(**QUICK) as client:
        events = list(model(http_client=client).events(request, call))
    assert type(events[-1]) is StreamEnd


def test_a_client_can_respond_by_itself(ways: Ways) -> None:
    library = ways._library

    def handle(request: Any) -> Any:
        return library.Response(200, json={"text": request.headers["x-api"]})

    assert ways.generate({"transport": library.MockTransport(handle)}).text == "1"


@pytest.mark.parametrize("address", ["http://..", f"http://{'a' * 70}.test"])
def test_a_client_cannot_be_sent_to_a_host_that_no_name_service_knows(
    ways: Ways, address: str
) -> None:
    # With asyncio, the system resolver reports it, and cannot distinguish it from a missing name.
    with pytest.raises((ConfigurationError, NetworkError), match=r"cannot be sent|no connection"):
        ways.generate(base_url=address)


@pytest.mark.parametrize("address", ["acme.test/v1", "ftp://acme.test"])
@libraries
def test_a_client_rejects_a_url_that_is_not_http(
    library: Any, address: str, metadata: ProviderMetadata, codec: Codec
) -> None:
    wrong = structs.replace(metadata, base_url=address)
    with library.Client(**QUICK) as client:
        acme = HttpChatModel(wrong, "large", codec, ProviderOptions(http_client=client))
        with pytest.raises(ConfigurationError, match="acme: the request cannot be sent: "):
            acme.generate("hi")


def test_a_client_that_follows_redirects_does_not(server: Any, ways: Ways) -> None:
    server.handler = lambda exchange: exchange.respond("", 307, location=server.url)
    with pytest.raises(Exception, match="307 redirect"):
        ways.generate({"follow_redirects": True})
    assert len(server.requests) == 1


def test_a_refused_connection(server: Any, ways: Ways) -> None:
    with pytest.raises(NetworkError, match=r"acme: no connection to 127\.0\.0\.1:1: "):
        ways.generate(base_url="http://127.0.0.1:1")


def test_an_untrusted_certificate_is_not_retried(tls_server: int, ways: Ways) -> None:
    place = {"base_url": f"https://localhost:{tls_server}", "max_retries": 2}
    for call in (ways.generate, ways.collect):
        with pytest.raises(ConfigurationError, match=r"SSL_CERT_FILE.* http_client"):
            call({"verify": ssl.create_default_context()}, **place)


def test_a_stream_that_breaks(server: Any, ways: Ways) -> None:
    def handle(exchange: Any) -> str:
        exchange.begin()
        exchange.event(text="Hel")
        return "stop"

    server.handler = handle
    with pytest.raises(StreamInterruptedError) as caught:
        ways.collect()
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hel"


@pytest.mark.parametrize("limit", ["read", "total", "first_event"])
def test_a_server_that_never_responds(server: Any, ways: Ways, limit: str) -> None:
    server.handler = lambda exchange: exchange.seen_fin()
    with pytest.raises(CallTimeoutError) as caught:
        ways.collect(timeout=Timeout(**{limit: 0.05}))
    assert caught.value.details["limit"] == limit


def test_comments_are_not_a_further_event(server: Any, ways: Ways) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin()
        exchange.event(text="Hel")
        while not exchange.seen_fin(0.01):
            exchange.chunk(": still here\n\n")

    server.handler = handle
    with pytest.raises(CallTimeoutError) as caught:
        ways.collect(timeout=Timeout(between_events=0.1))
    assert caught.value.details["limit"] == "between_events"


@libraries
@both
async def test_an_async_call_ends_exactly_at_its_time_limit(
    server: Any, model: Make, library: Any
) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin()
        exchange.event(text="Hel")
        exchange.seen_fin()

    server.handler = handle
    async with library.AsyncClient(**QUICK) as client:
        acme = model(async_http_client=client, timeout=Timeout(between_events=0.1))
        with pytest.raises(CallTimeoutError) as caught:
            await acme.astream("hi").collect()
    assert caught.value.details["limit"] == "between_events"


def test_a_pool_without_a_free_connection(server: Any, model: Make) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin()
        exchange.event(text="Hel")
        exchange.seen_fin()

    server.handler = handle
    with httpx.Client(limits=httpx.Limits(max_connections=1)) as client:
        acme = model(http_client=client)
        with acme.stream("hi") as stream:
            next(stream)
            with pytest.raises(CallTimeoutError, match="had no free connection"):
                acme.generate("hi", timeout=Timeout(read=0.05))


def test_a_client_that_is_closed(model: Make) -> None:
    client = httpx.Client()
    client.close()
    with pytest.raises(ConfigurationError, match=r"acme: the request cannot be sent: ."):
        model(http_client=client).generate("hi")


def test_a_defect_of_a_transport_is_not_a_network_error(ways: Ways) -> None:
    def handle(request: Any) -> Any:
        raise KeyError("oops")

    with pytest.raises(InternalError, match="KeyError"):
        ways.generate({"transport": ways._library.MockTransport(handle)})


def test_leaving_a_stream_early_closes_its_connection(server: Any, ways: Ways) -> None:
    def handle(exchange: Any) -> str:
        exchange.begin()
        # immediately, since the client can leave after the first one
        exchange.chunk("".join(f'data: {{"text": "{number}"}}\n\n' for number in range(5)))
        server.reports.put(exchange.seen_fin())
        return "stop"

    server.handler = handle
    backend, library, model = ways._backend, ways._library, ways._model
    if backend is None:
        with library.Client(**QUICK) as client, model(http_client=client).stream("hi") as stream:
            next(stream)
    else:

        async def leave() -> None:
            async with (
                library.AsyncClient(**QUICK) as client,
                model(async_http_client=client).astream("hi") as stream,
            ):
                await anext(aiter(stream))

        anyio.run(leave, backend=backend)
    assert server.reports.get(timeout=300) is True
    gc.collect()


async def test_an_endless_transport_is_abandoned(model: Make) -> None:
    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            while True:
                yield b'data: {"text": "x"}\n\n'

    transport = httpx.MockTransport(
        lambda request: httpx.Response(
            200, headers={"content-type": "text/event-stream"}, stream=Endless()
        )
    )
    async with (
        httpx.AsyncClient(transport=transport) as client,
        model(async_http_client=client).astream("hi") as stream,
    ):
        assert await anext(stream.texts()) == "x"


@pytest.mark.parametrize(
    "given",
    [
        {"http_client": object()},
        {"http_client": httpx.AsyncClient()},
        {"async_http_client": httpx2.Client()},
    ],
    ids=["no client", "an async one", "a blocking one"],
)
def test_an_object_that_is_not_a_client_raises(model: Make, given: dict[str, Any]) -> None:
    with pytest.raises(
        ConfigurationError, match=r"must be an httpx\.\w+, an httpx2\.\w+ or derived from"
    ):
        model(**given)


def test_a_subclass_of_a_client_is_one(server: Any, model: Make) -> None:
    class Mine(httpx2.Client):
        pass

    with Mine() as client:
        assert model(http_client=client).generate("hi").text == "hello"


@pytest.fixture(autouse=True)
def _nothing_is_left_for_the_collector() -> Iterator[None]:
    yield
    gc.collect()


class Nowhere(Engine):
    def send(self, head: RequestHead, body: bytes, deadlines: Deadlines, /) -> Any:
        raise TransferError("connect", f"no wire to {head.url}")


class AsyncNowhere(AsyncEngine):
    async def send(self, head: RequestHead, body: bytes, deadlines: Deadlines, /) -> Any:
        raise TransferError("connect", f"no wire to {head.url}")


async def test_an_engine_of_ones_own_is_used(model: Make) -> None:
    acme = model(http_client=Nowhere(), async_http_client=AsyncNowhere())
    with pytest.raises(NetworkError, match="no wire to"):
        acme.generate("hi")
    with pytest.raises(NetworkError, match="no wire to"):
        await acme.agenerate("hi")
