from collections.abc import Callable
from typing import Any

import pytest

from chatmodels.core import (
    AuthenticationError,
    ChatResponse,
    InvalidRequestError,
    RateLimitError,
    Secret,
)
from chatmodels.core.extending import ProviderOptions
from chatmodels.http import HttpChatModel
from chatmodels.http._errors.redaction import mask_secrets

Make = Callable[..., HttpChatModel]
Ask = Callable[[HttpChatModel], ChatResponse[Any]]


def accepting(key: str) -> Callable[[Any], None]:
    def handle(exchange: Any) -> None:
        if exchange.headers["authorization"] == f"Bearer {key}":
            exchange.respond('{"text": "hello"}')
        else:
            exchange.respond('{"error": "no"}', 401)

    return handle


def test_a_rejected_key_names_the_variable_and_the_option(
    server: Any, model: Make, ask: Ask
) -> None:
    body = (
        '{"error": {"message": "Incorrect API key provided: sk-*****cret.", '
        '"code": "invalid_api_key"}}'
    )
    server.handler = lambda exchange: exchange.respond(body, 401, x_request_id="req_1")
    with pytest.raises(AuthenticationError) as caught:
        ask(model(api_key=Secret("sk-my-secret")))
    assert str(caught.value) == (
        "acme rejected the API key (401 invalid_api_key) for model 'large'; set ACME_API_KEY or "
        'pass api_key=...: "Incorrect API key provided: ***." (request req_1)'
    )
    assert len(server.requests) == 1


def test_a_rejected_key_is_reported_without_message_and_variables(
    server: Any, metadata: Any, codec: Any, options: Any
) -> None:
    from msgspec.structs import replace

    server.handler = lambda exchange: exchange.respond("", 401)
    bare = HttpChatModel(replace(metadata, options=()), "large", codec, options())
    with pytest.raises(AuthenticationError) as caught:
        bare.generate("hi")
    assert str(caught.value) == ("acme rejected the API key (401) for model 'large'; check api_key")


def test_a_key_that_the_server_repeats_is_masked(server: Any, model: Make, ask: Ask) -> None:
    server.handler = lambda exchange: exchange.respond(
        f'{{"error": {{"message": "{exchange.headers["authorization"]} is slow", "type": "t"}}}}',
        429,
        x_ratelimit_key="for sk-my-secret and t-other",
        x_should_retry="true",
    )
    with pytest.raises(RateLimitError) as caught:
        ask(model(api_key=Secret("sk-my-secret"), headers={"X-Token": "Token t-other"}))
    error = caught.value
    assert error.message == 'acme: 429 rate limited: "Bearer *** is slow"'
    assert error.details["rate_limits"] == {"x-ratelimit-key": "for *** and ***"}
    assert "secret" not in f"{error!r} {error.args} {error.details}"


def test_a_key_that_a_success_repeats_in_an_error_is_masked(
    server: Any, model: Make, ask: Ask
) -> None:
    server.handler = lambda exchange: exchange.respond(
        '{"error": {"code": 429, "message": "sk-1234"}}'
    )
    with pytest.raises(RateLimitError, match='"\\*\\*\\*"'):
        ask(model(api_key=Secret("sk-1234")))


@pytest.mark.parametrize("before", range(480, 500, 5))
def test_a_key_that_an_excerpt_cuts_off_is_masked_as_well(
    server: Any, model: Make, before: int
) -> None:
    words = "x" * (before - 1) + " sk-my-very-long-secret " + "y" * 500
    server.handler = lambda exchange: exchange.respond(f'{{"error": "{words}"}}', 400)
    with pytest.raises(InvalidRequestError) as caught:
        model(api_key=Secret("sk-my-very-long-secret")).generate("hi")
    error = caught.value
    assert "sk-my" not in f"{error!r} {error.args} {error.details}"


def test_a_key_is_masked_at_all_depths_of_the_details() -> None:
    error = InvalidRequestError("no", details={"tried": ["sk-1234", {"with": ("sk-1234", 1)}]})
    assert mask_secrets(error, ["sk-1234"]).details == {"tried": ["***", {"with": ["***", 1]}]}


def test_a_text_too_short_for_a_secret_is_not_masked(server: Any, model: Make) -> None:
    server.handler = lambda exchange: exchange.respond('{"error": "a bad day"}', 429)
    with pytest.raises(RateLimitError, match="a bad day"):
        model(api_key=Secret("a")).generate("hi")


def test_a_key_function_is_called_again_once(server: Any, model: Make, ask: Ask) -> None:
    keys = iter(["old", "new", "new"])
    server.handler = accepting("new")
    acme = model(api_key=Secret(lambda: next(keys)))
    assert ask(acme).text == "hello"
    assert ask(acme).text == "hello"
    assert len(server.requests) == 3


def test_a_key_function_is_not_called_again_twice(server: Any, model: Make, ask: Ask) -> None:
    calls: list[str] = []
    server.handler = accepting("never")
    with pytest.raises(AuthenticationError):
        ask(model(api_key=Secret(lambda: calls.append("x") or "wrong")))
    assert len(calls) == len(server.requests) == 2


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_key_can_come_from_an_async_function(server: Any, model: Make) -> None:
    async def key() -> str:
        return "new"

    server.handler = accepting("new")
    acme = model(api_key=Secret(key))
    assert (await acme.agenerate("hi")).text == "hello"
    with pytest.raises(AuthenticationError, match="async function"):
        acme.generate("hi")


def test_keys_that_change_do_not_pile_up(server: Any, model: Make) -> None:
    keys = iter(f"key-{number}" for number in range(100))
    acme = model(api_key=Secret(lambda: next(keys)))
    for _ in range(40):
        acme.generate("hi")
    assert len(acme._sender._heads) <= 16
    assert server.requests[-1].headers["authorization"] == "Bearer key-39"


def test_options_with_a_client_do_not_pickle(model: Make) -> None:
    import pickle

    import httpx

    from chatmodels.core import ConfigurationError

    with httpx.Client() as client:
        acme = model(http_client=client)
        with pytest.raises(ConfigurationError, match="the HTTP client that was passed"):
            pickle.dumps(acme)


def test_no_secret_is_shown_by_a_model(model: Make) -> None:
    acme = model(api_key=Secret("sk-my-secret"))
    assert "secret" not in f"{acme!r} {acme!s} {ProviderOptions(api_key=Secret('sk-my-secret'))!r}"


def test_a_repeated_key_is_masked_as_before(server: Any, model: Make) -> None:
    keys = iter(["sk-first", "sk-second", "sk-first"])
    acme = model(api_key=Secret(lambda: next(keys)))
    acme.generate("hi")
    acme.generate("hi")
    server.handler = _repeats_the_key
    with pytest.raises(RateLimitError) as caught:
        acme.generate("hi")
    assert "sk-first" not in f"{caught.value!r} {caught.value.details}"


def test_keys_of_calls_at_the_same_time_are_masked_each(server: Any, model: Make) -> None:
    keys = iter(["sk-first", "sk-second"])
    acme = model(api_key=Secret(lambda: next(keys)))

    def handle(exchange: Any) -> None:
        if exchange.headers["authorization"].endswith("second"):
            exchange.respond('{"text": "x"}')
        else:
            acme.generate("hi")
            _repeats_the_key(exchange)

    server.handler = handle
    with pytest.raises(RateLimitError) as caught:
        acme.generate("hi")
    assert "sk-first" not in f"{caught.value!r} {caught.value.details}"


def _repeats_the_key(exchange: Any) -> None:
    exchange.respond(f'{{"error": "{exchange.headers["authorization"]}"}}', 429)
