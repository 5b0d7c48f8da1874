"""Steps of the creation of a model: its spec, its hooks, and no secret left in a traceback."""

from chatmodels.core._calls.protocols import ChatModel
from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._log import error_facts, logger
from chatmodels.core._registry.registrations import ModelHook


def checked_text(name: object, what: str, example: str, /, *, op: str) -> str:
    """Make sure that a name is a text.

    Type checkers rule out everything else, but None from a variable that is not set arrives.

    Raises:
        ConfigurationError: It is something else.
    """
    if not isinstance(name, str):
        raise ConfigurationError(
            f"a {what} is named by a str, as in {example!r}, not by {name!r}", op=op
        )
    return name


def forget(options: dict[str, object], error: BaseException, /) -> None:
    """Clear options, and the local variables of a traceback: many tools print these.

    Options contain secrets.
    """
    from traceback import clear_frames

    clear_frames(error.__traceback__)
    options.clear()


def hooked(model: ChatModel, hooks: tuple[tuple[ModelHook], ...], /) -> ChatModel:
    """Show a model to hooks and return what they return; a hook that fails is logged."""
    for (hook,) in hooks:
        try:
            model = hook(model)
        except Exception as error:
            logger("chatmodels.registry").warning(
                "model hook %r failed", hook, extra=error_facts(error)
            )
    return model
