"""Static metadata of the Ollama provider."""

from chatmodels.core.extending import Capability, OptionSpec, ProviderMetadata

PROVIDER_NAME = "ollama"

METADATA = ProviderMetadata(
    name=PROVIDER_NAME,
    description="Models on your own machine, served by Ollama.",
    distribution="chatmodels-provider-ollama",
    capabilities=frozenset(
        {
            Capability.STREAMING,
            Capability.TOOLS,
            Capability.PARALLEL_TOOLS,
            Capability.STRUCTURED_OUTPUT,
            Capability.VISION,
            Capability.REASONING,
            Capability.LOGPROBS,
            Capability.SEED,
            Capability.MODEL_LISTING,
        }
    ),
    options=(
        OptionSpec(
            name="host",
            description="The host, port and path of the server, as Ollama's client accepts them.",
            env=("OLLAMA_HOST",),
        ),
        OptionSpec(
            name="api_key",
            type="str | Callable[[], str | Awaitable[str]]",
            description="A key for ollama.com or a proxy; your own server does not need one.",
            env=("OLLAMA_API_KEY",),
            secret=True,
        ),
    ),
    base_url="http://127.0.0.1:11434",
    documentation_url="https://docs.ollama.com/api/chat",
)
"""The metadata contains no models, because each server has its own; see `list_models`."""
