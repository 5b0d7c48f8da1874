"""The names of a registry: specs and aliases, and the creation of the models they stand for."""

from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from chatmodels.core._calls.protocols import ChatModel
from chatmodels.core._errors.classes import (
    ChatModelError,
    ConfigurationError,
    InternalError,
    ProviderNotFoundError,
)
from chatmodels.core._registry.catalog import log_change
from chatmodels.core._registry.composition import (
    Composition,
    GivenModel,
    Target,
    refuse_options,
)
from chatmodels.core._registry.configured import ConfiguredCatalog
from chatmodels.core._registry.creation import checked_name, clear_secrets, with_hooks
from chatmodels.core._registry.credentials import as_secret, has_credentials
from chatmodels.core._registry.declarations import AliasTarget, OptionSource, PolicyDeclaration
from chatmodels.core._registry.errors import no_alias
from chatmodels.core._registry.provider import Provider
from chatmodels.core._registry.registrations import Registrations
from chatmodels.core._registry.watching import watched_creation

if TYPE_CHECKING:
    from chatmodels.core._registry.alias import AliasedModel


class ModelFactory(ConfiguredCatalog):
    """A thread-safe map of providers and aliases that creates models."""

    def __init__(self, *, discover: bool = False) -> None:
        super().__init__(discover=discover)
        self._following: WeakSet[AliasedModel] = WeakSet()
        self._following_lock = Lock()

    @property
    def aliases(self) -> dict[str, str]:
        """A copy of the aliases and their targets; a model as `"provider:model"`."""
        self._config()
        return {name: target.spec for name, target in self._state.aliases.items()}

    def set_alias(self, name: str, target: str | ChatModel, /, **options: object) -> None:
        """Point an alias to a model or to another alias, at once for all threads.

        Models that were created by the alias follow it: later calls go to the new target.

        Args:
            name: The alias, without a colon.
            target: `"provider:model"`, an alias, or a model. The provider need not be registered
                yet.
            options: Options and settings of the alias, as in `create_chat_model`. They take
                precedence over those of an alias that is the target. Credentials require a target
                that names a provider, because they belong to it.

        Raises:
            ConfigurationError: They are malformed, or the alias would refer to itself.
        """
        try:
            declared = self._alias_target(name, target, options)
            with self._write_lock:
                self._state = self._state.with_aliases({name: declared})
        except BaseException as error:
            clear_secrets(options, error)
            raise
        log_change("alias %s refers to %s", name, declared.spec, op="set_alias")

    def _alias_target(
        self, name: str, target: str | ChatModel, options: dict[str, object]
    ) -> AliasTarget:
        given = {option: value for option, value in options.items() if value is not None}
        if not isinstance(target, ChatModel):
            if "api_key" in given:
                given["api_key"] = as_secret(given["api_key"])
            if has_credentials(given) and ":" not in target:
                raise ConfigurationError(
                    f"the options of alias {name!r} contain credentials, and {target!r} can refer "
                    f"to another provider later; name the provider, as in {_SPEC!r}",
                    op="set_alias",
                )
            source = OptionSource(table=f"alias {name!r}", options=given) if given else None
            return AliasTarget(spec=target, source=source)
        from chatmodels.core._registry.alias import AliasedModel

        refuse_options(name, given)
        follows = target.alias if isinstance(target, AliasedModel) and target.follows(self) else ""
        return AliasTarget(spec=f"{target.provider}:{target.model}", model=target, follows=follows)

    def remove_alias(self, name: str, /) -> None:
        """Remove an alias; an unknown one changes nothing."""
        with self._write_lock:
            self._state = self._state.without_alias(name)
        log_change("removed alias %s", name, op="remove_alias")

    def resolve(self, spec: str, /) -> tuple[Provider, str]:
        """Find the provider and the model of a spec, importing the provider if necessary.

        Args:
            spec: `"provider:model"`, as in `"openai:gpt-6.1-terra"`, or an alias. The first colon
                separates: `"ollama:llama3.2:1b"` is the model `llama3.2:1b`.

        Raises:
            ProviderNotFoundError: There is no such provider or alias.
            ProviderImportError: The provider could not be imported.
            ConfigurationError: The spec has no model, or the alias refers to a model without a
                provider, such as a `Route`.
        """
        name, colon, model = spec.partition(":")
        if not model:
            if not colon:
                return self._resolve_alias(name)
            raise ConfigurationError(
                f"{spec!r} has no model; write '{name}:<model>'", op="resolve", provider=name
            )
        provider = self._state.providers.get(name)
        return self._find(name) if provider is None else provider, model

    def _resolve_alias(self, name: str) -> tuple[Provider, str]:
        spec = self.target(name)
        try:
            return self.resolve(spec)
        except ProviderNotFoundError:
            if not self._state.is_model(name):
                raise
        raise ConfigurationError(
            f"{name!r} is a model that was created already or is made of others, so that no "
            f"provider creates it; call create_chat_model({name!r}), or name a provider",
            op="resolve",
        )

    def target(self, alias: str, /) -> str:
        """Resolve an alias to its `"provider:model"`.

        Raises:
            ProviderNotFoundError: There is no such alias.
        """
        self._config()
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
                from chatmodels.core._registry.alias import AliasedModel

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

    def compose(self, spec: str, /) -> Target:
        """Resolve a spec or an alias with everything that is declared for it.

        Raises:
            ChatModelError: As `resolve`; or a policy cannot be created.
        """
        self._config()
        return self._compose(spec, self._state)

    def _compose(self, spec: str, state: Registrations) -> Target:
        name = spec
        declared: tuple[OptionSource, ...] = ()
        policies: tuple[PolicyDeclaration, ...] = ()
        while ":" not in spec:
            target = state.aliases.get(spec)
            if target is None:
                self.target(spec)  # raises
                state = self._state  # another thread has set the alias in the meantime
                continue
            declared = declared if target.source is None else (target.source, *declared)
            policies += target.policies
            spec = target.spec
            given = target.model
            if target.made is not None:
                (given,) = self._policies((target.made,), state)
            if given is not None:
                names = [name for each in declared for name in (*each.options, *each.variables)]
                refuse_options(name, names)
                return GivenModel(model=given, policies=self._policies(policies, state))
        provider, model = self.resolve(spec)
        return Composition(
            provider=provider,
            name=model,
            defaults=self._defaults(provider.metadata.name),
            declared=declared,
            policies=self._policies(policies, state),
        )

    def _policies(
        self, declarations: tuple[PolicyDeclaration, ...], state: Registrations
    ) -> tuple[Any, ...]:
        if state.config is None:
            return ()

        pool = state.config.pool
        return tuple(
            pool.created(
                each,
                tuple(self._compose(spec, state) for spec in each.members),
                lambda spec, key=each.key: self._member(spec, state, key),
            )
            for each in declarations
        )

    def _member(self, spec: str, state: Registrations, key: str) -> ChatModel:
        try:
            return self.create(self._compose(spec, state), {})
        except ChatModelError as error:
            error.add_note(f"{key} refers to {spec!r}")
            raise

    def create(self, target: Target, options: Mapping[str, object], /) -> ChatModel:
        """Create the model of a target.

        Raises:
            ChatModelError: As `create_chat_model`.
        """
        given = dict(options)
        try:
            is_given = isinstance(target, GivenModel)
            model = target.model if is_given else self._watched(target, given)
            return model.with_policies(*target.policies) if target.policies else model
        except BaseException as error:
            clear_secrets(given, error)
            raise

    def _watched(self, target: Composition, options: Mapping[str, object]) -> ChatModel:
        observers = self._state.observers
        resolved = target.provider, target.name
        if not observers:
            return self._create(resolved, options, target.declared)
        return watched_creation(
            observers,
            target.provider_name,
            lambda: resolved,
            lambda found: self._create(found, options, target.declared),
        )

    def _create(
        self,
        target: tuple[Provider, str],
        options: Mapping[str, object],
        declared: tuple[OptionSource, ...] = (),
    ) -> ChatModel:
        provider, model = target
        metadata = provider.metadata
        try:
            created = provider.create_chat_model(model, self._options(metadata, options, declared))
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

    def add_follower(self, model: "AliasedModel", /) -> None:
        """Record a model that follows a name, so that a config file is checked for it too."""
        with self._following_lock:
            self._following.add(model)

    def _followers(self) -> "list[AliasedModel]":
        with self._following_lock:
            return list(self._following)


_SPEC = "openai:gpt-6.1-terra"
