"""Checks of a provider and its name before registration."""

import sys

from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._registry.provider import Provider
from chatmodels.core._spelling import is_provider_name
from chatmodels.core._values.metadata import ProviderMetadata

_METHODS = ("create_chat_model", "model_info", "check_health", "list_models")


def check_provider(provider: Provider, /) -> None:
    """Check that an object is a provider; cheaper and with a clearer error than `isinstance`.

    Raises:
        ConfigurationError: Metadata or methods are missing, or its name is malformed.
    """
    metadata: object = getattr(provider, "metadata", None)
    missing = [name for name in _METHODS if not callable(getattr(provider, name, None))]
    if not isinstance(metadata, ProviderMetadata):
        missing.insert(0, "metadata (a ProviderMetadata)")
    if missing:
        raise ConfigurationError(
            f"{type(provider).__module__}.{type(provider).__qualname__} is not a provider; it is "
            f"missing {', '.join(missing)}",
            op="register_provider",
        )
    check_name(provider.metadata.name)


def check_name(name: str, /) -> None:
    """Check the name of a provider.

    Raises:
        ConfigurationError: The name is malformed.
    """
    if not is_provider_name(name):
        raise ConfigurationError(
            f"{name!r} cannot be the name of a provider; use lower-case letters and digits, "
            "joined by '-' or '_'",
            op="register_provider",
        )


def calling_module() -> str:
    """Return the name of the module that called into this package, for messages."""
    # No public function is as cheap; the import of inspect takes 10 ms.
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame.f_back is not None and _name(frame.f_globals).startswith("chatmodels.core."):
        frame = frame.f_back
    return _name(frame.f_globals)


def _name(module: dict[str, object]) -> str:
    return str(module.get("__name__", "an unnamed module"))
