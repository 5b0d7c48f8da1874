"""The Anthropic provider."""

from chatmodels.core import ConfigurationError
from chatmodels.core.extending import ProviderOptions
from chatmodels.http import Codec, HttpProvider, endpoint_of
from chatmodels.providers.anthropic._codec import messages_codec
from chatmodels.providers.anthropic._metadata import METADATA, TOKEN_VARIABLE

_ADDRESS = METADATA.base_url or ""


def codec(options: ProviderOptions) -> Codec:
    """Create the codec for the options of a model.

    Raises:
        ConfigurationError: `auth` is neither "api_key" nor "bearer".
    """
    key = options.api_key
    default = "bearer" if key is not None and key.origin == TOKEN_VARIABLE else "api_key"
    auth = options.extra.get("auth", default)
    if auth not in ("api_key", "bearer"):
        raise ConfigurationError(f'anthropic: auth must be "api_key" or "bearer", not {auth!r}')
    # Anthropic's SDK expects base URLs without "/v1"; SDKs of other vendors expect them with it.
    prefix = "" if (options.base_url or "").rstrip("/").endswith("/v1") else "/v1"
    official = endpoint_of(options.base_url or _ADDRESS) == endpoint_of(_ADDRESS)
    return messages_codec(prefix, token=auth == "bearer", official=official)


PROVIDER = HttpProvider(METADATA, codec)
"""The provider `anthropic`: Anthropic's Messages API."""
