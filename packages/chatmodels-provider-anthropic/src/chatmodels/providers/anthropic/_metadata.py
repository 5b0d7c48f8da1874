"""Static metadata of the Anthropic provider."""

from chatmodels.core.extending import Capability, OptionSpec, ProviderMetadata
from chatmodels.providers.anthropic._profile import CAPABILITIES, MODELS

TOKEN_VARIABLE = "ANTHROPIC_AUTH_TOKEN"  # noqa: S105 - the name of a variable

METADATA = ProviderMetadata(
    name="anthropic",
    description="Anthropic's models over its Messages API.",
    distribution="chatmodels-provider-anthropic",
    capabilities=CAPABILITIES | {Capability.MODEL_LISTING, Capability.TOKEN_COUNTING},
    options=(
        OptionSpec(
            name="api_key",
            type="str | Callable[[], str | Awaitable[str]]",
            description="An API key or a token; the second variable is sent as a token.",
            env=("ANTHROPIC_API_KEY", TOKEN_VARIABLE),
            required=True,
            secret=True,
        ),
        OptionSpec(
            name="base_url",
            description="The URL of the API, for example of a gateway.",
            env=("ANTHROPIC_BASE_URL",),
        ),
        OptionSpec(
            name="auth",
            type='Literal["api_key", "bearer"]',
            default='"api_key"',
            description='"bearer" sends api_key as a token, "api_key" (the default) as a key.',
        ),
    ),
    base_url="https://api.anthropic.com",
    models=MODELS,
    model_prefixes=("claude-",),
    documentation_url="https://platform.claude.com/docs/en/api/messages",
)
