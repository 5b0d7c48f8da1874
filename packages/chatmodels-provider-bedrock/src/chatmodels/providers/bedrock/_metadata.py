"""What Bedrock's provider is, known without any request."""

from chatmodels.core.extending import OptionSpec, ProviderMetadata
from chatmodels.providers.bedrock._profile import CAPABILITIES, MODELS

METADATA = ProviderMetadata(
    name="bedrock",
    description="The models of Amazon Bedrock over its Converse API.",
    distribution="chatmodels-provider-bedrock",
    capabilities=CAPABILITIES,
    options=(
        OptionSpec(
            name="api_key",
            description="An API key of Bedrock; without one, requests are signed.",
            env=("AWS_BEARER_TOKEN_BEDROCK",),
            secret=True,
        ),
        OptionSpec(
            name="region",
            description="Where the models run; without it, the profile's.",
            env=("AWS_REGION", "AWS_DEFAULT_REGION"),
        ),
        OptionSpec(
            name="profile",
            description="The profile in AWS's own files that has credentials and region.",
            env=("AWS_PROFILE", "AWS_DEFAULT_PROFILE"),
        ),
        OptionSpec(
            name="base_url",
            description="Where the models are, instead of the region's endpoint.",
            env=("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_ENDPOINT_URL"),
        ),
        OptionSpec(
            name="control_url",
            description="Where models are listed, instead of the region's endpoint.",
            env=("AWS_ENDPOINT_URL_BEDROCK",),
        ),
        OptionSpec(
            name="aws_access_key_id",
            description="The access key, instead of what the credential chain finds.",
            secret=True,
        ),
        OptionSpec(
            name="aws_secret_access_key", description="The access key's secret.", secret=True
        ),
        OptionSpec(
            name="aws_session_token", description="The token of a temporary key.", secret=True
        ),
        OptionSpec(
            name="credentials",
            description="An object of botocore, as boto3.Session().get_credentials() gives.",
        ),
    ),
    base_url="https://bedrock-runtime.{region}.amazonaws.com",
    models=MODELS,
    documentation_url="https://docs.aws.amazon.com/bedrock/latest/APIReference/",
)
