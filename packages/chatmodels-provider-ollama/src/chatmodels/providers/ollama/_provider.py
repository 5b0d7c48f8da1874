"""Makes Ollama's models, where Ollama listens."""

from collections.abc import Sequence

from msgspec.structs import replace

from chatmodels.core import HealthReport, ModelInfo, ProviderOptions
from chatmodels.http import HttpChatModel, HttpProvider
from chatmodels.providers.ollama._codec import OllamaCodec
from chatmodels.providers.ollama._host import read_host
from chatmodels.providers.ollama._metadata import METADATA


class OllamaProvider(HttpProvider):
    """The provider, which finds the address in the option `host`."""

    def create_chat_model(self, model: str, options: ProviderOptions, /) -> HttpChatModel:
        """Make a model; no request is sent.

        Raises:
            ConfigurationError: `host` is none, or a client passed is of no known kind.
        """
        return super().create_chat_model(model, located(options))

    def check_health(self, options: ProviderOptions, /) -> HealthReport:
        """Ask for the version, which is the cheapest request that proves the address."""
        return super().check_health(located(options))

    def list_models(self, options: ProviderOptions, /) -> Sequence[ModelInfo]:
        """Ask which models have been pulled.

        Raises:
            ConfigurationError: `host` is none.
            ChatModelError: The request failed.
        """
        return super().list_models(located(options))


def located(options: ProviderOptions) -> ProviderOptions:
    """Put the address into options that only have a host.

    Raises:
        ConfigurationError: `host` is none.
    """
    host = options.extra.get("host")
    if not isinstance(host, str) or options.base_url not in {None, METADATA.base_url}:
        return options
    return replace(options, base_url=read_host(host))


PROVIDER = OllamaProvider(METADATA, OllamaCodec())
