"""The module-level functions of the global registry, such as `create_chat_model`."""

import os
from collections.abc import Iterable, Mapping
from typing import Literal

from chatmodels.core._calls.protocols import ChatModel
from chatmodels.core._registry.provider import Provider
from chatmodels.core._registry.registry import ProviderRegistry
from chatmodels.core._registry.registry import registry as _global
from chatmodels.core._values.metadata import Capability, HealthReport, ModelInfo
from chatmodels.core._values.prices import Prices
from chatmodels.core._values.secret import Secret, SecretSource
from chatmodels.core._values.timeout import Timeout


def create_chat_model(
    spec: str,
    /,
    *,
    registry: ProviderRegistry | None = None,
    api_key: Secret | SecretSource | None = None,
    base_url: str | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: Timeout | float | None = None,
    max_retries: int | None = None,
    proxy: str | None = None,
    http_client: object | None = None,
    async_http_client: object | None = None,
    on_unsupported: Literal["error", "warn"] | None = None,
    prices: Prices | Mapping[str, Prices] | None = None,
    **options: object,
) -> ChatModel:
    """Create a model, importing its provider if need be; no request is sent.

    Options that are not passed are read from the provider's environment variables, then from the
    config file that `registry.load_config` loaded or `CHATMODELS_CONFIG` names.

    Args:
        spec: `"provider:model"`, as in `"openai:gpt-6.1-terra"`, or an alias, which the model then
            follows.
        registry: The registry to use; the global one by default.
        api_key: The API key, or a sync or async function that returns it.
        base_url: The URL of the provider's API.
        headers: Headers to send with every request.
        timeout: The total time limit of each call in seconds, or a `Timeout`.
        max_retries: The number of retries of a failed call, from 0 to 10; 2 by default.
        proxy: The URL of the proxy to use; by default, that of the environment.
        http_client: A client for sync calls; you close it.
        async_http_client: A client for async calls; you close it.
        on_unsupported: The reaction to settings that the provider does not support. "error", the
            default, raises `UnsupportedError`; "warn" omits them, with a warning in the response.
        prices: The prices of the model, for `response.cost`, or the names of models to their
            prices; by default, those of the price list `genai-prices`, if it is installed.
        options: Options of the provider, by the names in its metadata, and settings to apply to
            each call, such as `temperature=0.2`.

    Raises:
        ProviderNotFoundError: There is no such provider or alias; the message contains the nearest
            name, or the distribution to install.
        ProviderImportError: The provider is installed, but cannot be imported.
        AuthenticationError: The API key is missing; the message contains the variable to set.
        ConfigurationError: Options are wrong or missing; the message lists every problem.
        UnsupportedError: The provider does not support settings; the message lists them all.
    """
    # One by one, because forwarding absent arguments would cost more than creating the model.
    if api_key is not None:
        options["api_key"] = api_key
    if base_url is not None:
        options["base_url"] = base_url
    if headers is not None:
        options["headers"] = headers
    if timeout is not None:
        options["timeout"] = timeout
    if max_retries is not None:
        options["max_retries"] = max_retries
    if proxy is not None:
        options["proxy"] = proxy
    if http_client is not None:
        options["http_client"] = http_client
    if async_http_client is not None:
        options["async_http_client"] = async_http_client
    if on_unsupported is not None:
        options["on_unsupported"] = on_unsupported
    if prices is not None:
        options["prices"] = prices
    try:
        return (_global if registry is None else registry).create_chat_model(spec, **options)
    except BaseException:
        del api_key, headers, proxy  # tracebacks show local variables
        options.clear()
        raise


def register_provider(
    provider: Provider | str,
    /,
    *,
    like: str | None = None,
    replace: bool = False,
    **options: object,
) -> None:
    """Register a provider in the global registry; see `ProviderRegistry.register_provider`.

    Raises:
        ProviderConflictError: Another provider has its name, and `replace` is false.
        ProviderNotFoundError: There is no provider `like`.
        ConfigurationError: It is not a provider, its name is malformed, or options are wrong.
    """
    _global.register_provider(provider, like=like, replace=replace, **options)


def unregister_provider(name: str, /) -> None:
    """Remove a provider from the global registry; its models continue to work.

    Raises:
        ProviderNotFoundError: There is no provider with this name.
    """
    _global.unregister_provider(name)


def list_providers() -> list[str]:
    """List the names of the registered and installed providers, without importing them."""
    return _global.list_providers()


def provider(name: str, /) -> Provider:
    """Return a provider, importing it if necessary.

    Raises:
        ProviderNotFoundError: There is no registered or installed provider with this name.
        ProviderImportError: It could not be imported.
    """
    return _global.provider(name)


def providers_with(*capabilities: Capability) -> list[str]:
    """List the names of the providers that have all the given capabilities, importing them."""
    return _global.providers_with(*capabilities)


def providers_for_model(model: str, /) -> list[str]:
    """List the names of the providers that have a model, importing them."""
    return _global.providers_for_model(model)


def set_alias(name: str, target: str | ChatModel, /, **options: object) -> None:
    """Point an alias to a model or another alias; models created by the alias follow at once.

    See `ProviderRegistry.set_alias`.

    Args:
        name: The alias, without a colon.
        target: `"provider:model"`, an alias, or a model.
        options: Options and settings of the alias, such as `temperature=0`.

    Raises:
        ConfigurationError: They are malformed, or the alias would refer to itself.
    """
    _global.set_alias(name, target, **options)


def load_config(path: str | os.PathLike[str], /) -> None:
    """Load a TOML file that declares providers, models, policies and aliases.

    The global registry then has it instead of the file before; see `ProviderRegistry.load_config`.

    Raises:
        ConfigurationError: It cannot be read or is invalid; the message lists every problem, and
            nothing changes.
    """
    _global.load_config(path)


def reload_config() -> bool:
    """Load the config file of the global registry again if its content has changed.

    Calls in progress finish with the previous file; see `ProviderRegistry.load_config`.

    Returns:
        Whether it has changed.

    Raises:
        ConfigurationError: It cannot be read or is invalid, or a model in use could not follow it,
            and nothing changes; or no file has been loaded.
    """
    return _global.reload_config()


def check_config(path: str | os.PathLike[str], /) -> None:
    """Check a config file as `load_config` does, without loading it.

    No request is sent, and the environment is not read: credentials can be missing.

    Raises:
        ConfigurationError: It cannot be read or is invalid; the message lists every problem.
    """
    _global.check_config(path)


def list_models(
    name: str, /, *, registry: ProviderRegistry | None = None, **options: object
) -> list[ModelInfo]:
    """Request the models that a provider offers to an account, as in `list_models("openai")`.

    Each call sends a request, and further ones if the provider has pages; none is sent again
    after a failure. Connections are shared with models, as those of calls are.

    Args:
        name: The registered name of the provider; or an alias or `"provider:model"`, of which the
            provider counts.
        registry: The registry to search; the global registry by default.
        options: Options of the provider, such as `api_key`, `base_url` and `timeout`: see
            `create_chat_model`.

    Raises:
        UnsupportedError: The provider has no listing.
        ProviderNotFoundError: There is no such provider.
        AuthenticationError: The API key is missing or is rejected.
        ChatModelError: The options are wrong, or a request failed.
    """
    try:
        return (_global if registry is None else registry).list_models(name, **options)
    except BaseException:
        options.clear()  # tracebacks show local variables
        raise


async def alist_models(
    name: str, /, *, registry: ProviderRegistry | None = None, **options: object
) -> list[ModelInfo]:
    """Request the models that a provider offers to an account, awaited; see `list_models`."""
    try:
        return await (_global if registry is None else registry).alist_models(name, **options)
    except BaseException:
        options.clear()
        raise


def check_health(
    names: Iterable[str] | None = None, /, *, timeout: float = 5.0
) -> dict[str, HealthReport]:
    """Check providers concurrently, each within `timeout` seconds; failures are reported."""
    return _global.check_health(names, timeout=timeout)


async def acheck_health(
    names: Iterable[str] | None = None,
    /,
    *,
    timeout: float = 5.0,  # noqa: ASYNC109 # of each probe
) -> dict[str, HealthReport]:
    """Check providers concurrently; the async version of `check_health`."""
    return await _global.acheck_health(names, timeout=timeout)
