"""Adds telemetry to all models that a registry creates."""

from collections.abc import Callable
from threading import Lock
from weakref import WeakKeyDictionary, ref

from chatmodels.core import ChatModel
from chatmodels.core import registry as global_registry
from chatmodels.core.extending import ProviderRegistry
from chatmodels.otel._instrument import instrument_once
from chatmodels.otel._telemetry import Telemetry, default_telemetry

Remove = Callable[[], None]


class _Hook:
    """Instruments the models that a registry creates.

    Only the registry references it: the table of hooks must not keep registries alive.

    Args:
        telemetry: The telemetry.
    """

    def __init__(self, telemetry: Telemetry) -> None:
        self.telemetry = telemetry
        self.removals: tuple[Remove, ...] = ()

    def __call__(self, model: ChatModel) -> ChatModel:
        return instrument_once(model, self.telemetry)


_lock = Lock()
_hooks: WeakKeyDictionary[ProviderRegistry, ref[_Hook]] = WeakKeyDictionary()


def instrument_registry(
    registry: ProviderRegistry | None = None, /, *, telemetry: Telemetry | None = None
) -> Remove:
    """Add telemetry to every model that a registry creates from now on.

    Operations of the registry are recorded as well: lookups, creations, health checks. A registry
    that is instrumented already does not change, unless you pass other telemetry.

    Args:
        registry: The registry; None for the global one.
        telemetry: The telemetry; None for the environment's options and the global providers.

    Returns:
        A function that removes the telemetry; existing models keep theirs. Calling it again has no
        effect, even if the registry has been instrumented again meanwhile.
    """
    target = global_registry if registry is None else registry
    chosen = telemetry or default_telemetry()
    with _lock:
        hook = _hook_of(target)
    if hook is not None and telemetry is not None and telemetry is not hook.telemetry:
        _remove(target, hook)
    with _lock:
        hook = _hook_of(target)
        if hook is None and chosen.registry is not None:
            hook = _Hook(chosen)
            hook.removals = (target.add_model_hook(hook), target.add_observer(chosen.registry))
            _hooks[target] = ref(hook)
    return lambda: _remove(target, hook)


def uninstrument_registry(registry: ProviderRegistry | None = None, /) -> None:
    """Remove the telemetry of a registry; without telemetry, nothing happens."""
    target = global_registry if registry is None else registry
    with _lock:
        hook = _hook_of(target)
    _remove(target, hook)


def _hook_of(registry: ProviderRegistry) -> _Hook | None:
    reference = _hooks.get(registry)
    return None if reference is None else reference()


def _remove(registry: ProviderRegistry, hook: _Hook | None) -> None:
    if hook is None:
        return
    with _lock:
        if _hook_of(registry) is hook:
            del _hooks[registry]
    for remove in hook.removals:
        remove()
