"""Every recorded exchange is read as expected by a model, in all four call shapes."""

import httpx
import pytest
from recorded_chat import (
    HERE,
    PIECES,
    Exchange,
    answers,
    differences,
    everything,
    exchanges,
    is_streamed,
)

from chatmodels.core import ChatModel, ChatModelError, create_chat_model

FOLDER = everything()
PROVIDERS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir()) if FOLDER else []


def model_over(
    client: httpx.Client | None = None, async_client: httpx.AsyncClient | None = None
) -> ChatModel:
    return create_chat_model(
        "openai:gpt-5-mini",
        api_key="sk-recorded",
        http_client=client,
        async_http_client=async_client,
        max_retries=0,
    )


def problems(exchange: Exchange, size: int) -> list[str]:
    with httpx.Client(transport=answers(exchange, size)) as client:
        model = model_over(client)
        try:
            if is_streamed(exchange):
                response = model.stream("Hello").collect()
            else:
                response = model.generate("Hello")
        except ChatModelError as error:
            return differences(exchange, None, error)
        return differences(exchange, response, None)


async def aproblems(exchange: Exchange, size: int) -> list[str]:
    async with httpx.AsyncClient(transport=answers(exchange, size)) as client:
        model = model_over(async_client=client)
        try:
            if is_streamed(exchange):
                response = await model.astream("Hello").collect()
            else:
                response = await model.agenerate("Hello")
        except ChatModelError as error:
            return differences(exchange, None, error)
        return differences(exchange, response, None)


CHOSEN = [pytest.param(exchange, id=name) for name, exchange in exchanges(HERE)]


@pytest.mark.parametrize("size", PIECES)
@pytest.mark.parametrize("exchange", CHOSEN)
def test_a_chosen_exchange_is_read_as_expected(exchange: Exchange, size: int) -> None:
    assert problems(exchange, size) == []


@pytest.mark.parametrize("size", PIECES)
@pytest.mark.parametrize("exchange", CHOSEN)
async def test_a_chosen_exchange_is_read_as_expected_awaited(exchange: Exchange, size: int) -> None:
    assert await aproblems(exchange, size) == []


@pytest.mark.skipif(FOLDER is None, reason="no recordings; set CHATMODELS_RECORDED to their folder")
@pytest.mark.parametrize("size", PIECES)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_all_exchanges_of_a_provider_are_read_as_expected(provider: str, size: int) -> None:
    assert FOLDER is not None
    found = {
        name: different
        for name, exchange in exchanges(FOLDER, provider)
        if (different := problems(exchange, size))
    }
    assert found == {}


@pytest.mark.skipif(FOLDER is None, reason="no recordings; set CHATMODELS_RECORDED to their folder")
@pytest.mark.parametrize("size", PIECES)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_all_exchanges_of_a_provider_are_read_as_expected_awaited(
    provider: str, size: int
) -> None:
    assert FOLDER is not None
    found = {
        name: different
        for name, exchange in exchanges(FOLDER, provider)
        if (different := await aproblems(exchange, size))
    }
    assert found == {}
