"""The TOML file with provider options and aliases.

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

_TABLES: dict[str, tuple[Any, str]] = {
    "providers": (dict[str, dict[str, object]], "tables, as in [providers.openai]"),
    "aliases": (dict[str, str], 'strings, as in default = "openai:gpt-6.1-terra"'),
}
_files: "dict[str, ConfigFile]" = {}
_read_lock = Lock()


class ConfigFile(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a config file; its tables are checked, but not yet the values in them.

    Attributes:
        path: The path of the file.
        providers: Option name to value, by provider; settings are under `settings`.
        aliases: Alias to target.
    """

    path: str
    providers: dict[str, dict[str, object]] = msgspec.field(
        default_factory=dict[str, dict[str, object]]
    )
    aliases: dict[str, str] = msgspec.field(default_factory=dict[str, str])

    def __repr__(self) -> str:
        # The values can contain secrets.
        return f"{type(self).__name__}({self.path!r})"

    def __rich_repr__(self) -> Any:
        yield self.path


def read_config(path: str | os.PathLike[str], /) -> ConfigFile:
    """Read a config file.

    Raises:
        ConfigurationError: It cannot be read, is not TOML, or has tables other than
            `[providers.<name>]` and `[aliases]`; the message lists the file and every problem.
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
        # Either not UTF-8 or not TOML; tomllib reports line and column, and does not quote values.
        undecodable = isinstance(error, UnicodeDecodeError)
        reason = "it is not UTF-8" if undecodable else f"it is not valid TOML: {error}"
        raise ConfigurationError(f"cannot read the config file {name}: {reason}") from None
    except RecursionError as error:
        raise ConfigurationError(
            f"cannot read the config file {name}: its values are nested too deeply"
        ) from error
    values: dict[str, Any] = {}
    problems: list[str] = []
    for table, value in content.items():
        expectation = _TABLES.get(table)
        if expectation is None:
            remedy = hint(table, _TABLES) or "there are [providers.<name>] and [aliases]"
            problems.append(f"there is no table {table!r}; {remedy}")
            continue
        expected, description = expectation
        try:
            values[table] = msgspec.convert(value, expected)
        except msgspec.ValidationError:
            wrong = _names_of_wrong_values(value, expected)
            problems.append(f"[{table}] must be a table of {description}{wrong}")
    if problems:
        raise ConfigurationError(f"{name}: {'; '.join(problems)}")
    return ConfigFile(path=name, **values)


def _names_of_wrong_values(table: object, expected: Any) -> str:
    try:
        values = msgspec.convert(table, dict[str, object])
    except msgspec.ValidationError:
        return ""
    names: list[str] = []
    for name, value in values.items():
        try:
            msgspec.convert({name: value}, expected)
        except msgspec.ValidationError:
            names.append(repr(name))
    return f"; correct {', '.join(names)}"


def environment_config() -> ConfigFile | None:
    """Return the config file that the environment names; each path is read once.

    Raises:
        ConfigurationError: As `read_config`.
    """
    path = os.environ.get(VARIABLE)
    if not path:
        return None
    file = _files.get(path)
    if file is None:
        with _read_lock:
            # Another thread may have read it in the meantime.
            file = _files[path] = _files.get(path) or read_config(path)
    return file
