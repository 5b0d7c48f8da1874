"""Checks of the provider: metadata, imports, health, listing."""

import subprocess
import sys
from importlib import metadata
from typing import Any
from urllib.parse import urlsplit

import anyio

from chatmodels.core import (
    ChatModel,
    ErrorCode,
    InvalidRequestError,
    ModelInfo,
    Secret,
    TokenCount,
    UnsupportedError,
    create_chat_model,
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
from chatmodels.testing.contract._contract import PROMPT, SECRET, CheckContext, failure

_HEAVY = ("asyncio", "httpcore", "httpx", "httpx2", "pyreqwest", "ssl")
"""Modules that must not be imported before the first request."""


def the_metadata_is_correct(context: CheckContext) -> None:
    """Name, distribution, capabilities and models match the entry point and the types."""
    contract, described = context.contract, context.metadata
    entry_points = tuple(
        metadata.entry_points(group="chatmodels.providers", name=contract.provider)
    )

    assert isinstance(context.provider, Provider)
    assert described.name == contract.provider
    assert len(entry_points) == 1, f"{len(entry_points)} entry points instead of one"
    entry_point = entry_points[0]
    assert entry_point.module == contract.module
    assert entry_point.dist is not None
    assert entry_point.dist.name == described.distribution
    assert described.description.endswith(".")
    assert described.capabilities <= set(Capability)
    assert Capability.STREAMING in described.capabilities
    assert len({spec.name for spec in described.options}) == len(described.options)
    for model in described.models:
        assert model.provider == contract.provider
        assert model.capabilities <= described.capabilities, (
            f"{model.name} can do more than {described.name}"
        )
        assert context.provider.model_info(model.name) == model
    if contract.over_http:
        required = any(spec.name == "base_url" and spec.required for spec in described.options)
        assert (described.base_url is None) is required
        address = urlsplit(described.base_url or "https://any.example")
        assert address.scheme == "https" or address.hostname == "127.0.0.1", described.base_url


def importing_and_creating_is_light(context: CheckContext) -> None:
    """Importing a provider and creating a model does not import HTTP, TLS or event loops."""
    contract, options = context.contract, dict[str, object]()
    if contract.over_http:
        options = {"api_key": SECRET, **contract.connect(context.simulator)}
    spec = f"{context.contract.provider}:{context.contract.model}"
    lines = (
        "import sys",
        f"import {context.contract.module}",
        "from chatmodels.core import create_chat_model",
        f"create_chat_model({spec!r}, **{options!r})",
        f"print(*[name for name in {_HEAVY!r} if name in sys.modules])",
    )
    completed = subprocess.run(  # noqa: S603 - a fixed script
        [sys.executable, "-c", "; ".join(lines)], capture_output=True, text=True, check=False
    )
    assert completed.returncode == 0, completed.stderr
    assert not completed.stdout.strip(), f"imported too early: {completed.stdout}"


def models_implement_the_protocols(context: CheckContext) -> None:
    """A model is a `ChatModel` and reports its names."""
    model = context.model()
    info = model.model_info()

    assert isinstance(model, ChatModel)
    assert (model.provider, model.model) == (context.contract.provider, context.contract.model)
    assert isinstance(info, ModelInfo)
    assert (info.provider, info.name) == (model.provider, model.model)


def a_healthy_provider_is_healthy(context: CheckContext) -> None:
    """The health check reports a healthy provider, in sync and async calls."""
    model = context.model()

    async def run_async() -> str:
        return (await model.acheck_health()).status

    assert model.check_health().status == "healthy"
    assert anyio.run(run_async) == "healthy"


def an_explanation_equals_the_request(context: CheckContext) -> None:
    """`explain` returns the exact request of a whole call, with the secret masked."""
    model = context.model(temperature=0.5)
    explanation = model.explain(PROMPT, tools=[WEATHER])
    model.generate(PROMPT, tools=[WEATHER])
    sent = context.simulator.exchanges[-1].request

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


def an_unhealthy_provider_is_reported(context: CheckContext) -> None:
    """A rejected key and an unreachable provider are reported with a code."""
    for model, code in (
        (context.model(api_key="bad-key"), ErrorCode.AUTHENTICATION),
        (context.model(base_url=context.simulator.refusing_url), ErrorCode.NETWORK),
    ):
        report = model.check_health()
        assert report.status == "unhealthy", report
        assert report.code == code, report
        assert report.provider == context.contract.provider
        assert report.message


def models_are_listed_if_they_can_be(context: CheckContext) -> None:
    """The model listing is decoded, sync and async, or refused as unsupported."""
    listing = Capability.MODEL_LISTING in context.metadata.capabilities
    base_url = str(context.contract.connect(context.simulator)["base_url"])
    options = ProviderOptions(api_key=Secret(SECRET), base_url=base_url)
    if listing:
        models = context.provider.list_models(options)
        assert [model.name for model in models] == list(context.simulator.models)
        if isinstance(context.provider, AsyncModelLister):
            assert list(anyio.run(context.provider.alist_models, options)) == list(models)
    else:
        error = failure(lambda: context.provider.list_models(options))
        assert isinstance(error, UnsupportedError), (
            "the listing works, but the capability is not claimed"
        )


def tokens_are_counted_or_estimated(context: CheckContext) -> None:
    """A count equals the usage of the same call if the provider claims it, else it is estimated.

    The number is the same in sync and async calls, and it is not sent as a chat request.
    """
    model = context.model("The tide rises.")
    calls: list[dict[str, object]] = [{}]
    if Capability.TOOLS in context.metadata.capabilities:
        calls.append({"tools": [WEATHER], "temperature": 0.5, "max_output_tokens": 50})
    for options in calls:
        count = model.count_tokens(PROMPT, **options)  # pyright: ignore[reportArgumentType]

        async def run_async(options: dict[str, object] = options) -> TokenCount:
            return await model.acount_tokens(PROMPT, **options)  # pyright: ignore[reportArgumentType]

        assert isinstance(count, TokenCount)
        assert anyio.run(run_async) == count
        assert count.input_tokens > 0
        assert (count.note == "") is not count.is_estimate, "an estimate has a reason"
        if Capability.TOKEN_COUNTING not in context.metadata.capabilities:
            assert count.is_estimate, "tokens are counted, but the capability is not claimed"
            assert count.method == "estimate"
        if not count.is_estimate:
            usage = model.generate(PROMPT).usage
            assert count.input_tokens == usage.input_tokens


def a_failed_count_is_an_error(context: CheckContext) -> None:
    """A rejected key and an unknown model are reported by a count as by a call."""
    claimed = Capability.TOKEN_COUNTING in context.metadata.capabilities
    spec = f"{context.contract.provider}:fault-unknown"
    options: dict[str, Any] = context.options()
    rejected = failure(lambda: context.model(api_key="bad-key").count_tokens(PROMPT))
    unknown = failure(lambda: create_chat_model(spec, **options).count_tokens(PROMPT))
    if not claimed:
        assert (rejected, unknown) == (None, None), "an estimate sends no request"
        return
    for error, code in ((rejected, ErrorCode.AUTHENTICATION), (unknown, ErrorCode.MODEL_NOT_FOUND)):
        if error is not None:  # None if this API of the provider does not count
            assert (error.code, error.op) == (code, "count_tokens"), error
            assert error.provider == context.contract.provider


def a_prompt_without_messages_is_refused(context: CheckContext) -> None:
    """An empty prompt raises an error, and no request is sent."""
    error = failure(lambda: context.model().generate([]))
    assert isinstance(error, InvalidRequestError), "an empty prompt was accepted"


CHECKS = (
    the_metadata_is_correct,
    importing_and_creating_is_light,
    models_implement_the_protocols,
    a_healthy_provider_is_healthy,
    tokens_are_counted_or_estimated,
    a_prompt_without_messages_is_refused,
)
HTTP_CHECKS = (
    an_explanation_equals_the_request,
    an_unhealthy_provider_is_reported,
    models_are_listed_if_they_can_be,
    a_failed_count_is_an_error,
)
