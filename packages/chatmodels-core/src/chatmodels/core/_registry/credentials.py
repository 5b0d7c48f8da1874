"""Credentials among the options of a model."""

from typing import Any

from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._registry.option_rules import is_credential
from chatmodels.core._values.secret import Secret


def has_credentials(options: dict[str, Any]) -> bool:
    """Tell whether options hold credentials that belong to one provider."""
    if options.get("base_url") is not None:
        # Everything goes to that address, whatever it is spoken to in.
        return False
    headers: dict[str, str] = options.get("headers") or {}
    return any(isinstance(value, Secret) for value in options.values()) or any(
        map(is_credential, headers)
    )


def hidden(value: Any) -> Any:
    """Make a secret of a value that is none yet."""
    try:
        return Secret(value)
    except ConfigurationError:
        # It is one already, or what the options will complain about.
        return value
