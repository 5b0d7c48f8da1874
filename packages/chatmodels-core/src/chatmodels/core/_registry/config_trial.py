"""Copies of a registry in which a config file is tried out before it is loaded."""

from collections.abc import Mapping

import msgspec

from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._registry.declarations import ConfigFile, OptionSource, PolicyDeclaration
from chatmodels.core._registry.load_options import trial_options
from chatmodels.core._registry.naming import ModelFactory
from chatmodels.core._registry.options import ProviderOptions
from chatmodels.core._registry.policies import PolicyPool
from chatmodels.core._registry.provider import Provider
from chatmodels.core._registry.registrations import Configuration, Registrations
from chatmodels.core._values.metadata import ProviderMetadata


class UntriedError(ConfigurationError):
    """A model cannot be tried out, because the environment can contain what it lacks."""


class Candidate(ModelFactory):
    """A copy of a registry that creates models without showing them to hooks and observers.

    Args:
        registry: The registry, whose state does not change.
    """

    def __init__(self, registry: ModelFactory) -> None:
        super().__init__(discover=registry._discover)
        self._state = msgspec.structs.replace(registry._state, hooks=(), observers=())

    @property
    def state(self) -> Registrations:
        """The state of the copy."""
        return self._state

    def apply(self, config: Configuration, *, replace: bool) -> None:
        """Set the config file.

        Raises:
            ConfigurationError: As `Registrations.with_config`.
        """
        self._state = self._state.with_config(config, replace=replace)


class Trial(Candidate):
    """A candidate that does not read the environment, with other values in place of secrets.

    Args:
        registry: The registry, whose state does not change.
        path: The path of the file to try out.
    """

    def __init__(self, registry: ModelFactory, path: str) -> None:
        super().__init__(registry)
        config = self._state.config
        self.previous_providers: dict[str, Provider] = {} if config is None else config.providers
        # A file is set, although it is not read yet, so that that of the environment is not.
        empty = Configuration(file=ConfigFile(path=path))
        self._state = self._state.with_config(empty, replace=True)

    def apply(self, config: Configuration, *, replace: bool) -> None:
        """Set the config file."""
        pool = PolicyPool(variable=lambda _: None)
        super().apply(msgspec.structs.replace(config, pool=pool), replace=replace)

    def check_free(self, name: str) -> None:
        """Check that no provider has a name.

        Raises:
            ConfigurationError: One has.
        """
        if name in self._names():
            raise ConfigurationError(
                f"there is a provider named {name!r} already; choose another name, or remove `like`"
            )

    def try_model(self, spec: str) -> None:
        """Create a model and discard it.

        Raises:
            UntriedError: It lacks options that the environment can contain.
            ChatModelError: It cannot be created.
        """
        self.create(self.compose(spec), {})

    def try_policy(self, declaration: PolicyDeclaration) -> None:
        """Create a policy and discard it.

        Raises:
            AuthenticationError: It needs a variable of the environment.
            ChatModelError: It cannot be created.
        """
        self._policies((declaration,), self._state)

    def _options(
        self,
        metadata: ProviderMetadata,
        arguments: Mapping[str, object],
        declared: tuple[OptionSource, ...] = (),
    ) -> ProviderOptions:
        options = trial_options(metadata, defaults=self._defaults(metadata.name), declared=declared)
        if options is None:
            raise UntriedError("options are missing that the environment can contain")
        return options
