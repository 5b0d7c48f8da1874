"""Telemetry for all that a registry creates."""

from collections.abc import Callable
from threading import Lock
from weakref import WeakKeyDictionary

from chatmodels.core import ChatModel, ProviderRegistry
from chatmodels.core import registry as global_registry
from chatmodels.otel._instrument import instrument
from chatmodels.otel._telemetry import Telemetry, default_telemetry

Remove = Callable[[], None]

_lock = Lock()
_instrumented: WeakKeyDictionary[ProviderRegistry, tuple[Remove, ...]] = WeakKeyDictionary()


def instrument_registry(
    registry: ProviderRegistry | None = None, /, *, telemetry: Telemetry | None = None
) -> Remove:
    """Give telemetry to every model that a registry creates from now on.

    The registry's own doings are recorded too: look-ups, creations, health checks. A registry
    that is instrumented already stays as it is.

    Args:
        registry: Which; None for the global one.
        telemetry: What records; None for the environment's options and the global providers.

    Returns:
        A function that takes the telemetry away again: models that exist keep theirs.
    """
    home = global_registry if registry is None else registry
    chosen = telemetry or default_telemetry()
    with _lock:
        if home not in _instrumented:
            _instrumented[home] = _added(home, chosen)
    return lambda: uninstrument_registry(home)


def uninstrument_registry(registry: ProviderRegistry | None = None, /) -> None:
    """Take the telemetry of a registry away; one that has none stays as it is."""
    home = global_registry if registry is None else registry
    with _lock:
        removals = _instrumented.pop(home, ())
    for remove in removals:
        remove()


def _added(registry: ProviderRegistry, telemetry: Telemetry) -> tuple[Remove, ...]:
    def hook(model: ChatModel) -> ChatModel:
        return instrument(model, telemetry=telemetry)

    if telemetry.registry is None:
        return ()
    return registry.add_model_hook(hook), registry.add_observer(telemetry.registry)
