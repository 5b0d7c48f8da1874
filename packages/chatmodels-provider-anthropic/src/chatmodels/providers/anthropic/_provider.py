"""Makes Anthropic's models."""

from chatmodels.core import ConfigurationError, ProviderOptions
from chatmodels.http import Codec, HttpProvider
from chatmodels.providers.anthropic._codec import messages_codec
from chatmodels.providers.anthropic._metadata import METADATA, TOKEN_VARIABLE


def codec(options: ProviderOptions) -> Codec:
    """Make the wire format for the options of a model.

    Raises:
        ConfigurationError: `auth` is neither "api_key" nor "bearer".
    """
    key = options.api_key
    usual = "bearer" if key is not None and key.origin == TOKEN_VARIABLE else "api_key"
    auth = options.extra.get("auth", usual)
    if auth not in ("api_key", "bearer"):
        raise ConfigurationError(f'anthropic: auth must be "api_key" or "bearer", not {auth!r}')
    # The vendor's own SDK wants addresses without "/v1", those of other vendors with it.
    prefix = "" if (options.base_url or "").rstrip("/").endswith("/v1") else "/v1"
    return messages_codec(prefix, token=auth == "bearer")


PROVIDER = HttpProvider(METADATA, codec)
