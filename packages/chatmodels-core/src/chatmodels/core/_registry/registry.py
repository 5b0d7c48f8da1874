"""The registry: creates models by name from providers, aliases and options."""

import os
from collections.abc import Callable, Iterable

import msgspec

from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._registry.catalog import ProviderCatalog, log_change
from chatmodels.core._registry.config_file import VARIABLE, environment_config, read_config
from chatmodels.core._registry.creation import checked_name, clear_secrets
from chatmodels.core._registry.declarations import ConfigFile
from chatmodels.core._registry.naming import ModelFactory
from chatmodels.core._registry.options import ProviderOptions
from chatmodels.core._registry.provider import Provider
from chatmodels.core._registry.registrations import Configuration, ModelHook, RegistryObserver
from chatmodels.core._registry.watching import notify
from chatmodels.core._values.metadata import HealthReport, ModelInfo


class ProviderRegistry(ModelFactory):
    """A thread-safe registry of providers and aliases that creates models.

    Readers do not take a lock: they see one immutable state, which a registration replaces as a
    whole.

    Provider modules register themselves in the global `registry` when they are imported. A
    registry that you create is empty. With `discover`, it also finds installed providers, imports
    them on first use, and loads the file that `CHATMODELS_CONFIG` names.

    Args:
        discover: Whether to search the installed providers for names that are not registered.
    """

    def load_config(self, path: str | os.PathLike[str], /) -> None:
        """Load a TOML file that declares providers, models, policies and aliases.

        The file is checked as a whole before anything changes. Then it replaces the file that was
        loaded before, or the one that `CHATMODELS_CONFIG` names, at once for all threads: calls in
        progress finish with the models and policies of the previous file, and the next calls of
        models that were created by a name use the new ones. A policy whose declaration did not
        change remains the same object, with what it has counted. Aliases that code has set stay,
        unless the file has them too.

        Raises:
            ConfigurationError: It cannot be read or is invalid. The message lists every problem,
                `details["problems"]` has their dotted keys, and nothing changes.
        """
        self._apply(self._checked(read_config(path), replace=True), replace=True)

    def reload_config(self) -> bool:
        """Load the config file again if its content has changed; see `load_config`.

        Returns:
            Whether it has changed.

        Raises:
            ConfigurationError: As `load_config`; or a model that was created by a name could not
                follow the change; or no file has been loaded.
        """
        from chatmodels.core._registry.config_checks import check_followers

        current = self._config()
        if current is None:
            raise ConfigurationError(
                f"no config file has been loaded; call load_config(path) or set {VARIABLE}",
                op="load_config",
            )
        file = read_config(current.file.path)
        if file.digest == current.file.digest:
            return False
        config = self._checked(file, replace=True)
        check_followers(self, config, self._followers())
        self._apply(config, replace=True)
        return True

    def check_config(self, path: str | os.PathLike[str], /) -> None:
        """Check a config file as `load_config` does, without loading it.

        Providers and policies that the file names are imported. No request is sent, and the
        environment is not read: credentials can be missing.

        Raises:
            ConfigurationError: It cannot be read or is invalid; the message lists every problem.
        """
        self._checked(read_config(path), replace=True)

    def config_schema(self) -> dict[str, object]:
        """Return the JSON Schema of a config file, for editors that complete and check it.

        It has the options of the registered and installed providers and the parameters of the
        installed policies, which are imported. `load_config` checks more than it can express.
        """
        from chatmodels.core._registry.config_schema import config_schema

        return config_schema(self._metadata())

    def _checked(self, file: ConfigFile, *, replace: bool) -> Configuration:
        # Most programs have no file.
        from chatmodels.core._registry.config_checks import checked_config

        return checked_config(self, file, replace=replace)

    def _apply(self, config: Configuration, *, replace: bool) -> Configuration:
        from chatmodels.core._registry.config_checks import declared_policies
        from chatmodels.core._registry.policies import PolicyPool

        with self._write_lock:
            previous = self._state.config
            if previous is not None and not replace:  # another thread was faster
                return previous
            pool = PolicyPool(
                None if previous is None else previous.pool, declared_policies(config.file)
            )
            config = msgspec.structs.replace(config, pool=pool)
            self._state = self._state.with_config(config, replace=replace)
        log_change("loaded config %s", config.file.path, op="load_config")
        return config

    def _config(self) -> Configuration | None:
        config = self._state.config
        if config is None and self._discover:
            file = environment_config()
            if file is not None:
                config = self._apply(self._checked(file, replace=False), replace=False)
        return config

    def add_model_hook(self, hook: ModelHook, /) -> Callable[[], None]:
        """Pass every model created from now on to a function, and return its result instead.

        For an alias, the hook receives the targets. If a hook fails, the failure is logged and the
        model is returned unchanged.

        Returns:
            A function that removes the hook; calling it again does nothing.
        """
        added = (hook,)
        with self._write_lock:
            self._state = self._state.with_hook(added)

        def remove() -> None:
            with self._write_lock:
                self._state = self._state.without_hook(added)

        return remove

    def add_observer(self, observer: RegistryObserver, /) -> Callable[[], None]:
        """Notify an observer of every model created from now on, and of health checks.

        Returns:
            A function that removes the observer; calling it again does nothing.
        """
        added = (observer,)
        with self._write_lock:
            self._state = self._state.with_observer(added)

        def remove() -> None:
            with self._write_lock:
                self._state = self._state.without_observer(added)

        return remove

    def provider_options(self, name: str, /, **options: object) -> ProviderOptions:
        """Load a provider's options from arguments, environment and config file.

        A provider's `list_models` and `check_health` accept them.

        Raises:
            AuthenticationError: A required secret is missing, and there is no other problem.
            ConfigurationError: Options are wrong or missing; the message lists every problem.
        """
        try:
            return self._options(self.provider(name).metadata, options)
        except BaseException as error:
            clear_secrets(options, error)
            raise

    def list_models(self, name: str, /, **options: object) -> list[ModelInfo]:
        """Request the models that a provider offers to an account.

        Args:
            name: The registered name of the provider; or an alias or `"provider:model"`, of which
                the provider counts.
            options: See `chatmodels.core.create_chat_model`.

        Raises:
            UnsupportedError: The provider has no listing.
            ChatModelError: There is no such provider, the options are wrong, or a request failed.
        """
        from chatmodels.core._registry.listing import list_models

        try:
            provider = self._provider_of(name)
            return list_models(provider, self._options(provider.metadata, options))
        except BaseException as error:
            clear_secrets(options, error)
            raise

    async def alist_models(self, name: str, /, **options: object) -> list[ModelInfo]:
        """Request the models that a provider offers to an account, awaited."""
        from chatmodels.core._registry.listing import alist_models

        try:
            provider = self._provider_of(name)
            return await alist_models(provider, self._options(provider.metadata, options))
        except BaseException as error:
            clear_secrets(options, error)
            raise

    def _provider_of(self, name: str) -> Provider:
        name = checked_name(name, "name of a provider", "openai", op="list_models")
        if ":" in name or (name in self.aliases and name not in self._names()):
            return self.resolve(name)[0]
        return self.provider(name)

    def check_health(
        self, names: Iterable[str] | None = None, /, *, timeout: float = 5.0
    ) -> dict[str, HealthReport]:
        """Check providers concurrently in threads; failures are reported, not raised.

        A provider that cannot be found or imported is "unhealthy", one without credentials
        "unknown".

        Args:
            names: The names of the providers, or one name; by default, all that are registered or
                installed.
            timeout: The time limit of each check in seconds.
        """
        from chatmodels.core._registry.health import check_all

        if names is None:
            names = self.list_providers()
        reports = check_all(
            [names] if isinstance(names, str) else list(names),
            timeout,
            find=self.provider,
            load_options=lambda name: self.provider_options(name, timeout=timeout, max_retries=0),
        )
        observers = self._state.observers
        for report in reports.values() if observers else ():
            notify(observers, lambda observer, report=report: observer.checked(report))
        return reports

    async def acheck_health(
        self,
        names: Iterable[str] | None = None,
        /,
        *,
        timeout: float = 5.0,  # noqa: ASYNC109 # of each probe
    ) -> dict[str, HealthReport]:
        """Check providers concurrently; the async version of `check_health`."""
        from chatmodels.core._calls.fallbacks import in_thread

        return await in_thread(lambda: self.check_health(names, timeout=timeout))

    def __reduce__(self) -> str:
        """Pickle the global registry by its name; other registries do not pickle."""
        if self is not registry:
            raise ConfigurationError(
                "only the global registry and models of its aliases can be pickled, because other "
                "registries exist in one process; create the model in the process that uses it"
            )
        return "registry"


registry = ProviderRegistry(discover=True)
"""The global registry, in which providers register themselves when they are imported."""

registry.__module__ = "chatmodels.core"  # the module that pickles name
ProviderCatalog.home = registry
