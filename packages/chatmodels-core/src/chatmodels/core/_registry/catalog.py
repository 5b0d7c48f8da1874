"""The providers of a registry: registered by modules, found when they are asked for."""

import sys
from threading import Lock
from typing import ClassVar

from chatmodels.core._errors.classes import ConfigurationError, ProviderImportError
from chatmodels.core._log import error_facts, logger
from chatmodels.core._registry.checks import calling_module, check_name, check_provider
from chatmodels.core._registry.discovery import Discovery
from chatmodels.core._registry.errors import not_found, unimportable
from chatmodels.core._registry.provider import Provider
from chatmodels.core._registry.registrations import Registrations
from chatmodels.core._spelling import listing
from chatmodels.core._values.metadata import Capability, ProviderMetadata

discovery = Discovery()
"""What is installed in this process, for all registries."""


class ProviderCatalog:
    """A map of providers, for any number of threads.

    Readers take no lock: they see one immutable state, which a registration replaces as a
    whole.

    Args:
        discover: Whether to look for what is not registered among the installed providers.

    Attributes:
        home: The global registry, in which modules register their providers when imported.
    """

    home: ClassVar["ProviderCatalog"]

    def __init__(self, *, discover: bool = False) -> None:
        self._discover = discover
        self._state = Registrations()
        self._writing = Lock()
        self._broken: set[str] = set()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {listing(self._known())}>"

    @property
    def generation(self) -> int:
        """A number that changes with every change of the registry."""
        return self._state.generation

    def register_provider(self, provider: Provider, /, *, replace: bool = False) -> None:
        """Register a provider under the name in its metadata.

        Registering the very same object again changes nothing.

        Args:
            provider: What to register.
            replace: Whether it may take the place of another one of its name.

        Raises:
            ProviderConflictError: Another provider has the name; the message names the modules
                that registered the two.
            ConfigurationError: It is not a provider, or its name is malformed.
        """
        check_provider(provider)
        self._register(provider, calling_module(), replace=replace)

    def register_lazy(self, name: str, module: str, /, *, replace: bool = False) -> None:
        """Name the module that registers a provider when imported, which is done when needed.

        Args:
            name: What the provider will be registered under.
            module: The full name of the module.
            replace: Whether it may take the place of another provider of the name.

        Raises:
            ProviderConflictError: Another module is named or registered for the provider.
            ConfigurationError: The name is malformed.
        """
        check_name(name)
        with self._writing:
            self._state = self._state.with_lazy(name, module, replace=replace)
        note("registered provider %s of %s", name, module, op="register_lazy", provider=name)

    def unregister_provider(self, name: str, /) -> None:
        """Forget a provider; models that it made live on, and it is not discovered again.

        Raises:
            ProviderNotFoundError: There is none of that name.
        """
        known = self._known()
        if name not in known:
            raise not_found(name, known, removed=self._state.removed, discover=self._discover)
        with self._writing:
            self._state = self._state.without(name)
        note("unregistered provider %s", name, op="unregister_provider", provider=name)

    def rediscover(self) -> None:
        """Look again at what is installed, as after `pip install` in a running notebook."""
        import importlib

        importlib.invalidate_caches()
        discovery.forget()
        self._broken.clear()

    def is_registered(self, name: str, /) -> bool:
        """Tell whether a provider is registered, lazily or not, without discovering any."""
        state = self._state
        return name in state.providers or name in state.lazy

    def list_providers(self) -> list[str]:
        """List the names of the registered and the installed providers, importing none."""
        return sorted(self._known())

    def provider(self, name: str, /) -> Provider:
        """Give a provider, importing it if need be.

        Raises:
            ProviderNotFoundError: Nothing is registered or installed under that name; the message
                has the nearest name, or the distribution to install.
            ProviderImportError: It could not be imported, or speaks another version of the
                contract.
            ProviderConflictError: Several distributions provide it.
        """
        provider = self._state.providers.get(name)
        return self._find(name) if provider is None else provider

    def providers_with(self, *capabilities: Capability) -> list[str]:
        """List the names of the providers that have all of some capabilities, importing them.

        A provider that cannot be imported is logged and left out.
        """
        wanted = frozenset(capabilities)
        return [each.name for each in self._metadata() if wanted <= each.capabilities]

    def providers_for_model(self, model: str, /) -> list[str]:
        """List the names of the providers that know a model by its name or the name's beginning.

        They are imported; one that cannot be is logged and left out.
        """
        return [
            each.name
            for each in self._metadata()
            if any(known.name == model for known in each.models)
            or model.startswith(each.model_prefixes)
        ]

    def _known(self) -> set[str]:
        state = self._state
        known = state.providers.keys() | state.lazy.keys()
        if self._discover:
            known |= discovery.names() - state.removed
        return known

    def _metadata(self) -> list[ProviderMetadata]:
        found: list[ProviderMetadata] = []
        for name in self.list_providers():
            if name not in self._broken or name in self._state.providers:
                try:
                    found.append(self.provider(name).metadata)
                except ConfigurationError:
                    # It was logged where it was raised; queries do not try it again.
                    self._broken.add(name)
        return found

    def _register(self, provider: Provider, module: str, *, replace: bool) -> None:
        name = provider.metadata.name
        with self._writing:
            before = self._state
            after = self._state = before.with_provider(provider, module, replace=replace)
        if after is not before:
            what = "replaced" if name in before.providers else "registered"
            note("%s provider %s of %s", what, name, module, op="register_provider", provider=name)

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
        raise not_found(name, self._known(), removed=state.removed, discover=self._discover)

    def _imported(self, name: str, module: str) -> Provider:
        # Wherever it is wanted, a module registers its provider in the global registry; once, so
        # that what was unregistered there, or replaced, is not there any more.
        home = self.home
        state = home._state
        provider = state.made.get((name, module)) or state.providers.get(name)
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
            # A module that registers its provider and fails thereafter has provided nothing.
            with self._writing:
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


def note(message: str, *arguments: str, op: str, provider: str | None = None) -> None:
    """Log a change of the registry."""
    # Unless the program has imported logging, it cannot have asked to see this.
    if "logging" in sys.modules:
        logger("chatmodels.registry").info(
            message, *arguments, extra={"op": op, "provider": provider}
        )
