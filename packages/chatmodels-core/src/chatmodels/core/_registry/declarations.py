"""Declarations of options, policies and named models: values that a config file or code states."""

import re
from typing import TYPE_CHECKING, Any

import msgspec

from chatmodels.core._calls.protocols import ChatModel

if TYPE_CHECKING:
    from chatmodels.core._registry.problems import Problem


class OptionSource(msgspec.Struct, frozen=True, kw_only=True):
    """Options that one place declares for a provider or a model.

    Attributes:
        table: The dotted key of the table, such as `providers.openai`; or what else
            declares them.
        file: The path of the file; empty if code declares the options.
        options: Option or setting name to value; settings can also be a mapping under `settings`.
        variables: Option name to the environment variable that contains its value, which is read
            when a model is created.
    """

    table: str
    file: str = ""
    options: dict[str, object] = msgspec.field(default_factory=dict[str, object])
    variables: dict[str, str] = msgspec.field(default_factory=dict[str, str])

    def key(self, name: str) -> str:
        """Return the dotted key of an option."""
        known = name in self.options or name.removesuffix("_env") in self.variables
        return f"{self.table}.{dotted(name)}" if known else f"{self.table}.settings.{dotted(name)}"

    def place(self, name: str) -> str:
        """Describe the place of an option, for error messages."""
        known = name in self.options or name in self.variables
        table = self.table if known else f"{self.table}.settings"
        return f"{self.file} [{table}]" if self.file else table

    def __repr__(self) -> str:
        # The values can contain secrets.
        return f"{type(self).__name__}({self.table!r})"

    def __rich_repr__(self) -> Any:
        yield self.table


class PolicyDeclaration(msgspec.Struct, frozen=True, kw_only=True):
    """A policy of a config file, or a model that is made of others.

    Attributes:
        key: The dotted key that identifies it, such as `policies.team-limit`.
        type: The name of its entry point.
        parameters: Parameter name to value.
        members: The specs and names of the models among the parameters.
        group: The group of the entry point.
    """

    key: str
    type: str
    parameters: dict[str, object] = msgspec.field(default_factory=dict[str, object])
    members: tuple[str, ...] = ()
    group: str = "chatmodels.policies"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.key!r})"

    def __rich_repr__(self) -> Any:
        yield self.key


class AliasTarget(msgspec.Struct, frozen=True, kw_only=True):
    """The target of an alias.

    Attributes:
        spec: `"provider:model"`, or another alias.
        source: The options of the alias; None for none.
        policies: The policies around the target, the outermost first.
        made: The declaration of a model that is made of others; `spec` describes it.
        model: A model that is the target itself; `spec` describes it.
        follows: The alias of the same registry that this model follows; empty for none.
    """

    spec: str
    source: OptionSource | None = None
    policies: tuple[PolicyDeclaration, ...] = ()
    made: PolicyDeclaration | None = None
    model: ChatModel | None = None
    follows: str = ""

    @property
    def references(self) -> tuple[str, ...]:
        """The specs and aliases that the target needs."""
        if self.model is not None:
            return (self.follows,) if self.follows else ()
        target = (self.spec,) if self.made is None else self.made.members
        return (*target, *(member for each in self.policies for member in each.members))

    @property
    def declared(self) -> tuple[PolicyDeclaration, ...]:
        """The policies, and the model that is made of others."""
        return self.policies if self.made is None else (*self.policies, self.made)


class ConfigFile(msgspec.Struct, frozen=True, kw_only=True):
    """The declarations of a config file, as far as its tables are well-formed.

    Attributes:
        path: The path of the file.
        digest: Identifies the content of the file.
        providers: The options of each provider.
        like: The providers that the file declares, and those whose wire formats they have.
        aliases: The targets of `[aliases]` and `[models]`.
        models: The names in `[models]`.
        malformed: Those of them that are not well-formed.
        policies: The policies of `[policies]`.
        problems: The problems of tables that are not well-formed.
    """

    path: str
    digest: bytes = b""
    providers: dict[str, OptionSource] = msgspec.field(default_factory=dict[str, OptionSource])
    like: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    aliases: dict[str, AliasTarget] = msgspec.field(default_factory=dict[str, AliasTarget])
    models: frozenset[str] = frozenset()
    malformed: frozenset[str] = frozenset()
    policies: dict[str, PolicyDeclaration] = msgspec.field(
        default_factory=dict[str, PolicyDeclaration]
    )
    problems: "tuple[Problem, ...]" = ()

    def __repr__(self) -> str:
        # The values can contain secrets.
        return f"{type(self).__name__}({self.path!r})"

    def __rich_repr__(self) -> Any:
        yield self.path


def dotted(*keys: str) -> str:
    """Join the keys of a TOML document, quoted if they are not bare."""
    return ".".join(key if re.fullmatch(r"[\w-]+", key, re.ASCII) else f'"{key}"' for key in keys)
