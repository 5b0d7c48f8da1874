"""Static metadata of Google's providers.

The environment variables are those of Google's SDK, in its order ("google-genai").
"""

from chatmodels.core.extending import Capability, OptionSpec, ProviderMetadata
from chatmodels.providers.google._profile import (
    CAPABILITIES,
    END_DATES,
    VERTEX_END_DATES,
    models_of,
)

GEMINI = "google"
VERTEX = "google-vertex"

_CAPABILITIES = CAPABILITIES | {
    Capability.LOGPROBS,
    Capability.MODEL_LISTING,
    Capability.TOKEN_COUNTING,
}
_KEYS = ("GOOGLE_API_KEY", "GEMINI_API_KEY")
_PREFIXES = ("gemini-", "gemma-")

GEMINI_METADATA = ProviderMetadata(
    name=GEMINI,
    description="Google's Gemini models over the Gemini API.",
    distribution="chatmodels-provider-google",
    capabilities=_CAPABILITIES,
    options=(
        OptionSpec(
            name="api_key",
            type="str | Callable[[], str | Awaitable[str]]",
            description="The API key.",
            env=_KEYS,
            required=True,
            secret=True,
        ),
        OptionSpec(
            name="base_url",
            description="The URL of the API, with or without its version.",
            env=("GOOGLE_GEMINI_BASE_URL",),
        ),
    ),
    base_url="https://generativelanguage.googleapis.com",
    models=models_of(GEMINI, END_DATES),
    model_prefixes=_PREFIXES,
    documentation_url="https://ai.google.dev/api/generate-content",
)

VERTEX_METADATA = ProviderMetadata(
    name=VERTEX,
    description="Google's Gemini models over Vertex AI.",
    distribution="chatmodels-provider-google",
    capabilities=_CAPABILITIES,
    options=(
        OptionSpec(
            name="project",
            description="The Google Cloud project; not needed with an API key.",
            env=("GOOGLE_CLOUD_PROJECT",),
        ),
        OptionSpec(
            name="location",
            default='"global"',
            description='A region such as "europe-west4", or "global" (the default), "us" or "eu".',
            env=("GOOGLE_CLOUD_LOCATION",),
        ),
        OptionSpec(
            name="credentials",
            type="object | Callable[[], str | Awaitable[str]]",
            description="Credentials of google-auth, or a sync or async function that returns an "
            "access token. The default is Application Default Credentials, if there is no API key.",
        ),
        OptionSpec(
            name="api_key",
            type="str | Callable[[], str | Awaitable[str]]",
            description="A key for the express mode; a key from the environment is used only if "
            "there is no project.",
            env=_KEYS,
            secret=True,
        ),
        OptionSpec(
            name="base_url",
            description="The URL of the API, with or without its version.",
            env=("GOOGLE_VERTEX_BASE_URL",),
        ),
    ),
    base_url="https://aiplatform.googleapis.com",
    models=models_of(VERTEX, VERTEX_END_DATES),
    model_prefixes=_PREFIXES,
    documentation_url="https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference",
)
