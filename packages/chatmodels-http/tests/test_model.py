import copy
import pickle
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    ResponseInvalidError,
    Secret,
    Settings,
    StreamEnd,
    StreamStart,
    TextDelta,
    Timeout,
    UnsupportedError,
    user,
)
from chatmodels.core.extending import CallInfo, ProviderOptions
from chatmodels.http import HttpChatModel

Make = Callable[..., HttpChatModel]
Ask = Callable[[HttpChatModel], ChatResponse[Any]]


def test_all_kinds_of_calls_return_the_same_response(
    server: Any, model: Make, words: Any, ask: Ask
) -> None:
    server.handler = words("Hello", ", ", "world")
    response = ask(model())
    assert (response.text, response.id, response.model) == ("Hello, world", "r1", "large")
    assert (response.request_id, response.provider) == ("req_1", "acme")
    assert response.timing.attempts == 1


def test_a_request_has_the_headers_and_the_body_of_the_codec(
    server: Any, model: Make, words: Any, ask: Ask
) -> None:
    server.handler = words("x")
    ask(model(api_key=Secret("sk-1"), headers={"X-Team": "blue", "user-agent": "mine"}))
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/chat")
    assert msgspec.json.decode(request.body)["prompt"] == "hi"
    streams = msgspec.json.decode(request.body)["stream"]
    assert request.headers == {
        "host": f"127.0.0.1:{server.port}",
        "authorization": "Bearer sk-1",
        "accept": "text/event-stream, application/json" if streams else "application/json",
        "accept-encoding": "identity",
        "content-type": "application/json",
        "content-length": str(len(request.body)),
        "user-agent": "mine",
        "x-api": "1",
        "x-team": "blue",
    }


def test_headers_that_an_observer_wants_are_sent_along_with_that_call(
    server: Any, model: Make, words: Any, ask: Ask
) -> None:
    class Tracing:
        def start(self, call: CallInfo, /) -> None:
            call.headers = {"traceparent": "00-1-2-01"}

        def first_event(self, token: object, /) -> None: ...

        def end(self, token: object, response: object, error: object, /) -> None: ...

    server.handler = words("x")
    ask(model().with_observers(Tracing()))
    ask(model())
    traced, plain = server.requests
    assert traced.headers["traceparent"] == "00-1-2-01"
    assert "traceparent" not in plain.headers


def test_a_stream_yields_its_events_one_by_one(server: Any, model: Make, words: Any) -> None:
    server.handler = words("a", "b")
    with model().stream("hi") as stream:
        events = list(stream)
    assert [type(event) for event in events] == [StreamStart, TextDelta, TextDelta, StreamEnd]
    assert events[-1].request_id == "req_1"


def test_a_request_id_of_the_codec_is_not_replaced(server: Any, model: Make) -> None:
    server.handler = lambda exchange: exchange.respond('{"text": "", "request_id": "own"}')
    assert model().generate("hi").request_id == "own"


def test_a_request_id_of_the_decoder_is_not_replaced(server: Any, model: Make) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin(x_request_id="req_1")
        exchange.event(end=True, request_id="own")
        exchange.end()

    server.handler = handle
    assert model().stream("hi").collect().request_id == "own"


def streamed(exchange: Any) -> None:
    exchange.begin()
    exchange.event(text="Hello", end=True)
    exchange.end()


def unfinished(exchange: Any) -> None:
    exchange.begin()
    exchange.chunk('data: {"text": "Hello", "end": true}')
    exchange.end()


def lasting(exchange: Any) -> None:
    exchange.begin()
    exchange.event(text="Hello", end=True)
    exchange.seen_fin()


def whole(exchange: Any) -> None:
    exchange.respond('{"text": "Hello"}', content_type="Application/JSON")


@pytest.mark.parametrize("handler", [streamed, unfinished, lasting, whole])
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_the_primitives_can_be_read_past_the_terminal_event(
    server: Any, model: Make, handler: Any
) -> None:
    server.handler = handler
    acme = model()
    request = ChatRequest(messages=(user("hi"),))
    call = CallInfo("stream", request, provider="acme", model="large", timeout=Timeout())
    for events in (
        list(acme.events(request, call)),
        [event async for event in acme.aevents(request, call)],
    ):
        assert "".join(event.text for event in events if event.type == "text_delta") == "Hello"
        assert type(events[-1]) is StreamEnd


def test_calls_in_a_row_use_one_connection(server: Any, model: Make, words: Any) -> None:
    server.handler = words("a", "b")
    acme = model()
    assert [acme.generate("hi").text for _ in range(3)] == ["ab"] * 3
    assert [acme.stream("hi").collect().text for _ in range(3)] == ["ab"] * 3
    assert server.connections == 1


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_sequential_async_calls_use_one_connection(
    server: Any, model: Make, words: Any
) -> None:
    server.handler = words("a", "b")
    acme = model()
    assert [(await acme.agenerate("hi")).text for _ in range(3)] == ["ab"] * 3
    assert [(await acme.astream("hi").collect()).text for _ in range(3)] == ["ab"] * 3
    assert server.connections == 1


def test_streams_at_the_same_time_have_a_connection_each(
    server: Any, model: Make, words: Any
) -> None:
    server.handler = words("a", "b")
    acme = model()
    with acme.stream("hi") as first, acme.stream("hi") as second:
        assert [first.collect().text, second.collect().text] == ["ab", "ab"]
    assert acme.generate("hi").text == "ab"
    assert server.connections == 2


def test_a_server_that_does_not_stream_is_understood(server: Any, model: Make, ask: Ask) -> None:
    server.handler = lambda exchange: exchange.respond('{"text": "at once"}', x_request_id="r")
    response = ask(model())
    assert (response.text, response.request_id) == ("at once", "r")


def test_a_body_that_was_compressed_unasked_is_read(server: Any, model: Make, ask: Ask) -> None:
    import gzip

    body = gzip.compress(b'{"text": "small"}')
    server.handler = lambda exchange: exchange.respond(body, content_encoding="gzip")
    assert ask(model()).text == "small"


def test_a_body_beyond_the_limit_raises(
    server: Any, model: Make, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatmodels.http._bodies.MAX_BODY_BYTES", 100)
    server.handler = lambda exchange: exchange.respond(b'{"text": "%b"}' % (b"x" * 200))
    with pytest.raises(ResponseInvalidError, match="acme: the response has more than 100 bytes"):
        ask(model())


def test_settings_that_the_codec_does_not_support_raise(model: Make) -> None:
    with pytest.raises(UnsupportedError, match="top_p"):
        model().generate("hi", top_p=0.5)


def test_the_request_is_explained_without_its_secrets(server: Any, model: Make) -> None:
    calls: list[str] = []
    acme = model(
        api_key=Secret(lambda: calls.append("once") or "sk-1"),
        headers={"X-Token": "t-1", "X-Team": "blue"},
        settings=Settings(temperature=0.5),
    )
    explanation = acme.explain("hi")
    assert (explanation.method, explanation.url) == ("POST", f"{server.url}/chat")
    assert explanation.body == {"model": "large", "prompt": "hi", "stream": False, "heat": 0.5}
    assert explanation.mapped == {"temperature": "heat"}
    assert explanation.headers["authorization"] == "Bearer ***"
    assert (explanation.headers["x-token"], explanation.headers["x-team"]) == ("***", "blue")
    assert not calls
    assert not server.requests


def test_without_a_key_no_authorization_is_sent(server: Any, model: Make) -> None:
    acme = model()
    acme.generate("hi")
    assert "authorization" not in server.requests[0].headers
    assert "authorization" not in acme.explain("hi").headers


def test_a_model_is_described_from_the_metadata(model: Make) -> None:
    assert model().model_info().context_window == 1000


def test_a_model_without_a_base_url_cannot_be_created(metadata: Any, codec: Any) -> None:
    with pytest.raises(ConfigurationError, match="acme has no base URL; pass base_url="):
        HttpChatModel(metadata, "large", codec, ProviderOptions())


def test_the_base_url_of_the_provider_is_the_default(metadata: Any, codec: Any) -> None:
    somewhere = msgspec.structs.replace(metadata, base_url="https://api.acme.test/v1/")
    acme = HttpChatModel(somewhere, "large", codec, ProviderOptions())
    assert acme.endpoint == "https://api.acme.test/v1"


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
def test_a_model_is_copied_and_pickled(
    server: Any, model: Make, again: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_API_KEY", "sk-env")
    acme = model(api_key=Secret("sk-env", origin="ACME_API_KEY"), max_retries=2)
    acme.generate("hi")
    assert again(acme).generate("hi").text == "hello"
    assert server.requests[1].headers["authorization"] == "Bearer sk-env"


def test_a_pickle_does_not_load_if_the_provider_is_not_an_http_provider(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = SimpleNamespace(create_chat_model=lambda model, options: object())
    registered = SimpleNamespace(provider=lambda name: other)
    monkeypatch.setattr("chatmodels.http._model.registry", registered)
    load = HttpChatModel._unpickled  # pyright: ignore[reportPrivateUsage] - as pickles do
    with pytest.raises(ConfigurationError, match="provider 'acme' of a pickled model is not an"):
        load("acme", "large", ProviderOptions(), (), ())


def test_a_model_is_retried_as_its_options_specify(server: Any, model: Make) -> None:
    responses = iter([(503, "{}"), (200, '{"text": "at last"}')])

    def handle(exchange: Any) -> None:
        status, body = next(responses)
        exchange.respond(body, status, retry_after="0")

    server.handler = handle
    response = model(max_retries=1).generate("hi")
    assert response.text == "at last"
    assert response.timing.attempts == 2
