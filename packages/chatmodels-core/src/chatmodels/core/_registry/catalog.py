"""The providers of a registry: registered by modules, discovered on first use."""

import sys
from threading import Lock
from typing import ClassVar

from chatmodels.core._errors.classes import ConfigurationError, ProviderImportError
from chatmodels.core._log import error_facts, logger
from chatmodels.core._registry.checks import calling_module, check_name, check_provider
from chatmodels.core._registry.creation import clear_secrets
from chatmodels.core._registry.declarations import OptionSource
from chatmodels.core._registry.discovery import Discovery
from chatmodels.core._registry.errors import not_found, unimportable
from chatmodels.core._registry.provider import Provider
from chatmodels.core._registry.registrations import Registrations
from chatmodels.core._spelling import listing
from chatmodels.core._values.metadata import Capability, ProviderMetadata

discovery = Discovery()
"""The installed providers of this process, for all registries."""


class ProviderCatalog:
    """A thread-safe map of providers.

    Readers do not take a lock: they see one immutable state, which a registration replaces as a
    whole.

    Args:
        discover: Whether to search the installed providers for names that are not registered.

    Attributes:
        home: The global registry, in which modules register their providers when imported.
    """

    home: ClassVar["ProviderCatalog"]

    def __init__(self, *, discover: bool = False) -> None:
        self._discover = discover
        self._state = Registrations()
        self._write_lock = Lock()
        self._broken: set[str] = set()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {listing(self._names())}>"

    @property
    def generation(self) -> int:
        """A number that changes with every change of the registry."""
        return self._state.generation

    def register_provider(
        self,
        provider: Provider | str,
        /,
        *,
        like: str | None = None,
        replace: bool = False,
        **options: object,
    ) -> None:
        """Register a provider under the name in its metadata, or under a name of your own.

        Registering the very same object again changes nothing.

        Args:
            provider: The provider; or, together with `like`, the name of a new one.
            like: The provider whose wire format the new one has.
            replace: Whether to replace another provider with the same name.
            options: Options and settings of the new provider, such as `base_url`; or environment
                variables that contain them, such as `api_key_env="MYCORP_API_KEY"`. The
                environment variables of the other provider are not read.

        Raises:
            ProviderConflictError: Another provider has the name; the message contains the modules
                that registered the two.
            ProviderNotFoundError: There is no provider `like`.
            ConfigurationError: It is not a provider, its name is malformed, or options are wrong.
        """
        if isinstance(provider, str):
            self._declare(provider, like, options, replace=replace)
            return
        if like is not None or options:
            raise ConfigurationError(
                "like= and options belong to the name of a new provider, as in "
                'register_provider("mycorp", like="openai", base_url="...")',
                op="register_provider",
            )
        check_provider(provider)
        self._register(provider, calling_module(), replace=replace)

    def _declare(
        self, name: str, like: str | None, options: dict[str, object], *, replace: bool
    ) -> None:
        from chatmodels.core._registry.derived import declared_options, derived

        try:
            check_name(name)
            if like is None:
                raise ConfigurationError(
                    f"{name!r} is a name without a provider; pass the provider, or "
                    'like="openai" or another with the same wire format',
                    op="register_provider",
                )
            other = self.provider(like)
            source = declared_options(other.metadata, name, options)
            provider = derived(other, name, source)
        except BaseException as error:
            clear_secrets(options, error)
            raise
        self._register(provider, calling_module(), replace=replace, defaults=source)

    def register_lazy(self, name: str, module: str, /, *, replace: bool = False) -> None:
        """Register a provider by the name of its module, which is imported on first use.

        Args:
            name: The name that the module registers the provider under.
            module: The full name of the module.
            replace: Whether to replace another provider with the same name.

        Raises:
            ProviderConflictError: Another module has registered the name.
            ConfigurationError: The name is malformed.
        """
        check_name(name)
        with self._write_lock:
            self._state = self._state.with_lazy(name, module, replace=replace)
        log_change("registered provider %s of %s", name, module, op="register_lazy", provider=name)

    def unregister_provider(self, name: str, /) -> None:
        """Remove a provider; its models continue to work, and it is not discovered again.

        Raises:
            ProviderNotFoundError: There is no provider with this name.
        """
        names = self._names()
        if name not in names:
            raise not_found(name, names, removed=self._state.removed, discover=self._discover)
        with self._write_lock:
            self._state = self._state.without(name)
        log_change("unregistered provider %s", name, op="unregister_provider", provider=name)

    def rediscover(self) -> None:
        """Look for installed packages again, for example after `pip install` in a notebook.

        These are providers, policies, and the price list for `response.cost`.
        """
        import importlib

        from chatmodels.core._registry.policy_types import installed_types
        from chatmodels.core._values.price_list import forget_price_list

        importlib.invalidate_caches()
        discovery.reset()
        installed_types.cache_clear()
        forget_price_list()
        self._broken.clear()

    def is_registered(self, name: str, /) -> bool:
        """Report whether a provider is registered, lazily or not, without discovering any."""
        state = self._state
        return name in state.providers or name in state.lazy

    def list_providers(self) -> list[str]:
        """List the names of the registered and installed providers, without importing them."""
        return sorted(self._names())

    def provider(self, name: str, /) -> Provider:
        """Return a provider, importing it if necessary.

        Raises:
            ProviderNotFoundError: There is no registered or installed provider with this name; the
                message contains the nearest name, or the distribution to install.
            ProviderImportError: It could not be imported, or implements another version of the
                contract.
            ProviderConflictError: Several distributions provide it.
        """
        provider = self._state.providers.get(name)
        return self._find(name) if provider is None else provider

    def providers_with(self, *capabilities: Capability) -> list[str]:
        """List the names of the providers that have all the given capabilities, importing them.

        A provider that cannot be imported is logged and omitted.
        """
        required = frozenset(capabilities)
        return [metadata.name for metadata in self._metadata() if required <= metadata.capabilities]

    def providers_for_model(self, model: str, /) -> list[str]:
        """List the names of the providers that have a model of this name or with its prefix.

        They are imported; a provider that cannot be imported is logged and omitted.
        """
        return [
            metadata.name
            for metadata in self._metadata()
            if any(info.name == model for info in metadata.models)
            or model.startswith(metadata.model_prefixes)
        ]

    def _names(self) -> set[str]:
        state = self._state
        names = state.providers.keys() | state.lazy.keys()
        if self._discover:
            names |= discovery.names() - state.removed
        return names

    def _metadata(self) -> list[ProviderMetadata]:
        metadata: list[ProviderMetadata] = []
        for name in self.list_providers():
            if name not in self._broken or name in self._state.providers:
                try:
                    metadata.append(self.provider(name).metadata)
                except ConfigurationError:
                    # It was logged when it was raised; queries do not try the import again.
                    self._broken.add(name)
        return metadata

    def _register(
        self,
        provider: Provider,
        module: str,
        *,
        replace: bool,
        defaults: OptionSource | None = None,
    ) -> None:
        name = provider.metadata.name
        with self._write_lock:
            previous = self._state
            current = self._state = previous.with_provider(
                provider, module, replace=replace, defaults=defaults
            )
        if current is not previous:
            action = "replaced" if name in previous.providers else "registered"
            log_change(
                "%s provider %s of %s", action, name, module, op="register_provider", provider=name
            )

    def _find(self, name: str) -> Provider:
        state = self._state
        try:
            module = state.lazy.get(name)
            if module is None and self._discover and name not in state.removed:
                installed = discovery.find(name)
                module = None if installed is None else installed.module
            if module is not None:
                return self._imported(name, module)
        except ConfigurationError as error:
            logger("chatmodels.registry").warning(
                "provider %s cannot be used: %s", name, error, extra=error_facts(error)
            )
            raise
        raise not_found(name, self._names(), removed=state.removed, discover=self._discover)

    def _imported(self, name: str, module: str) -> Provider:
        # A module registers its provider only once, in the global registry, whichever registry
        # imports it. `registered` has it even if it was unregistered or replaced there since.
        home = self.home
        state = home._state
        provider = state.registered.get((name, module)) or state.providers.get(name)
        if provider is None:
            provider = home._import(name, module)
        if self is not home or name not in self._state.providers:
            self._register(provider, module, replace=False)
        return provider

    def _import(self, name: str, module: str) -> Provider:
        import importlib

        try:
            importlib.import_module(module)
        except (Exception, SystemExit) as error:
            # A module that fails after it registered its provider must not leave it behind.
            with self._write_lock:
                self._state = self._state.without_module(module)
            raise unimportable(name, module, error) from error
        state = self._state
        provider = state.providers.get(name)
        if provider is None:
            raise ProviderImportError(
                f"importing {module} registered no provider named {name!r} (registered: "
                f"{listing(state.providers)}); it must call register_provider(...) with the name "
                "of its entry point",
                op="resolve",
                provider=name,
            )
        return provider


def log_change(message: str, *arguments: str, op: str, provider: str | None = None) -> None:
    """Log a change of the registry."""
    # A program that has not imported logging cannot have configured it.
    if "logging" in sys.modules:
        logger("chatmodels.registry").info(
            message, *arguments, extra={"op": op, "provider": provider}
        )
