"""Static metadata of the OpenAI provider."""

from chatmodels.core.extending import Capability, OptionSpec, ProviderMetadata
from chatmodels.providers.openai._profile import MODELS

METADATA = ProviderMetadata(
    name="openai",
    description="OpenAI's models over its Responses API and over chat completions.",
    distribution="chatmodels-provider-openai",
    capabilities=frozenset(Capability),
    options=(
        OptionSpec(
            name="api_key",
            type="str | Callable[[], str | Awaitable[str]]",
            description="An API key of the OpenAI platform.",
            env=("OPENAI_API_KEY",),
            required=True,
            secret=True,
        ),
        OptionSpec(
            name="base_url",
            description="The URL of the API, for example of your own proxy.",
            env=("OPENAI_BASE_URL",),
        ),
        OptionSpec(
            name="organization",
            description="The organization to bill, for keys that belong to several.",
            env=("OPENAI_ORG_ID",),
        ),
        OptionSpec(
            name="project",
            description="The project to bill.",
            env=("OPENAI_PROJECT_ID",),
        ),
        OptionSpec(
            name="api",
            type='Literal["responses", "chat_completions"]',
            description='"responses" or "chat_completions"; the default depends on the model.',
        ),
    ),
    base_url="https://api.openai.com/v1",
    models=MODELS,
    model_prefixes=("gpt-", "chatgpt-", "o1", "o3", "o4", "ft:gpt-"),
    documentation_url="https://platform.openai.com/docs/api-reference/responses",
)
