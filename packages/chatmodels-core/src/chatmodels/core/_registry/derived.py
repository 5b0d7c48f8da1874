"""A provider with a name, an address and options of its own, and the wire format of another."""

from typing import Protocol, runtime_checkable

import msgspec

from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._public import published_in
from chatmodels.core._registry.credentials import as_secret
from chatmodels.core._registry.declarations import OptionSource
from chatmodels.core._registry.load_options import option_problems
from chatmodels.core._registry.provider import Provider
from chatmodels.core._values.metadata import ProviderMetadata


@published_in("chatmodels.core.extending")
@runtime_checkable
class AdaptableProvider(Provider, Protocol):
    """A provider that can serve under another name, as `like = "..."` of a config file declares."""

    def with_metadata(self, metadata: ProviderMetadata, /) -> Provider:
        """Return a copy of the provider with other metadata.

        Models, errors and telemetry of the copy have the name in these metadata.
        """
        ...


def derived(provider: Provider, name: str, options: OptionSource, /) -> Provider:
    """Create a provider with the wire format of another.

    Its options are those of the other, without environment variables: the other's credentials and
    address are not those of the new provider. If the address differs, no models are known.

    Args:
        provider: The other provider.
        name: The name of the new provider.
        options: The options of the new provider.

    Raises:
        ConfigurationError: The other provider does not support it.
    """
    if not isinstance(provider, AdaptableProvider):
        raise ConfigurationError(
            f"provider {provider.metadata.name!r} cannot serve under another name, because it has "
            "no with_metadata(...); name one with the wire format of an HTTP API, such as 'openai'",
            op="register_provider",
            provider=name,
        )
    metadata = provider.metadata
    url = options.options.get("base_url")
    same = url is None and "base_url" not in options.variables
    return provider.with_metadata(
        msgspec.structs.replace(
            metadata,
            name=name,
            description=f"{metadata.description} Declared as {name!r}.",
            options=tuple(msgspec.structs.replace(each, env=()) for each in metadata.options),
            base_url=metadata.base_url if same else None,
            models=tuple(msgspec.structs.replace(each, provider=name) for each in metadata.models)
            if same
            else (),
            model_prefixes=metadata.model_prefixes if same else (),
            documentation_url=metadata.documentation_url if same else None,
        )
    )


def declared_options(
    metadata: ProviderMetadata, name: str, options: dict[str, object], /
) -> OptionSource:
    """Return the options that code declares for a new provider.

    Args:
        metadata: The metadata of the provider whose options the new one has.
        name: The name of the new provider.
        options: Option name to value, or the name and `_env` to an environment variable.

    Raises:
        ConfigurationError: Options are wrong; the message lists every problem.
    """
    variables = {
        option.removesuffix(_SUFFIX): value
        for option, value in options.items()
        if option.endswith(_SUFFIX) and isinstance(value, str) and value
    }
    values = {
        option: as_secret(value) if option == "api_key" else value
        for option, value in options.items()
        if value is not None and option.removesuffix(_SUFFIX) not in variables
    }
    table = f"register_provider({name!r}, ...)"
    source = OptionSource(table=table, options=values, variables=variables)
    if problems := option_problems(metadata, defaults=(source,)):
        raise ConfigurationError(
            f"{name}: {'; '.join(problem for _, problem in problems)}",
            op="register_provider",
            provider=name,
        )
    return source


_SUFFIX = "_env"
