"""Tokens that are requested in exchange for a key, sync and async, with the model's own engine."""

import pickle
from collections.abc import Callable, Generator
from copy import deepcopy
from functools import partial
from typing import Any
from unittest.mock import Mock

import anyio
import pytest

from chatmodels.core import (
    AuthenticationError,
    CallTimeoutError,
    ChatModelError,
    ChatResponse,
    NetworkError,
    ResponseInvalidError,
    Timeout,
)
from chatmodels.http import (
    BearerToken,
    HttpChatModel,
    HttpRequest,
    InsecureTransportWarning,
    IssuedToken,
    Signer,
    TokenExchange,
    read_oauth_token,
)

Make = Callable[..., HttpChatModel]
Ask = Callable[[HttpChatModel], ChatResponse[Any]]
FORM = (("Content-Type", "application/x-www-form-urlencoded"),)


def token_request(url: str) -> HttpRequest:
    return HttpRequest(path=f"{url}/token", body=b"key=long-lived", headers=FORM)


class Issuer:
    """Responds with numbered tokens at /token, and accepts the last one elsewhere."""

    def __init__(self, words: Callable[..., Any]) -> None:
        self.issued = 0
        self.rejected = 0
        self.response: Callable[[Any], object] | None = None
        self._respond = words("hello")

    def __call__(self, exchange: Any) -> None:
        if exchange.path == "/token" and self.response is not None:
            self.response(exchange)
        elif exchange.path == "/token":
            self.issued += 1
            exchange.respond(f'{{"access_token": "token-{self.issued}", "expires_in": 600}}')
        elif exchange.headers.get("authorization") == f"Bearer token-{self.issued}":
            self._respond(exchange)
        else:
            self.rejected += 1
            exchange.respond('{"message": "expired"}', 401)


@pytest.fixture
def issuer(server: Any, words: Any) -> Issuer:
    server.handler = issuer = Issuer(words)
    return issuer


@pytest.fixture
def exchanging(server: Any, metadata: Any, codec: Any, options: Callable[..., Any]) -> Make:
    def make(source: Any = None, **given: Any) -> HttpChatModel:
        source = source or TokenExchange(partial(token_request, server.url))
        return HttpChatModel(metadata, "large", codec, options(**given), signers=source)

    return make


def test_a_token_is_requested_once_and_sent_with_each_call(
    server: Any, issuer: Issuer, exchanging: Make, ask: Ask
) -> None:
    model = exchanging(api_key="long-lived", headers={"X-Own": "1"})
    assert [ask(model).text, ask(model).text] == ["hello", "hello"]
    token, *calls = server.requests
    assert (token.method, token.path, token.body) == ("POST", "/token", b"key=long-lived")
    assert token.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "x-own" not in token.headers, "headers for the provider are sent to the issuer"
    assert [call.headers["authorization"] for call in calls] == ["Bearer token-1"] * 2
    assert server.connections <= 2, "the token was requested over a connection of its own"


def test_a_token_is_renewed_before_it_expires(
    server: Any, issuer: Issuer, exchanging: Make, ask: Ask
) -> None:
    now = 0.0
    source = TokenExchange(partial(token_request, server.url), clock=lambda: now)
    model = exchanging(source)
    ask(model)
    now = 539.0
    ask(model)
    assert issuer.issued == 1
    now = 540.0
    ask(model)
    assert issuer.issued == 2


def test_a_short_token_is_used_for_half_of_its_time(server: Any) -> None:
    now = 0.0
    source = TokenExchange(partial(token_request, server.url), clock=lambda: now)
    steps = source.exchange()
    next(steps)
    with pytest.raises(StopIteration):
        steps.send(b'{"access_token": "token-1", "expires_in": 60}')
    now = 29.0
    assert source.ready() == BearerToken("token-1")
    now = 30.0
    assert source.ready() is None


def test_a_token_without_an_end_stays_valid(server: Any, exchanging: Make, ask: Ask) -> None:
    source = TokenExchange(lambda: HttpRequest(path="https://x"), lambda _: IssuedToken("token-0"))
    steps = source.exchange()
    next(steps)
    with pytest.raises(StopIteration) as ended:
        steps.send(b"{}")
    assert source.ready() == ended.value.value == BearerToken("token-0")


def test_a_rejected_token_is_renewed_once(issuer: Issuer, exchanging: Make, ask: Ask) -> None:
    model = exchanging()
    ask(model)
    issuer.issued += 1  # a token of another client, so that the old one is rejected
    assert ask(model).text == "hello"
    assert issuer.rejected == 1


def test_a_token_that_another_call_has_renewed_is_not_requested_again(server: Any) -> None:
    source = TokenExchange(partial(token_request, server.url))
    for issued in ("token-1", "token-2"):
        steps = source.exchange(BearerToken("token-1"))
        next(steps)
        with pytest.raises(StopIteration):
            steps.send(f'{{"access_token": "{issued}"}}'.encode())
    with pytest.raises(StopIteration) as ended:
        next(source.exchange(BearerToken("token-1")))
    assert ended.value.value == BearerToken("token-2")


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_tasks_share_one_request_for_a_token(issuer: Issuer, exchanging: Make) -> None:
    model = exchanging()
    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(model.agenerate, "hi")
    assert issuer.issued == 1


def test_threads_share_one_request_for_a_token(issuer: Issuer, exchanging: Make) -> None:
    model = exchanging()
    assert [result.text for result in model.batch(["hi"] * 8, max_concurrency=8)] == ["hello"] * 8
    assert issuer.issued == 1


def test_a_refused_exchange_is_an_error_of_the_call_without_the_key(
    issuer: Issuer, exchanging: Make, ask: Ask
) -> None:
    issuer.response = lambda exchange: exchange.respond(
        '{"errorCode": "BXNIM0415E", "errorMessage": "long-lived is not a key"}', 401
    )
    with pytest.raises(AuthenticationError) as caught:
        ask(exchanging(api_key="long-lived"))
    assert caught.value.details["provider_code"] == "BXNIM0415E"
    message = 'acme: no token: 401 authentication failed: "*** is not a key"'
    assert caught.value.message == message


def test_an_exchange_without_a_token_is_an_error(
    issuer: Issuer, exchanging: Make, ask: Ask
) -> None:
    issuer.response = lambda exchange: exchange.respond("{}")
    with pytest.raises(ResponseInvalidError, match="responded without an access_token"):
        ask(exchanging())


def test_an_issuer_that_cannot_be_reached_is_an_error(exchanging: Make, ask: Ask) -> None:
    source = TokenExchange(partial(token_request, "http://127.0.0.1:9"))
    with pytest.raises(NetworkError, match=r"no connection to 127\.0\.0\.1:9"):
        ask(exchanging(source))


def test_an_exchange_has_the_time_limits_of_the_call(
    issuer: Issuer, exchanging: Make, ask: Ask
) -> None:
    issuer.response = lambda exchange: exchange.seen_fin()
    with pytest.raises(CallTimeoutError):
        ask(exchanging(timeout=Timeout(total=0.05)))


def test_a_call_does_not_wait_longer_for_the_exchange_of_another_thread(
    issuer: Issuer, exchanging: Make
) -> None:
    model = exchanging(timeout=Timeout(total=0.05))
    assert model._sender._fetcher is not None
    with model._sender._fetcher._lock, pytest.raises(CallTimeoutError):
        model.generate("hi")


def test_a_key_function_is_not_called_if_there_is_a_signer(
    issuer: Issuer, exchanging: Make, ask: Ask
) -> None:
    key = Mock(return_value="sk-key")

    assert ask(exchanging(api_key=key)).text == "hello"
    key.assert_not_called()


def test_an_exchange_can_have_several_requests_and_handle_a_failure(
    server: Any, issuer: Issuer, exchanging: Make, ask: Ask
) -> None:
    class Chain:
        def ready(self) -> None:
            return None

        def exchange(
            self, rejected: Signer | None = None, /
        ) -> Generator[HttpRequest, bytes, Signer]:
            with pytest.raises(AuthenticationError):
                yield HttpRequest(method="GET", path=f"{server.url}/unknown")
            body = yield token_request(server.url)
            return BearerToken(read_oauth_token(body).token)

    assert ask(exchanging(Chain())).text == "hello"
    assert [request.path for request in server.requests[:2]] == ["/unknown", "/token"]


def test_a_token_is_not_requested_over_plain_http_without_a_warning(exchanging: Make) -> None:
    source = TokenExchange(partial(token_request, "http://iam.plaintext.invalid"))
    with pytest.warns(InsecureTransportWarning), pytest.raises(ChatModelError):
        exchanging(source, timeout=Timeout(total=0.01)).generate("hi")


def test_copies_have_no_token(server: Any, issuer: Issuer, exchanging: Make) -> None:
    model = exchanging()
    model.generate("hi")
    source = model._sender._signers
    again = pickle.loads(pickle.dumps(source))
    assert source is not None
    assert (source.ready(), again.ready()) == (BearerToken("token-1"), None)
    assert deepcopy(source) is source
    assert "token-1" not in f"{source.ready()!r} {IssuedToken('token-1')!r}"
