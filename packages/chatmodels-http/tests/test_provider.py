import re
from collections.abc import Callable
from typing import Any

import anyio
import msgspec
import pytest
from msgspec.structs import replace

from chatmodels.core import (
    CallTimeoutError,
    ChatModelError,
    ConfigurationError,
    HealthReport,
    ResponseInvalidError,
    Secret,
    StreamInterruptedError,
    Timeout,
    UnsupportedError,
)
from chatmodels.core.extending import Provider, ProviderOptions
from chatmodels.http import Codec, Frame, HttpChatModel, HttpProvider, HttpRequest, NdjsonFramer

Options = Callable[..., Any]


@pytest.fixture
def provider(metadata: Any, codec: Any) -> HttpProvider:
    return HttpProvider(metadata, codec)


def test_it_is_a_provider(provider: HttpProvider) -> None:
    assert isinstance(provider, Provider)
    assert provider.metadata.name == "acme"


def test_it_creates_models(provider: HttpProvider, server: Any, options: Options) -> None:
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


def test_options_are_completed_before_anything_else(
    metadata: Any, codec: Any, server: Any, options: Options
) -> None:
    def complete(given: Any) -> Any:
        return msgspec.structs.replace(given, base_url=f"{server.url}/eu")

    provider = HttpProvider(metadata, codec, complete=complete)
    server.handler = lambda exchange: exchange.respond('["large"]')
    provider.list_models(options())
    provider.create_chat_model("large", options()).check_health()

    assert [request.path.partition("/eu")[0] for request in server.requests] == ["", ""]


def test_it_describes_models_from_the_metadata(provider: HttpProvider) -> None:
    assert provider.model_info("large").context_window == 1000
    assert provider.model_info("small").context_window is None


def test_the_models_are_listed(provider: HttpProvider, server: Any, options: Options) -> None:
    server.handler = lambda exchange: exchange.respond('["large", "small"]')
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
def test_an_invalid_list_of_models_is_reported(
    provider: HttpProvider, server: Any, options: Options, body: str
) -> None:
    server.handler = lambda exchange: exchange.respond(body, x_request_id="r")
    with pytest.raises(ResponseInvalidError) as caught:
        provider.list_models(options())
    error = caught.value
    assert (error.op, error.provider, error.request_id) == ("list_models", "acme", "r")


def test_a_vendor_without_a_list_of_models_is_reported(
    metadata: Any, codec: Any, options: Options
) -> None:
    codec = replace(codec, models=None)
    with pytest.raises(UnsupportedError, match="acme does not list its models"):
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


def test_a_provider_that_responds_is_healthy(probes: Any, server: Any, options: Options) -> None:
    server.handler = lambda exchange: exchange.respond("[]")
    for report in probes(options(timeout=Timeout(total=300))):
        assert (report.provider, report.status) == ("acme", "healthy")
        assert report.message == f"{server.url} responds"
        assert report.latency is not None
        assert report.latency >= 0  # the clocks of some systems tick coarsely


def test_a_provider_that_fails_is_unhealthy(probes: Any, server: Any, options: Options) -> None:
    server.handler = lambda exchange: exchange.respond("{}", 503)
    for report in probes(options()):
        assert (report.status, report.code) == ("unhealthy", "provider_unavailable")
        assert report.message == "acme: 503 provider unavailable"


def test_the_health_of_a_provider_without_a_key_is_unknown(
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
    from chatmodels.core.extending import ProviderOptions

    return ProviderOptions()


def test_errors_of_a_listing_contain_operation_and_provider(
    provider: HttpProvider, server: Any, options: Options
) -> None:
    server.handler = lambda exchange: exchange.respond("{}", 401)
    with pytest.raises(ChatModelError) as caught:
        provider.list_models(options())
    assert str(caught.value).startswith("acme rejected the API key (401); set ACME_API_KEY")


def _collected(backend: str, provider: HttpProvider, options: Any) -> list[bytes]:
    request = HttpRequest(path="/work", body=b"{}")
    if backend == "blocking":
        return list(provider.follow(options, request, NdjsonFramer(), _data, op="work"))

    async def collect() -> list[bytes]:
        steps = provider.afollow(options, request, NdjsonFramer(), _data, op="work")
        return [step async for step in steps]

    return anyio.run(collect)


def _fetched(backend: str, provider: HttpProvider, options: Any, **how: Any) -> bytes:
    request = HttpRequest(method="GET", path="/facts")
    if backend == "blocking":
        return provider.fetch(options, request, _whole, op="describe", **how)

    async def fetch() -> bytes:
        return await provider.afetch(options, request, _whole, op="describe", **how)

    return anyio.run(fetch)


def _whole(body: bytes) -> bytes:
    if body == b"{}":
        raise ResponseInvalidError("no facts")
    return body


@pytest.mark.parametrize("backend", ["blocking", "awaited"])
@pytest.mark.parametrize(("at_root", "path"), [(False, "/v1/facts"), (True, "/facts")])
def test_a_body_other_than_a_response_is_fetched(
    provider: HttpProvider, server: Any, options: Options, backend: str, at_root: bool, path: str
) -> None:
    server.handler = lambda exchange: exchange.respond("[1]")
    given = options(base_url=f"{server.url}/v1")

    assert _fetched(backend, provider, given, at_root=at_root) == b"[1]"
    (request,) = server.requests
    assert (request.method, request.path) == ("GET", path)


@pytest.mark.parametrize("backend", ["blocking", "awaited"])
@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [("{}", 200, "text/html"), ("{}", 200, "application/json"), ("{}", 503, "application/json")],
)
def test_a_failure_to_fetch_contains_operation_and_provider(
    provider: HttpProvider,
    server: Any,
    options: Options,
    backend: str,
    body: str,
    status: int,
    kind: str,
) -> None:
    text = "<html></html>" if kind == "text/html" else body
    server.handler = lambda exchange: exchange.respond(text, status, content_type=kind)
    with pytest.raises(ChatModelError) as caught:
        _fetched(backend, provider, options())

    assert (caught.value.op, caught.value.provider) == ("describe", "acme")


def _data(frame: Frame) -> bytes:
    if frame.data == b"bad":
        raise ResponseInvalidError("bad work")
    return frame.data


def _working(*lines: str) -> Callable[[Any], None]:
    def handle(exchange: Any) -> None:
        exchange.begin("application/x-ndjson", x_request_id="r")
        for line in lines:
            exchange.chunk(line)
        exchange.end()

    return handle


@pytest.mark.parametrize("backend", ["blocking", "awaited"])
def test_progress_at_a_provider_is_followed(
    provider: HttpProvider, server: Any, options: Options, backend: str
) -> None:
    server.handler = _working("on", "e\n\ntwo\nthr", "ee")

    assert _collected(backend, provider, options()) == [b"one", b"two", b"three"]
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/work")


@pytest.mark.parametrize("backend", ["blocking", "awaited"])
def test_a_failure_of_progress_contains_operation_and_provider(
    provider: HttpProvider, server: Any, options: Options, backend: str
) -> None:
    server.handler = _working("one\nbad\n")
    with pytest.raises(ResponseInvalidError) as caught:
        _collected(backend, provider, options())

    error = caught.value
    assert (error.op, error.provider, error.request_id) == ("work", "acme", "r")


@pytest.mark.parametrize("backend", ["blocking", "awaited"])
def test_a_broken_connection_is_reported(
    provider: HttpProvider, server: Any, options: Options, backend: str
) -> None:
    def handle(exchange: Any) -> str:
        exchange.begin("application/x-ndjson")
        exchange.chunk("one\n")
        exchange.hang_up()
        return "stop"

    server.handler = handle
    with pytest.raises(StreamInterruptedError):
        _collected(backend, provider, options())


@pytest.mark.parametrize("backend", ["blocking", "awaited"])
def test_the_time_for_all_of_it_is_limited(
    provider: HttpProvider, server: Any, options: Options, backend: str
) -> None:
    server.handler = lambda exchange: exchange.seen_fin()
    with pytest.raises(CallTimeoutError):
        _collected(backend, provider, options(timeout=Timeout(total=0.1)))


def test_a_class_is_no_codec(metadata: Any) -> None:
    class Missing:
        pass

    with pytest.raises(TypeError, match="returns one, not the class Missing"):
        HttpProvider(metadata, Missing)  # pyright: ignore[reportArgumentType]


def test_a_function_that_returns_no_codec_is_reported(metadata: Any, options: Options) -> None:
    provider = HttpProvider(metadata, lambda _: None)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ConfigurationError, match="codec function of acme returned NoneType"):
        provider.create_chat_model("large", options())


def test_an_option_that_only_chat_needs_does_not_affect_the_listing(
    metadata: Any, codec: Any, server: Any, options: Options
) -> None:
    def encode(model: str, request: Any, /, *, stream: bool) -> HttpRequest:
        raise ConfigurationError("acme needs a project; pass project=...")

    def codec_for(given: ProviderOptions) -> Codec:
        return codec if "project" in given.extra else msgspec.structs.replace(codec, encode=encode)

    server.handler = lambda exchange: exchange.respond('["large"]')
    provider = HttpProvider(metadata, codec_for)
    assert [model.name for model in provider.list_models(options())] == ["large"]
    with pytest.raises(ConfigurationError, match="acme needs a project"):
        provider.create_chat_model("large", options()).generate("hi")


def test_an_invalid_codec_raises(metadata: Any) -> None:
    with pytest.raises(TypeError, match="is a Codec or a function that returns one, not str"):
        HttpProvider(metadata, "codec")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - the mistake


@pytest.mark.parametrize(
    ("given", "error", "problem"),
    [
        ({"path": "v1/chat"}, ValueError, "begins with \"/\" or is a full URL, not 'v1/chat'"),
        ({"path": "/v1/chat", "body": "{}"}, TypeError, "is bytes, not str; encode it"),
    ],
    ids=["path", "body"],
)
def test_an_invalid_request_raises_when_it_is_created(
    given: dict[str, Any], error: type[Exception], problem: str
) -> None:
    with pytest.raises(error, match=re.escape(problem)):
        HttpRequest(**given)
