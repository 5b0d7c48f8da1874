"""Static metadata of the Bedrock provider."""

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
            type="str | Callable[[], str | Awaitable[str]]",
            description="A Bedrock API key; without one, requests are signed with AWS credentials.",
            env=("AWS_BEARER_TOKEN_BEDROCK",),
            secret=True,
        ),
        OptionSpec(
            name="region",
            description="The AWS region of the models; the default is that of the profile.",
            env=("AWS_REGION", "AWS_DEFAULT_REGION"),
        ),
        OptionSpec(
            name="profile",
            description="The profile in the AWS config files that provides credentials and region.",
            env=("AWS_PROFILE", "AWS_DEFAULT_PROFILE"),
        ),
        OptionSpec(
            name="base_url",
            description="The URL of Bedrock Runtime, instead of the region's endpoint.",
            env=("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_ENDPOINT_URL"),
        ),
        OptionSpec(
            name="control_url",
            description="The URL of models and jobs, instead of the region's endpoint.",
            env=("AWS_ENDPOINT_URL_BEDROCK",),
        ),
        OptionSpec(
            name="batch_s3_uri",
            description="The folder in S3 with the rows and results of batches: s3://bucket/name.",
        ),
        OptionSpec(
            name="batch_output_s3_uri",
            description="Another folder in S3 for the results of batches.",
        ),
        OptionSpec(
            name="batch_role_arn",
            description="The ARN of the role with which Bedrock reads and writes these folders.",
        ),
        OptionSpec(
            name="s3_url",
            description="The URL of S3, instead of the region's endpoint.",
            env=("AWS_ENDPOINT_URL_S3",),
        ),
        OptionSpec(
            name="aws_access_key_id",
            description="The access key, instead of one from the credential chain.",
            secret=True,
        ),
        OptionSpec(
            name="aws_secret_access_key", description="The secret of the access key.", secret=True
        ),
        OptionSpec(
            name="aws_session_token", description="The token of temporary credentials.", secret=True
        ),
        OptionSpec(
            name="credentials",
            type="object",
            description="A botocore object, as returned by boto3.Session().get_credentials().",
        ),
    ),
    base_url="https://bedrock-runtime.{region}.amazonaws.com",
    models=MODELS,
    documentation_url="https://docs.aws.amazon.com/bedrock/latest/APIReference/",
)
