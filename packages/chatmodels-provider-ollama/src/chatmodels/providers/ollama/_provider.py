"""Makes Ollama's models, where Ollama listens."""

from msgspec.structs import replace

from chatmodels.core.extending import ProviderOptions
from chatmodels.http import HttpProvider
from chatmodels.providers.ollama._codec import CODEC
from chatmodels.providers.ollama._host import read_host
from chatmodels.providers.ollama._metadata import METADATA


def located(options: ProviderOptions) -> ProviderOptions:
    """Put the address into options that only have a host.

    Raises:
        ConfigurationError: `host` is none.
    """
    host = options.extra.get("host")
    if not isinstance(host, str) or options.base_url not in {None, METADATA.base_url}:
        return options
    return replace(options, base_url=read_host(host))


PROVIDER = HttpProvider(METADATA, CODEC, complete=located)
"""The provider `ollama`: a server of Ollama."""
