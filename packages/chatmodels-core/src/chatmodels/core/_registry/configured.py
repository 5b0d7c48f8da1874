"""The providers of a registry together with the config file that declares options for them."""

from collections.abc import Mapping

from chatmodels.core._errors.classes import ConfigurationError, ProviderNotFoundError
from chatmodels.core._registry.catalog import ProviderCatalog
from chatmodels.core._registry.declarations import OptionSource
from chatmodels.core._registry.load_options import load_options
from chatmodels.core._registry.options import ProviderOptions
from chatmodels.core._registry.provider import Provider
from chatmodels.core._registry.registrations import Configuration
from chatmodels.core._values.metadata import ProviderMetadata


class ConfiguredCatalog(ProviderCatalog):
    """A thread-safe map of providers, and the config file that was loaded."""

    def _config(self) -> Configuration | None:
        """Return the config file that was loaded."""
        return self._state.config

    def _defaults(self, name: str) -> tuple[OptionSource, ...]:
        """Return the declarations of a provider, those of the file last."""
        config = self._config()
        registered = self._state.defaults.get(name)
        declared = None if config is None else config.file.providers.get(name)
        return tuple(each for each in (registered, declared) if each is not None)

    def _options(
        self,
        metadata: ProviderMetadata,
        arguments: Mapping[str, object],
        declared: tuple[OptionSource, ...] = (),
    ) -> ProviderOptions:
        try:
            return load_options(
                metadata, arguments, defaults=self._defaults(metadata.name), declared=declared
            )
        except RecursionError as error:  # from the repr of a value
            raise ConfigurationError(
                f"{metadata.name}: an option is nested too deeply; pass a flatter value",
                op="create_chat_model",
                provider=metadata.name,
            ) from error

    def _find(self, name: str) -> Provider:
        try:
            return super()._find(name)
        except ProviderNotFoundError:
            # The file of the environment is loaded on first use, and can declare the provider.
            if self._state.config is None and self._config() is not None:
                provider = self._state.providers.get(name)
                if provider is not None:
                    return provider
            raise
