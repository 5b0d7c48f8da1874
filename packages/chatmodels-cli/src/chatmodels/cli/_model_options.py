"""The options of a model: the `-o NAME=VALUE` of several commands."""

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chatmodels.cli._values import NAME_AND_VALUE

if TYPE_CHECKING:
    from chatmodels.core import ChatModel

F = TypeVar("F", bound=Callable[..., Any])


def model_options(function: F, /) -> F:
    """Add the options with which models are created, for `create_model`."""
    for option in (
        click.option(
            "--api-key-env",
            metavar="NAME",
            help="The environment variable that contains the API key.",
        ),
        click.option(
            "-o",
            "--option",
            "options",
            type=NAME_AND_VALUE,
            multiple=True,
            help="An option of the provider or a setting, such as temperature=0.2 or "
            "base_url=http://localhost:8080/v1. The value is JSON, or else a text. Repeatable.",
        ),
    ):
        function = option(function)
    return function


def create_model(
    spec: str, options: Iterable[tuple[str, Any]], api_key_env: str | None = None, /
) -> "ChatModel":
    """Create the model that a command line specifies.

    Args:
        spec: The model, or an alias.
        options: Options and settings by name.
        api_key_env: The environment variable that contains the API key.

    Raises:
        UsageError: An option contains a secret, or the variable is not set.
        ChatModelError: There is no such model, or its options are wrong.
    """
    from chatmodels.core import create_chat_model

    return create_chat_model(spec, **keywords(spec, options, api_key_env))


def keywords(
    spec: str, options: Iterable[tuple[str, Any]], api_key_env: str | None = None, /
) -> dict[str, Any]:
    """Return the keyword arguments of `create_chat_model`; arguments and errors as above."""
    arguments = dict(options)
    for name in sorted(arguments.keys() & _secrets(spec)) if arguments else ():
        raise click.UsageError(
            f"other users of this computer can see {name} in the list of processes; set an "
            "environment variable, and pass --api-key-env NAME if the provider does not read it"
        )
    if api_key_env is not None:
        from chatmodels.core import Secret

        value = os.environ.get(api_key_env)
        if not value:
            raise click.UsageError(f"the environment variable {api_key_env} is not set")
        arguments["api_key"] = Secret(value, origin=api_key_env)
    return arguments


def _secrets(spec: str) -> set[str]:
    from chatmodels.core import ProviderNotFoundError, list_providers
    from chatmodels.core.extending import provider

    try:
        names = [spec.partition(":")[0]]
        found = [provider(name).metadata.options for name in names]
    except ProviderNotFoundError:  # an alias, which can be that of any provider
        found = [provider(name).metadata.options for name in list_providers()]
    return {"api_key", *(option.name for options in found for option in options if option.secret)}
