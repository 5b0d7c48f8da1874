"""The Amazon Bedrock provider."""

from chatmodels.core.extending import ProviderOptions
from chatmodels.http import Codec, HttpProvider, SignerSource
from chatmodels.providers.bedrock._batches import BedrockBatches
from chatmodels.providers.bedrock._codec import converse_codec
from chatmodels.providers.bedrock._errors import read_failure
from chatmodels.providers.bedrock._metadata import METADATA
from chatmodels.providers.bedrock._regions import (
    control_url,
    storage_url,
    text_option,
    with_region,
)
from chatmodels.providers.bedrock._s3 import Storage
from chatmodels.providers.bedrock._signing import AwsSigners

_NO_KEY = (
    "S3 does not accept an API key: create the model without one, with AWS credentials, "
    "batch_s3_uri=... and batch_role_arn=..."
)
_NO_LOCATION = "pass batch_s3_uri=..., a folder in S3, and batch_role_arn=..., a role of IAM"


def codec(options: ProviderOptions) -> Codec:
    """Create the codec for the options of a model."""
    uri, role = text_option(options, "batch_s3_uri"), text_option(options, "batch_role_arn")
    if options.api_key is not None:
        return converse_codec(control_url(options), without_batches=_NO_KEY)
    if uri is None or role is None:
        return converse_codec(control_url(options), without_batches=_NO_LOCATION)
    batches = BedrockBatches(
        provider=METADATA.name,
        failure=read_failure,
        path=control_url(options),
        storage=Storage(storage_url(options)),
        input_uri=uri.rstrip("/"),
        output_uri=(text_option(options, "batch_output_s3_uri") or uri).rstrip("/"),
        role=role,
    )
    return converse_codec(control_url(options), batches)


def signers(options: ProviderOptions) -> SignerSource | None:
    """Create the source of request signers, if there is no API key."""
    return AwsSigners(options) if options.api_key is None else None


PROVIDER = HttpProvider(METADATA, codec, complete=with_region, signers=signers)
"""The provider `bedrock`: Amazon Bedrock's Converse API."""
