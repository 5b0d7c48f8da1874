"""What Azure's provider is, known without any request."""

from chatmodels.core.extending import Capability, OptionSpec, ProviderMetadata
from chatmodels.providers.azure._profile import MODELS

TOKEN_VARIABLE = "AZURE_OPENAI_AD_TOKEN"  # noqa: S105 - the name of one

METADATA = ProviderMetadata(
    name="azure",
    description="Models in Azure OpenAI and Microsoft Foundry.",
    distribution="chatmodels-provider-azure",
    capabilities=frozenset(Capability),
    options=(
        OptionSpec(
            name="api_key",
            description=(
                "A key of the resource; or a Microsoft Entra token, which is what a function "
                "and the first variable are taken to give."
            ),
            env=(TOKEN_VARIABLE, "AZURE_OPENAI_API_KEY"),
            required=True,
            secret=True,
        ),
        OptionSpec(
            name="base_url",
            description="The resource, as https://NAME.openai.azure.com.",
            env=("AZURE_OPENAI_ENDPOINT",),
            required=True,
        ),
        OptionSpec(
            name="api_version",
            description=(
                "A date chooses the endpoints of deployments, 'preview' what is new in v1; "
                "v1 without it."
            ),
            env=("OPENAI_API_VERSION",),
        ),
        OptionSpec(
            name="deployment",
            description="The deployment, where it is not named like the model.",
        ),
        OptionSpec(
            name="api",
            description='"chat_completions" (the default), or "responses" at the v1 endpoints.',
        ),
        OptionSpec(
            name="auth",
            description='"bearer" sends api_key as a token, "api_key" as a key.',
        ),
    ),
    models=MODELS,
    documentation_url="https://learn.microsoft.com/azure/foundry/openai/latest",
)
