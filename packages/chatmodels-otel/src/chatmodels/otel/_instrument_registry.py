"""Telemetry for all that a registry creates."""

from collections.abc import Callable
from threading import Lock
from weakref import WeakKeyDictionary, ref

from chatmodels.core import ChatModel
from chatmodels.core import registry as global_registry
from chatmodels.core.extending import ProviderRegistry
from chatmodels.otel._instrument import instrumented_unless_already
from chatmodels.otel._telemetry import Telemetry, default_telemetry

Remove = Callable[[], None]


class _Hook:
    """Instruments what a registry creates.

    The registry alone keeps it: who finds it in a table by the registry must not keep that alive.

    Args:
        telemetry: What records.
    """

    def __init__(self, telemetry: Telemetry) -> None:
        self.telemetry = telemetry
        self.removals: tuple[Remove, ...] = ()

    def __call__(self, model: ChatModel) -> ChatModel:
        return instrumented_unless_already(model, self.telemetry)


_lock = Lock()
_hooks: WeakKeyDictionary[ProviderRegistry, ref[_Hook]] = WeakKeyDictionary()


def instrument_registry(
    registry: ProviderRegistry | None = None, /, *, telemetry: Telemetry | None = None
) -> Remove:
    """Give telemetry to every model that a registry creates from now on.

    The registry's own doings are recorded too: look-ups, creations, health checks. A registry
    that is instrumented already stays as it is, unless another telemetry is passed.

    Args:
        registry: Which; None for the global one.
        telemetry: What records; None for the environment's options and the global providers.

    Returns:
        A function that takes the telemetry away again: models that exist keep theirs. Calling it
        again does nothing, whoever has instrumented the registry meanwhile.
    """
    home = global_registry if registry is None else registry
    chosen = telemetry or default_telemetry()
    with _lock:
        hook = _hook_of(home)
    if hook is not None and telemetry is not None and telemetry is not hook.telemetry:
        _remove(home, hook)
    with _lock:
        hook = _hook_of(home)
        if hook is None and chosen.registry is not None:
            hook = _Hook(chosen)
            hook.removals = (home.add_model_hook(hook), home.add_observer(chosen.registry))
            _hooks[home] = ref(hook)
    return lambda: _remove(home, hook)


def uninstrument_registry(registry: ProviderRegistry | None = None, /) -> None:
    """Take the telemetry of a registry away; one that has none stays as it is."""
    home = global_registry if registry is None else registry
    with _lock:
        hook = _hook_of(home)
    _remove(home, hook)


def _hook_of(registry: ProviderRegistry) -> _Hook | None:
    found = _hooks.get(registry)
    return None if found is None else found()


def _remove(registry: ProviderRegistry, hook: _Hook | None) -> None:
    if hook is None:
        return
    with _lock:
        if _hook_of(registry) is hook:
            del _hooks[registry]
    for remove in hook.removals:
        remove()
