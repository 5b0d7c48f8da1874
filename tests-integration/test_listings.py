"""The models of every vendor are listed whole: pages that a vendor has are followed."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from chatmodels.core import ModelInfo, ResponseInvalidError, alist_models, list_models

Listed = Callable[..., Awaitable[list[ModelInfo]]]

ANTHROPIC = [
    {"data": [{"id": "a"}], "has_more": True, "last_id": "a/1 +"},
    {"data": [{"id": "b"}], "has_more": False, "last_id": "b"},
]
COHERE = [
    {"models": [{"name": "a"}], "next_page_token": "a/1 +"},
    {"models": [{"name": "b"}], "next_page_token": ""},
]
GOOGLE = [
    {"models": [{"name": "models/a"}], "nextPageToken": "a/1 +"},
    {"models": [{"name": "models/b"}]},
]
PAGED = [
    pytest.param("anthropic", ANTHROPIC, "after_id", "limit", id="anthropic"),
    pytest.param("cohere", COHERE, "page_token", "page_size", id="cohere"),
    pytest.param("google", GOOGLE, "pageToken", "pageSize", id="google"),
]


class Pages:
    """A vendor that returns one page after the other, and the last one again and again."""

    def __init__(self, pages: list[Any]) -> None:
        self.pages = pages
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        page = self.pages[min(len(self.requests), len(self.pages) - 1)]
        self.requests.append(request)
        content = json.dumps(page).encode()
        return httpx.Response(
            200, headers={"content-type": "application/json"}, stream=httpx.ByteStream(content)
        )

    async def respond(self, request: httpx.Request) -> httpx.Response:
        return self(request)

    def queries(self) -> list[dict[str, str]]:
        return [dict(parse_qsl(request.url.query.decode())) for request in self.requests]


@pytest.fixture(params=["sync", "async"])
def listed(request: pytest.FixtureRequest) -> Listed:
    async def run(name: str, pages: Pages) -> list[ModelInfo]:
        if request.param == "sync":
            with httpx.Client(transport=httpx.MockTransport(pages)) as client:
                return list_models(name, api_key="sk-1", http_client=client)
        async with httpx.AsyncClient(transport=httpx.MockTransport(pages.respond)) as client:
            return await alist_models(name, api_key="sk-1", async_http_client=client)

    return run


@pytest.mark.parametrize(("vendor", "pages", "parameter", "size"), PAGED)
async def test_all_pages_of_a_listing_are_requested(
    vendor: str, pages: list[Any], parameter: str, size: str, listed: Listed
) -> None:
    server = Pages(pages)

    models = await listed(vendor, server)

    assert [model.name for model in models] == ["a", "b"]
    first, second = server.queries()
    assert parameter not in first
    assert second == first | {parameter: "a/1 +"}
    assert int(second[size]) >= 100
    assert {request.url.path for request in server.requests} == {server.requests[0].url.path}


@pytest.mark.parametrize(("vendor", "pages", "parameter", "size"), PAGED)
async def test_pages_that_name_each_other_end_with_an_error(
    vendor: str, pages: list[Any], parameter: str, size: str, listed: Listed
) -> None:
    server = Pages(pages[:1])

    with pytest.raises(ResponseInvalidError, match="does not end after 2 pages") as caught:
        await listed(vendor, server)

    assert (caught.value.op, caught.value.provider) == ("list_models", vendor)
    assert len(server.requests) == 2


async def test_a_listing_has_a_hundred_pages_at_most(listed: Listed) -> None:
    server = Pages(
        [{"models": [{"name": "models/a"}], "nextPageToken": str(number)} for number in range(200)]
    )

    with pytest.raises(ResponseInvalidError, match="does not end after 100 pages"):
        await listed("google", server)

    assert len(server.requests) == 100


@pytest.mark.parametrize("vendor", ["openai", "mistral"])
async def test_a_listing_without_pages_is_one_request(vendor: str, listed: Listed) -> None:
    server = Pages([{"data": [{"id": "a"}, {"id": "b"}], "has_more": True, "last_id": "b"}])

    models = await listed(vendor, server)

    assert [model.name for model in models] == ["a", "b"]
    assert len(server.requests) == 1
