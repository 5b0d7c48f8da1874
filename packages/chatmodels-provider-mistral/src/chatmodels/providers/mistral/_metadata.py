"""What Mistral's provider is, known without any request."""

from chatmodels.core.extending import Capability, OptionSpec, ProviderMetadata
from chatmodels.providers.mistral._profile import CHAT, MODELS

METADATA = ProviderMetadata(
    name="mistral",
    description="Mistral's models over its chat completion API.",
    distribution="chatmodels-provider-mistral",
    capabilities=CHAT
    | {
        Capability.VISION,
        Capability.AUDIO_INPUT,
        Capability.REASONING,
        Capability.LOGPROBS,
        Capability.MODEL_LISTING,
    },
    options=(
        OptionSpec(
            name="api_key",
            description="An API key of the console; required without a token_path.",
            env=("MISTRAL_API_KEY",),
            secret=True,
        ),
        OptionSpec(
            name="token_path",
            description=(
                "A file with the token of a service account, which counts before a key of the "
                "environment; it is read for each request."
            ),
            env=("MISTRAL_SA_TOKEN_PATH",),
        ),
        OptionSpec(
            name="base_url",
            description="Where the API is, as for a proxy or a server of your own.",
        ),
    ),
    base_url="https://api.mistral.ai/v1",
    models=MODELS,
    model_prefixes=(
        "mistral-",
        "ministral-",
        "magistral-",
        "codestral-",
        "devstral-",
        "voxtral-",
        "pixtral-",
        "open-mistral-",
        "labs-",
    ),
    documentation_url="https://docs.mistral.ai/api/endpoint/chat",
)
