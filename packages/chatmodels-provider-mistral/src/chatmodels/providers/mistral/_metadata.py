"""Static metadata of the Mistral provider."""

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
            type="str | Callable[[], str | Awaitable[str]]",
            description="An API key from the console; required without a token_path.",
            env=("MISTRAL_API_KEY",),
            secret=True,
        ),
        OptionSpec(
            name="token_path",
            description=(
                "A file with the token of a service account. It takes precedence over a key from "
                "the environment, and is read for each request."
            ),
            env=("MISTRAL_SA_TOKEN_PATH",),
        ),
        OptionSpec(
            name="base_url",
            description="The URL of the API, for example of a proxy or your own server.",
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
