from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from chatmodels.core import (
    CallTimeoutError,
    ChatModelError,
    HealthReport,
    Provider,
    ResponseInvalidError,
    Secret,
    Timeout,
    UnsupportedError,
)
from chatmodels.http import HttpChatModel, HttpProvider

Options = Callable[..., Any]


@pytest.fixture
def provider(metadata: Any, codec: Any) -> HttpProvider:
    return HttpProvider(metadata, codec)


def test_it_is_a_provider(provider: HttpProvider) -> None:
    assert isinstance(provider, Provider)
    assert provider.metadata.name == "acme"


def test_it_makes_models(provider: HttpProvider, server: Any, options: Options) -> None:
    acme = provider.create_chat_model("large", options())
    assert isinstance(acme, HttpChatModel)
    assert acme.generate("hi").text == "hello"


def test_a_factory_chooses_the_codec_by_the_options(
    metadata: Any, codec: Any, server: Any, options: Options
) -> None:
    seen: list[Any] = []

    def choose(given: Any) -> Any:
        seen.append(given)
        return codec

    chosen = options()
    HttpProvider(metadata, choose).create_chat_model("large", chosen)
    assert seen == [chosen]


def test_it_tells_what_it_knows_of_models(provider: HttpProvider) -> None:
    assert provider.model_info("large").context_window == 1000
    assert provider.model_info("small").context_window is None


def test_the_models_are_listed(provider: HttpProvider, server: Any, options: Options) -> None:
    server.handler = lambda exchange: exchange.answer('["large", "small"]')
    models = provider.list_models(options(api_key=Secret("sk-1")))
    assert [model.name for model in models] == ["large", "small"]
    (request,) = server.requests
    assert (request.method, request.path, request.body) == ("GET", "/models", b"")
    assert request.headers["authorization"] == "Bearer sk-1"
    assert "content-type" not in request.headers


def test_the_total_limits_a_listing(provider: HttpProvider, server: Any, options: Options) -> None:
    server.handler = lambda exchange: exchange.seen_fin()
    with pytest.raises(CallTimeoutError) as caught:
        provider.list_models(options(timeout=Timeout(total=0.03, read=1.0)))
    assert caught.value.details["limit"] == "total"


@pytest.mark.parametrize("body", ["<html>", "{}"])
def test_a_listing_that_is_none_is_told(
    provider: HttpProvider, server: Any, options: Options, body: str
) -> None:
    server.handler = lambda exchange: exchange.answer(body, x_request_id="r")
    with pytest.raises(ResponseInvalidError) as caught:
        provider.list_models(options())
    error = caught.value
    assert (error.op, error.provider, error.request_id) == ("list_models", "acme", "r")


def test_a_vendor_without_a_listing_is_told(
    metadata: Any, codec: Any, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(codec), "encode_models", lambda self: None)
    with pytest.raises(UnsupportedError, match="acme has no listing of models"):
        HttpProvider(metadata, codec).list_models(options())


@pytest.fixture
def probes(provider: HttpProvider, apart: Any) -> Callable[[Any], list[HealthReport]]:
    """Probe in all the ways there are."""

    def probe(options: Any) -> list[HealthReport]:
        acme = provider.create_chat_model("large", options)
        return [
            provider.check_health(options),
            acme.check_health(),
            apart(acme.acheck_health),
            apart(acme.acheck_health, backend="trio"),
        ]

    return probe


def test_a_provider_that_answers_is_healthy(probes: Any, server: Any, options: Options) -> None:
    server.handler = lambda exchange: exchange.answer("[]")
    for report in probes(options(timeout=Timeout(total=5))):
        assert (report.provider, report.status) == ("acme", "healthy")
        assert report.message == f"{server.url} answers"
        assert report.latency is not None
        assert report.latency > 0


def test_a_provider_that_refuses_is_unhealthy(probes: Any, server: Any, options: Options) -> None:
    server.handler = lambda exchange: exchange.answer("{}", 503)
    for report in probes(options()):
        assert (report.status, report.code) == ("unhealthy", "provider_unavailable")
        assert report.message == "acme: 503 provider unavailable"


def test_a_provider_that_cannot_be_asked_is_unknown(
    probes: Any, server: Any, options: Options
) -> None:
    def fail() -> str:
        raise OSError("no vault")

    for report in probes(options(api_key=Secret(fail))):
        assert (report.status, report.code, report.latency) == ("unknown", "authentication", None)
    assert not server.requests


def test_a_provider_without_an_address_cannot_be_probed(provider: HttpProvider) -> None:
    report = provider.check_health(msgspec.structs.replace(_options(), base_url=None))
    assert (report.status, report.code) == ("unknown", "configuration_invalid")


def _options() -> Any:
    from chatmodels.core import ProviderOptions

    return ProviderOptions()


def test_errors_of_a_listing_say_where(
    provider: HttpProvider, server: Any, options: Options
) -> None:
    server.handler = lambda exchange: exchange.answer("{}", 401)
    with pytest.raises(ChatModelError) as caught:
        provider.list_models(options())
    assert str(caught.value).startswith("acme rejected the API key (401); set ACME_API_KEY")
