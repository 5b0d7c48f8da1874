"""The state of a registry: an immutable value that is replaced as a whole."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

import msgspec

from chatmodels.core._calls.protocols import ChatModel
from chatmodels.core._errors.classes import ConfigurationError, ProviderConflictError
from chatmodels.core._registry.declarations import AliasTarget, ConfigFile, OptionSource
from chatmodels.core._registry.provider import Provider
from chatmodels.core._values.metadata import HealthReport

if TYPE_CHECKING:
    from chatmodels.core._registry.policies import PolicyPool

Value = TypeVar("Value")


class RegistryObserver(Protocol):
    """Observes a registry; exceptions that it raises are logged and suppressed."""

    def resolved(self, provider: str, error: Exception | None, /) -> None:
        """Called after the lookup of a provider for a model; `error` is set if it failed."""
        ...

    def created(self, provider: str, duration: float, error: Exception | None, /) -> None:
        """Called after the creation of a model; `duration` is in seconds, including imports."""
        ...

    def checked(self, report: HealthReport, /) -> None:
        """Called with the result of a health check of the registry."""
        ...


ModelHook = Callable[[ChatModel], ChatModel]
"""Accepts a model that was just created, and returns the model to use instead."""


def _pool() -> "PolicyPool":
    from chatmodels.core._registry.policies import PolicyPool  # most programs have no file

    return PolicyPool()


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """A config file that was checked.

    Attributes:
        file: The declarations of the file.
        providers: The providers that it declares, by name.
        pool: The policies that it declares.
    """

    file: ConfigFile
    providers: dict[str, Provider] = msgspec.field(default_factory=dict[str, Provider])
    pool: "PolicyPool" = msgspec.field(default_factory=_pool)


class Registrations(msgspec.Struct, frozen=True, kw_only=True):
    """Providers, aliases and hooks. Methods return the next state and do not change this one.

    Attributes:
        providers: Name to provider.
        modules: Name to the module that registered the provider, for messages.
        registered: Name and module to the provider that the module registered, even if it has been
            unregistered or replaced since.
        lazy: Name to the module that registers the provider when it is imported.
        removed: Names that were unregistered and are not discovered again.
        defaults: Name to the options that the provider was registered with.
        aliases: Alias to its target. There are no cycles, not even through the models of policies.
        hooks: The model hooks, each in a tuple of its own that identifies it.
        observers: The observers of the registry, each in a tuple of its own as well.
        config: The config file that was loaded.
        generation: The number of changes so far.
    """

    providers: dict[str, Provider] = msgspec.field(default_factory=dict[str, Provider])
    modules: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    registered: dict[tuple[str, str], Provider] = msgspec.field(
        default_factory=dict[tuple[str, str], Provider]
    )
    lazy: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    removed: frozenset[str] = frozenset()
    defaults: dict[str, OptionSource] = msgspec.field(default_factory=dict[str, OptionSource])
    aliases: dict[str, AliasTarget] = msgspec.field(default_factory=dict[str, AliasTarget])
    hooks: tuple[tuple[ModelHook], ...] = ()
    observers: tuple[tuple[RegistryObserver], ...] = ()
    config: Configuration | None = None
    generation: int = 0

    def with_provider(
        self,
        provider: Provider,
        module: str,
        *,
        replace: bool,
        defaults: OptionSource | None = None,
    ) -> Self:
        """Add a provider; adding the same object again changes nothing.

        Raises:
            ProviderConflictError: Another provider has the name, and `replace` is false.
        """
        name = provider.metadata.name
        current = self.providers.get(name)
        if current is provider:
            return self
        if current is not None and not replace:
            raise _conflict(name, self.modules[name], module)
        return self._next(
            providers={**self.providers, name: provider},
            modules={**self.modules, name: module},
            defaults=_without(self.defaults, name) | ({} if defaults is None else {name: defaults}),
            registered={**self.registered, (name, module): provider},
            lazy=_without(self.lazy, name),
            removed=self.removed - {name},
        )

    def with_lazy(self, name: str, module: str, *, replace: bool) -> Self:
        """Add a provider that is imported on first use.

        Raises:
            ProviderConflictError: Another provider has the name, and `replace` is false.
        """
        current = self.modules.get(name) or self.lazy.get(name)
        if current == module:
            return self
        if current is not None and not replace:
            raise _conflict(name, current, module)
        rest = self.without(name)
        return msgspec.structs.replace(
            rest, lazy={**rest.lazy, name: module}, removed=self.removed - {name}
        )

    def without(self, name: str) -> Self:
        """Remove a provider, and record that it is not to be discovered again."""
        return self._next(
            providers=_without(self.providers, name),
            modules=_without(self.modules, name),
            defaults=_without(self.defaults, name),
            lazy=_without(self.lazy, name),
            removed=self.removed | {name},
        )

    def without_module(self, module: str) -> Self:
        """Remove the providers that a module registered, without recording the removal."""
        names = {name for name, path in self.modules.items() if path == module}
        return self._next(
            providers={key: value for key, value in self.providers.items() if key not in names},
            modules={key: value for key, value in self.modules.items() if key not in names},
            registered={key: value for key, value in self.registered.items() if key[1] != module},
        )

    def with_aliases(self, added: Mapping[str, AliasTarget]) -> Self:
        """Set aliases.

        Raises:
            ConfigurationError: They are malformed or cyclic; the message lists every problem.
        """
        aliases = {**self.aliases, **added}
        problems = [
            problem
            for name, target in added.items()
            if (problem := alias_problem(name, target, aliases)) is not None
        ]
        if problems:
            raise ConfigurationError("; ".join(problems), op="set_alias")
        return self._next(aliases=aliases)

    def without_alias(self, name: str) -> Self:
        """Remove an alias; an unknown one changes nothing."""
        if name not in self.aliases:
            return self
        return self._next(aliases=_without(self.aliases, name))

    def with_config(self, config: Configuration, *, replace: bool) -> Self:
        """Set the config file with its aliases and providers, in place of those of the previous.

        Args:
            config: The file, whose aliases and providers are valid.
            replace: Whether its aliases replace those that code has set.

        Raises:
            ConfigurationError: Aliases form a cycle with those that code has set.
            ProviderConflictError: Code has registered a provider of the same name.
        """
        state = self._without_config()
        for provider in config.providers.values():
            state = state.with_provider(provider, config.file.path, replace=False)
        added = {
            name: target
            for name, target in config.file.aliases.items()
            if replace or name not in state.aliases
        }
        return msgspec.structs.replace(state.with_aliases(added), config=config)

    def _without_config(self) -> Self:
        """Remove the config file, with its aliases and providers that code has not changed."""
        if self.config is None:
            return self
        old = self.config.file.aliases
        names = {
            name
            for name, provider in self.config.providers.items()
            if self.providers.get(name) is provider
        }
        return msgspec.structs.replace(
            self,
            config=None,
            aliases={name: spec for name, spec in self.aliases.items() if old.get(name) != spec},
            providers=_without(self.providers, *names),
            modules=_without(self.modules, *names),
            registered={key: each for key, each in self.registered.items() if key[0] not in names},
        )

    def with_hook(self, hook: tuple[ModelHook]) -> Self:
        """Add a hook."""
        return self._next(hooks=(*self.hooks, hook))

    def without_hook(self, hook: tuple[ModelHook]) -> Self:
        """Remove a hook; an unknown one changes nothing."""
        if all(other is not hook for other in self.hooks):
            return self
        return self._next(hooks=tuple(other for other in self.hooks if other is not hook))

    def with_observer(self, observer: tuple[RegistryObserver]) -> Self:
        """Add an observer."""
        return msgspec.structs.replace(self, observers=(*self.observers, observer))

    def without_observer(self, observer: tuple[RegistryObserver]) -> Self:
        """Remove an observer; an unknown one changes nothing."""
        observers = tuple(other for other in self.observers if other is not observer)
        return msgspec.structs.replace(self, observers=observers)

    def target(self, alias: str, /) -> str | None:
        """Resolve an alias to its `"provider:model"`; None if it has no target."""
        spec: str | None = alias
        while spec is not None and ":" not in spec:
            target = self.aliases.get(spec)
            spec = None if target is None else target.spec
        return spec

    def is_model(self, alias: str, /) -> bool:
        """Report whether an alias refers to a model, instead of to a provider that creates it."""
        target = self.aliases.get(alias)
        while target is not None and target.spec in self.aliases:
            target = self.aliases[target.spec]
        return target is not None and (target.made is not None or target.model is not None)

    def _next(self, **changes: object) -> Self:
        return msgspec.structs.replace(self, generation=self.generation + 1, **changes)


def _conflict(name: str, current: str, other: str) -> ProviderConflictError:
    return ProviderConflictError(
        f"provider {name!r} is registered by {current} already, and {other} registers another; "
        "pass replace=True to replace it",
        op="register_provider",
        provider=name,
    )


def alias_problem(name: Any, target: AliasTarget, aliases: Mapping[str, AliasTarget]) -> str | None:
    """Describe the problem of an alias: a malformed name, an unknown target or a cycle."""
    spec: Any = target.spec
    for value in (name, spec):
        # A type checker rules this out, but None from an unset variable still arrives here.
        if not isinstance(value, str):
            return f"an alias and its target are str, not {value!r}"
    if not name or ":" in name or name != name.strip():
        return f"{name!r} cannot be an alias, which is a word without a colon"
    for reference in target.references:
        if path := _cycle(name, reference, aliases):
            return f"alias {name!r} refers to itself: {' -> '.join(path)}"
    if target.model is not None or target.made is not None:
        return None
    if ":" not in spec:
        if spec in aliases:
            return None
        return f"alias {name!r} refers to {spec!r}, which is neither 'provider:model' nor an alias"
    provider, _, model = spec.partition(":")
    if not provider or not model:
        return f"alias {name!r} refers to {spec!r}, which is not 'provider:model'"
    return None


def _cycle(name: str, start: str, aliases: Mapping[str, AliasTarget]) -> list[str]:
    """Return the way from an alias through one of its references back to itself; empty if none."""
    paths = [[name, start]]
    seen: set[str] = set()
    while paths:
        path = paths.pop()
        last = path[-1]
        if last == name:
            return path
        if last not in seen and (target := aliases.get(last)) is not None:
            seen.add(last)
            paths += [[*path, reference] for reference in target.references]
    return []


def _without(mapping: dict[str, Value], *names: str) -> dict[str, Value]:
    return {name: value for name, value in mapping.items() if name not in names}
