"""Checks of the provider itself: what it tells, what it imports, how it fares."""

import subprocess
import sys
from importlib import metadata
from urllib.parse import urlsplit

import anyio

from chatmodels.core import (
    ChatModel,
    ErrorCode,
    InvalidRequestError,
    ModelInfo,
    Secret,
    UnsupportedError,
)
from chatmodels.core.extending import (
    AsyncModelLister,
    Capability,
    Explanation,
    Provider,
    ProviderOptions,
)
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing.contract._calls import WEATHER
from chatmodels.testing.contract._contract import PROMPT, SECRET, Bench, failure

_HEAVY = ("asyncio", "httpcore", "httpx", "httpx2", "pyreqwest", "ssl")
"""What must not be imported before the first request is made."""


def the_metadata_is_true(bench: Bench) -> None:
    """Name, distribution, capabilities and models are what the entry point and the types say."""
    contract, told = bench.contract, bench.metadata
    found = tuple(metadata.entry_points(group="chatmodels.providers", name=contract.provider))

    assert isinstance(bench.provider, Provider)
    assert told.name == contract.provider
    assert len(found) == 1, f"{len(found)} entry points instead of one"
    entry_point = found[0]
    assert entry_point.module == contract.module
    assert entry_point.dist is not None
    assert entry_point.dist.name == told.distribution
    assert told.description.endswith(".")
    assert told.capabilities <= set(Capability)
    assert Capability.STREAMING in told.capabilities
    assert len({spec.name for spec in told.options}) == len(told.options)
    for model in told.models:
        assert model.provider == contract.provider
        assert model.capabilities <= told.capabilities, f"{model.name} can do more than {told.name}"
        assert bench.provider.model_info(model.name) == model
    if contract.over_http:
        asked_for = any(spec.name == "base_url" and spec.required for spec in told.options)
        assert (told.base_url is None) is asked_for
        address = urlsplit(told.base_url or "https://any.example")
        assert address.scheme == "https" or address.hostname == "127.0.0.1", told.base_url


def importing_and_creating_is_light(bench: Bench) -> None:
    """No HTTP library, TLS or event loop is imported before the first request."""
    contract, options = bench.contract, dict[str, object]()
    if contract.over_http:
        options = {"api_key": SECRET, **contract.connect(bench.simulator)}
    spec = f"{bench.contract.provider}:{bench.contract.model}"
    lines = (
        "import sys",
        f"import {bench.contract.module}",
        "from chatmodels.core import create_chat_model",
        f"create_chat_model({spec!r}, **{options!r})",
        f"print(*[name for name in {_HEAVY!r} if name in sys.modules])",
    )
    ran = subprocess.run(  # noqa: S603 - a script of our own
        [sys.executable, "-c", "; ".join(lines)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert not ran.stdout.strip(), f"imported too early: {ran.stdout}"


def models_honour_every_protocol(bench: Bench) -> None:
    """A model is a `ChatModel` and knows its names."""
    model = bench.model()
    info = model.model_info()

    assert isinstance(model, ChatModel)
    assert (model.provider, model.model) == (bench.contract.provider, bench.contract.model)
    assert isinstance(info, ModelInfo)
    assert (info.provider, info.name) == (model.provider, model.model)


def a_healthy_provider_is_healthy(bench: Bench) -> None:
    """The health check finds the provider well, blocking, awaited, and through the registry."""
    model = bench.model()

    async def awaited() -> str:
        return (await model.acheck_health()).status

    assert model.check_health().status == "healthy"
    assert anyio.run(awaited) == "healthy"


def an_explanation_is_what_is_sent(bench: Bench) -> None:
    """`explain` shows the request of a whole call to the letter, with the secret masked."""
    model = bench.model(temperature=0.5)
    explanation = model.explain(PROMPT, tools=[WEATHER])
    model.generate(PROMPT, tools=[WEATHER])
    sent = bench.simulator.exchanges[-1].request

    assert isinstance(explanation, Explanation)
    assert (explanation.method, urlsplit(explanation.url).path) == (sent.method, sent.path)
    assert explanation.body == sent.json
    _assert_headers(explanation, sent)


def _assert_headers(explanation: Explanation, sent: ReceivedRequest) -> None:
    for name, value in explanation.headers.items():
        real = sent.headers.get(name.lower())
        assert real is not None, f"the header {name} is not sent"
        assert value == real or SECRET in real, f"{name}: {value!r} is sent as {real!r}"
        assert SECRET not in value


def an_unhealthy_provider_is_told_and_not_raised(bench: Bench) -> None:
    """A rejected key and a provider out of reach are reports with a code."""
    for model, code in (
        (bench.model(api_key="bad-key"), ErrorCode.AUTHENTICATION),
        (bench.model(base_url=bench.simulator.refusing_url), ErrorCode.NETWORK),
    ):
        report = model.check_health()
        assert report.status == "unhealthy", report
        assert report.code == code, report
        assert report.provider == bench.contract.provider
        assert report.message


def models_are_listed_if_they_can_be(bench: Bench) -> None:
    """The vendor's listing is read, sync and async, or refused as unsupported."""
    listing = Capability.MODEL_LISTING in bench.metadata.capabilities
    base_url = str(bench.contract.connect(bench.simulator)["base_url"])
    options = ProviderOptions(api_key=Secret(SECRET), base_url=base_url)
    if listing:
        models = bench.provider.list_models(options)
        assert [model.name for model in models] == list(bench.simulator.models)
        if isinstance(bench.provider, AsyncModelLister):
            assert list(anyio.run(bench.provider.alist_models, options)) == list(models)
    else:
        error = failure(lambda: bench.provider.list_models(options))
        assert isinstance(error, UnsupportedError), "the listing works, but is not claimed to"


def a_prompt_without_messages_is_refused(bench: Bench) -> None:
    """An empty prompt is an error that sends nothing."""
    error = failure(lambda: bench.model().generate([]))
    assert isinstance(error, InvalidRequestError), "an empty prompt was accepted"


CHECKS = (
    the_metadata_is_true,
    importing_and_creating_is_light,
    models_honour_every_protocol,
    a_healthy_provider_is_healthy,
    a_prompt_without_messages_is_refused,
)
HTTP_CHECKS = (
    an_explanation_is_what_is_sent,
    an_unhealthy_provider_is_told_and_not_raised,
    models_are_listed_if_they_can_be,
)
