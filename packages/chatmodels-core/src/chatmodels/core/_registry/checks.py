"""What is registered by whom: checks of what a registry is given."""

import sys

from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._registry.provider import Provider
from chatmodels.core._spelling import is_provider_name
from chatmodels.core._values.metadata import ProviderMetadata

_METHODS = ("create_chat_model", "model_info", "check_health", "list_models")


def check_provider(provider: Provider, /) -> None:
    """Make sure that something is a provider; cheaper and clearer than `isinstance`.

    Raises:
        ConfigurationError: It lacks metadata or methods, or its name is malformed.
    """
    metadata: object = getattr(provider, "metadata", None)
    missing = [name for name in _METHODS if not callable(getattr(provider, name, None))]
    if not isinstance(metadata, ProviderMetadata):
        missing.insert(0, "metadata (a ProviderMetadata)")
    if missing:
        raise ConfigurationError(
            f"{type(provider).__module__}.{type(provider).__qualname__} is no provider; it lacks "
            f"{', '.join(missing)}",
            op="register_provider",
        )
    check_name(provider.metadata.name)


def check_name(name: str, /) -> None:
    """Make sure that a provider may be called so.

    Raises:
        ConfigurationError: It may not.
    """
    if not is_provider_name(name):
        raise ConfigurationError(
            f"{name!r} cannot be the name of a provider; use lower-case letters and digits, "
            "joined by '-' or '_'",
            op="register_provider",
        )


def calling_module() -> str:
    """Name the module that called into this package, for messages."""
    # There is no public way that costs as little; inspect takes 10 ms to import.
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame.f_back is not None and _name(frame.f_globals).startswith("chatmodels.core."):
        frame = frame.f_back
    return _name(frame.f_globals)


def _name(module: dict[str, object]) -> str:
    return str(module.get("__name__", "an unnamed module"))
