"""Static metadata of the Cohere provider."""

from chatmodels.core.extending import OptionSpec, ProviderMetadata
from chatmodels.providers.cohere._profile import CAPABILITIES, MODELS

METADATA = ProviderMetadata(
    name="cohere",
    description="Cohere's models over its Chat API, version 2.",
    distribution="chatmodels-provider-cohere",
    capabilities=CAPABILITIES,
    options=(
        OptionSpec(
            name="api_key",
            type="str | Callable[[], str | Awaitable[str]]",
            description="An API key.",
            env=("CO_API_KEY", "COHERE_API_KEY"),
            required=True,
            secret=True,
        ),
        OptionSpec(
            name="base_url",
            description="The URL of the API, without the version prefix of the paths.",
            env=("CO_API_URL",),
        ),
    ),
    base_url="https://api.cohere.com",
    models=MODELS,
    model_prefixes=("command-", "c4ai-aya-", "north-"),
    documentation_url="https://docs.cohere.com/reference/chat",
)
