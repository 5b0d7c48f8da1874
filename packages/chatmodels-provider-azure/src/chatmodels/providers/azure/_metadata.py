"""Static metadata of the Azure provider."""

from chatmodels.core.extending import Capability, OptionSpec, ProviderMetadata
from chatmodels.providers.azure._profile import MODELS

TOKEN_VARIABLE = "AZURE_OPENAI_AD_TOKEN"  # noqa: S105 - the name of a variable

METADATA = ProviderMetadata(
    name="azure",
    description="Models in Azure OpenAI and Microsoft Foundry.",
    distribution="chatmodels-provider-azure",
    capabilities=frozenset(Capability),
    options=(
        OptionSpec(
            name="api_key",
            type="str | Callable[[], str | Awaitable[str]]",
            description=(
                "A key of the resource, or a Microsoft Entra token. A value from a function "
                "or from the first variable is sent as a token."
            ),
            env=(TOKEN_VARIABLE, "AZURE_OPENAI_API_KEY"),
            required=True,
            secret=True,
        ),
        OptionSpec(
            name="base_url",
            description="The URL of the resource, such as https://NAME.openai.azure.com.",
            env=("AZURE_OPENAI_ENDPOINT",),
            required=True,
        ),
        OptionSpec(
            name="api_version",
            default='"v1"',
            description=(
                "A date selects the endpoints of deployments, 'preview' the preview features of "
                "v1; the default is v1."
            ),
            env=("OPENAI_API_VERSION",),
        ),
        OptionSpec(
            name="deployment",
            description="The name of the deployment, if it differs from the model name.",
        ),
        OptionSpec(
            name="api",
            type='Literal["chat_completions", "responses"]',
            default='"chat_completions"',
            description='"chat_completions" (the default), or "responses" at the v1 endpoints.',
        ),
        OptionSpec(
            name="auth",
            type='Literal["api_key", "bearer"]',
            description='"bearer" sends api_key as a token, "api_key" as a key.',
        ),
    ),
    models=MODELS,
    documentation_url="https://learn.microsoft.com/azure/foundry/openai/latest",
)
