"""The registry: creates models by name from providers, aliases and options."""

import os
from collections.abc import Callable, Iterable, Mapping

from chatmodels.core._calls.protocols import ChatModel
from chatmodels.core._errors.classes import ChatModelError, ConfigurationError, InternalError
from chatmodels.core._registry.alias import AliasedModel
from chatmodels.core._registry.catalog import ProviderCatalog, log_change
from chatmodels.core._registry.config_file import ConfigFile, environment_config, read_config
from chatmodels.core._registry.creation import checked_name, clear_secrets, with_hooks
from chatmodels.core._registry.errors import no_alias
from chatmodels.core._registry.load_options import load_options
from chatmodels.core._registry.options import ProviderOptions
from chatmodels.core._registry.provider import Provider
from chatmodels.core._registry.registrations import ModelHook, RegistryObserver
from chatmodels.core._registry.watching import notify, watched_creation
from chatmodels.core._values.metadata import HealthReport, ModelInfo, ProviderMetadata


class ProviderRegistry(ProviderCatalog):
    """A thread-safe registry of providers and aliases that creates models.

    Readers do not take a lock: they see one immutable state, which a registration replaces as a
    whole.

    Provider modules register themselves in the global `registry` when they are imported. A
    registry that you create is empty. With `discover`, it also finds installed providers, imports
    them on first use, and loads the file that `CHATMODELS_CONFIG` names.

    Args:
        discover: Whether to search the installed providers for names that are not registered.
    """

    @property
    def aliases(self) -> dict[str, str]:
        """A copy of the aliases and their targets."""
        self._config()
        return dict(self._state.aliases)

    def set_alias(self, name: str, spec: str, /) -> None:
        """Point an alias to a model or to another alias, at once for all threads.

        Models that were created by the alias follow it: later calls go to the new target.

        Args:
            name: The alias, without a colon.
            spec: `"provider:model"`, or an alias. The provider need not be registered yet.

        Raises:
            ConfigurationError: They are malformed, or the alias would refer to itself.
        """
        with self._write_lock:
            self._state = self._state.with_aliases({name: spec})
        log_change("alias %s refers to %s", name, spec, op="set_alias")

    def remove_alias(self, name: str, /) -> None:
        """Remove an alias; an unknown one changes nothing."""
        with self._write_lock:
            self._state = self._state.without_alias(name)
        log_change("removed alias %s", name, op="remove_alias")

    def load_config(self, path: str | os.PathLike[str], /) -> None:
        """Load a TOML file with provider options and aliases.

        It replaces the file that was loaded before, or the one that `CHATMODELS_CONFIG` names.
        Other aliases stay, and existing models do not change.

        Raises:
            ConfigurationError: It cannot be read or is invalid; the message lists every problem.
        """
        config = read_config(path)
        with self._write_lock:
            self._state = self._state.with_config(config, replace=True)
        log_change("loaded config %s", config.path, op="load_config")

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

    def resolve(self, spec: str, /) -> tuple[Provider, str]:
        """Find the provider and the model of a spec, importing the provider if necessary.

        Args:
            spec: `"provider:model"`, as in `"openai:gpt-6.1-terra"`, or an alias. The first colon
                separates: `"ollama:llama3.2:1b"` is the model `llama3.2:1b`.

        Raises:
            ProviderNotFoundError: There is no such provider or alias.
            ProviderImportError: The provider could not be imported.
            ConfigurationError: The spec has no model.
        """
        name, colon, model = spec.partition(":")
        if not model:
            if not colon:
                return self.resolve(self.target(name))
            raise ConfigurationError(
                f"{spec!r} has no model; write '{name}:<model>'", op="resolve", provider=name
            )
        provider = self._state.providers.get(name)
        return self._find(name) if provider is None else provider, model

    def target(self, alias: str, /) -> str:
        """Resolve an alias to its `"provider:model"`.

        Raises:
            ProviderNotFoundError: There is no such alias.
        """
        spec = self._state.target(alias)
        if spec is None and self._config() is not None:
            spec = self._state.target(alias)
        if spec is None:
            raise no_alias(alias, self.aliases, self.list_providers(), self.providers_for_model)
        return spec

    def create_chat_model(self, spec: str, /, **options: object) -> ChatModel:
        """Create a model without sending a request.

        Args:
            spec: `"provider:model"`, or an alias, which the model then follows.
            options: As in `chatmodels.core.create_chat_model`.

        Raises:
            ChatModelError: As `resolve` and `provider_options`, or the provider cannot create it.
        """
        try:
            if ":" not in checked_name(spec, "spec of a model", _SPEC, op="create_chat_model"):
                return AliasedModel(self, spec, options)
            observers = self._state.observers
            if not observers:
                return self._create(self.resolve(spec), options)
            return watched_creation(
                observers,
                spec.partition(":")[0],
                lambda: self.resolve(spec),
                lambda target: self._create(target, options),
            )
        except BaseException as error:
            clear_secrets(options, error)
            raise

    def _create(self, target: tuple[Provider, str], options: Mapping[str, object]) -> ChatModel:
        provider, model = target
        metadata = provider.metadata
        try:
            created = provider.create_chat_model(model, self._options(metadata, options))
        except ChatModelError as error:
            raise error.located(op="create_chat_model", provider=metadata.name, model=model)
        except Exception as error:
            raise InternalError(
                f"{metadata.name} failed to create the model {model!r}: {type(error).__name__}; "
                f"please report it to the maintainers of {metadata.distribution}",
                op="create_chat_model",
                provider=metadata.name,
                model=model,
            ) from error
        hooks = self._state.hooks
        return with_hooks(created, hooks) if hooks else created

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

    def _options(
        self, metadata: ProviderMetadata, arguments: Mapping[str, object]
    ) -> ProviderOptions:
        try:
            return load_options(metadata, arguments, file=self._config())
        except RecursionError as error:  # from the repr of a value
            raise ConfigurationError(
                f"{metadata.name}: an option is nested too deeply; pass a flatter value",
                op="create_chat_model",
                provider=metadata.name,
            ) from error

    def _config(self) -> ConfigFile | None:
        config = self._state.config
        if config is None and self._discover:
            config = environment_config()
            if config is not None:
                with self._write_lock:
                    state = self._state
                    # Another thread may have set one in the meantime.
                    self._state = (
                        state if state.config else state.with_config(config, replace=False)
                    )
        return config


_SPEC = "openai:gpt-6.1-terra"

registry = ProviderRegistry(discover=True)
"""The global registry, in which providers register themselves when they are imported."""

registry.__module__ = "chatmodels.core"  # the module that pickles name
ProviderCatalog.home = registry
