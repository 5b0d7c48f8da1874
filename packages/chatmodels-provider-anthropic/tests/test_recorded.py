"""Every recorded exchange is read as expected by a model, in all four call shapes."""

import httpx
import pytest
from recorded_chat import PIECES, Exchange, answers, is_streamed, uncounted
from recorded_messages import FOLDER, HERE, differences, exchanges

from chatmodels.core import ChatModel, ChatModelError, ChatResponse, create_chat_model

CHOSEN = [pytest.param(exchange, id=name) for name, exchange in exchanges(HERE)]
ALL = dict(exchanges(FOLDER)) if FOLDER else {}
SHARES = 16

everything = pytest.mark.skipif(
    FOLDER is None, reason="no recordings; set CHATMODELS_RECORDED to their folder"
)


def model_over(
    client: httpx.Client | None = None, async_client: httpx.AsyncClient | None = None
) -> ChatModel:
    return create_chat_model(
        "anthropic:claude-sonnet-4-6",
        api_key="sk-recorded",
        http_client=client,
        async_http_client=async_client,
        max_retries=0,
    )


def read(exchange: Exchange, size: int) -> tuple[ChatResponse | None, ChatModelError | None]:
    with httpx.Client(transport=answers(exchange, size)) as client:
        model = model_over(client)
        try:
            if is_streamed(exchange):
                return model.stream("Hello").collect(), None
            return model.generate("Hello"), None
        except ChatModelError as error:
            return None, error


async def aread(exchange: Exchange, size: int) -> tuple[ChatResponse | None, ChatModelError | None]:
    async with httpx.AsyncClient(transport=answers(exchange, size)) as client:
        model = model_over(async_client=client)
        try:
            if is_streamed(exchange):
                return await model.astream("Hello").collect(), None
            return await model.agenerate("Hello"), None
        except ChatModelError as error:
            return None, error


@pytest.mark.parametrize("size", PIECES)
@pytest.mark.parametrize("exchange", CHOSEN)
def test_a_chosen_exchange_is_read_as_expected(exchange: Exchange, size: int) -> None:
    assert differences(exchange, *read(exchange, size)) == []


@pytest.mark.parametrize("size", PIECES)
@pytest.mark.parametrize("exchange", CHOSEN)
async def test_a_chosen_exchange_is_read_as_expected_awaited(exchange: Exchange, size: int) -> None:
    assert differences(exchange, *await aread(exchange, size)) == []


@everything
@pytest.mark.parametrize("size", PIECES)
@pytest.mark.parametrize("share", range(SHARES))
def test_every_exchange_is_read_as_expected(share: int, size: int) -> None:
    with uncounted():
        found = {
            name: different
            for name, exchange in list(ALL.items())[share::SHARES]
            if (different := differences(exchange, *read(exchange, size)))
        }
    assert found == {}


@everything
@pytest.mark.parametrize("size", PIECES)
@pytest.mark.parametrize("share", range(SHARES))
async def test_every_exchange_is_read_as_expected_awaited(share: int, size: int) -> None:
    with uncounted():
        found = {
            name: different
            for name, exchange in list(ALL.items())[share::SHARES]
            if (different := differences(exchange, *await aread(exchange, size)))
        }
    assert found == {}


@everything
def test_no_recorded_exchange_is_left_out() -> None:
    assert len(ALL) == 676
