"""The Amazon Bedrock provider."""

from chatmodels.core.extending import ProviderOptions
from chatmodels.http import Codec, HttpProvider, SignerSource
from chatmodels.providers.bedrock._codec import converse_codec
from chatmodels.providers.bedrock._metadata import METADATA
from chatmodels.providers.bedrock._regions import control_url, with_region
from chatmodels.providers.bedrock._signing import AwsSigners


def codec(options: ProviderOptions) -> Codec:
    """Create the codec for the options of a model."""
    return converse_codec(control_url(options))


def signers(options: ProviderOptions) -> SignerSource | None:
    """Create the source of request signers, if there is no API key."""
    return AwsSigners(options) if options.api_key is None else None


PROVIDER = HttpProvider(METADATA, codec, complete=with_region, signers=signers)
"""The provider `bedrock`: Amazon Bedrock's Converse API."""
