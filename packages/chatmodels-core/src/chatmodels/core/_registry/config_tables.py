"""Reads the tables of a config file as declarations.

```toml
[providers.openai]
max_retries = 5
timeout = { connect = 2.0, total = 60.0 }

[providers.openai.settings]
temperature = 0.2

[providers.mycorp]
like = "openai"
base_url = "https://llm.mycorp.example/v1"
api_key_env = "MYCORP_API_KEY"

[models.production]
model = "openai:gpt-6.1-terra"
temperature = 0
policies = ["team-limit", { type = "fallback", models = ["mycorp:large"] }]

[policies.team-limit]
type = "rate_limit"
requests = 500

[aliases]
default = "production"
```
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeGuard

from chatmodels.core._registry.declarations import (
    AliasTarget,
    ConfigFile,
    OptionSource,
    PolicyDeclaration,
    dotted,
)
from chatmodels.core._registry.problems import Problem
from chatmodels.core._spelling import hint

_EXAMPLES = {
    "providers": "tables, as in [providers.openai]",
    "models": "tables, as in [models.production]",
    "policies": "tables, as in [policies.team-limit]",
    "aliases": 'strings, as in default = "openai:gpt-6.1-terra"',
}
_SUFFIX = "_env"


def read_tables(path: str, digest: bytes, content: dict[str, Any], /) -> ConfigFile:
    """Return the declarations of a parsed file, and the problems of those that are malformed."""
    return _Tables(path, digest, content).file()


class _Tables:
    """The tables of a file while they are read."""

    def __init__(self, path: str, digest: bytes, content: dict[str, Any]) -> None:
        self._path = path
        self._digest = digest
        self._content = content
        self._problems: list[Problem] = []

    def file(self) -> ConfigFile:
        """Read all tables."""
        for table in self._content.keys() - _EXAMPLES.keys():
            remedy = hint(table, _EXAMPLES) or (
                "there are [providers.<name>], [models.<name>], [policies.<name>] and [aliases]"
            )
            self._add_problem(dotted(table), f"there is no table {table!r}; {remedy}")
        like: dict[str, str] = {}
        providers = {
            name: self._provider(name, table, like)
            for name, table in self._entries("providers", dict).items()
        }
        policies: dict[str, PolicyDeclaration] = {}
        for name, table in self._entries("policies", dict).items():
            if declaration := self._policy(dotted("policies", name), table):
                policies[name] = declaration
        shared = self._content.get("policies")
        aliases = {
            name: AliasTarget(spec=spec) for name, spec in self._entries("aliases", str).items()
        }
        models = self._content.get("models")
        names = frozenset(models if _is_table(models) else ())
        for name, table in self._entries("models", dict).items():
            if name in aliases:
                self._add_problem(
                    dotted("models", name), f"[aliases] has {name!r} too; remove one of the two"
                )
            if target := self._model(name, table, policies, shared):
                aliases[name] = target
        return ConfigFile(
            path=self._path,
            digest=self._digest,
            providers=providers,
            like=like,
            aliases=aliases,
            models=names,
            malformed=names - aliases.keys(),
            policies=policies,
            problems=tuple(self._problems),
        )

    def _entries(self, table: str, kind: type[Any]) -> dict[str, Any]:
        """Return the entries of a table that have the right type."""
        entries = self._content.get(table, {})
        if not _is_table(entries):
            self._add_problem(table, f"must be a table of {_EXAMPLES[table]}")
            return {}
        for name, value in entries.items():
            if not isinstance(value, kind):
                expected, _, example = _EXAMPLES[table].partition(", ")
                self._add_problem(
                    dotted(table, name), f"must be a {expected.removesuffix('s')}, {example}"
                )
        return {name: value for name, value in entries.items() if isinstance(value, kind)}

    def _provider(self, name: str, table: dict[str, Any], like: dict[str, str]) -> OptionSource:
        options = dict(table)
        if "like" in options:
            model = options.pop("like")
            if isinstance(model, str):
                like[name] = model
            else:
                self._add_problem(
                    dotted("providers", name, "like"),
                    'must be the name of a provider, as in like = "openai"',
                )
        return self._source("providers", name, options)

    def _source(self, table: str, name: str, options: dict[str, Any]) -> OptionSource:
        variables: dict[str, str] = {}
        for key in [key for key in options if key.endswith(_SUFFIX)]:
            value, option = options.pop(key), key.removesuffix(_SUFFIX)
            if not isinstance(value, str) or not value:
                self._add_problem(
                    dotted(table, name, key), "must be the name of an environment variable"
                )
            elif option in options:
                self._add_problem(
                    dotted(table, name, key), f"the table has {option!r} too; remove one of the two"
                )
            else:
                variables[option] = value
        return OptionSource(
            table=dotted(table, name), file=self._path, options=options, variables=variables
        )

    def _model(
        self,
        name: str,
        table: dict[str, Any],
        policies: Mapping[str, PolicyDeclaration],
        shared: object,
    ) -> AliasTarget | None:
        options = dict(table)
        spec: object = options.pop("model", None)
        entries: Any = options.pop("policies", [])
        type_ = options.pop("type", None)
        around: list[PolicyDeclaration] = []
        counts: Counter[str] = Counter()
        if not _is_array(entries):
            self._add_problem(
                dotted("models", name, "policies"),
                'must be an array of names and tables, as in policies = ["reask"]',
            )
            entries = []
        for index, policy in enumerate(entries):
            if isinstance(policy, str) and _is_table(shared) and policy in shared:
                around.extend([policies[policy]] if policy in policies else [])  # else malformed
                continue
            kind: object = policy.get("type") if _is_table(policy) else policy
            if not isinstance(kind, str):
                self._policy(f"{dotted('models', name, 'policies')}[{index}]", policy)
                continue
            # The key does not change if other policies are added or removed.
            counts[kind] += 1
            number = f"[{counts[kind]}]" if counts[kind] > 1 else ""
            key = dotted("models", name, "policies", kind) + number
            parameters = {} if isinstance(policy, str) else dict(policy)
            parameters.pop("type", None)
            around.append(PolicyDeclaration(key=key, type=kind, parameters=parameters))
        key = dotted("models", name)
        if spec is None and isinstance(type_, str):
            made = PolicyDeclaration(
                key=key, type=type_, parameters=options, group="chatmodels.models"
            )
            return AliasTarget(spec=f"{type_}:{name}", made=made, policies=tuple(around))
        if type_ is not None:
            self._add_problem(f"{key}.type", "must be a string, in a table without `model`")
        source = self._source("models", name, options)
        if not isinstance(spec, str):
            self._add_problem(
                dotted("models", name, "model"),
                'must be a string, as in model = "openai:gpt-6.1-terra"',
            )
            return None
        has_options = source.options or source.variables
        return AliasTarget(
            spec=spec, source=source if has_options else None, policies=tuple(around)
        )

    def _policy(self, key: str, table: object) -> PolicyDeclaration | None:
        if not _is_table(table):
            self._add_problem(key, 'must be a name or a table, as in { type = "retry" }')
            return None
        parameters = dict(table)
        type_ = parameters.pop("type", None)
        if not isinstance(type_, str):
            self._add_problem(key, 'has no type; add one, as in type = "retry"')
            return None
        return PolicyDeclaration(key=key, type=type_, parameters=parameters)

    def _add_problem(self, key: str, problem: str) -> None:
        self._problems.append((key, problem))


def _is_table(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _is_array(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)
