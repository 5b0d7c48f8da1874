"""Every provider is recorded and replayed: the same values, no network, and no secrets in files."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import httpx2
import msgspec
import pytest

from chatmodels.core import ChatModel, ChatModelError, ChatResponse, create_chat_model
from chatmodels.http import AsyncEngine, Deadlines, Engine, RequestHead
from chatmodels.testing import Recorder, Simulator
from chatmodels.testing.contract import ProviderContract
from conformance.contracts import CONTRACTS
from family import FAMILY

KEY = "sk-recorded-0123456789abcdefghij"

PROVIDERS = {name: contract for name, contract in CONTRACTS.items() if contract.over_http} | {
    name: ProviderContract(provider=name, model="any") for name in FAMILY
}

each_provider = pytest.mark.parametrize("name", PROVIDERS)


def options_of(name: str, simulator: Simulator) -> dict[str, Any]:
    contract = PROVIDERS[name]
    found = {"api_key": KEY, "max_retries": 0, **contract.connect(simulator), **contract.options}
    return {option: value for option, value in found.items() if value is not None}


def model_of(name: str, options: dict[str, Any], **more: Any) -> ChatModel:
    contract = PROVIDERS[name]
    return create_chat_model(f"{contract.provider}:{contract.model}", **options, **more)


def seen(response: ChatResponse[Any]) -> tuple[object, ...]:
    """Return all values of a response but its times."""
    facts = (response.id, response.request_id, response.model, response.finish_reason)
    return *facts, response.message, response.usage, response.raw


SHAPES: dict[str, Callable[[ChatModel, str], Awaitable[ChatResponse[Any]]]] = {}


def shape(function: Callable[[ChatModel, str], Awaitable[ChatResponse[Any]]]) -> None:
    SHAPES[function.__name__] = function


@shape
async def generate(model: ChatModel, prompt: str) -> ChatResponse[Any]:
    return model.generate(prompt)


@shape
async def agenerate(model: ChatModel, prompt: str) -> ChatResponse[Any]:
    return await model.agenerate(prompt)


@shape
async def stream(model: ChatModel, prompt: str) -> ChatResponse[Any]:
    return model.stream(prompt).collect()


@shape
async def astream(model: ChatModel, prompt: str) -> ChatResponse[Any]:
    async with model.astream(prompt) as events:
        return await events.collect()


async def all_shapes(model: ChatModel) -> list[tuple[object, ...]]:
    return [seen(await call(model, f"Describe the tides {name}.")) for name, call in SHAPES.items()]


@each_provider
async def test_a_provider_is_replayed_with_the_same_values_in_all_shapes(
    name: str, tmp_path: Path
) -> None:
    with Simulator() as simulator:
        options = options_of(name, simulator)
        with Recorder(tmp_path, "once"):
            recorded = await all_shapes(model_of(name, options))

    # the simulator has stopped: nothing listens at the address
    for _ in range(2):
        with Recorder(tmp_path) as recorder:
            replayed = await all_shapes(model_of(name, options))
        assert replayed == recorded
        assert recorder.unused == ()
    written = files(tmp_path)
    assert written.count('"provider": ') == len(SHAPES)
    assert KEY not in written


def files(folder: Path) -> str:
    return "\n".join(path.read_text("utf-8") for path in folder.iterdir())


CLIENTS: dict[str, Callable[[], tuple[Any, Any]]] = {
    "httpx": lambda: (httpx.Client(), httpx.AsyncClient()),
    "httpx2": lambda: (httpx2.Client(), httpx2.AsyncClient()),
}


@pytest.mark.parametrize("library", CLIENTS)
@pytest.mark.parametrize("name", ["openai", "bedrock"])
async def test_injected_clients_are_recorded_and_replayed(
    name: str, library: str, tmp_path: Path
) -> None:
    sync_client, async_client = CLIENTS[library]()
    with sync_client:
        async with async_client:
            clients = {"http_client": sync_client, "async_http_client": async_client}
            with Simulator() as simulator:
                options = options_of(name, simulator)
                with Recorder(tmp_path, "all"):
                    recorded = await all_shapes(model_of(name, options, **clients))

            with Recorder(tmp_path):
                assert await all_shapes(model_of(name, options, **clients)) == recorded
    with Recorder(tmp_path):  # and by another client
        assert await all_shapes(model_of(name, options)) == recorded


async def test_concurrent_calls_are_recorded_and_replayed(tmp_path: Path) -> None:
    prompts = [f"Describe sea {number}." for number in range(24)]
    with Simulator() as simulator:
        model = model_of("openai", options_of("openai", simulator))
        with Recorder(tmp_path, "all"):
            recorded = [*model.batch(prompts, max_concurrency=8)]
            arecorded = [*await model.abatch(prompts, max_concurrency=8)]

    with Recorder(tmp_path) as recorder:
        replayed = [*model.batch(prompts, max_concurrency=8)]
        areplayed = [*await model.abatch(prompts, max_concurrency=8)]
    texts = [f"You said: {prompt}" for prompt in prompts]
    for responses in (recorded, arecorded, replayed, areplayed):
        assert [each.text for each in responses if isinstance(each, ChatResponse)] == texts
    assert recorder.unused == ()


class Echoed:
    """A refusal that repeats the whole request, and sets a cookie."""

    exact = True
    status = 401

    def __init__(self, head: RequestHead, body: bytes) -> None:
        self.headers = {
            "content-type": "application/json",
            "set-cookie": f"session={KEY}; Path=/",
            "openai-organization": "acme-organization",
            "x-echo": str(head.headers),
        }
        echoed = {"url": head.url, "headers": dict(head.headers), "body": body.decode()}
        message = f"Incorrect API key provided: {echoed} for acme-organization"
        error = {"error": {"message": message, "type": "authentication_error", "echo": echoed}}
        self._pieces = iter([msgspec.json.encode(error)])


class EchoResponse(Echoed):
    def read(self) -> bytes | None:
        return next(self._pieces, None)

    def close(self) -> None:
        """Nothing is open."""


class AsyncEchoResponse(Echoed):
    async def read(self) -> bytes | None:
        return next(self._pieces, None)

    async def aclose(self) -> None:
        """Nothing is open."""


class Echo(Engine):
    def send(self, head: RequestHead, body: bytes, deadlines: Deadlines, /) -> EchoResponse:
        return EchoResponse(head, body)


class AsyncEcho(AsyncEngine):
    async def send(
        self, head: RequestHead, body: bytes, deadlines: Deadlines, /
    ) -> AsyncEchoResponse:
        return AsyncEchoResponse(head, body)


SIGNED = {
    "access_key_id": "AKIA0123456789ABCDEF",
    "secret_access_key": "fake/secret+access0123456789",
    "session_token": "FwoGZXIvYXdzEDfake0123456789",
}
"""The credentials of Bedrock, which signs its requests with them."""

COOKIE = "session=private-0123456789"


async def refused(model: ChatModel) -> None:
    prompt = f"My key is {KEY}; is it?"
    for call in SHAPES.values():
        with pytest.raises(ChatModelError):
            await call(model, prompt)


@pytest.mark.parametrize("name", [*PROVIDERS, "bedrock signed"])
async def test_no_file_has_a_key_that_the_provider_repeats(name: str, tmp_path: Path) -> None:
    name, _, is_signed = name.partition(" signed")
    contract = PROVIDERS[name]
    secret = SIGNED | {"api_key": None} if is_signed else {"api_key": KEY}
    given: dict[str, Any] = {"base_url": "https://api.example/v1", **contract.options, **secret}
    options = {option: value for option, value in given.items() if value is not None}
    headers = {"cookie": COOKIE, "x-title": "A private title"}
    clients = {"http_client": Echo(), "async_http_client": AsyncEcho()}
    spec = f"{contract.provider}:{contract.model}"
    model = create_chat_model(spec, max_retries=0, headers=headers, **options, **clients)

    with Recorder(tmp_path, "all"):
        await refused(model)

    written = files(tmp_path)
    assert written.count('"status": 401') == len(SHAPES)
    for private in (KEY, *SIGNED.values(), COOKIE, "acme-organization"):
        assert private not in written
    assert "Signature=" not in written.replace("Signature=***", "")
    assert written.count('"x-title": "***"') == len(SHAPES)


def test_keys_in_the_url_are_masked_everywhere(tmp_path: Path) -> None:
    url = f"https://user:password-01234@generativelanguage.example/v1/models?key={KEY}&page=2"
    with Recorder(tmp_path, "all") as recorder:
        engine = recorder.intercept(Echo(), "google")
        response = engine.send(RequestHead("GET", url, (("accept", "*/*"),)), b"", NoDeadlines())
        while response.read() is not None:
            pass

    written = files(tmp_path)
    assert '"url": "https://generativelanguage.example/v1/models?key=***&page=2"' in written
    assert KEY not in written
    assert "password-01234" not in written


class NoDeadlines:
    def connect(self) -> None:
        """There is no limit."""

    def read(self) -> None:
        """There is no limit."""

    def left(self) -> None:
        """There is no limit."""
