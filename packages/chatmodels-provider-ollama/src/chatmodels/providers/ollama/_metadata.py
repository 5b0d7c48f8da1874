"""What Ollama's provider is, known without any request."""

from chatmodels.core.extending import Capability, OptionSpec, ProviderMetadata

PROVIDER_NAME = "ollama"

METADATA = ProviderMetadata(
    name=PROVIDER_NAME,
    description="Models on one's own machine, served by Ollama.",
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
            description="Where Ollama listens, as its own client takes it: host, port, path.",
            env=("OLLAMA_HOST",),
        ),
        OptionSpec(
            name="api_key",
            description="A key for ollama.com, or for a proxy; a server of one's own needs none.",
            env=("OLLAMA_API_KEY",),
            secret=True,
        ),
    ),
    base_url="http://127.0.0.1:11434",
    documentation_url="https://docs.ollama.com/api/chat",
)
"""No models are named: which there are is a matter of the machine. See `list_models`."""
