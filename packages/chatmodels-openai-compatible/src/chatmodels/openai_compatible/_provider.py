"""A provider whose API is described by a dialect."""

from collections.abc import Callable, Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache, partial

from msgspec.structs import replace

from chatmodels.core import ConfigurationError, ModelInfo
from chatmodels.core.extending import Capability, OptionSpec, ProviderMetadata, ProviderOptions
from chatmodels.http import Codec, HttpProvider, Listing
from chatmodels.openai_compatible._capabilities import capabilities_of
from chatmodels.openai_compatible._codec import chat_completions_codec
from chatmodels.openai_compatible._dialect import Dialect
from chatmodels.openai_compatible._header_options import headers_from_options

Configure = Callable[[Dialect, ProviderOptions, list[str]], Dialect]
"""Adapts a dialect to the options of a model, and adds wrong options to the list of problems."""

OptionsRule = Callable[[ProviderOptions], ProviderOptions]
"""Completes the options of a model, such as its base URL."""


class CompatibleProvider(HttpProvider):
    """A provider whose API is described by a dialect.

    `compatible_provider` creates it with its metadata.

    Args:
        dialect: The dialect of models of which nothing is known. It supports everything that at
            least one model supports.
        metadata: The metadata of the provider; the name is that of the dialect.
        families: Pattern of model names to the dialect of these models, as in `{"grok-4*": ...}`.
            A model has the dialect of the first pattern that its name matches.
        headers: Name of an option to the header in which it is sent.
        configure: Adapts a dialect to the options of a model.
        complete: Completes the options of a model; see `HttpProvider`.
        listing: The list of models, if it is not OpenAI's.

    Attributes:
        dialect: The dialect of models of which nothing is known.
    """

    def __init__(
        self,
        dialect: Dialect,
        metadata: ProviderMetadata,
        *,
        families: Mapping[str, Dialect] = {},
        headers: Mapping[str, str] = {},
        configure: Configure | None = None,
        complete: OptionsRule = lambda options: options,
        listing: Listing | None = None,
    ) -> None:
        super().__init__(metadata, self._codec_of, complete=complete)
        self.dialect = dialect
        self._families = families
        self._headers = headers
        self._configure = configure
        self._listing = listing
        self._cached_codec = lru_cache(maxsize=64)(partial(self._build, dialect))

    def derive(
        self, name: str, /, *, base_url: str | None = None, api_key_env: str | None = None
    ) -> "CompatibleProvider":
        """Create a provider with the same API, and a name, an address and a key of its own.

        Environment variables of the original are not read: its key could belong to another server.

        Args:
            name: The name to register.
            base_url: The default base URL; that of the original if omitted.
            api_key_env: The environment variable of the key, which is required then; no variable
                and no required key if omitted.
        """
        base_url = base_url or self.metadata.base_url
        variables = {"api_key": () if api_key_env is None else (api_key_env,)}
        required = {"api_key": api_key_env is not None, "base_url": base_url is None}
        metadata = replace(
            self.metadata,
            name=name,
            base_url=base_url,
            options=tuple(
                replace(
                    option,
                    env=variables.get(option.name, ()),
                    required=required.get(option.name, option.required),
                )
                for option in self.metadata.options
            ),
            models=(),
            model_prefixes=(),
        )
        return self.with_metadata(metadata)

    def with_metadata(self, metadata: ProviderMetadata, /) -> "CompatibleProvider":
        """Return a copy of the provider with other metadata, whose name the dialect has as well."""
        name = metadata.name
        return CompatibleProvider(
            replace(self.dialect, name=name),
            metadata,
            families={
                pattern: replace(dialect, name=name) for pattern, dialect in self._families.items()
            },
            headers=self._headers,
            configure=self._configure,
            complete=self._complete,
            listing=self._listing,
        )

    def metadata_for(self, options: ProviderOptions, /) -> ProviderMetadata:
        """Return the metadata, with the name that the options choose."""
        name = self._configured(options, []).name
        return self.metadata if name == self.metadata.name else replace(self.metadata, name=name)

    def _configured(self, options: ProviderOptions, problems: list[str]) -> Dialect:
        if self._configure is None:
            return self.dialect
        return self._configure(self.dialect, options, problems)

    def _codec_of(self, options: ProviderOptions) -> Codec:
        problems: list[str] = []
        headers = headers_from_options(self.metadata.name, options, self._headers, problems)
        dialect = self._configured(options, problems)
        if problems:
            raise ConfigurationError("; ".join(problems))
        if dialect is self.dialect:
            return self._cached_codec(headers)
        return self._build(dialect, headers)

    def _build(self, dialect: Dialect, headers: tuple[tuple[str, str], ...]) -> Codec:
        families = tuple(self._families)
        if not families:
            codec = chat_completions_codec(dialect, headers)
        else:
            dialects = (*self._families.values(), dialect)
            codec = chat_completions_codec(
                dialect, headers, dialect_for=partial(_dialect_of, families, dialects)
            )
        return replace(codec, families=(*families, "*"), models=self._listing or codec.models)


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
    capabilities: Collection[Capability] = (),
    models: Sequence[ModelInfo] = (),
    model_prefixes: Sequence[str] = (),
    documentation_url: str | None = None,
    distribution: str | None = None,
    configure: Configure | None = None,
    complete: OptionsRule = lambda options: options,
    listing: Listing | None = None,
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
        dialect: The dialect; its name is that of the provider.
        description: One sentence about the provider.
        base_url: The default base URL; None if it has to be passed.
        api_key_env: The environment variables of the key; the first that is set takes precedence.
        api_key_required: Whether a model cannot be created without a key.
        base_url_env: The environment variables of the base URL.
        options: Further options.
        headers: Name of one of these options to the header in which it is sent.
        families: Pattern of model names to their dialect, if it differs.
        capabilities: Capabilities that no field of the dialect shows; the others are derived.
        models: Models known at the release of the package.
        model_prefixes: Prefixes of the names of its models.
        documentation_url: The vendor's reference.
        distribution: The distribution to install; `chatmodels-provider-<name>` by default.
        configure: Adapts the dialect to the options of a model.
        complete: Completes the options of a model, such as a base URL that contains an account.
        listing: The list of models, if it is not OpenAI's.
    """
    metadata = ProviderMetadata(
        name=dialect.name,
        description=description,
        distribution=distribution or f"chatmodels-provider-{dialect.name}",
        capabilities=capabilities_of(dialect)
        | frozenset(capabilities)
        | frozenset([Capability.MODEL_LISTING] if listing is not None else []),
        options=(
            OptionSpec(
                name="api_key",
                type="str | Callable[[], str | Awaitable[str]]",
                description="The API key.",
                env=tuple(api_key_env),
                required=api_key_required,
                secret=True,
            ),
            OptionSpec(
                name="base_url",
                description="The URL of the API, for example of a proxy.",
                env=tuple(base_url_env),
                required=base_url is None,
            ),
            *options,
        ),
        base_url=base_url,
        models=tuple(models),
        model_prefixes=tuple(model_prefixes),
        documentation_url=documentation_url,
    )
    return CompatibleProvider(
        dialect,
        metadata,
        families=families,
        headers=headers,
        configure=configure,
        complete=complete,
        listing=listing,
    )


def _dialect_of(patterns: Sequence[str], dialects: Sequence[Dialect], model: str, /) -> Dialect:
    return dialects[_place(tuple(patterns), model)]


@lru_cache(maxsize=256)
def _place(patterns: tuple[str, ...], model: str) -> int:
    matches = (place for place, pattern in enumerate(patterns) if fnmatchcase(model, pattern))
    return next(matches, len(patterns))
