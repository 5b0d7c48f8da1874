"""Faults of the transport, in every kind of call."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from chatmodels.core import (
    ChatModelError,
    ChatResponse,
    ConfigurationError,
    ContextLengthError,
    ModelNotFoundError,
    NetworkError,
    ProviderUnavailableError,
    RateLimitError,
    ResponseInvalidError,
    StreamInterruptedError,
    is_retryable,
)
from chatmodels.core.extending import ProviderMetadata, ProviderOptions
from chatmodels.http import Codec, HttpChatModel

pytestmark = pytest.mark.usefixtures("built_in")

Make = Callable[..., HttpChatModel]
Ask = Callable[[HttpChatModel], ChatResponse[Any]]


def failure(ask: Ask, model: HttpChatModel) -> ChatModelError:
    with pytest.raises(ChatModelError) as caught:
        ask(model)
    error = caught.value
    assert (error.provider, error.model) == ("acme", "large")
    assert error.op in ("generate", "stream")
    return error


def test_a_refused_connection(server: Any, model: Make, ask: Ask) -> None:
    server.close()
    error = failure(ask, model(base_url="http://127.0.0.1:1"))
    assert isinstance(error, NetworkError)
    assert error.message.startswith("acme: no connection to 127.0.0.1:1: ")
    assert error.message.endswith("; check base_url, the network and the proxy")
    assert error.__cause__ is not None


def test_an_unknown_host(model: Make, ask: Ask) -> None:
    error = failure(ask, model(base_url="http://acme.invalid"))
    assert isinstance(error, NetworkError)
    assert error.message.startswith("acme: no connection to acme.invalid: ")


def test_an_invalid_url(model: Make, ask: Ask) -> None:
    error = failure(ask, model(base_url="http://127.0.0.1:99999"))
    assert isinstance(error, ConfigurationError)
    assert error.message.startswith("acme: the request cannot be sent: the URL is not valid: ")


@pytest.mark.parametrize("option", ["base_url", "proxy"])
@pytest.mark.parametrize("host", ["fa\xdf.test", "FA\u1e9e.test", "\u03c3\u03c2.test"], ids=ascii)
def test_a_host_with_two_encodings_is_refused(
    model: Make, ask: Ask, host: str, option: str
) -> None:
    error = failure(ask, model(**{option: f"http://{host}:1"}))
    assert isinstance(error, ConfigurationError)
    assert error.message.startswith(
        "acme: the request cannot be sent: the host of the URL contains "
    )
    assert error.message.endswith("; write the host in its xn-- form")


@pytest.mark.parametrize("address", ["acme.test/v1", "ftp://acme.test", "http://"])
def test_a_provider_whose_url_is_not_http(
    address: str, metadata: ProviderMetadata, codec: Codec, ask: Ask
) -> None:
    wrong = structs.replace(metadata, base_url=address)
    error = failure(ask, HttpChatModel(wrong, "large", codec, ProviderOptions(max_retries=0)))
    assert isinstance(error, ConfigurationError)
    assert error.message.startswith("acme: the request cannot be sent: the URL is not valid: ")


def test_a_server_that_hangs_up_at_once(server: Any, model: Make, ask: Ask) -> None:
    server.handler = lambda exchange: exchange.hang_up()
    error = failure(ask, model())
    assert isinstance(error, NetworkError)
    assert error.message.startswith("acme: the connection broke before the response began: ")


def test_a_server_that_resets(server: Any, model: Make, ask: Ask) -> None:
    server.handler = lambda exchange: exchange.reset()
    assert isinstance(failure(ask, model()), NetworkError)


def test_a_server_that_speaks_no_http(server: Any, model: Make, ask: Ask) -> None:
    server.handler = lambda exchange: exchange.send(b"220 mail.acme.test ESMTP\r\n\r\n")
    error = failure(ask, model())
    assert isinstance(error, NetworkError)


@pytest.mark.parametrize("cut", [0, 1, 5, 12])
def test_a_body_that_is_cut_off(server: Any, model: Make, ask: Ask, cut: int) -> None:
    def handle(exchange: Any) -> str:
        exchange.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
        exchange.send(b"x-request-id: r\r\ncontent-length: 17\r\n\r\n" + b'{"text": "hello"}'[:cut])
        return "stop"

    server.handler = handle
    error = failure(ask, model())
    assert isinstance(error, NetworkError)
    assert error.message.startswith("acme: the connection broke before the response was complete: ")
    assert is_retryable(error)


@pytest.mark.parametrize("how", ["hang_up", "reset"])
def test_a_stream_that_breaks_keeps_its_partial_response(
    server: Any, model: Make, collect: Any, how: str
) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin(x_request_id="r")
        exchange.event(text="Hel")
        server.reports.get(timeout=300)
        getattr(exchange, how)()

    server.handler = handle
    with pytest.raises(StreamInterruptedError) as caught:
        collect(model(), server.reports.put)
    error = caught.value
    assert error.partial is not None
    assert error.partial.text == "Hel"
    assert error.message.startswith("acme: the connection broke in mid-stream: ")
    assert (error.status, error.request_id) == (200, "r")


def test_an_event_before_a_malformed_chunk_is_kept(server: Any, model: Make, collect: Any) -> None:
    def handle(exchange: Any) -> str:
        exchange.begin(x_request_id="r")
        exchange.send(b'17\r\ndata: {"text": "Hel"}\n\n\r\nfive\r\n')  # all at once
        return "stop"

    server.handler = handle
    with pytest.raises(StreamInterruptedError) as caught:
        collect(model())
    assert caught.value.partial is not None
    assert (caught.value.partial.text, caught.value.request_id) == ("Hel", "r")


def test_a_stream_that_ends_without_its_terminal_event(
    server: Any, model: Make, collect: Any
) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin()
        exchange.event(text="Hel")
        exchange.end()

    server.handler = handle
    with pytest.raises(StreamInterruptedError) as caught:
        collect(model())
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hel"


def test_a_stream_that_ends_in_the_middle_of_an_event(
    server: Any, model: Make, collect: Any
) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin()
        exchange.event(text="Hel")
        exchange.chunk('data: {"text": "l')
        exchange.end()

    server.handler = handle
    with pytest.raises(StreamInterruptedError, match="cut off in the middle of an event") as caught:
        collect(model())
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hel"


def test_a_stream_whose_last_event_has_no_blank_line_is_whole(
    server: Any, model: Make, collect: Any
) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin(x_request_id="r")
        exchange.chunk('data: {"text": "Hel"}\n\ndata: {"text": "lo", "end": true}')
        exchange.end()

    server.handler = handle
    response = collect(model())
    assert (response.text, response.request_id) == ("Hello", "r")


def test_a_stream_that_breaks_after_its_end_is_complete(
    server: Any, model: Make, collect: Any
) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin(x_request_id="r")
        exchange.event(text="Hello", may_stop=True)
        exchange.end()

    server.handler = handle
    response = collect(model())
    assert (response.text, response.finish_reason, response.request_id) == ("Hello", "length", "r")


def test_a_stream_without_a_terminal_event_is_interrupted(
    server: Any, model: Make, collect: Any
) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin()
        exchange.chunk('data: {"text": "Hel"}')
        exchange.end()

    server.handler = handle
    with pytest.raises(StreamInterruptedError) as caught:
        collect(model())
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hel"
    assert caught.value.status == 200


def test_an_error_in_mid_stream_keeps_the_partial_response(
    server: Any, model: Make, collect: Any
) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin(x_request_id="r")
        # in one chunk: events before the error must not be lost
        exchange.chunk('data: {"text": "Hel"}\n\ndata: {"error": {"code": 503}}\n\n')
        exchange.end()

    server.handler = handle
    with pytest.raises(ProviderUnavailableError) as caught:
        collect(model())
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hel"
    assert caught.value.request_id == "r"


def test_an_error_in_the_last_event_is_reported(server: Any, model: Make, collect: Any) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin(x_request_id="r")
        exchange.chunk('data: {"error": {"code": 503}}')
        exchange.end()

    server.handler = handle
    with pytest.raises(ProviderUnavailableError) as caught:
        collect(model())
    assert caught.value.request_id == "r"


def test_an_event_that_is_not_json(server: Any, model: Make, collect: Any) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin()
        exchange.chunk("data: {nonsense\n\n")
        exchange.end()

    server.handler = handle
    with pytest.raises(ResponseInvalidError, match="an event is not JSON"):
        collect(model())


def test_an_error_inside_a_success(server: Any, model: Make, ask: Ask) -> None:
    body = '{"error": {"code": 429, "message": "slow down"}}'
    server.handler = lambda exchange: exchange.respond(body, x_request_id="r")
    error = failure(ask, model())
    assert isinstance(error, RateLimitError)
    assert (error.status, error.request_id) == (200, "r")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, '{"error": "prompt is too long"}', ContextLengthError),
        (404, '{"error": {"code": "model_not_found"}}', ModelNotFoundError),
        (429, '{"error": {"message": "slow down"}}', RateLimitError),
        (500, "oops", ProviderUnavailableError),
        (502, "<html><title>502 Bad Gateway</title>", ProviderUnavailableError),
        (529, "", ProviderUnavailableError),
    ],
)
def test_a_failed_response_has_its_status_its_id_and_its_delay(
    server: Any, model: Make, ask: Ask, status: int, body: str, kind: type[ChatModelError]
) -> None:
    server.handler = lambda exchange: exchange.respond(
        body, status, x_request_id="req_1", retry_after="7"
    )
    error = failure(ask, model())
    assert type(error) is kind
    assert (error.status, error.request_id, error.retry_after) == (status, "req_1", 7.0)
    assert "(request req_1)" in error.message


def test_a_failed_response_releases_its_connection(server: Any, model: Make) -> None:
    server.handler = lambda exchange: exchange.respond("{}", 429)
    acme = model()
    for _ in range(3):
        with pytest.raises(RateLimitError):
            acme.generate("hi")
    assert server.connections == 1


def test_a_failed_response_whose_body_breaks_off_is_reported(
    server: Any, model: Make, ask: Ask
) -> None:
    def handle(exchange: Any) -> str:
        exchange.send(b"HTTP/1.1 429 No\r\ncontent-length: 100\r\n\r\nslow down")
        return "stop"

    server.handler = handle
    error = failure(ask, model())
    assert error.message == 'acme: 429 rate limited: "slow down"'


def test_the_body_of_a_failed_response_is_read_within_bounds(
    server: Any, model: Make, ask: Ask
) -> None:
    server.handler = lambda exchange: exchange.respond("x" * 300_000, 500)
    error = failure(ask, model())
    assert len(error.message) < 600


def test_a_body_that_is_cut_off_has_the_id_of_its_request(
    server: Any, model: Make, ask: Ask
) -> None:
    def handle(exchange: Any) -> str:
        exchange.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
        exchange.send(b'x-request-id: req_1\r\ncontent-length: 100\r\n\r\n{"te')
        return "stop"

    server.handler = handle
    error = failure(ask, model())
    assert (type(error), error.status, error.request_id) == (NetworkError, 200, "req_1")


def test_a_redirect_is_not_followed(server: Any, model: Make, ask: Ask) -> None:
    server.handler = lambda exchange: exchange.respond(
        "", 307, location="https://user:pw@login.acme.test/x?sig=secret"
    )
    error = failure(ask, model())
    assert isinstance(error, ResponseInvalidError)
    assert error.message.startswith("acme: 307 redirect to 'https://login.acme.test', which is not")
    assert len(server.requests) == 1


def test_a_page_instead_of_a_response(server: Any, model: Make, ask: Ask) -> None:
    server.handler = lambda exchange: exchange.respond(
        "<html><title>Please log in</title></html>", content_type="text/html", x_request_id="r"
    )
    error = failure(ask, model())
    assert isinstance(error, ResponseInvalidError)
    assert error.message == (
        "acme: 200 with a web page instead of JSON; check base_url, and whether a proxy responded: "
        '"Please log in" (request r)'
    )
    assert error.status == 200


@pytest.mark.parametrize(
    ("headers", "what"),
    [
        ({"content_type": "text/plain; charset=utf-8"}, "text/plain"),
        ({"content_type": ""}, "a body without a type"),
    ],
)
def test_a_text_instead_of_a_response(
    server: Any, model: Make, headers: dict[str, str], what: str
) -> None:
    server.handler = lambda exchange: exchange.respond("It works!", **headers)
    with pytest.raises(ResponseInvalidError, match=f"200 with {what} instead of JSON"):
        model().generate("hi")


def test_a_response_that_is_broken_json(server: Any, model: Make, ask: Ask) -> None:
    server.handler = lambda exchange: exchange.respond('{"text": "hel', x_request_id="r")
    error = failure(ask, model())
    assert isinstance(error, ResponseInvalidError)
    assert (error.status, error.request_id) == (200, "r")


def test_an_exception_that_the_user_is_handling_is_not_the_reason(server: Any, model: Make) -> None:
    server.close()
    try:
        raise ValueError("something of the user's own")
    except ValueError:
        with pytest.raises(NetworkError) as caught:
            model(base_url="http://127.0.0.1:1").generate("hi")
    assert "user's own" not in caught.value.message
