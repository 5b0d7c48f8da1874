"""Telemetry for one model, and away again."""

from typing import TypeVar

from chatmodels.core import AliasedModel, ChatModel, ConfigurationError, StandardChatModel
from chatmodels.otel._observer import CallObserver
from chatmodels.otel._telemetry import Telemetry, default_telemetry

Model = TypeVar("Model", bound=ChatModel)


def instrument(model: Model, /, *, telemetry: Telemetry | None = None) -> Model:
    """Give the same model with telemetry; the one passed is not changed.

    A model that has telemetry already keeps that: instrumenting twice records once.

    Args:
        model: What `create_chat_model` gave, or any `StandardChatModel`.
        telemetry: What records; None for the environment's options and the global providers.

    Raises:
        ConfigurationError: The model is of a class that has no observers.
    """
    observer = (telemetry or default_telemetry()).observer
    if isinstance(model, AliasedModel):
        return model.with_hook(lambda target: instrument(target, telemetry=telemetry))
    if not isinstance(model, StandardChatModel):
        raise ConfigurationError(
            f"a {type(model).__qualname__} cannot be instrumented, because it is no "
            "StandardChatModel; make it a subclass of that, or use traced() around its calls",
            op="instrument",
        )
    if observer is None or any(isinstance(each, CallObserver) for each in model.observers):
        return model
    return model.with_observers(observer)


def uninstrument(model: Model, /) -> Model:
    """Give the same model without telemetry; one that has none is given as it is.

    Raises:
        ConfigurationError: The model is of a class that has no observers.
    """
    if isinstance(model, AliasedModel):
        return model.with_hook(uninstrument)
    if not isinstance(model, StandardChatModel):
        raise ConfigurationError(
            f"a {type(model).__qualname__} has no observers, so there are none to take away",
            op="uninstrument",
        )
    ours = [each for each in model.observers if isinstance(each, CallObserver)]
    return model.without_observers(*ours) if ours else model
