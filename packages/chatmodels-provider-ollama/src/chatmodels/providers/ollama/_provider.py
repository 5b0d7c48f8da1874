"""The Ollama provider."""

from msgspec.structs import replace

from chatmodels.core.extending import ProviderOptions
from chatmodels.http import HttpProvider
from chatmodels.providers.ollama._codec import CODEC
from chatmodels.providers.ollama._host import read_host
from chatmodels.providers.ollama._metadata import METADATA


def with_base_url(options: ProviderOptions) -> ProviderOptions:
    """Return options with the base URL of the option `host`, if only that is set.

    Raises:
        ConfigurationError: `host` is invalid.
    """
    host = options.extra.get("host")
    if not isinstance(host, str) or options.base_url not in {None, METADATA.base_url}:
        return options
    return replace(options, base_url=read_host(host))


PROVIDER = HttpProvider(METADATA, CODEC, complete=with_base_url)
"""The provider `ollama`: a server of Ollama."""
