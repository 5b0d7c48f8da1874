"""Names that `chatmodels.core` had in 0.1.0; they will be removed in 0.3."""

from importlib import import_module

from chatmodels.core._deprecation import deprecated

_RENAMED = {
    "Call": "Send",
    "Opened": "StartedStream",
    "Signature": "ProviderState",
    "conversation": "as_messages",
}


def moved_name(name: str, /) -> object:
    """Return the value of a name that has moved, with a warning that has the new location.

    Raises:
        AttributeError: `chatmodels.core` has never had the name.
    """
    if name.startswith("_"):  # names that tools look up
        raise _no_attribute(name)
    new = _RENAMED.get(name, name)
    home = "container" if name in ("Container", "Lifetime") else "extending"
    module = import_module(f"chatmodels.core.{home}")
    if new not in module.__all__:
        raise _no_attribute(name)
    deprecated(f"chatmodels.core.{name}", f"import {new} from {module.__name__}")
    return getattr(module, new)


def _no_attribute(name: str) -> AttributeError:
    return AttributeError(f"module 'chatmodels.core' has no attribute {name!r}", name=name)
