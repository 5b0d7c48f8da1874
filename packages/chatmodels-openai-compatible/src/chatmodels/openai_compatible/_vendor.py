"""Creates the provider of one vendor or server from its facts."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from chatmodels.core import ModelInfo
from chatmodels.core.extending import Capability, OptionSpec, ProviderMetadata
from chatmodels.http import Listing
from chatmodels.openai_compatible._address import complete_address, places
from chatmodels.openai_compatible._capabilities import capabilities_of
from chatmodels.openai_compatible._dialect import Dialect
from chatmodels.openai_compatible._provider import (
    Api,
    BatchFactory,
    CompatibleProvider,
    Configure,
    OptionsRule,
    ResponsesDialects,
)


def compatible_provider(
    dialect: Dialect,
    *,
    description: str,
    base_url: str | None,
    api_key_env: Sequence[str] = (),
    api_key_required: bool = True,
    base_url_env: Sequence[str] = (),
    options: Sequence[OptionSpec] = (),
    headers: Mapping[str, str] = {},
    families: Mapping[str, Dialect] = {},
    responses: ResponsesDialects | None = None,
    default_api: Api = "chat_completions",
    capabilities: Collection[Capability] = (),
    models: Sequence[ModelInfo] = (),
    model_prefixes: Sequence[str] = (),
    documentation_url: str | None = None,
    distribution: str | None = None,
    configure: Configure | None = None,
    complete: OptionsRule = lambda options: options,
    listing: Listing | None = None,
    batches: BatchFactory | None = None,
) -> CompatibleProvider:
    """Create the provider of a vendor or server from its dialect and the facts of its metadata.

    >>> from chatmodels.openai_compatible import Dialect, compatible_provider
    >>> ACME = compatible_provider(
    ...     Dialect(name="acme"),
    ...     description="Acme's models.",
    ...     base_url="https://api.acme.example/v1",
    ...     api_key_env=["ACME_API_KEY"],
    ... )
    >>> ACME.metadata.distribution
    'chatmodels-provider-acme'

    Args:
        dialect: The dialect of models of which nothing is known. It supports everything that at
            least one model supports. Its name is that of the provider.
        description: One sentence about the provider.
        base_url: The default base URL; None if it has to be passed. It can contain the names of
            options in braces, as in `"https://{account}.acme.example/v1"`.
        api_key_env: The environment variables of the key; the first that is set takes precedence.
        api_key_required: Whether a model cannot be created without a key.
        base_url_env: The environment variables of the base URL.
        options: Further options.
        headers: Name of one of these options to the header in which it is sent.
        families: Pattern of model names to the dialect of these models, as in `{"grok-4*": ...}`.
            A model has the dialect of the first pattern that its name matches. Paths, key, schemas,
            ids of calls, `think_tags`, `streams_whole` and `counting` are those of `dialect`.
        responses: Returns the dialects of the vendor's Responses API, if it has one, by pattern of
            model names; the last pattern is "*". The option `api` chooses between the two APIs.
        default_api: The API without the option `api`. The capabilities are those of this API.
        capabilities: Capabilities that no field of the dialect shows; the others are derived.
        models: Models known at the release of the package.
        model_prefixes: Prefixes of the names of its models.
        documentation_url: The vendor's reference.
        distribution: The distribution to install; `chatmodels-provider-<name>` by default.
        configure: Adapts the dialect to the options of a model.
        complete: Completes the options of a model, if a template of the base URL cannot.
        listing: The list of models, if it is not OpenAI's.
        batches: Creates the batch API of chat completions, as `OpenAIBatches` does; None if the
            vendor has none.

    Raises:
        ValueError: A family has another value of a field that applies to all models.
    """
    template = base_url if base_url is not None and places(base_url) else None
    if template is not None:
        variables = {option.name: option.env for option in options}
        complete = partial(complete_address, template, dialect.name, variables)
    by_default = responses()["*"] if responses and default_api == "responses" else dialect
    listed = () if listing is None else (Capability.MODEL_LISTING,)
    key = OptionSpec(
        name="api_key",
        type="str | Callable[[], str | Awaitable[str]]",
        description="The API key.",
        env=tuple(api_key_env),
        required=api_key_required,
        secret=True,
    )
    address = OptionSpec(
        name="base_url",
        description="The URL of the API, for example of a proxy.",
        env=tuple(base_url_env),
        required=base_url is None,
    )
    api = OptionSpec(
        name="api",
        type='Literal["chat_completions", "responses"]',
        default=f'"{default_api}"',
        description="The API of the vendor.",
    )
    metadata = ProviderMetadata(
        name=dialect.name,
        description=description,
        distribution=distribution or f"chatmodels-provider-{dialect.name}",
        capabilities=capabilities_of(by_default).union(capabilities, listed),
        options=(key, address, *(() if responses is None else (api,)), *options),
        base_url=base_url,
        models=tuple(models),
        model_prefixes=tuple(model_prefixes),
        documentation_url=documentation_url,
    )
    return CompatibleProvider(
        dialect,
        metadata,
        families=families,
        responses=responses,
        default_api=default_api,
        headers=headers,
        configure=configure,
        complete=complete,
        listing=listing,
        batches=batches,
    )
