"""The vendor's endpoint counts the tokens of the request that a call would send."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import anyio
import pytest
from msgspec.structs import replace

from chatmodels.core import (
    AuthenticationError,
    CallTimeoutError,
    ChatModelError,
    ChatRequest,
    ModelNotFoundError,
    NetworkError,
    ProviderUnavailableError,
    RateLimitError,
    ResponseInvalidError,
    Timeout,
    TokenCount,
    UnsupportedError,
)
from chatmodels.core.extending import ProviderMetadata, ProviderOptions
from chatmodels.http import Codec, Counting, CountPlan, HttpChatModel, HttpRequest

Count = Callable[..., TokenCount]


def plan(model: str, request: ChatRequest, call: HttpRequest) -> CountPlan:
    return CountPlan(requests=[replace(call, path="/count")])


def plan_in_two(model: str, request: ChatRequest, call: HttpRequest) -> CountPlan:
    requests = [HttpRequest(path=f"/count/{part}", body=b"{}") for part in "ab"]
    return CountPlan(requests=requests, estimated=7, note="the rest is estimated")


def no_plan(model: str, request: ChatRequest, call: HttpRequest) -> None:
    return None


COUNTING = Counting(plan=plan, field="tokens")


@pytest.fixture(params=["sync", "asyncio", "trio"])
def count(
    request: pytest.FixtureRequest,
    codec: Codec,
    metadata: ProviderMetadata,
    options: Callable[..., ProviderOptions],
) -> Count:
    """Count the tokens of a prompt with a codec that has this endpoint."""

    def run(counting: Counting | None = COUNTING, prompt: str = "hi", **given: Any) -> TokenCount:
        model_options = options(**given.pop("options", {}))
        model = HttpChatModel(metadata, "large", replace(codec, counting=counting), model_options)
        if request.param == "sync":
            return model.count_tokens(prompt, **given)
        acount = partial(model.acount_tokens, prompt, **given)
        return anyio.run(acount, backend=request.param)

    return run


def test_the_request_of_the_call_is_counted(server: Any, count: Count) -> None:
    server.handler = lambda exchange: exchange.respond('{"tokens": 12}')

    counted = count(temperature=0.5)

    assert counted == TokenCount(input_tokens=12, is_estimate=False, method="endpoint")
    (exchange,) = server.requests
    assert (exchange.method, exchange.path, exchange.headers["x-api"]) == ("POST", "/count", "1")
    assert json.loads(exchange.body) == {
        "model": "large",
        "prompt": "hi",
        "stream": False,
        "heat": 0.5,
    }


def test_several_requests_are_added_up(server: Any, count: Count) -> None:
    server.handler = lambda exchange: exchange.respond(
        json.dumps({"ids": [1, 2] if exchange.path == "/count/a" else [3]})
    )

    counted = count(Counting(plan=plan_in_two, field="ids", texts_only=True))

    assert counted == TokenCount(
        input_tokens=10, is_estimate=True, method="tokenizer", note="the rest is estimated"
    )
    assert [exchange.path for exchange in server.requests] == ["/count/a", "/count/b"]


def test_a_path_can_begin_at_the_root_of_the_server(server: Any, count: Count) -> None:
    server.handler = lambda exchange: exchange.respond('{"tokens": 1}')

    for base_url in (f"{server.url}/proxy/v1", f"{server.url}/v1/", server.url):
        count(replace(COUNTING, at_root=True), options={"base_url": base_url})

    paths = [exchange.path for exchange in server.requests]
    assert paths == ["/proxy/count", "/count", "/count"]


@pytest.mark.parametrize(
    ("counting", "reason"),
    [
        (None, "acme has no endpoint that counts tokens"),
        (Counting(plan=no_plan, field="tokens"), "acme does not count the tokens of this model"),
    ],
)
def test_without_an_endpoint_nothing_is_sent(
    server: Any, count: Count, counting: Counting | None, reason: str
) -> None:
    counted = count(counting, prompt="four")
    assert counted == TokenCount(input_tokens=5, is_estimate=True, method="estimate", note=reason)
    assert server.requests == []


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, '{"detail":"Not Found"}'),
        (404, "<html>404 page not found</html>"),
        (404, '{"error":{"message":"Invalid URL (POST /v1/count)"}}'),
        (405, '{"detail":"Method Not Allowed"}'),
        (501, '{"error":{"message":"not implemented"}}'),
    ],
)
def test_a_server_without_the_endpoint_gets_an_estimate(
    server: Any, count: Count, status: int, body: str
) -> None:
    server.handler = lambda exchange: exchange.respond(body, status)
    counted = count(prompt="four")
    assert (counted.input_tokens, counted.is_estimate, counted.method) == (5, True, "estimate")
    assert str(status) in counted.note


def test_a_model_that_the_vendor_does_not_count_is_estimated(server: Any, count: Count) -> None:
    server.handler = lambda exchange: exchange.respond('{"message": "cannot count it"}', 400)
    counted = count(replace(COUNTING, refusal="cannot count"), prompt="four")
    assert (counted.input_tokens, counted.note) == (
        5,
        "acme does not count the tokens of this model",
    )


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, '{"error":{"message":"bad key"}}', AuthenticationError),
        (404, '{"error":{"message":"model large not found"}}', ModelNotFoundError),
        (404, '{"error":{"code":"model_not_found","message":"no"}}', ModelNotFoundError),
        (429, "{}", RateLimitError),
        (500, "{}", ProviderUnavailableError),
        (200, '{"error":{"message":"overloaded"}}', ProviderUnavailableError),
        (200, "<html>Log in</html>", ResponseInvalidError),
        (200, "[12]", ResponseInvalidError),
        (200, "{broken", ResponseInvalidError),
        (200, '{"tokens": "12"}', ResponseInvalidError),
        (200, '{"tokens": true}', ResponseInvalidError),
    ],
)
def test_failures_are_errors_as_those_of_calls(
    server: Any, count: Count, status: int, body: str, kind: type[ChatModelError]
) -> None:
    server.handler = lambda exchange: exchange.respond(body, status, x_request_id="req_7")

    with pytest.raises(kind) as raised:
        count(options={"max_retries": 2})

    error = raised.value
    assert (error.op, error.provider, error.model) == ("count_tokens", "acme", "large")
    assert (error.status, error.request_id) == (status, "req_7")
    assert len(server.requests) == 1


def test_a_lost_connection_is_a_network_error(server: Any, count: Count) -> None:
    server.handler = lambda exchange: exchange.reset() or "stop"
    with pytest.raises(NetworkError):
        count()


def test_the_total_time_limit_applies_to_all_requests(server: Any, count: Count) -> None:
    def handle(exchange: Any) -> None:
        if exchange.path == "/count/a":
            exchange.respond('{"tokens": 1}')
        # The second request gets no response.

    server.handler = handle
    counting = Counting(plan=plan_in_two, field="tokens")

    with pytest.raises(CallTimeoutError) as raised:
        count(counting, timeout=Timeout(total=0.5))
    assert raised.value.details["limit"] == "total"

    with pytest.raises(CallTimeoutError):
        count(counting, options={"timeout": Timeout(total=0.5)})


def test_what_the_call_cannot_express_is_refused_without_a_request(
    server: Any, count: Count
) -> None:
    for counting in (COUNTING, None):
        with pytest.raises(UnsupportedError):
            count(counting, top_k=4)
    assert server.requests == []


def test_what_the_call_would_omit_is_in_the_warnings(server: Any, count: Count) -> None:
    server.handler = lambda exchange: exchange.respond('{"tokens": 1}')
    for counting in (COUNTING, None):
        (warning,) = count(counting, options={"on_unsupported": "warn"}, top_k=4).warnings
        assert "top_k" in warning
