"""Telemetry for one model, and away again."""

from collections.abc import Iterable
from typing import TypeVar

from chatmodels.core import AliasedModel, ChatModel, ConfigurationError, StandardChatModel
from chatmodels.otel._observer import CallObserver
from chatmodels.otel._telemetry import Telemetry, default_telemetry

Model = TypeVar("Model", bound=ChatModel)


def instrument(model: Model, /, *, telemetry: Telemetry | None = None) -> Model:
    """Give the same model with telemetry; the one passed is not changed.

    A model that has telemetry already keeps that: instrumenting twice records once.

    Args:
        model: What `create_chat_model` gave, or any other `ChatModel`: its own `with_observers`
            decides what observers see of its calls.
        telemetry: What records; None for the environment's options and the global providers.

    Raises:
        ConfigurationError: The object takes no observers, so it is no `ChatModel`.
    """
    observer = (telemetry or default_telemetry()).observer
    if isinstance(model, AliasedModel):
        return model.with_hook(lambda target: instrument(target, telemetry=telemetry))
    if not hasattr(model, "with_observers"):
        raise ConfigurationError(
            f"a {type(model).__qualname__} cannot be instrumented, because it has no "
            "with_observers(); make it a StandardChatModel, or use traced() around its calls",
            op="instrument",
        )
    if observer is None or _ours(model):
        return model
    return model.with_observers(observer)


def uninstrument(model: Model, /) -> Model:
    """Give the same model without telemetry; one that has none is given as it is.

    Raises:
        ConfigurationError: The model is of a class whose observers cannot be taken away.
    """
    if isinstance(model, AliasedModel):
        return model.with_hook(uninstrument)
    if not isinstance(model, StandardChatModel):
        raise ConfigurationError(
            f"a {type(model).__qualname__} is no StandardChatModel, so its observers cannot be "
            "taken away; keep the model that was passed to instrument()",
            op="uninstrument",
        )
    ours = _ours(model)
    return model.without_observers(*ours) if ours else model


def _ours(model: ChatModel) -> list[CallObserver]:
    observers: Iterable[object] = getattr(model, "observers", ())
    return [each for each in observers if isinstance(each, CallObserver)]
