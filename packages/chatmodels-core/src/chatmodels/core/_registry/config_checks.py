"""Checks a config file as a whole, with the providers and policies that are installed."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from chatmodels.core._errors.classes import (
    AuthenticationError,
    ChatModelError,
    ConfigurationError,
    ProviderNotFoundError,
)
from chatmodels.core._registry.alias import AliasedModel
from chatmodels.core._registry.checks import check_name
from chatmodels.core._registry.config_trial import Candidate, Trial, UntriedError
from chatmodels.core._registry.credentials import has_credentials
from chatmodels.core._registry.declarations import (
    AliasTarget,
    ConfigFile,
    OptionSource,
    PolicyDeclaration,
    dotted,
)
from chatmodels.core._registry.derived import derived
from chatmodels.core._registry.load_options import option_problems
from chatmodels.core._registry.naming import ModelFactory
from chatmodels.core._registry.policies import with_members
from chatmodels.core._registry.problems import Problem, listed
from chatmodels.core._registry.provider import Provider
from chatmodels.core._registry.registrations import Configuration, alias_problem
from chatmodels.core._spelling import hint


def checked_config(registry: ModelFactory, file: ConfigFile, /, *, replace: bool) -> Configuration:
    """Check a file against a registry, whose state does not change.

    Providers are imported. Each model is created once, without its credentials, and discarded.

    Args:
        registry: The registry.
        file: The file.
        replace: Whether aliases of the file replace those that code has set.

    Raises:
        ConfigurationError: The file is invalid; the message lists every problem.
    """
    checks = _Checks(registry, file, replace=replace)
    config = checks.configuration()
    _refuse(file, checks.problems)
    return config


def check_followers(
    registry: ModelFactory,
    config: Configuration,
    followers: list[AliasedModel],
    /,
) -> None:
    """Check that models that follow a name can follow it to its target in a file.

    Raises:
        ConfigurationError: Models cannot; the message lists their names and the reasons.
    """
    before = Candidate(registry)
    after = Candidate(registry)
    after.apply(config, replace=True)
    problems: list[Problem] = []
    for model in followers:
        try:
            model.check_target(before)
        except ChatModelError:
            continue  # it cannot be called now either
        try:
            model.check_target(after)
        except ChatModelError as error:
            reason = f"a model that was created by this name could not follow: {error}"
            problems.append((_key(config.file, model.alias), reason))
    _refuse(config.file, problems)


def declared_policies(file: ConfigFile, /) -> Iterator[PolicyDeclaration]:
    """Yield all policies of a file."""
    yield from file.policies.values()
    for target in file.aliases.values():
        yield from target.declared


class _Checks:
    """The checks of one file."""

    def __init__(self, registry: ModelFactory, file: ConfigFile, *, replace: bool) -> None:
        self._file = file
        self._replace = replace
        self._trial = Trial(registry, file.path)
        self._previous = self._trial.previous_providers
        self._declared: dict[str, Provider] = {}
        self._tried: dict[str, bool] = {}
        self.problems: list[Problem] = list(file.problems)

    def configuration(self) -> Configuration:
        """Check everything, and return the file with what it declares."""
        for name, like in self._file.like.items():
            self._declare(name, like)
        for name, source in self._file.providers.items():
            provider = self._provider(name, source.table)
            self._check_options(source, provider, defaults=(source,))
        policies = {name: self._with_members(each) for name, each in self._file.policies.items()}
        aliases = {
            name: msgspec.structs.replace(
                target,
                policies=tuple(self._with_members(each) for each in target.policies),
                made=None if target.made is None else self._with_members(target.made),
            )
            for name, target in self._file.aliases.items()
        }
        file = msgspec.structs.replace(self._file, aliases=aliases, policies=policies)
        known = {**self._trial.state.aliases, **aliases}
        for name, target in aliases.items():
            self._check_alias(name, target, known)
        for declaration in declared_policies(file):
            for member in declaration.members:
                self._check_member(declaration.key, member, known)
        # The other problems show only when models and policies are created.
        valid = {name: each for name, each in aliases.items() if self._is_valid(name, aliases)}
        trial = Configuration(
            file=msgspec.structs.replace(file, aliases=valid), providers=self._declared
        )
        self._trial.apply(trial, replace=self._replace)
        for name in valid:
            self._try_model(name, _key(file, name))
        for declaration in declared_policies(file):
            if self._are_valid(declaration, aliases):
                self._try_policy(declaration)
        self.problems = list(dict.fromkeys(self.problems))
        return Configuration(file=file, providers=self._declared)

    def _declare(self, name: str, like: str) -> None:
        """Create a provider that the file declares."""
        try:
            check_name(name)
            self._trial.check_free(name)
            provider = derived(self._trial.provider(like), name, self._file.providers[name])
        except ConfigurationError as error:
            self.problems.append((dotted("providers", name, "like"), error.message))
            return
        # The same object as before, so that models do not follow a change that is none.
        old = self._previous.get(name)
        if old is not None and type(old) is type(provider) and old.metadata == provider.metadata:
            provider = old
        self._declared[name] = provider

    def _provider(self, name: str, key: str) -> Provider | None:
        if name in self._file.like:
            return self._declared.get(name)  # else its problem is known
        try:
            return self._trial.provider(name)
        except ProviderNotFoundError as error:
            declare = "; or declare it with like = ..." if key.startswith("providers.") else ""
            self.problems.append((key, f"{error.message}{declare}"))
        except ConfigurationError as error:
            self.problems.append((key, error.message))
        return None

    def _check_options(
        self,
        source: OptionSource,
        provider: Provider | None,
        *,
        defaults: tuple[OptionSource, ...] = (),
        declared: tuple[OptionSource, ...] = (),
    ) -> None:
        if provider is None:
            return
        for name, problem in option_problems(
            provider.metadata, defaults=defaults, declared=declared
        ):
            key = source.key(name)
            self.problems.append((key, problem.removeprefix(f"{name} ")))

    def _with_members(self, declaration: PolicyDeclaration) -> PolicyDeclaration:
        checked, problems = with_members(declaration, self._file.policies)
        self.problems += problems
        return checked

    def _check_alias(
        self, name: str, target: AliasTarget, known: Mapping[str, AliasTarget]
    ) -> None:
        key, spec, source = _key(self._file, name), target.spec, target.source
        if spec in self._file.malformed:
            return
        if problem := alias_problem(name, target, known):
            near = "" if ":" in spec or spec in known else hint(spec, known)
            self.problems.append((key, f"{problem}{near and f'; {near}'}"))
        if target.made is not None:
            return
        provider_name, colon, model = spec.partition(":")
        if provider_name and model:
            provider = self._provider(provider_name, key)
            if source is not None:
                self._check_options(source, provider, declared=(source,))
        elif not colon and source is not None and _has_credentials(source):
            problem = f"has credentials, and {spec!r} can refer to another provider later"
            self.problems.append((key, f"{problem}; name the provider, as in 'openai:...'"))

    def _check_member(self, key: str, member: str, known: Mapping[str, AliasTarget]) -> None:
        name, colon, model = member.partition(":")
        if colon and name and model:
            self._provider(name, key)
        elif member not in known and member not in self._file.malformed:
            near = hint(member, known)
            self.problems.append(
                (key, f"there is no model or alias {member!r}{near and f'; {near}'}")
            )

    def _is_valid(self, spec: str, aliases: Mapping[str, AliasTarget]) -> bool:
        """Report whether neither a model nor what it needs has a problem."""
        target = aliases.get(spec)
        if target is None:
            provider = spec.partition(":")[0]
            return spec in self._trial.state.aliases or (
                spec not in self._file.malformed
                and not self._has_problem(dotted("providers", provider))
            )
        return (
            not self._has_problem(_key(self._file, spec))
            and (target.made is not None or self._is_valid(target.spec, aliases))
            and all(self._are_valid(each, aliases) for each in target.declared)
        )

    def _are_valid(self, policy: PolicyDeclaration, aliases: Mapping[str, AliasTarget]) -> bool:
        return not self._has_problem(policy.key) and all(
            self._is_valid(member, aliases) for member in policy.members
        )

    def _has_problem(self, key: str) -> bool:
        return any(
            other == key or other.startswith((f"{key}.", f"{key}[")) for other, _ in self.problems
        )

    def _try_model(self, spec: str, key: str) -> bool:
        """Create a model, unless one that it needs could not be created."""
        if spec not in self._tried:
            target = self._trial.state.aliases.get(spec)
            needed = () if target is None else target.references
            tried = [
                self._try_model(each, key if ":" in each else _key(self._file, each))
                for each in needed
                if ":" not in each or target is None or each != target.spec
            ]
            self._tried[spec] = all(tried) and self._try(lambda: self._trial.try_model(spec), key)
        return self._tried[spec]

    def _try_policy(self, declaration: PolicyDeclaration) -> None:
        key = declaration.key
        tried = [self._try_model(each, key) for each in declaration.members]
        if all(tried):
            self._try(lambda: self._trial.try_policy(declaration), key)

    def _try(self, create: Callable[[], object], key: str) -> bool:
        try:
            create()
        except (UntriedError, AuthenticationError):
            return False
        except ChatModelError as error:
            problems: Any = error.details.get("problems", ())
            keyed = [(each["key"], each["problem"]) for each in problems if "key" in each]
            self.problems += keyed or [(key, error.message)]
            return False
        return True


def _refuse(file: ConfigFile, problems: list[Problem]) -> None:
    if problems:
        facts = listed(problems)
        raise ConfigurationError(
            f"{file.path}: {facts['message']}", op="load_config", details=facts["details"]
        )


def _key(file: ConfigFile, name: str) -> str:
    return dotted("models" if name in file.models else "aliases", name)


def _has_credentials(source: OptionSource) -> bool:
    options = {name: value for name, value in source.options.items() if name != "api_key"}
    named = "api_key" in source.options or "api_key" in source.variables
    return (named and "base_url" not in options) or has_credentials(options)
