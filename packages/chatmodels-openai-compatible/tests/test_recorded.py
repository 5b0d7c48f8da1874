"""Every recorded exchange is read as expected, by the pure functions alone."""

import pytest
from recorded_chat import (
    HERE,
    PIECES,
    Exchange,
    content,
    differences,
    everything,
    exchanges,
    is_streamed,
    pieces,
)

from chatmodels.core import Accumulator, ChatModelError, ChatRequest, ChatResponse, user
from chatmodels.http import HttpFailure
from chatmodels.openai_compatible import ChatCompletionsCodec, Dialect

CODEC = ChatCompletionsCodec(Dialect(name="any"))
REQUEST = ChatRequest(messages=(user("Hello"),))
FOLDER = everything()
PROVIDERS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir()) if FOLDER else []


def read(exchange: Exchange, size: int) -> ChatResponse:
    if is_streamed(exchange):
        return read_stream(pieces(exchange, size))
    answered = exchange["response"]
    if answered["status"] != 200:
        raise CODEC.decode_failure(
            HttpFailure(
                status=answered["status"], headers=answered["headers"], body=content(exchange)
            )
        )
    return CODEC.decode(content(exchange), REQUEST)


def read_stream(data: list[bytes]) -> ChatResponse:
    framer, decoder = CODEC.framer(), CODEC.stream_decoder(REQUEST)
    accumulator = Accumulator()
    try:
        for piece in data:
            for frame in framer.feed(piece):
                for event in decoder.feed(frame):
                    accumulator.add(event)
        for frame in framer.close():
            for event in decoder.feed(frame):
                accumulator.add(event)
        for event in decoder.close():
            accumulator.add(event)
    except ChatModelError as error:
        error.partial = accumulator.response()
        raise
    assert accumulator.complete, "the stream did not end"
    return accumulator.response()


def problems(exchange: Exchange, size: int) -> list[str]:
    try:
        return differences(exchange, read(exchange, size), None)
    except ChatModelError as error:
        return differences(exchange, None, error)


@pytest.mark.parametrize("size", PIECES)
@pytest.mark.parametrize(
    "exchange", [pytest.param(exchange, id=name) for name, exchange in exchanges(HERE)]
)
def test_a_chosen_exchange_is_read_as_expected(exchange: Exchange, size: int) -> None:
    assert problems(exchange, size) == []


@pytest.mark.skipif(FOLDER is None, reason="no recordings; set CHATMODELS_RECORDED to their folder")
@pytest.mark.parametrize("provider", PROVIDERS)
def test_all_exchanges_of_a_provider_are_read_as_expected(provider: str) -> None:
    assert FOLDER is not None
    found = {
        f"{name} in pieces of {size}": different
        for name, exchange in exchanges(FOLDER, provider)
        for size in (PIECES if is_streamed(exchange) else PIECES[-1:])
        if (different := problems(exchange, size))
    }
    assert found == {}


@pytest.mark.skipif(FOLDER is None, reason="no recordings; set CHATMODELS_RECORDED to their folder")
def test_no_recorded_exchange_is_left_out() -> None:
    assert FOLDER is not None
    assert sum(1 for _ in exchanges(FOLDER)) == 1180


@pytest.mark.skipif(FOLDER is None, reason="no recordings; set CHATMODELS_RECORDED to their folder")
@pytest.mark.parametrize("api", ["mistral.chat", "ollama.openai"])
def test_the_dialect_as_others_speak_it_is_read_as_expected(api: str) -> None:
    assert FOLDER is not None
    found = {
        name: different
        for name, exchange in exchanges(FOLDER, api=api)
        if "expected" in exchange and (different := problems(exchange, 7))
    }
    assert found == {}
