"""Makes the models of a resource."""

from chatmodels.core import ConfigurationError
from chatmodels.core.extending import ProviderOptions
from chatmodels.http import Codec, HttpProvider
from chatmodels.http.wire import PATH_NAME_RULE, is_path_name, shown_name
from chatmodels.providers.azure._address import address
from chatmodels.providers.azure._codec import azure_codec, azure_responses_codec
from chatmodels.providers.azure._metadata import METADATA, TOKEN_VARIABLE


def codec(options: ProviderOptions) -> Codec:
    """Choose API and endpoint by the options of a model.

    Raises:
        ConfigurationError: There is no such API there, `auth` is neither "api_key" nor "bearer",
            or the address, the version or the deployment is not one.
    """
    key, extra = options.api_key, options.extra
    # Tokens expire and come from a function, as those of azure-identity; keys do not.
    is_token = key is not None and (key.origin == TOKEN_VARIABLE or not key.static)
    auth = extra.get("auth", "bearer" if is_token else "api_key")
    if auth not in ("api_key", "bearer"):
        raise ConfigurationError(f'azure: auth must be "api_key" or "bearer", not {auth!r}')
    where = address(options.base_url or "", str(extra.get("api_version", "")))
    deployment, token = str(extra.get("deployment", "")), auth == "bearer"
    if deployment and where.kind == "dated" and not is_path_name(deployment):
        raise ConfigurationError(
            f"azure: the deployment {shown_name(deployment)} cannot be part of a URL; "
            f"{PATH_NAME_RULE}"
        )
    match extra.get("api", "chat_completions"):
        case "chat_completions":
            return azure_codec(where, deployment, token=token)
        case "responses" if where.kind == "v1":
            return azure_responses_codec(where, deployment, token=token)
        case "responses":
            raise ConfigurationError(
                "azure: the Responses API is at the v1 endpoints; pass api_version='v1', and a "
                "base_url without /models at its end"
            )
        case api:
            raise ConfigurationError(
                f"azure has no api {api!r}; use 'chat_completions' or 'responses', or leave it out"
            )


PROVIDER = HttpProvider(METADATA, codec)
"""The provider `azure`: Azure OpenAI and Microsoft Foundry."""
