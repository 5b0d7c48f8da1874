"""The TOML file that declares providers, models, policies and aliases."""

import os
from threading import Lock
from typing import Any

from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._registry.declarations import ConfigFile

VARIABLE = "CHATMODELS_CONFIG"

_files: dict[str, ConfigFile] = {}
_read_lock = Lock()


def read_config(path: str | os.PathLike[str], /) -> ConfigFile:
    """Read a config file; the problems of its tables are in the result.

    Raises:
        ConfigurationError: It cannot be read, or is not TOML.
    """
    # Most programs have no file.
    from chatmodels.core._registry.config_tables import read_tables

    name = os.fspath(path)
    digest, content = _parsed(name)
    return read_tables(name, digest, content)


def _parsed(name: str) -> tuple[bytes, dict[str, Any]]:
    import tomllib
    from hashlib import sha256  # it loads OpenSSL

    try:
        with open(name, "rb") as file:
            data = file.read()
        return sha256(data).digest(), tomllib.loads(data.decode())
    except OSError as error:
        raise ConfigurationError(
            f"cannot read the config file {name}: {error.strerror or type(error).__name__}"
        ) from error
    except ValueError as error:
        # Either not UTF-8 or not TOML; tomllib reports line and column, and does not quote values.
        undecodable = isinstance(error, UnicodeDecodeError)
        reason = "it is not UTF-8" if undecodable else f"it is not valid TOML: {error}"
        data = b""  # tracebacks show local variables
        raise ConfigurationError(f"cannot read the config file {name}: {reason}") from None
    except RecursionError as error:
        data = b""
        raise ConfigurationError(
            f"cannot read the config file {name}: its values are nested too deeply"
        ) from error


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
