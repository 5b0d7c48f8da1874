"""The mock provider."""

from collections.abc import Sequence
from typing import Any

from chatmodels.core import HealthReport, ModelInfo
from chatmodels.core.extending import OptionSpec, ProviderMetadata, ProviderOptions
from chatmodels.providers.mock._model import CAPABILITIES, MockChatModel, model_info

# Name to type, default and description.
_OPTIONS = {
    "responses": (
        "Sequence[Reply] | Reply",
        "()",
        "replies in order, or one reply; see MockChatModel for the types of replies",
    ),
    "rules": (
        "Mapping[Matcher, Reply] | Sequence[tuple[Matcher, Reply]]",
        "()",
        "replies by request: a mapping from patterns to replies",
    ),
    "on_exhausted": (
        'Literal["error", "cycle", "last", "echo"]',
        '"error"',
        'the reply after the last response: "error", "cycle", "last" or "echo"',
    ),
    "latency": (
        "float",
        "0.0",
        "seconds before the response, or before the first event of a stream",
    ),
    "interval": ("float", "0.0", "seconds before each further event of a stream"),
    "chunk_size": (
        "int | None",
        "None",
        "characters per chunk of a streamed text; words by default",
    ),
    "error_rate": ("float", "0.0", "the fraction of attempts that fail, from 0 to 1"),
    "error": (
        "ErrorCode | ChatModelError | type[ChatModelError]",
        "ErrorCode.PROVIDER_UNAVAILABLE",
        "the error of these attempts: an ErrorCode or a ChatModelError",
    ),
    "seed": ("int", "0", "the random seed, which makes the same attempts fail each time"),
    "health": (
        'Literal["healthy", "unhealthy", "unknown"]',
        '"healthy"',
        'the status of a health check: "healthy", "unhealthy" or "unknown"',
    ),
    "input_tokens": (
        "int | None",
        "None",
        "the number that count_tokens returns; the number of words by default",
    ),
    "prefill": (
        'Literal["none", "rest", "repeats"]',
        '"rest"',
        'the reply to the beginning of a text: the "rest", or all of it ("repeats")',
    ),
    "capabilities": ("frozenset[Capability]", "", "the capabilities that the model reports"),
    "supported_settings": (
        "frozenset[str] | None",
        "None",
        "the supported settings; all by default",
    ),
    "policies": ("Sequence[Policy]", "()", "the policies of calls, the outermost first"),
    "observers": ("Sequence[Observer]", "()", "the observers of calls"),
    "sleep": ("Callable[[float], object]", "time.sleep", "the function for delays in sync calls"),
    "asleep": (
        "Callable[[float], Awaitable[object]] | None",
        "None",
        "the function for delays in async calls",
    ),
}

METADATA = ProviderMetadata(
    name="mock",
    description="Returns scripted responses, in process and without a network.",
    distribution="chatmodels-provider-mock",
    capabilities=CAPABILITIES,
    options=tuple(
        OptionSpec(name=name, type=kind, default=default, description=description)
        for name, (kind, default, description) in _OPTIONS.items()
    ),
    models=(model_info("echo"), model_info("scripted")),
)


class MockProvider:
    """The mock provider; threads can share it.

    Args:
        metadata: The metadata, with another name if it stands for another provider.
    """

    def __init__(self, metadata: ProviderMetadata = METADATA) -> None:
        self._metadata = metadata

    @property
    def metadata(self) -> ProviderMetadata:
        """The metadata of the provider."""
        return self._metadata

    def with_metadata(self, metadata: ProviderMetadata, /) -> "MockProvider":
        """Return a copy with other metadata, whose models have the name in them."""
        return MockProvider(metadata)

    def create_chat_model(self, model: str, options: ProviderOptions, /) -> MockChatModel:
        """Create a mock model; any model name is accepted.

        Args:
            model: The model's name.
            options: The options. `extra` contains the script. Settings, `on_unsupported`, time
                limits and prices are used; `max_retries` and other network options have no effect.

        Raises:
            ConfigurationError: Options are invalid.
        """
        # The model validates the values, because a mapping has no types for them.
        script: dict[str, Any] = dict(options.extra)
        return MockChatModel(
            model,
            provider=self._metadata.name,
            settings=options.settings,
            timeout=options.timeout,
            on_unsupported=options.on_unsupported,
            prices=options.prices,
            **script,
        )

    def model_info(self, model: str, /) -> ModelInfo:
        """Return the metadata of a mock model."""
        return model_info(model, provider=self._metadata.name)

    def check_health(self, options: ProviderOptions, /) -> HealthReport:
        """Report the health that the option `health` specifies."""
        return self.create_chat_model("echo", options).check_health()

    def list_models(self, options: ProviderOptions, /) -> Sequence[ModelInfo]:
        """List the documented model names; any other name is accepted as well."""
        return self._metadata.models
