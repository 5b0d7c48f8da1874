"""Makes the models of a resource."""

from chatmodels.core import ConfigurationError, ProviderOptions
from chatmodels.http import HttpProvider
from chatmodels.providers.azure._address import address
from chatmodels.providers.azure._codec import AzureCodec
from chatmodels.providers.azure._metadata import METADATA, TOKEN_VARIABLE


def codec(options: ProviderOptions) -> AzureCodec:
    """Choose the endpoint by the options of a model.

    Raises:
        ConfigurationError: `auth` is neither "api_key" nor "bearer", or the address or the
            version is not one.
    """
    key, extra = options.api_key, options.extra
    # Tokens expire and come from a function, as those of azure-identity; keys do not.
    is_token = key is not None and (key.origin == TOKEN_VARIABLE or not key.static)
    auth = extra.get("auth", "bearer" if is_token else "api_key")
    if auth not in ("api_key", "bearer"):
        raise ConfigurationError(f'azure: auth must be "api_key" or "bearer", not {auth!r}')
    where = address(options.base_url or "", str(extra.get("api_version", "")))
    return AzureCodec(where, str(extra.get("deployment", "")), bearer=auth == "bearer")


PROVIDER = HttpProvider(METADATA, codec)
