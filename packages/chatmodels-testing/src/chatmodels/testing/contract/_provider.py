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
    TokenCount,
    UnsupportedError,
    create_chat_model,
    registry,
)
from chatmodels.core.extending import (
    AsyncModelLister,
    Capability,
    Explanation,
    Provider,
)
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing.contract._calls import WEATHER
from chatmodels.testing.contract._contract import PROMPT, SECRET, CheckContext, failure

_PLAIN = (str, int, float)
"""The types of options that a script can contain."""

_HEAVY = ("asyncio", "httpcore", "httpx", "httpx2", "pyreqwest", "ssl")
"""Modules that must not be imported before the first request."""


def the_metadata_is_correct(context: CheckContext) -> None:
    """Name, distribution, capabilities and models match the entry point and the types."""
    contract, described = context.contract, context.metadata
    entry_points = tuple(
        metadata.entry_points(group="chatmodels.providers", name=contract.provider)
    )

    assert isinstance(context.provider, Provider), (
        f"{context.provider!r} lacks methods of the protocol Provider"
    )
    assert described.name == contract.provider, (
        f"the metadata have the name {described.name!r}, but the provider is registered as "
        f"{contract.provider!r}"
    )
    assert len(entry_points) == 1, (
        f"{len(entry_points)} installed distributions have an entry point {contract.provider!r} in "
        "the group chatmodels.providers instead of one; declare it in pyproject.toml, and install "
        "the package again"
    )
    entry_point = entry_points[0]
    assert entry_point.module == contract.module, (
        f"the entry point names the module {entry_point.module}, but the contract expects "
        f"{contract.module}; pass registered_by=... to ProviderContract"
    )
    assert "[contract-" in entry_point.value, (
        f"the entry point {entry_point.value!r} has no version of the provider contract; declare "
        f'{contract.provider} = "{entry_point.module}:PROVIDER [contract-1]"'
    )
    installed = None if entry_point.dist is None else entry_point.dist.name
    assert installed == described.distribution, (
        f"the metadata name the distribution {described.distribution!r}, but {installed!r} has the "
        "entry point; `pip install` in error messages uses the name"
    )
    assert described.description.endswith("."), (
        f"the description is {described.description!r}; it is a sentence with a full stop"
    )
    unknown = described.capabilities - set(Capability)
    assert not unknown, f"there are no capabilities {sorted(unknown)}; use members of Capability"
    assert Capability.STREAMING in described.capabilities, (
        "every provider streams, so that the metadata have to claim the capability 'streaming'"
    )
    names = [spec.name for spec in described.options]
    assert len(set(names)) == len(names), f"two options have one name: {names}"
    for model in described.models:
        assert model.provider == contract.provider, (
            f"the provider of the known model {model.name} is {model.provider!r}"
        )
        beyond = model.capabilities - described.capabilities
        assert not beyond, (
            f"{model.name} has the capabilities {sorted(beyond)}, which the provider does not "
            "claim; the provider claims what at least one model can do"
        )
        assert context.provider.model_info(model.name) == model, (
            f"model_info({model.name!r}) is not its entry in ProviderMetadata.models"
        )
    if contract.over_http:
        required = any(spec.name == "base_url" and spec.required for spec in described.options)
        assert (described.base_url is None) is required, (
            f"the metadata have the base URL {described.base_url!r}, and base_url is "
            f"{'' if required else 'not '}a required option; it is required if, and only if, there "
            "is no default"
        )
        address = urlsplit(described.base_url or "https://any.example")
        assert address.scheme == "https" or address.hostname == "127.0.0.1", (
            f"the base URL is {described.base_url!r}; keys are sent over https only, or to "
            "127.0.0.1"
        )


def importing_and_creating_is_light(context: CheckContext) -> None:
    """Importing a provider and creating a model does not import HTTP, TLS or event loops."""
    contract, options = context.contract, dict[str, object]()
    if contract.over_http:
        options = {"api_key": SECRET, **contract.connect(context.simulator), **contract.options}
        options = {name: value for name, value in options.items() if isinstance(value, _PLAIN)}
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
    assert completed.returncode == 0, (
        f"a new process cannot import {contract.module} and create a model: {completed.stderr}"
    )
    early = completed.stdout.split()
    assert not early, (
        f"importing {contract.module} and creating a model imports {', '.join(early)}, which is "
        "slow; import them in the functions that use them"
    )


def models_implement_the_protocols(context: CheckContext) -> None:
    """A model is a `ChatModel` and reports its names."""
    model = context.model()
    info = model.model_info()

    assert isinstance(model, ChatModel), f"{model!r} lacks methods of the protocol ChatModel"
    names = (context.contract.provider, context.contract.model)
    assert (model.provider, model.model) == names, (
        f"a model of {names} has the names {(model.provider, model.model)}"
    )
    assert isinstance(info, ModelInfo), f"model_info() returns {info!r}, not a ModelInfo"
    assert (info.provider, info.name) == names, (
        f"model_info() of a model of {names} describes {(info.provider, info.name)}"
    )


def a_healthy_provider_is_healthy(context: CheckContext) -> None:
    """The health check reports a healthy provider, in sync and async calls."""
    model = context.model()

    async def run_async() -> str:
        return (await model.acheck_health()).status

    report = model.check_health()
    assert report.status == "healthy", (
        f"the simulated provider is healthy, but check_health() reports {report!r}; the request is "
        "Codec.health, or `probe` of the model"
    )
    status = anyio.run(run_async)
    assert status == "healthy", f"check_health() reports healthy, but acheck_health() {status}"


def an_explanation_equals_the_request(context: CheckContext) -> None:
    """`explain` returns the exact request of a whole call, with the secret masked."""
    model = context.model(max_output_tokens=50)
    explanation = model.explain(PROMPT, tools=[WEATHER])
    model.generate(PROMPT, tools=[WEATHER])
    sent = context.simulator.exchanges[-1].request

    assert isinstance(explanation, Explanation), f"explain() returns {explanation!r}"
    explained = (explanation.method, urlsplit(explanation.url).path)
    assert explained == (sent.method, sent.path), (
        f"explain() describes a request to {explained}, but {(sent.method, sent.path)} was sent"
    )
    assert explanation.body == sent.json, (
        f"explain() has the body {explanation.body}, but {sent.json} was sent; encode() depends "
        "only on its arguments"
    )
    _assert_headers(explanation, sent)


def _assert_headers(explanation: Explanation, sent: ReceivedRequest) -> None:
    for name, value in explanation.headers.items():
        real = sent.headers.get(name.lower())
        assert real is not None, f"the header {name} is not sent"
        assert value == real or SECRET in real, f"{name}: {value!r} is sent as {real!r}"
        assert SECRET not in value, f"explain() shows the key in the header {name}"


def an_unhealthy_provider_is_reported(context: CheckContext) -> None:
    """A rejected key and an unreachable provider are reported with a code."""
    for model, code in (
        (context.model(api_key="bad-key"), ErrorCode.AUTHENTICATION),
        (context.model(base_url=context.simulator.refusing_url), ErrorCode.NETWORK),
    ):
        report = model.check_health()
        assert (report.status, report.code) == ("unhealthy", code), (
            f"a provider with the problem {code} is reported as {report!r}; Codec.health needs the "
            "key, and Codec.failure has to map the error"
        )
        assert report.provider == context.contract.provider, f"{report.provider!r} is reported"
        assert report.message, f"an unhealthy provider is reported without a reason: {report!r}"


def models_are_listed_if_they_can_be(context: CheckContext) -> None:
    """The model listing is decoded, sync and async, or refused as unsupported."""
    listing = Capability.MODEL_LISTING in context.metadata.capabilities
    options = registry.provider_options(context.contract.provider, **context.options())
    if listing:
        models = context.provider.list_models(options)
        names = [model.name for model in models]
        assert names == list(context.simulator.models), (
            f"the vendor lists {list(context.simulator.models)}, but list_models() returns "
            f"{names}; check Codec.models, or exempt the check if the list has a format of its own"
        )
        if isinstance(context.provider, AsyncModelLister):
            listed = list(anyio.run(context.provider.alist_models, options))
            assert listed == list(models), f"alist_models() returns {listed} instead of {models}"
    else:
        error = failure(lambda: context.provider.list_models(options))
        assert isinstance(error, UnsupportedError), (
            "the metadata do not claim 'model_listing', but list_models() "
            f"{'works' if error is None else f'fails with {error!r}'}; claim it, or raise an "
            "UnsupportedError"
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

        assert isinstance(count, TokenCount), f"count_tokens() returns {count!r}"
        counted = anyio.run(run_async)
        assert counted == count, f"count_tokens() is {count!r}, but acount_tokens() {counted!r}"
        assert count.input_tokens > 0, f"a prompt has the count {count!r}"
        assert (count.note == "") is not count.is_estimate, "an estimate has a reason"
        if Capability.TOKEN_COUNTING not in context.metadata.capabilities:
            assert count.is_estimate, (
                "count_tokens() is exact, but the metadata do not claim 'token_counting'; claim it"
            )
            assert count.method == "estimate", f"an estimate has the method {count.method!r}"
        if not count.is_estimate:
            usage = model.generate(PROMPT).usage
            assert count.input_tokens == usage.input_tokens, (
                f"count_tokens() is {count.input_tokens}, but the call used {usage.input_tokens} "
                "input tokens; count the request that is sent"
            )


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
            assert (error.code, error.op) == (code, "count_tokens"), (
                f"a failed count has the code {error.code!r} and the operation {error.op!r}, not "
                f"{code!r} and 'count_tokens': {error!r}"
            )
            assert error.provider == context.contract.provider, (
                f"the error is of {error.provider!r}"
            )


def a_prompt_without_messages_is_refused(context: CheckContext) -> None:
    """An empty prompt raises an error, and no request is sent."""
    error = failure(lambda: context.model().generate([]))
    assert isinstance(error, InvalidRequestError), (
        f"a prompt without messages {'is accepted' if error is None else f'fails with {error!r}'}; "
        "an InvalidRequestError refuses it"
    )


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
