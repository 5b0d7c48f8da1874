"""A provider whose API is described by a dialect."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, Protocol

from msgspec.structs import replace

from chatmodels.core import ChatModelError, ConfigurationError, ProviderPart
from chatmodels.core.extending import ProviderMetadata, ProviderOptions, ProviderState, published_in
from chatmodels.http import BatchFormat, Codec, HttpFailure, HttpProvider, Listing
from chatmodels.openai_compatible._codec import chat_completions_codec
from chatmodels.openai_compatible._dialect import Dialect
from chatmodels.openai_compatible._families import dialect_by_name
from chatmodels.openai_compatible._header_options import headers_from_options

if TYPE_CHECKING:
    from chatmodels.openai_compatible.responses import ResponsesDialect

Api = Literal["chat_completions", "responses"]
"""The name of one of OpenAI's APIs."""

APIS: tuple[Api, ...] = ("chat_completions", "responses")

Configure = Callable[[Dialect, ProviderOptions, list[str]], Dialect]
"""Adapts a dialect to the options of a model, and adds wrong options to the list of problems."""

OptionsRule = Callable[[ProviderOptions], ProviderOptions]
"""Completes the options of a model, such as its base URL."""

ResponsesDialects = Callable[[], "Mapping[str, ResponsesDialect]"]
"""Returns the dialects of a Responses API by pattern of model names; the last pattern is "*"."""

Headers = tuple[tuple[str, str], ...]


class BatchFactory(Protocol):
    """Creates the batch API of a vendor, as `OpenAIBatches` does."""

    def __call__(
        self, *, provider: str, failure: Callable[[HttpFailure], ChatModelError], headers: Headers
    ) -> BatchFormat:
        """Create it.

        Args:
            provider: The provider's registered name.
            failure: Translates a failed response.
            headers: Headers of all requests.
        """
        ...


_SHARED = (
    *("models_path", "health_path", "key_header", "key_prefix", "schemas", "call_ids"),
    *("paired_calls", "think_tags", "streams_whole", "counting"),
)
"""The fields of a dialect that apply to all families of models."""


@published_in("chatmodels.openai_compatible")
class CompatibleProvider(HttpProvider):
    """A provider whose API is described by a dialect; `compatible_provider` creates it.

    Attributes:
        dialect: The chat completions of models of which nothing is known.

    Raises:
        ValueError: A family has another value of a field that applies to all models.
    """

    def __init__(
        self,
        dialect: Dialect,
        metadata: ProviderMetadata,
        *,
        families: Mapping[str, Dialect] = {},
        responses: ResponsesDialects | None = None,
        default_api: Api = "chat_completions",
        headers: Mapping[str, str] = {},
        configure: Configure | None = None,
        complete: OptionsRule = lambda options: options,
        listing: Listing | None = None,
        batches: BatchFactory | None = None,
    ) -> None:
        super().__init__(metadata, self._codec_of, complete=complete)
        for pattern, family in families.items():
            for field in _SHARED:
                if getattr(family, field) != getattr(dialect, field):
                    raise ValueError(
                        f"{dialect.name}: the family {pattern!r} has another {field} than the "
                        "dialect; set it for the dialect, since it applies to all models"
                    )
        self.dialect = dialect
        self._families = families
        self._responses = responses
        self._default_api: Api = default_api
        self._headers = headers
        self._configure = configure
        self._listing = listing
        self._batches = batches
        self._cached_codec = lru_cache(maxsize=64)(self._build)

    def with_metadata(self, metadata: ProviderMetadata, /) -> "CompatibleProvider":
        """Return a provider with the same API and other metadata, such as another name."""
        return CompatibleProvider(
            replace(self.dialect, name=metadata.name),
            metadata,
            families=self._families,
            responses=self._responses,
            default_api=self._default_api,
            headers=self._headers,
            configure=self._configure,
            complete=self._complete,
            listing=self._listing,
            batches=self._batches,
        )

    def part_options(self, **fields: Any) -> ProviderPart:
        """Return options for the preceding part of a message; other providers ignore them.

        Args:
            fields: Fields of a content part that the vendor documents, such as `cache_control`.
        """
        return ProviderPart(ProviderState(self.dialect.name, fields))

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
        api = options.extra.get("api", self._default_api)
        if api not in APIS:
            choices = " or ".join(map(repr, APIS))
            problems.append(f"{dialect.name} has no api {api!r}; pass {choices}, or omit it")
        if problems:
            raise ConfigurationError("; ".join(problems))
        if api == "responses":
            return self._build_responses(dialect.name, headers)
        if self._configure is None or dialect is self.dialect:
            return self._cached_codec(headers)
        # The problems of the options were reported for the first dialect.
        families = {
            name: self._configure(each, options, []) for name, each in self._families.items()
        }
        return self._build(headers, dialect, families)

    def _build(
        self,
        headers: Headers,
        configured: Dialect | None = None,
        configured_families: Mapping[str, Dialect] | None = None,
    ) -> Codec:
        dialect = configured or self.dialect
        given = self._families if configured_families is None else configured_families
        families = {pattern: replace(each, name=dialect.name) for pattern, each in given.items()}
        codec = chat_completions_codec(
            dialect, headers, dialect_for=dialect_by_name(families, dialect) if families else None
        )
        batches = None
        if self._batches is not None:
            batches = self._batches(provider=dialect.name, failure=codec.failure, headers=headers)
        return self._with_listing(replace(codec, families=(*families, "*"), batches=batches))

    def _build_responses(self, name: str, headers: Headers) -> Codec:
        from chatmodels.openai_compatible.responses import responses_codec

        assert self._responses is not None, "without it, there is no option to choose it"
        dialects = {
            pattern: replace(each, name=name) for pattern, each in self._responses().items()
        }
        codec = responses_codec(
            dialects["*"], headers, dialect_for=dialect_by_name(dialects, dialects["*"])
        )
        # Only OpenAI documents an endpoint that counts the tokens of a response.
        return self._with_listing(replace(codec, families=tuple(dialects), counting=None))

    def _with_listing(self, codec: Codec) -> Codec:
        return codec if self._listing is None else replace(codec, models=self._listing)
