"""Creates the policies that a config file declares, and keeps them, because they have a state."""

import os
from collections.abc import Callable, Collection, Iterable
from threading import RLock
from typing import Any

import msgspec

from chatmodels.core._calls.attachments import checked_policies
from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._registry.declarations import PolicyDeclaration
from chatmodels.core._registry.problems import Problem, listed


class _Entry(msgspec.Struct, frozen=True):
    declaration: PolicyDeclaration
    members: tuple[object, ...]
    created: Any


class PolicyPool:
    """The policies of a config file, each created when a model first needs it.

    Args:
        previous: The pool of the file before. Policies whose declarations did not change are the
            same objects, so that limits and breakers keep what they counted.
        declared: The declarations of the file.
        variable: Returns the value of an environment variable.
    """

    def __init__(
        self,
        previous: "PolicyPool | None" = None,
        declared: Iterable[PolicyDeclaration] = (),
        *,
        variable: Callable[[str], str | None] = os.environ.get,
    ) -> None:
        self._variable = variable
        self._lock = RLock()  # comparisons can run other code within `with`
        self._entries: dict[str, _Entry] = {}
        if previous is not None:
            entries = dict(previous._entries)  # at once, while other threads add some
            for declaration in declared:
                entry = entries.get(declaration.key)
                if entry is not None and entry.declaration == declaration:
                    self._entries[declaration.key] = entry

    def created(
        self,
        declaration: PolicyDeclaration,
        members: tuple[object, ...],
        model: Callable[[str], Any],
    ) -> Any:
        """Return the policy or the model of a declaration, and create it if necessary.

        Args:
            declaration: The declaration.
            members: The present compositions of the models that the policy calls. If one of them
                has changed, the policy is another object.
            model: Creates the model of a spec or an alias.

        Raises:
            ConfigurationError: The declaration is invalid; `details["problems"]` lists the keys.
            AuthenticationError: A variable that the declaration names is not set.
        """
        entry = self._entries.get(declaration.key)
        if entry is None or entry.members != members:
            # Not within the lock: its models can wait for a thread that waits for the lock.
            created = _Entry(declaration, members, _create(declaration, model, self._variable))
            with self._lock:
                entry = self._entries.get(declaration.key)
                if entry is None or entry.members != members:
                    entry = self._entries[declaration.key] = created
        return entry.created


def _create(
    declaration: PolicyDeclaration,
    model: Callable[[str], Any],
    variable: Callable[[str], str | None],
) -> Any:
    # Most programs declare no policies.
    from chatmodels.core._registry.policy_types import MODELS, factory
    from chatmodels.core._registry.policy_values import InvalidValueError, Reader

    key = declaration.key
    try:
        reader = Reader(model, variable)
        made = factory(declaration.type, group=declaration.group)
        created = reader.create(made, declaration.parameters, key)
        return created if declaration.group == MODELS else checked_policies((created,))[0]
    except InvalidValueError as error:
        raise ConfigurationError(**listed(error.problems)) from error
    except ConfigurationError as error:
        raise ConfigurationError(**listed([(key, error.message)])) from error


def with_members(
    declaration: PolicyDeclaration, names: Collection[str], /
) -> tuple[PolicyDeclaration, list[Problem]]:
    """Add the models that a declaration names, and return its problems.

    Args:
        declaration: The declaration.
        names: The names of `[policies]`, of which one can be meant.
    """
    from chatmodels.core._registry.policy_types import factory
    from chatmodels.core._registry.policy_values import InvalidValueError, Reader

    members: list[str] = []

    def add(spec: str) -> str:
        members.append(spec)
        return spec

    key = declaration.key
    problems: list[Problem] = []
    try:
        made = factory(declaration.type, group=declaration.group, names=names)
        Reader(add).arguments(made, declaration.parameters, key)
    except InvalidValueError as error:
        problems = error.problems
    except ConfigurationError as error:
        problems = [(key, error.message)]
    unique = tuple(dict.fromkeys(members))
    return msgspec.structs.replace(declaration, members=unique), problems
