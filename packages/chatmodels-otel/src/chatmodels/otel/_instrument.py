"""Adds telemetry to one model, and removes it."""

from collections.abc import Iterable
from typing import TypeVar

from chatmodels.core import ChatModel, ConfigurationError
from chatmodels.core.extending import AliasedModel, StandardChatModel
from chatmodels.otel._spans.call import CallObserver
from chatmodels.otel._telemetry import Telemetry, default_telemetry

Model = TypeVar("Model", bound=ChatModel)


def instrument(model: Model, /, *, telemetry: Telemetry | None = None) -> Model:
    """Return a copy of a model with telemetry.

    A model that is instrumented twice records its calls once: it keeps its telemetry, unless you
    pass another one, for example to set options in a program under `opentelemetry-instrument`.

    Args:
        model: A model from `create_chat_model`, or any other `ChatModel`. Its `with_observers`
            determines which calls observers see.
        telemetry: The telemetry; None for the environment's options and the global providers.

    Raises:
        ConfigurationError: The object has no `with_observers`, so it is not a `ChatModel`; or it
            has other telemetry that cannot be removed.
    """
    if isinstance(model, AliasedModel):
        return model.with_hook(lambda target: instrument(target, telemetry=telemetry))
    if not hasattr(model, "with_observers"):
        raise ConfigurationError(
            f"a {type(model).__qualname__} cannot be instrumented, because it has no "
            "with_observers(); make it a StandardChatModel, or use traced() around its calls",
            op="instrument",
        )
    ours = _our_observers(model)
    if ours and (telemetry is None or telemetry.observer in ours):
        return model
    if ours:
        model = uninstrument(model)
    observer = (telemetry or default_telemetry()).observer
    return model if observer is None else model.with_observers(observer)


def instrument_once(model: ChatModel, telemetry: Telemetry) -> ChatModel:
    """Return a model with telemetry: its own if it has any, else the one passed."""
    return model if _our_observers(model) else instrument(model, telemetry=telemetry)


def uninstrument(model: Model, /) -> Model:
    """Return a copy of a model without telemetry, or the model itself if it has none.

    Raises:
        ConfigurationError: The observers of this class of models cannot be removed.
    """
    if isinstance(model, AliasedModel):
        return model.with_hook(uninstrument)
    if not isinstance(model, StandardChatModel):
        raise ConfigurationError(
            f"a {type(model).__qualname__} is not a StandardChatModel, so its observers cannot be "
            "removed; keep the model that was passed to instrument()",
            op="uninstrument",
        )
    ours = _our_observers(model)
    return model.without_observers(*ours) if ours else model


def _our_observers(model: ChatModel) -> list[CallObserver]:
    observers: Iterable[object] = getattr(model, "observers", ())
    return [each for each in observers if isinstance(each, CallObserver)]
