"""The reasoning efforts that a model accepts."""

from typing import Any, get_args, get_type_hints

from chatmodels.core import ChatModel, Settings, UnsupportedError


def accepted_efforts(model: ChatModel, /) -> set[str]:
    """Return the values of `reasoning_effort` that a model accepts, without sending a request.

    Args:
        model: A model of an HTTP provider, which refuses what is not supported (the default).

    Raises:
        ChatModelError: The model cannot explain its requests.
    """
    return {effort for effort in all_efforts() if _accepts(model, effort)}


def all_efforts() -> tuple[Any, ...]:
    """Return the values of `reasoning_effort`."""
    efforts, _ = get_args(get_type_hints(Settings)["reasoning_effort"])  # Literal[...] | None
    return get_args(efforts)


def _accepts(model: ChatModel, effort: Any) -> bool:
    try:
        model.explain("?", reasoning_effort=effort)
    except UnsupportedError:
        return False
    return True
