"""A program waits for a server that starts or loads its model."""

from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from chatmodels.core import (
    AuthenticationError,
    ChatModelError,
    NetworkError,
    ProviderUnavailableError,
    registry,
)
from chatmodels.core.extending import ProviderMetadata
from chatmodels.http import Codec, HttpProvider, await_until_ready, wait_until_ready

LOADING = '{"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}'


@pytest.fixture(autouse=True)
def _provider(codec: Codec, metadata: ProviderMetadata) -> Iterator[None]:
    registry.register_provider(HttpProvider(metadata, codec))
    yield
    registry.unregister_provider(metadata.name)


@pytest.fixture(params=["sync", "async"])
def wait(request: pytest.FixtureRequest) -> Any:
    async def waited(options: dict[str, Any]) -> Any:
        return await await_until_ready("acme", interval=0.0, **options)

    def called(**options: Any) -> Any:
        if request.param == "sync":
            return wait_until_ready("acme", interval=0.0, **options)
        return anyio.run(waited, options)

    return called


def test_the_server_is_ready_when_it_lists_its_models(server: Any, wait: Any) -> None:
    def handle(exchange: Any) -> None:
        if len(server.requests) < 3:
            exchange.respond(LOADING, status=503)
        else:
            exchange.respond('["large"]')

    server.handler = handle
    seen: list[ChatModelError] = []
    (model,) = wait(base_url=server.url, on_wait=seen.append)
    assert model.name == "large"
    assert [type(error) for error in seen] == [ProviderUnavailableError] * 2
    assert "Loading model" in str(seen[0])
    assert [info.name for info in wait(base_url=server.url)] == ["large"]


def test_the_last_error_is_raised_after_the_time(server: Any, wait: Any) -> None:
    server.handler = lambda exchange: exchange.respond(LOADING, status=503)
    with pytest.raises(ProviderUnavailableError, match="Loading model"):
        wait(base_url=server.url, within=0.0)
    with pytest.raises(NetworkError):
        wait(base_url="http://127.0.0.1:1", within=0.0)


def test_it_is_waited_without_a_function_for_progress(server: Any, wait: Any) -> None:
    def handle(exchange: Any) -> None:
        if len(server.requests) < 2:
            exchange.respond(LOADING, status=503)
        else:
            exchange.respond("[]")

    server.handler = handle
    assert list(wait(base_url=server.url)) == []


def test_a_rejected_key_is_not_waited_for(server: Any, wait: Any) -> None:
    server.handler = lambda exchange: exchange.respond("{}", status=401)
    with pytest.raises(AuthenticationError):
        wait(base_url=server.url)
    assert len(server.requests) == 1
