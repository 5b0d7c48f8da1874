"""What a registry knows at one moment: an immutable value that is replaced as a whole."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, Self

import msgspec

from chatmodels.core._calls.protocols import ChatModel
from chatmodels.core._errors.classes import ConfigurationError, ProviderConflictError
from chatmodels.core._registry.config_file import ConfigFile
from chatmodels.core._registry.provider import Provider
from chatmodels.core._values.metadata import HealthReport


class RegistryObserver(Protocol):
    """Watches a registry; whatever it raises is logged and goes no further."""

    def resolved(self, provider: str, error: Exception | None, /) -> None:
        """Note that a provider was looked up by name to create a model, or was not found."""
        ...

    def created(self, provider: str, duration: float, error: Exception | None, /) -> None:
        """Note that a model was created, or was not, in so many seconds, imports included."""
        ...

    def checked(self, report: HealthReport, /) -> None:
        """Note how a provider fared in a health check of the registry."""
        ...


ModelHook = Callable[[ChatModel], ChatModel]
"""Gets a model that was just created, and gives the one to hand out."""


class Registrations(msgspec.Struct, frozen=True, kw_only=True):
    """Providers, aliases and hooks. Each method gives the next state; none changes this one.

    Attributes:
        providers: Name to provider.
        modules: Name to the module that registered the provider, for messages.
        made: Name and module to the provider that the module registered, also if it has been
            unregistered or replaced since.
        lazy: Name to the module that registers the provider when it is imported.
        removed: Names that were unregistered, and are not to be discovered again.
        aliases: Alias to the spec or alias that it stands for. There are no circles.
        hooks: What looks at created models, each in a tuple of its own that identifies it.
        observers: What watches the registry, each likewise.
        config: The config file that was loaded.
        generation: Counts the states.
    """

    providers: dict[str, Provider] = msgspec.field(default_factory=dict[str, Provider])
    modules: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    made: dict[tuple[str, str], Provider] = msgspec.field(
        default_factory=dict[tuple[str, str], Provider]
    )
    lazy: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    removed: frozenset[str] = frozenset()
    aliases: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    hooks: tuple[tuple[ModelHook], ...] = ()
    observers: tuple[tuple[RegistryObserver], ...] = ()
    config: ConfigFile | None = None
    generation: int = 0

    def with_provider(self, provider: Provider, module: str, *, replace: bool) -> Self:
        """Add a provider; one that is there already under its name changes nothing.

        Raises:
            ProviderConflictError: Another provider has the name, and it is not to be replaced.
        """
        name = provider.metadata.name
        present = self.providers.get(name)
        if present is provider:
            return self
        if present is not None and not replace:
            raise _conflict(name, self.modules[name], module)
        return self._next(
            providers={**self.providers, name: provider},
            modules={**self.modules, name: module},
            made={**self.made, (name, module): provider},
            lazy={other: path for other, path in self.lazy.items() if other != name},
            removed=self.removed - {name},
        )

    def with_lazy(self, name: str, module: str, *, replace: bool) -> Self:
        """Add a provider that is imported when it is asked for.

        Raises:
            ProviderConflictError: Another provider has the name, and it is not to be replaced.
        """
        present = self.modules.get(name) or self.lazy.get(name)
        if present == module:
            return self
        if present is not None and not replace:
            raise _conflict(name, present, module)
        rest = self.without(name)
        return msgspec.structs.replace(
            rest, lazy={**rest.lazy, name: module}, removed=self.removed - {name}
        )

    def without(self, name: str) -> Self:
        """Forget a provider, and remember that it is not wanted."""
        return self._next(
            providers={key: value for key, value in self.providers.items() if key != name},
            modules={key: value for key, value in self.modules.items() if key != name},
            lazy={key: value for key, value in self.lazy.items() if key != name},
            removed=self.removed | {name},
        )

    def without_module(self, module: str) -> Self:
        """Forget the providers that a module registered, without remembering that."""
        names = {name for name, path in self.modules.items() if path == module}
        return self._next(
            providers={key: value for key, value in self.providers.items() if key not in names},
            modules={key: value for key, value in self.modules.items() if key not in names},
            made={key: value for key, value in self.made.items() if key[1] != module},
        )

    def with_aliases(self, added: Mapping[str, str]) -> Self:
        """Set aliases.

        Raises:
            ConfigurationError: They are malformed, or stand for each other in a circle; the
                message lists every problem.
        """
        aliases = {**self.aliases, **added}
        problems = [
            problem
            for name, spec in added.items()
            if (problem := _alias_problem(name, spec, aliases)) is not None
        ]
        if problems:
            raise ConfigurationError("; ".join(problems), op="set_alias")
        return self._next(aliases=aliases)

    def without_alias(self, name: str) -> Self:
        """Forget an alias; one that is not there changes nothing."""
        if name not in self.aliases:
            return self
        return self._next(aliases={key: spec for key, spec in self.aliases.items() if key != name})

    def with_config(self, config: ConfigFile, *, replace: bool) -> Self:
        """Take a config file, and its aliases: all of them, or those that are not set yet.

        Raises:
            ConfigurationError: The aliases are wrong.
        """
        before = {} if self.config is None else self.config.aliases
        kept = {name: spec for name, spec in self.aliases.items() if before.get(name) != spec}
        added = {name: spec for name, spec in config.aliases.items() if replace or name not in kept}
        try:
            changed = msgspec.structs.replace(self, aliases=kept).with_aliases(added)
        except ConfigurationError as error:
            raise ConfigurationError(
                f"{config.path} [aliases]: {error}", op="load_config"
            ) from None
        return msgspec.structs.replace(changed, config=config)

    def with_hook(self, hook: tuple[ModelHook]) -> Self:
        """Add a hook."""
        return self._next(hooks=(*self.hooks, hook))

    def without_hook(self, hook: tuple[ModelHook]) -> Self:
        """Forget a hook; one that is not there changes nothing."""
        if all(other is not hook for other in self.hooks):
            return self
        return self._next(hooks=tuple(other for other in self.hooks if other is not hook))

    def with_observer(self, observer: tuple[RegistryObserver]) -> Self:
        """Add an observer."""
        return msgspec.structs.replace(self, observers=(*self.observers, observer))

    def without_observer(self, observer: tuple[RegistryObserver]) -> Self:
        """Forget an observer; one that is not there changes nothing."""
        observers = tuple(other for other in self.observers if other is not observer)
        return msgspec.structs.replace(self, observers=observers)

    def target(self, alias: str, /) -> str | None:
        """Follow an alias to the `"provider:model"` it stands for; None if it leads nowhere."""
        spec: str | None = alias
        while spec is not None and ":" not in spec:
            spec = self.aliases.get(spec)
        return spec

    def _next(self, **changes: object) -> Self:
        return msgspec.structs.replace(self, generation=self.generation + 1, **changes)


def _conflict(name: str, present: str, other: str) -> ProviderConflictError:
    return ProviderConflictError(
        f"provider {name!r} is registered by {present} already, and {other} registers another; "
        "pass replace=True to put it in its place",
        op="register_provider",
        provider=name,
    )


def _alias_problem(name: Any, spec: Any, aliases: Mapping[str, str]) -> str | None:
    for given in (name, spec):
        # What a type checker rules out arrives all the same, as None from a variable not set.
        if not isinstance(given, str):
            return f"an alias and what it stands for are str, not {given!r}"
    if not name or ":" in name or name != name.strip():
        return f"{name!r} cannot be an alias, which is a word without a colon"
    path = [name]
    while ":" not in spec:
        path.append(spec)
        if spec in path[:-1]:
            return f"alias {name!r} stands for itself: {' -> '.join(path)}"
        following = aliases.get(spec)
        if following is None:
            return (
                f"alias {name!r} stands for {spec!r}, which is neither 'provider:model' nor "
                "an alias"
            )
        spec = following
    provider, _, model = spec.partition(":")
    if not provider or not model:
        return f"alias {name!r} stands for {spec!r}, which is not 'provider:model'"
    return None
