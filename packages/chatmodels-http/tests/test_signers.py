"""Signed requests: sync and async, repeated after a rejection, and masked in errors."""

import pickle
import threading
from collections.abc import Callable, Sequence
from typing import Any

import anyio
import msgspec
import pytest
from msgspec.structs import replace

from chatmodels.core import AuthenticationError, ChatResponse, RateLimitError, Timeout
from chatmodels.http import HttpChatModel, HttpProvider, HttpRequest, RequestHead

Make = Callable[..., HttpChatModel]
Ask = Callable[[HttpChatModel], ChatResponse[Any]]


class Stamp(msgspec.Struct, frozen=True):
    """A signer whose signature contains its arguments."""

    key: str

    @property
    def secrets(self) -> Sequence[str]:
        return (self.key,)

    def sign(self, head: RequestHead, body: bytes) -> Sequence[tuple[str, str]]:
        names = " ".join(name for name, _ in head.headers)
        signature = f"{head.method} {head.url} {len(body)}"
        return (("authorization", f"{self.key} {signature}"), ("x-signed", names))


class Stamps:
    """A source of keys, of which the last one stays valid for ever."""

    def __init__(self, *keys: str, ready: bool = False) -> None:
        self.keys = list(keys)
        self.at_hand = ready
        self.threads: list[threading.Thread] = []

    def ready(self) -> Stamp | None:
        return Stamp(self.keys[0]) if self.at_hand else None

    def fetch(self, rejected: Stamp | None = None) -> Stamp:
        self.threads.append(threading.current_thread())
        if rejected is not None and len(self.keys) > 1:
            del self.keys[0]
        return Stamp(self.keys[0])


@pytest.fixture
def signing(metadata: Any, codec: Any, options: Callable[..., Any]) -> Make:
    def make(source: Stamps, **given: Any) -> HttpChatModel:
        return HttpChatModel(metadata, "large", codec, options(**given), signers=source)

    return make


@pytest.fixture(autouse=True)
def refusing(server: Any, words: Any) -> None:
    respond = words("hello")

    def handle(exchange: Any) -> None:
        authorization = exchange.headers.get("authorization", "")
        if authorization.startswith("good") and exchange.method == "GET":
            exchange.respond('["large"]')
        elif authorization.startswith("good"):
            respond(exchange)
        else:
            exchange.respond(f'{{"message": "refused {authorization}"}}', 401)

    server.handler = handle


def test_each_request_is_signed_with_its_content(server: Any, signing: Make, ask: Ask) -> None:
    model = signing(Stamps("good-key"))
    assert ask(model).text == "hello"
    assert ask(model).text == "hello"
    for request in server.requests:
        signature = f"good-key POST {server.url}/chat {len(request.body)}"
        assert request.headers["authorization"] == signature
        assert {"content-type", "x-api"} <= set(request.headers["x-signed"].split())


def test_cached_credentials_are_not_fetched(signing: Make, ask: Ask) -> None:
    source = Stamps("good-key", ready=True)
    assert ask(signing(source)).text == "hello"
    assert source.threads == []


def test_rejected_credentials_are_replaced_once(server: Any, signing: Make, ask: Ask) -> None:
    assert ask(signing(Stamps("old-key", "good-key"))).text == "hello"
    assert len(server.requests) == 2


def test_rejected_credentials_are_not_replaced_twice(server: Any, signing: Make, ask: Ask) -> None:
    with pytest.raises(AuthenticationError):
        ask(signing(Stamps("old-key", "older-key", "oldest-key")))
    assert len(server.requests) == 2


def test_unchanged_credentials_are_rejected_once(server: Any, signing: Make, ask: Ask) -> None:
    with pytest.raises(AuthenticationError) as caught:
        ask(signing(Stamps("old-key")))
    assert len(server.requests) == 1
    assert str(caught.value) == 'acme: 401 authentication failed: "refused ***"'


def test_a_retried_request_is_signed_again(
    server: Any, metadata: Any, codec: Any, options: Any
) -> None:
    class Dated(Stamp, frozen=True):
        def sign(self, head: RequestHead, body: bytes) -> Sequence[tuple[str, str]]:
            return (("authorization", f"good {len(server.requests)}"),)

    class Source(Stamps):
        def ready(self) -> Stamp:
            return Dated("good")

    def handle(exchange: Any) -> None:
        if len(server.requests) < 3:
            exchange.respond("{}", 503, retry_after="0")
        else:
            exchange.respond('{"text": "hello"}')

    server.handler = handle
    model = HttpChatModel(metadata, "large", codec, options(max_retries=2), signers=Source())
    assert model.generate("hi").text == "hello"
    signatures = [request.headers["authorization"] for request in server.requests]
    assert signatures == ["good 0", "good 1", "good 2"]


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_an_event_loop_does_not_wait_for_credentials(signing: Make) -> None:
    reached, released = threading.Event(), threading.Event()

    class Slow(Stamps):
        def fetch(self, rejected: Stamp | None = None) -> Stamp:
            reached.set()
            assert released.wait(300)
            return super().fetch(rejected)

    source = Slow("good-key")

    async def release() -> None:
        while not reached.is_set():
            await anyio.lowlevel.checkpoint()
        released.set()

    with anyio.fail_after(300):
        async with anyio.create_task_group() as group:
            group.start_soon(release)
            assert (await signing(source).agenerate("hi")).text == "hello"
    assert source.threads != [threading.current_thread()]


def test_the_secrets_of_a_signature_are_masked(server: Any, signing: Make, ask: Ask) -> None:
    server.handler = lambda exchange: exchange.respond(
        f'{{"message": "slow down, {exchange.headers["authorization"]}: good-key"}}', 429
    )
    with pytest.raises(RateLimitError) as caught:
        ask(signing(Stamps("good-key")))
    assert caught.value.message == 'acme: 429 rate limited: "slow down, ***: ***"'
    assert "good-key" not in f"{caught.value!r} {caught.value.details}"


def test_a_signature_is_explained_as_masked(signing: Make) -> None:
    source = Stamps("good-key")
    assert signing(source).explain("hi").headers["authorization"] == "***"
    assert source.threads == []


def test_a_header_of_the_user_overrides_the_signature(server: Any, signing: Make, ask: Ask) -> None:
    model = signing(Stamps("key-1"), headers={"Authorization": "good gateway"})
    assert ask(model).text == "hello"
    assert server.requests[-1].headers["authorization"] == "good gateway"


def test_a_header_of_the_user_overrides_the_key_and_the_signature(
    server: Any, signing: Make, ask: Ask
) -> None:
    model = signing(Stamps("key-1"), headers={"Authorization": "good gateway"}, api_key="key-2")
    assert ask(model).text == "hello"
    assert server.requests[-1].headers["authorization"] == "good gateway"


def test_heads_are_cached_without_signatures(signing: Make) -> None:
    model = signing(Stamps("good-key"))
    model.generate("hi")
    (head,) = model._sender._heads.values()
    assert "authorization" not in dict(head.headers)


def test_a_model_pickles_with_its_source(signing: Make) -> None:
    again = pickle.loads(pickle.dumps(signing(Stamps("good-key"))))
    assert isinstance(again._sender._signers, Stamps)


def test_a_provider_chooses_signers_by_the_completed_options(
    server: Any, metadata: Any, codec: Any, options: Any
) -> None:
    seen: list[object] = []

    def complete(given: Any) -> Any:
        return msgspec.structs.replace(given, base_url=server.url, extra={"region": "north"})

    def signers(given: Any) -> Stamps:
        seen.append(given.extra["region"])
        return Stamps("good-key")

    def choose(given: Any) -> Any:
        seen.append(given.base_url)
        return codec

    provider = HttpProvider(metadata, choose, complete=complete, signers=signers)
    given = options(base_url="https://nowhere.example")
    assert provider.create_chat_model("large", given).generate("hi").text == "hello"
    assert provider.check_health(given).status == "healthy"
    assert seen == [server.url, "north"] * 2


def test_a_codec_can_use_a_second_host(
    server: Any, metadata: Any, codec: Any, options: Any
) -> None:
    request = HttpRequest(method="GET", path=f"{server.url}/control/models")
    elsewhere = replace(codec, models=replace(codec.models, request=request))
    server.handler = lambda exchange: exchange.respond('["large"]')
    provider = HttpProvider(metadata, elsewhere)
    (model,) = provider.list_models(options(base_url="http://127.0.0.1:9/chat"))
    assert model.name == "large"
    assert server.requests[-1].path == "/control/models"


def test_a_signature_overrides_the_secret(server: Any, signing: Make, ask: Ask) -> None:
    model = signing(Stamps("good"), api_key="long-lived")
    assert ask(model).text == "hello"
    sent = server.requests[-1].headers
    assert sent["authorization"].startswith("good POST")
    assert "authorization" not in sent["x-signed"].split()


def test_a_signature_overrides_headers_of_the_codec(
    server: Any, metadata: Any, codec: Any, options: Any, ask: Ask
) -> None:
    def encode(model: str, request: Any, /, *, stream: bool) -> HttpRequest:
        encoded = codec.encode(model, request, stream=stream)
        return replace(encoded, headers=(("Authorization", "Bearer long-lived"),))

    mixed = replace(codec, encode=encode)
    model = HttpChatModel(metadata, "large", mixed, options(), signers=Stamps("good"))
    assert ask(model).text == "hello"
    sent = server.requests[-1].headers
    assert sent["authorization"].startswith("good POST")
    assert "authorization" not in sent["x-signed"].split()


def test_a_signer_replaces_the_headers_with_the_key(
    server: Any, metadata: Any, codec: Any, options: Any, ask: Ask
) -> None:
    keyed = replace(codec, authorization=lambda secret: (("x-api-key", secret),))
    given = options(api_key="long-lived")
    model = HttpChatModel(metadata, "large", keyed, given, signers=Stamps("good"))
    assert ask(model).text == "hello"
    assert "x-api-key" not in server.requests[-1].headers


def test_a_source_receives_the_time_that_is_left(signing: Make, ask: Ask) -> None:
    class Timed(Stamps):
        def fetch_within(self, seconds: float | None, rejected: Stamp | None = None, /) -> Stamp:
            assert seconds is not None
            assert 0 < seconds <= 300
            return Stamp("good-key")

    assert ask(signing(Timed(), timeout=Timeout(total=300))).text == "hello"


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_an_async_source_is_awaited(signing: Make) -> None:
    class Awaited(Stamps):
        async def afetch(self, rejected: Stamp | None = None, /) -> Stamp:
            await anyio.lowlevel.checkpoint()
            return Stamp("good-key")

    source = Awaited()
    assert (await signing(source).agenerate("hi")).text == "hello"
    assert source.threads == []
