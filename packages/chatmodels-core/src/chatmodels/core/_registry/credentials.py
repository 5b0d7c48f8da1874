"""Credentials among the options of a model."""

from typing import Any

from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._registry.option_rules import is_credential
from chatmodels.core._values.secret import Secret


def has_credentials(options: dict[str, Any]) -> bool:
    """Report whether options contain credentials that belong to one provider."""
    if options.get("base_url") is not None:
        # All requests go to that address, whichever provider the alias refers to.
        return False
    headers: dict[str, str] = options.get("headers") or {}
    return any(isinstance(value, Secret) for value in options.values()) or any(
        map(is_credential, headers)
    )


def as_secret(value: Any) -> Any:
    """Convert a value to a `Secret` if possible."""
    try:
        return Secret(value)
    except ConfigurationError:
        # It is a secret already, or a value that the options will reject.
        return value
