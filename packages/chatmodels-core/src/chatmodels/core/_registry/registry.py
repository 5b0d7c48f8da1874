"""Where models are created by name: providers, aliases for models, and their options."""

import os
from collections.abc import Callable, Iterable, Mapping

from chatmodels.core._calls.protocols import ChatModel
from chatmodels.core._errors.classes import ChatModelError, ConfigurationError, InternalError
from chatmodels.core._registry.alias import AliasedModel
from chatmodels.core._registry.catalog import ProviderCatalog, note
from chatmodels.core._registry.config_file import ConfigFile, environment_config, read_config
from chatmodels.core._registry.creation import checked_text, forget, hooked
from chatmodels.core._registry.errors import no_alias
from chatmodels.core._registry.load_options import load_options
from chatmodels.core._registry.options import ProviderOptions
from chatmodels.core._registry.provider import Provider
from chatmodels.core._registry.registrations import ModelHook, RegistryObserver
from chatmodels.core._registry.watching import tell, watched_creation
from chatmodels.core._values.metadata import HealthReport, ModelInfo, ProviderMetadata


class ProviderRegistry(ProviderCatalog):
    """A map of providers and aliases that models are created from, for any number of threads.

    Readers take no lock: they see one immutable state, which a registration replaces as a
    whole.

    Provider modules register themselves in the global `registry` when they are imported. A
    registry of one's own begins empty and knows what was registered in it; with `discover` it
    also finds what is installed, importing it if need be, and obeys `CHATMODELS_CONFIG`.

    Args:
        discover: Whether to look for what is not registered among the installed providers.
    """

    @property
    def aliases(self) -> dict[str, str]:
        """The aliases and what they stand for, in a copy."""
        self._config()
        return dict(self._state.aliases)

    def set_alias(self, name: str, spec: str, /) -> None:
        """Let a name stand for a model, or for another alias; at once, for all threads.

        Models that were created by the alias follow it: calls that begin later go to the new
        target.

        Args:
            name: The alias, without a colon.
            spec: `"provider:model"`, or an alias. The provider need not be registered yet.

        Raises:
            ConfigurationError: They are malformed, or the alias would stand for itself.
        """
        with self._writing:
            self._state = self._state.with_aliases({name: spec})
        note("alias %s stands for %s", name, spec, op="set_alias")

    def remove_alias(self, name: str, /) -> None:
        """Forget an alias; one that is not there changes nothing."""
        with self._writing:
            self._state = self._state.without_alias(name)
        note("removed alias %s", name, op="remove_alias")

    def load_config(self, path: str | os.PathLike[str], /) -> None:
        """Read a TOML file with options for providers and aliases.

        It takes the place of one that was loaded before, and of the one that `CHATMODELS_CONFIG`
        names; aliases set otherwise stay. Models that exist are not changed.

        Raises:
            ConfigurationError: It cannot be read or is wrong; the message lists every problem.
        """
        config = read_config(path)
        with self._writing:
            self._state = self._state.with_config(config, replace=True)
        note("loaded config %s", config.path, op="load_config")

    def add_model_hook(self, hook: ModelHook, /) -> Callable[[], None]:
        """Show every model created from now on to a function, and hand out what it returns.

        Of an alias the targets are shown. A hook that fails is logged, and the model handed out
        as it was.

        Returns:
            A function that removes the hook; calling it again does nothing.
        """
        added = (hook,)
        with self._writing:
            self._state = self._state.with_hook(added)

        def remove() -> None:
            with self._writing:
                self._state = self._state.without_hook(added)

        return remove

    def add_observer(self, observer: RegistryObserver, /) -> Callable[[], None]:
        """Have an observer told of every model created from now on, and of health checks.

        Returns:
            A function that takes the observer away; calling it again does nothing.
        """
        added = (observer,)
        with self._writing:
            self._state = self._state.with_observer(added)

        def remove() -> None:
            with self._writing:
                self._state = self._state.without_observer(added)

        return remove

    def resolve(self, spec: str, /) -> tuple[Provider, str]:
        """Find the provider and the model that a spec names, importing the provider if need be.

        Args:
            spec: `"provider:model"`, as in `"openai:gpt-6.1-terra"`, or an alias. Only the first
                colon counts: `"ollama:llama3.2:1b"` is the model `llama3.2:1b`.

        Raises:
            ProviderNotFoundError: There is no such provider or alias.
            ProviderImportError: The provider could not be imported.
            ConfigurationError: The spec names no model.
        """
        name, colon, model = spec.partition(":")
        if not model:
            if not colon:
                return self.resolve(self.target(name))
            raise ConfigurationError(
                f"{spec!r} names no model; write '{name}:<model>'", op="resolve", provider=name
            )
        provider = self._state.providers.get(name)
        return self._find(name) if provider is None else provider, model

    def target(self, alias: str, /) -> str:
        """Follow an alias to the `"provider:model"` that it stands for.

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
        """Create a model; no request is sent.

        Args:
            spec: `"provider:model"`, or an alias, which the model then follows.
            options: See `chatmodels.core.create_chat_model`.

        Raises:
            ChatModelError: As `resolve` and `provider_options`; or the provider cannot make it.
        """
        try:
            if ":" not in checked_text(spec, "model", _SPEC, op="create_chat_model"):
                return AliasedModel(self, spec, options)
            observers = self._state.observers
            if not observers:
                return self._create(self.resolve(spec), options)
            return watched_creation(
                observers,
                spec.partition(":")[0],
                lambda: self.resolve(spec),
                lambda found: self._create(found, options),
            )
        except BaseException as error:
            forget(options, error)
            raise

    def _create(self, found: tuple[Provider, str], options: Mapping[str, object]) -> ChatModel:
        provider, model = found
        metadata = provider.metadata
        try:
            created = provider.create_chat_model(model, self._options(metadata, options))
        except ChatModelError as error:
            raise error.located(op="create_chat_model", provider=metadata.name, model=model)
        except Exception as error:
            raise InternalError(
                f"{metadata.name} failed to create the model {model!r}: {type(error).__name__}; "
                f"please report it to the makers of {metadata.distribution}",
                op="create_chat_model",
                provider=metadata.name,
                model=model,
            ) from error
        hooks = self._state.hooks
        return hooked(created, hooks) if hooks else created

    def provider_options(self, name: str, /, **options: object) -> ProviderOptions:
        """Gather a provider's options from arguments, environment and config file.

        It is what a provider's `list_models` and `check_health` take.

        Raises:
            AuthenticationError: A required secret is missing, and nothing else is wrong.
            ConfigurationError: Options are wrong or missing; the message lists every problem.
        """
        try:
            return self._options(self.provider(name).metadata, options)
        except BaseException as error:
            forget(options, error)
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
            forget(options, error)
            raise

    async def alist_models(self, name: str, /, **options: object) -> list[ModelInfo]:
        """Request the models that a provider offers to an account, awaited."""
        from chatmodels.core._registry.listing import alist_models

        try:
            provider = self._provider_of(name)
            return await alist_models(provider, self._options(provider.metadata, options))
        except BaseException as error:
            forget(options, error)
            raise

    def _provider_of(self, name: str) -> Provider:
        name = checked_text(name, "provider", "openai", op="list_models")
        if ":" in name or (name in self.aliases and name not in self._known()):
            return self.resolve(name)[0]
        return self.provider(name)

    def check_health(
        self, names: Iterable[str] | None = None, /, *, timeout: float = 5.0
    ) -> dict[str, HealthReport]:
        """Probe providers concurrently, in threads; never raises for failures.

        A provider that cannot be found or imported is unhealthy, one without credentials unknown.

        Args:
            names: Which to probe, or the one to probe; all that are registered or installed by
                default.
            timeout: Seconds for each.
        """
        from chatmodels.core._registry.health import check_all

        if names is None:
            names = self.list_providers()
        reports = check_all(
            [names] if isinstance(names, str) else list(names),
            timeout,
            find=self.provider,
            gather_options=lambda name: self.provider_options(name, timeout=timeout, max_retries=0),
        )
        observers = self._state.observers
        for report in reports.values() if observers else ():
            tell(observers, lambda each, report=report: each.checked(report))
        return reports

    async def acheck_health(
        self,
        names: Iterable[str] | None = None,
        /,
        *,
        timeout: float = 5.0,  # noqa: ASYNC109 # of each probe
    ) -> dict[str, HealthReport]:
        """Probe providers concurrently, awaited; the twin of `check_health`."""
        from chatmodels.core._calls.fallbacks import in_thread

        return await in_thread(lambda: self.check_health(names, timeout=timeout))

    def __reduce__(self) -> str:
        """Pickle the global registry by its name, and no other."""
        if self is not registry:
            raise ConfigurationError(
                "a registry other than the global one cannot be pickled, nor a model of its "
                "aliases: it exists in this process only; create the model in the process that "
                "uses it"
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
                with self._writing:
                    state = self._state
                    # Another thread may have taken one in between.
                    self._state = (
                        state if state.config else state.with_config(config, replace=False)
                    )
        return config


_SPEC = "openai:gpt-6.1-terra"

registry = ProviderRegistry(discover=True)
"""The registry that providers register themselves in when they are imported."""

registry.__module__ = "chatmodels.core"  # pickles name it there
ProviderCatalog.home = registry
