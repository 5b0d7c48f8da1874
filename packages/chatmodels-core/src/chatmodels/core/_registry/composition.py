"""A name resolved at one moment: the provider, the model, its options and its policies."""

from collections.abc import Collection

import msgspec

from chatmodels.core._calls.effects import Policy
from chatmodels.core._calls.protocols import ChatModel
from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._registry.declarations import OptionSource
from chatmodels.core._registry.provider import Provider


class Composition(msgspec.Struct, frozen=True, kw_only=True):
    """The model that a name stands for; two compositions of a name are equal if nothing changed.

    Attributes:
        provider: The provider.
        name: The name of the model at the provider.
        defaults: The declarations of the provider.
        declared: The declarations of the aliases, the outermost last.
        policies: The policies around the model, the outermost first.
    """

    provider: Provider
    name: str
    defaults: tuple[OptionSource, ...] = ()
    declared: tuple[OptionSource, ...] = ()
    policies: tuple[Policy, ...] = ()

    @property
    def provider_name(self) -> str:
        """The registered name of the provider."""
        return self.provider.metadata.name

    @property
    def secret_options(self) -> set[str]:
        """The options of the provider whose values must never be shown."""
        return {spec.name for spec in self.provider.metadata.options if spec.secret} | {"api_key"}


class GivenModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model that code has set as the target of an alias, or that is made of other models.

    Attributes:
        model: The model.
        policies: The policies around it.
    """

    model: ChatModel
    policies: tuple[Policy, ...] = ()

    @property
    def provider_name(self) -> str:
        """The registered name of the provider."""
        return self.model.provider

    @property
    def name(self) -> str:
        """The name of the model at the provider."""
        return self.model.model

    @property
    def secret_options(self) -> set[str]:
        """The options whose values must never be shown."""
        return {"api_key"}


Target = Composition | GivenModel
"""The model that a name stands for."""


def refuse_options(alias: str, options: Collection[str], /) -> None:
    """Check that no options are given for an alias of a model that exists already.

    Raises:
        ConfigurationError: There are some.
    """
    if options:
        raise ConfigurationError(
            f"alias {alias!r} refers to a model that was created already, and cannot change its "
            f"options: {', '.join(options)}; create the model, or those it is made of, with them"
        )
