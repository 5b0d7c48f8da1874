"""The TOML file that options and aliases may come from.

```toml
[providers.openai]
max_retries = 5
timeout = { connect = 2.0, total = 60.0 }

[providers.openai.settings]
temperature = 0.2

[aliases]
default = "openai:gpt-6.1-terra"
```
"""

import os
from threading import Lock
from typing import Any

import msgspec

from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._spelling import hint

VARIABLE = "CHATMODELS_CONFIG"

_KINDS: dict[str, tuple[Any, str]] = {
    "providers": (dict[str, dict[str, object]], "tables, as in [providers.openai]"),
    "aliases": (dict[str, str], 'texts, as in default = "openai:gpt-6.1-terra"'),
}
_read: "dict[str, ConfigFile]" = {}
_reading = Lock()


class ConfigFile(msgspec.Struct, frozen=True, kw_only=True):
    """What a config file says, its tables checked and their contents not yet.

    Attributes:
        path: Where it is.
        providers: Option name to value, by provider; settings are under `settings`.
        aliases: Alias to what it stands for.
    """

    path: str
    providers: dict[str, dict[str, object]] = msgspec.field(
        default_factory=dict[str, dict[str, object]]
    )
    aliases: dict[str, str] = msgspec.field(default_factory=dict[str, str])

    def __repr__(self) -> str:
        # It may contain secrets.
        return f"{type(self).__name__}({self.path!r})"

    def __rich_repr__(self) -> Any:
        yield self.path


def read_config(path: str | os.PathLike[str], /) -> ConfigFile:
    """Read a config file.

    Raises:
        ConfigurationError: It cannot be read, is not TOML, or has other tables than
            `[providers.<name>]` and `[aliases]`; the message names the file and every problem.
    """
    import tomllib

    name = os.fspath(path)
    try:
        with open(name, "rb") as file:
            content = tomllib.load(file)
    except OSError as error:
        raise ConfigurationError(
            f"cannot read the config file {name}: {error.strerror or type(error).__name__}"
        ) from error
    except ValueError as error:
        # Either not UTF-8 or not TOML; tomllib tells the line and column, and quotes no values.
        undecodable = isinstance(error, UnicodeDecodeError)
        why = "it is not UTF-8" if undecodable else f"it is not valid TOML: {error}"
        raise ConfigurationError(f"cannot read the config file {name}: {why}") from None
    except RecursionError as error:
        raise ConfigurationError(
            f"cannot read the config file {name}: its values are nested too deeply"
        ) from error
    values: dict[str, Any] = {}
    problems: list[str] = []
    for table, value in content.items():
        kind = _KINDS.get(table)
        if kind is None:
            known = hint(table, _KINDS) or "there are [providers.<name>] and [aliases]"
            problems.append(f"there is no table {table!r}; {known}")
            continue
        expected, described = kind
        try:
            values[table] = msgspec.convert(value, expected)
        except msgspec.ValidationError:
            problems.append(f"[{table}] must be a table of {described}")
    if problems:
        raise ConfigurationError(f"{name}: {'; '.join(problems)}")
    return ConfigFile(path=name, **values)


def environment_config() -> ConfigFile | None:
    """Give the config file that the environment names, read once for each path.

    Raises:
        ConfigurationError: As `read_config`.
    """
    path = os.environ.get(VARIABLE)
    if not path:
        return None
    known = _read.get(path)
    if known is None:
        with _reading:
            # Another thread may have read it in between.
            known = _read[path] = _read.get(path) or read_config(path)
    return known
