"""The command `models`."""

from typing import Any

import click

from chatmodels.cli._command import define
from chatmodels.cli._completion import complete_provider
from chatmodels.cli._exit_codes import ExitCode
from chatmodels.cli._model_options import keywords, model_options
from chatmodels.cli._output import print_json, print_table
from chatmodels.cli._preferences import json_option, preferences
from chatmodels.core import ModelInfo, list_models
from chatmodels.core.extending import provider


@define(
    "models",
    "chatmodels models openai",
    "chatmodels models openai gpt-6",
    "chatmodels models anthropic --known --json",
    "chatmodels models openai-compatible -o base_url=http://localhost:8080/v1",
)
@click.argument("name", metavar="PROVIDER", shell_complete=complete_provider)
@click.argument("filters", metavar="[WORD]...", nargs=-1)
@click.option(
    "--known", is_flag=True, help="List the models that the package knows, without a request."
)
@model_options
@json_option
def command(
    name: str,
    filters: tuple[str, ...],
    known: bool,
    options: tuple[tuple[str, Any], ...],
    api_key_env: str | None,
) -> ExitCode:
    """List the models of a provider, or those whose names contain all words.

    By default the provider is requested for the models of your account.
    """
    found = (
        provider(name).metadata.models
        if known
        else list_models(name, **keywords(name, options, api_key_env))
    )
    words = [word.lower() for word in filters]
    models = sorted(
        (model for model in found if all(word in model.name.lower() for word in words)),
        key=lambda model: model.name,
    )
    if preferences().json:
        print_json([_record(model) for model in models])
    else:
        print_table(
            ("model", "context", "output", "input", "capabilities"),
            [
                (
                    f"{model.name}{' (deprecated)' if model.deprecated else ''}",
                    _number(model.context_window),
                    _number(model.max_output_tokens),
                    ", ".join(model.input_modalities),
                    ", ".join(sorted(model.capabilities)),
                )
                for model in models
            ],
        )
    if not models:
        click.echo("there is no such model", err=True)
    return ExitCode.OK if models else ExitCode.FAILED


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _record(model: ModelInfo) -> dict[str, Any]:
    return {
        "name": model.name,
        "provider": model.provider,
        "context_window": model.context_window,
        "max_output_tokens": model.max_output_tokens,
        "input_modalities": list(model.input_modalities),
        "output_modalities": list(model.output_modalities),
        "capabilities": sorted(model.capabilities),
        "created": model.created,
        "deprecated": model.deprecated,
        "owner": model.owner,
    }
