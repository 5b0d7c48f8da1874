"""Steps of the creation of a model: its spec, its hooks, and no secret left in a traceback."""

from chatmodels.core._calls.protocols import ChatModel
from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._log import error_facts, logger
from chatmodels.core._registry.registrations import ModelHook


def checked_name(name: object, what: str, example: str, /, *, op: str) -> str:
    """Check that a name is a str.

    A type checker rules out other values, but None from an unset variable still arrives.

    Raises:
        ConfigurationError: It is not a str.
    """
    if not isinstance(name, str):
        raise ConfigurationError(
            f"the {what} must be a str, as in {example!r}, not {name!r}", op=op
        )
    return name


def clear_secrets(options: dict[str, object], error: BaseException, /) -> None:
    """Clear options and the local variables of a traceback.

    Options contain secrets, and many tools print the local variables of a traceback.
    """
    from traceback import clear_frames

    clear_frames(error.__traceback__)
    options.clear()


def with_hooks(model: ChatModel, hooks: tuple[tuple[ModelHook], ...], /) -> ChatModel:
    """Show a model to hooks and return what they return; a hook that fails is logged."""
    for (hook,) in hooks:
        try:
            model = hook(model)
        except Exception as error:
            logger("chatmodels.registry").warning(
                "model hook %r failed", hook, extra=error_facts(error)
            )
    return model
