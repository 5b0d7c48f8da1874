"""Telemetry for one model, and away again."""

from collections.abc import Iterable
from typing import TypeVar

from chatmodels.core import ChatModel, ConfigurationError
from chatmodels.core.extending import AliasedModel, StandardChatModel
from chatmodels.otel._spans.call import CallObserver
from chatmodels.otel._telemetry import Telemetry, default_telemetry

Model = TypeVar("Model", bound=ChatModel)


def instrument(model: Model, /, *, telemetry: Telemetry | None = None) -> Model:
    """Give the same model with telemetry; the one passed is not changed.

    Instrumenting twice records once: a model that has telemetry already keeps it, unless another
    is passed, as by a program under `opentelemetry-instrument` that sets its own options.

    Args:
        model: What `create_chat_model` gave, or any other `ChatModel`: its own `with_observers`
            decides what observers see of its calls.
        telemetry: What records; None for the environment's options and the global providers.

    Raises:
        ConfigurationError: The object takes no observers, so it is no `ChatModel`; or it has
            other telemetry that cannot be taken away.
    """
    if isinstance(model, AliasedModel):
        return model.with_hook(lambda target: instrument(target, telemetry=telemetry))
    if not hasattr(model, "with_observers"):
        raise ConfigurationError(
            f"a {type(model).__qualname__} cannot be instrumented, because it has no "
            "with_observers(); make it a StandardChatModel, or use traced() around its calls",
            op="instrument",
        )
    ours = _ours(model)
    if ours and (telemetry is None or telemetry.observer in ours):
        return model
    if ours:
        model = uninstrument(model)
    observer = (telemetry or default_telemetry()).observer
    return model if observer is None else model.with_observers(observer)


def instrumented_unless_already(model: ChatModel, telemetry: Telemetry) -> ChatModel:
    """Return a model with telemetry: its own if it has any, else the one passed."""
    return model if _ours(model) else instrument(model, telemetry=telemetry)


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
