"""The mock as a provider that a registry can hold."""

from collections.abc import Sequence
from typing import Any

from chatmodels.core import HealthReport, ModelInfo
from chatmodels.core.extending import OptionSpec, ProviderMetadata, ProviderOptions
from chatmodels.providers.mock._model import CAPABILITIES, MockChatModel, model_info

_OPTIONS = {
    "responses": "replies in order; see MockChatModel for what a reply may be",
    "rules": "replies by what is asked: a mapping of patterns to replies",
    "on_exhausted": 'what follows the last response: "error", "cycle", "last" or "echo"',
    "latency": "seconds before the answer, or before the first event of a stream",
    "interval": "seconds before each further event of a stream",
    "chunk_size": "characters in each piece of a streamed text; words by default",
    "error_rate": "which part of the attempts fails, from 0 to 1",
    "error": "what those fail with: an ErrorCode or a ChatModelError",
    "seed": "makes the same attempts fail each time",
    "health": 'what a health check finds: "healthy", "unhealthy" or "unknown"',
    "capabilities": "what the model is said to be able to do",
    "supported_settings": "the settings that are honoured; all by default",
    "policies": "what decides how calls are made, the outermost first",
    "observers": "what watches calls",
    "sleep": "waits, blocking",
    "asleep": "waits, awaited",
}

METADATA = ProviderMetadata(
    name="mock",
    description="Answers from a script, in process and without network.",
    distribution="chatmodels-provider-mock",
    capabilities=CAPABILITIES,
    options=tuple(
        OptionSpec(name=name, description=description) for name, description in _OPTIONS.items()
    ),
    models=(model_info("echo"), model_info("scripted")),
)


class MockProvider:
    """Makes mocks; it is shared by threads."""

    @property
    def metadata(self) -> ProviderMetadata:
        """The metadata of the provider."""
        return METADATA

    def create_chat_model(self, model: str, options: ProviderOptions, /) -> MockChatModel:
        """Make a mock; any name will do for the model.

        Args:
            model: The model's name.
            options: Its script is in `extra`; of the others, settings, `on_unsupported` and time
                limits count, and there is no network that `max_retries` and the rest could
                apply to.

        Raises:
            ConfigurationError: Options are out of their ranges.
        """
        # Checked by the parameters' own rules; a mapping cannot tell the types of its values.
        script: dict[str, Any] = dict(options.extra)
        return MockChatModel(
            model,
            settings=options.settings,
            timeout=options.timeout,
            on_unsupported=options.on_unsupported,
            **script,
        )

    def model_info(self, model: str, /) -> ModelInfo:
        """Describe a mock."""
        return model_info(model)

    def check_health(self, options: ProviderOptions, /) -> HealthReport:
        """Report the health that is asked for by the option `health`."""
        return self.create_chat_model("echo", options).check_health()

    def list_models(self, options: ProviderOptions, /) -> Sequence[ModelInfo]:
        """List the models by whose names the mock is known, though any name will do."""
        return METADATA.models
