"""The command `providers`."""

import os
from typing import Any

import click

from chatmodels.cli._command import define
from chatmodels.cli._completion import complete_provider
from chatmodels.cli._output import is_terminal, print_json, print_table
from chatmodels.cli._preferences import json_option, preferences
from chatmodels.core import ProviderImportError, list_providers
from chatmodels.core.extending import OptionSpec, ProviderMetadata, provider


@define(
    "providers",
    "chatmodels providers",
    "chatmodels providers openai",
    "chatmodels providers --json",
)
@click.argument("name", required=False, metavar="[PROVIDER]", shell_complete=complete_provider)
@json_option
def command(name: str | None) -> None:
    """List the installed providers, or describe one with its options.

    Keys are never shown, only whether they are set.
    """
    if name is not None:
        _describe(provider(name).metadata)
        return
    records = [_record(each) for each in list_providers()]
    if preferences().json:
        print_json(records)
        return
    print_table(
        ("provider", "version", "key", "description"),
        [
            (
                each["name"],
                each["version"] or "",
                each["key"],
                each["problem"] or each["description"],
            )
            for each in records
        ],
    )


def _record(name: str) -> dict[str, Any]:
    try:
        metadata = provider(name).metadata
    except ProviderImportError as error:  # one broken package must not hide the others
        return {"name": name, "version": None, "key": "", "description": "", "problem": str(error)}
    return provider_record(metadata)


def provider_record(metadata: ProviderMetadata, /) -> dict[str, Any]:
    """Return the facts of a provider, for JSON."""
    return {
        "name": metadata.name,
        "distribution": metadata.distribution,
        "version": version_of(metadata.distribution),
        "description": metadata.description,
        "base_url": metadata.base_url,
        "key": key_state(metadata),
        "capabilities": sorted(metadata.capabilities),
        "options": [
            {
                "name": option.name,
                "description": option.description,
                "environment": list(option.env),
                "set_by": set_by(option),
                "required": option.required,
                "secret": option.secret,
            }
            for option in metadata.options
        ],
        "problem": None,
    }


def version_of(distribution: str, /) -> str | None:
    """Return the installed version of a distribution; None if it is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def set_by(option: OptionSpec, /) -> str | None:
    """Return the environment variable that sets an option, if one does."""
    return next((name for name in option.env if os.environ.get(name)), None)


def has_key(metadata: ProviderMetadata, /) -> bool:
    """Report whether an environment variable contains a key of the provider."""
    return any(option.secret and set_by(option) for option in metadata.options)


def key_state(metadata: ProviderMetadata, /) -> str:
    """Return the variable of the key that is set, or the one to set; empty if there is no key."""
    secrets = [option for option in metadata.options if option.secret]
    found = next(filter(None, map(set_by, secrets)), None)
    if found is not None:
        return f"{found} is set"
    required = next((option for option in secrets if option.required and option.env), None)
    return f"set {required.env[0]}" if required else ""


def _describe(metadata: ProviderMetadata) -> None:
    record = provider_record(metadata)
    if preferences().json:
        print_json(record)
        return
    click.echo(f"{click.style(metadata.name, bold=True)}: {metadata.description}")
    click.echo(f"{metadata.distribution} {record['version'] or '(not installed as a package)'}")
    if metadata.base_url:
        click.echo(f"base_url: {metadata.base_url}")
    if metadata.documentation_url:
        click.echo(f"documentation: {metadata.documentation_url}")
    click.echo(f"capabilities: {', '.join(record['capabilities'])}")
    if record["options"]:
        click.echo("" if is_terminal() else "options:")
        print_table(
            ("option", "environment", "set", "meaning"),
            [
                (
                    f"{each['name']}{' (required)' if each['required'] else ''}",
                    ", ".join(each["environment"]),
                    f"by {each['set_by']}" if each["set_by"] else "",
                    each["description"],
                )
                for each in record["options"]
            ],
        )
