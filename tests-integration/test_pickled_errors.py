"""Errors that leave the process carry neither the key nor the prompt, whatever client was used."""

import concurrent.futures
import copy
import io
import json
import logging
import logging.handlers
import multiprocessing
import operator
import pickle
import traceback
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import httpx2
import pytest

from chatmodels.core import ChatModel, ChatModelError, create_chat_model
from vendors import VENDORS, model_of

KEY = "sk-canary-123456"
PROMPT = "my private prompt"


class Broken:
    """A body that breaks after its first bytes."""

    def __init__(self, library: Any, request: Any) -> None:
        self.error = library.ReadError(f"reset after {KEY}", request=request)

    def __iter__(self) -> Iterator[bytes]:
        yield b"{"
        raise self.error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"{"
        raise self.error


FAULTS = ("refused", "unauthorized", "malformed", "broken")


def respond(library: Any, fault: str, request: Any) -> Any:
    match fault:
        case "refused":
            raise library.ConnectError("connection refused", request=request)
        case "unauthorized":
            body = {"error": {"message": f"incorrect key {KEY}"}, "message": f"bad {KEY}"}
            return library.Response(401, json=body)
        case "malformed":
            return library.Response(200, content=b"<html>", headers={"content-type": "text/html"})
        case _:
            streamed = type("Stream", (Broken, library.SyncByteStream, library.AsyncByteStream), {})
            return library.Response(200, stream=streamed(library, request))


async def failure(provider: str, library: Any, fault: str, shape: str) -> ChatModelError:
    def handler(request: Any) -> Any:
        return respond(library, fault, request)

    async def ahandler(request: Any) -> Any:
        return respond(library, fault, request)

    sync = library.Client(transport=library.MockTransport(handler))
    awaited = library.AsyncClient(transport=library.MockTransport(ahandler))
    model = model_of(provider, api_key=KEY, http_client=sync, async_http_client=awaited)
    with pytest.raises(ChatModelError) as caught:
        await call(model, shape)
    sync.close()
    await awaited.aclose()
    return caught.value


async def call(model: ChatModel, shape: str) -> None:
    match shape:
        case "generate":
            model.generate(PROMPT)
        case "stream":
            model.stream(PROMPT).collect()
        case "agenerate":
            await model.agenerate(PROMPT)
        case _:
            await model.astream(PROMPT).collect()


def assert_clean(data: bytes) -> None:
    assert KEY.encode() not in data
    assert PROMPT.encode() not in data


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("library", [httpx, httpx2], ids=lambda library: library.__name__)
@pytest.mark.parametrize("shape", ["generate", "stream", "agenerate", "astream"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("provider", VENDORS)
async def test_a_failed_call_leaves_neither_key_nor_prompt(
    provider: str, fault: str, shape: str, library: Any, anyio_backend: str
) -> None:
    error = await failure(provider, library, fault, shape)

    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert_clean(pickle.dumps(error, protocol))
    assert_clean(pickle.dumps(ExceptionGroup("several", [error])))
    assert_clean(pickle.dumps(copy.copy(error)))
    assert_clean(pickle.dumps(copy.deepcopy(error)))
    assert_clean("".join(traceback.format_exception(error)).encode() if fault != "broken" else b"")
    assert_clean(json.dumps(dict(error.details)).encode())
    restored = pickle.loads(pickle.dumps(error))
    assert vars(restored) == vars(error)
    assert_clean("".join(traceback.format_exception(restored)).encode())


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_log_record_of_a_failed_call_leaves_neither_key_nor_prompt(
    anyio_backend: str,
) -> None:
    error = await failure("openai", httpx, "refused", "generate")
    facts = (type(error), error, error.__traceback__)
    record = logging.LogRecord("app", logging.ERROR, "app.py", 1, "failed", (), facts)
    output = io.StringIO()

    logging.StreamHandler(output).handle(record)
    sent = logging.handlers.SocketHandler("127.0.0.1", 0).makePickle(record)

    assert_clean(sent)
    assert_clean(output.getvalue().encode())
    assert "connection refused" in output.getvalue()


def test_an_error_is_returned_from_a_worker_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    model = create_chat_model("openai:m", base_url="http://127.0.0.1:1/v1", max_retries=0)
    generate = operator.methodcaller("generate", PROMPT)

    with concurrent.futures.ProcessPoolExecutor(
        1, mp_context=multiprocessing.get_context("spawn")
    ) as pool:
        error = pool.submit(generate, model).exception()

    assert isinstance(error, ChatModelError)
    assert (error.code, error.provider, error.model) == ("network", "openai", "m")
    assert "Traceback" in str(error.__cause__)
    assert_clean(str(error.__cause__).encode())
    again = pickle.loads(pickle.dumps(error))
    assert "Traceback" in str(again.__cause__)
