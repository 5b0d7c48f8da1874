"""The policies that a config file can declare: installed classes and functions, by name.

A distribution declares them in the entry point group `chatmodels.policies`, models that are made of
others in `chatmodels.models`, and objects that are parameters of both, such as the store of a
cache, in `chatmodels.policy_parts`:

```toml
[project.entry-points."chatmodels.policies"]
rate_limit = "chatmodels.resilience:RateLimit"
```

The signature of a class or function describes the parameters of its tables.
"""

import sys
import typing
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any, Literal

import msgspec

from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._spelling import hint, listing

POLICIES = "chatmodels.policies"
PARTS = "chatmodels.policy_parts"
MODELS = "chatmodels.models"
_KINDS = {POLICIES: "policy", PARTS: "part of a policy", MODELS: "type of model"}

Factory = Callable[..., Any]
"""A class or function that returns a policy, or a part of one."""


class Parameter(msgspec.Struct, frozen=True):
    """A parameter of a factory.

    Attributes:
        name: The name.
        type: The annotation; `object` if there is none, or if it cannot be evaluated.
        required: Whether it has no default value.
        kind: How its value is passed.
    """

    name: str
    type: Any
    required: bool
    kind: Literal["positional", "variadic", "keyword"]


def factory(name: str, /, *, group: str = POLICIES, names: Collection[str] = ()) -> Factory:
    """Import an installed policy, or a part of one.

    Args:
        name: The name of the entry point.
        group: The group of the entry point.
        names: Other names that can be meant by a misspelled one.

    Raises:
        ConfigurationError: It is not installed, several distributions provide it, or it cannot be
            imported. The message begins with the name.
    """
    installed = installed_types(group)
    entry_points = installed.get(name, ())
    kind = _KINDS[group]
    if not entry_points:
        remedy = hint(name, [*installed, *names])
        if not remedy and group == POLICIES:
            remedy = f"declare it as [policies.{name}], or install the distribution that has it"
        if not installed:
            remedy = "try: pip install chatmodels-resilience"
        remedy = remedy or "install the distribution that has it"
        raise ConfigurationError(
            f"there is no {kind} {name!r} (installed: {listing(installed)}); {remedy}"
        )
    if len({each.value for each in entry_points}) > 1:
        values = " and ".join(sorted(each.value for each in entry_points))
        raise ConfigurationError(
            f"two distributions provide the {kind} {name!r}: {values}; uninstall one of them"
        )
    try:
        return entry_points[0].load()
    except Exception as error:
        raise ConfigurationError(
            f"the {kind} {name!r} cannot be imported from {entry_points[0].value}: "
            f"{type(error).__name__}; repair or uninstall its distribution"
        ) from error


@lru_cache(maxsize=len(_KINDS))
def installed_types(group: str, /) -> Mapping[str, tuple[Any, ...]]:
    """Find the entry points of a group, by name; they are searched once."""
    from importlib.metadata import entry_points

    found: dict[str, tuple[Any, ...]] = {}
    for entry_point in entry_points(group=group):
        found[entry_point.name] = (*found.get(entry_point.name, ()), entry_point)
    return found


@lru_cache(maxsize=64)
def parameters(factory: Factory, /) -> tuple[Parameter, ...]:
    """List the parameters of a factory, without those that accept any further names."""
    from inspect import Parameter as Declared  # its import takes 10 ms
    from inspect import signature

    if isinstance(factory, type) and issubclass(factory, msgspec.Struct):
        # Its signature would need annotations that exist for type checkers only.
        names, defaults = factory.__struct_fields__, factory.__struct_defaults__
        optional = len(names) - len(defaults)
        hints = _hints(factory, factory.__module__)
        return tuple(
            Parameter(
                name,
                hints.get(name, object),
                index < optional or defaults[index - optional] is msgspec.NODEFAULT,
                "keyword",
            )
            for index, name in enumerate(names)
        )
    kinds: dict[object, Literal["positional", "variadic", "keyword"]] = {
        Declared.POSITIONAL_ONLY: "positional",
        Declared.VAR_POSITIONAL: "variadic",
    }
    hints = _hints(factory.__init__ if isinstance(factory, type) else factory, factory.__module__)
    return tuple(
        Parameter(
            each.name,
            hints.get(each.name, object),
            each.default is each.empty and each.kind is not each.VAR_POSITIONAL,
            kinds.get(each.kind, "keyword"),
        )
        for each in signature(factory).parameters.values()
        if each.kind is not each.VAR_KEYWORD
    )


def _hints(annotated: Any, module: str) -> dict[str, Any]:
    public = sys.modules[module]
    names = {name: getattr(public, name) for name in getattr(public, "__all__", ())}
    try:
        return typing.get_type_hints(annotated, localns=names)
    except Exception:  # an annotation of another distribution that is for type checkers only
        return {}
