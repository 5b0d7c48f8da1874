"""The Azure provider."""

from chatmodels.core import ConfigurationError
from chatmodels.core.extending import ProviderOptions
from chatmodels.http import Codec, HttpProvider
from chatmodels.http.wire import PATH_NAME_RULE, is_path_name, shown_name
from chatmodels.providers.azure._address import address
from chatmodels.providers.azure._codec import azure_codec, azure_responses_codec
from chatmodels.providers.azure._metadata import METADATA, TOKEN_VARIABLE


def codec(options: ProviderOptions) -> Codec:
    """Create the codec for the options of a model.

    Raises:
        ConfigurationError: The endpoint does not have the API, `auth` is neither "api_key" nor
            "bearer", or the URL, the version or the deployment is invalid.
    """
    key, extra = options.api_key, options.extra
    # Tokens expire, so they come from a function, such as one of azure-identity; keys do not.
    is_token = key is not None and (key.origin == TOKEN_VARIABLE or not key.static)
    auth = extra.get("auth", "bearer" if is_token else "api_key")
    if auth not in ("api_key", "bearer"):
        raise ConfigurationError(f'azure: auth must be "api_key" or "bearer", not {auth!r}')
    endpoint = address(options.base_url or "", str(extra.get("api_version", "")))
    deployment, token = str(extra.get("deployment", "")), auth == "bearer"
    if deployment and endpoint.kind == "dated" and not is_path_name(deployment):
        raise ConfigurationError(
            f"azure: the deployment {shown_name(deployment)} cannot be part of a URL; "
            f"{PATH_NAME_RULE}"
        )
    match extra.get("api", "chat_completions"):
        case "chat_completions":
            return azure_codec(endpoint, deployment, token=token)
        case "responses" if endpoint.kind == "v1":
            return azure_responses_codec(endpoint, deployment, token=token)
        case "responses":
            raise ConfigurationError(
                "azure: only v1 endpoints have the Responses API; pass api_version='v1' and a "
                "base_url without /models at the end"
            )
        case api:
            raise ConfigurationError(
                f"azure has no api {api!r}; pass 'chat_completions' or 'responses', or omit it"
            )


PROVIDER = HttpProvider(METADATA, codec)
"""The provider `azure`: Azure OpenAI and Microsoft Foundry."""
