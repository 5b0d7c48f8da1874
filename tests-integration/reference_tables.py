"""Writes the generated tables of the reference: `./run reference`.

Settings come from the declaration of `Settings`, events from the members of `StreamEvent`, and the
options of each provider from its metadata, and parameters of policies from their signatures. The
tests compare the pages with `PAGES`, and the JSON Schema of the config file with `schema`.
"""

import inspect
import json
import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import click
from docstring_parser import Docstring, parse

from capability_tables import table
from chatmodels.cli._commands import COMMANDS, load
from chatmodels.cli._exit_codes import MEANINGS
from chatmodels.cli._main import cli
from chatmodels.core import ErrorCode, Settings, StreamEvent, list_providers, registry
from chatmodels.core._registry.policy_types import (
    MODELS,
    PARTS,
    POLICIES,
    factory,
    installed_types,
    parameters,
)
from chatmodels.core._registry.policy_values import is_declarable
from chatmodels.core.extending import (
    CallableModel,
    OptionSpec,
    ProviderMetadata,
    SettingsArguments,
    provider,
)

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
BEGINNING = "<!-- Below this line the page is written by ./run reference -->\n"


def settings() -> Iterator[str]:
    """Write the table of settings."""
    hints = get_type_hints(SettingsArguments)
    meanings = attributes(parse(Settings.__doc__ or ""))
    rows = ((f"`{name}`", shown(hints[name]), meanings[name]) for name in hints)
    yield table(("setting", "type", "meaning"), rows)


def events() -> Iterator[str]:
    """Write the table of stream events."""
    rows = (event_row(event) for event in get_args(StreamEvent))
    yield table(("`event.type`", "class", "meaning", "fields"), rows)


def event_row(event: type[Any]) -> Iterable[str]:
    documentation = parse(event.__doc__ or "")
    meanings = attributes(documentation)
    hints = get_type_hints(event)
    fields = (
        f"`{name}` ({shown(hints[name])}){': ' if name in meanings else ''}{meanings.get(name, '')}"
        for name in event.__struct_fields__
    )
    link = f"[`{event.__name__}`](api/core.md#chatmodels.core.{event.__name__})"
    meaning = one_line(documentation.short_description or "")
    return f"`{event.type}`", link, meaning, "<br>".join(fields)


def options() -> Iterator[str]:
    """Write the options of each provider, with their environment variables."""
    for name in list_providers():
        metadata = provider(name).metadata
        yield f"### {name}\n"
        yield f"{metadata.description} Install `{metadata.distribution}`.{address(metadata)}\n"
        rows = [option_row(option) for option in metadata.options]
        yield (
            table(("option", "environment", "required", "meaning"), rows)
            if rows
            else ("It has no options of its own.\n")
        )


OTHER_PAGES = {
    "mock": "../how-to/testing.md",
    "openai-compatible": "../how-to/openai-compatible-servers.md",
}
"""The pages of providers that have none below "Providers"."""

SHOWN = ("tools", "vision", "audio_input", "documents", "reasoning", "logprobs", "model_listing")
"""The capabilities in the table of all providers, except those that nearly all have."""


def providers() -> Iterator[str]:
    """Write the table of all providers."""
    head = ("provider", "key", *(name.replace("_", " ") for name in SHOWN))
    yield table(head, (provider_row(provider(name).metadata) for name in list_providers()))


def provider_row(metadata: ProviderMetadata) -> Iterable[str]:
    package = metadata.distribution.removeprefix("chatmodels-").removeprefix("provider-")
    page = OTHER_PAGES.get(metadata.name, f"providers/{package}.md")
    keys = [name for option in metadata.options if option.name == "api_key" for name in option.env]
    return (
        f"[`{metadata.name}`]({page})",
        ", ".join(f"`{key}`" for key in keys),
        *("yes" if name in metadata.capabilities else "" for name in SHOWN),
    )


def command_line() -> Iterator[str]:
    """Write the exit codes and the commands of the command line."""
    yield "## Exit codes\n"
    rows = ((f"`{code.value}`", meaning) for code, meaning in MEANINGS.items())
    yield table(("code", "meaning"), rows)
    with cli.make_context("chatmodels", [], resilient_parsing=True) as context:
        yield "## Options of every command\n"
        yield "They are before the command, as in `chatmodels --color never providers`.\n"
        yield table(("option", "meaning"), option_rows(cli, context))
        for name in COMMANDS:
            command = load(name)
            assert command is not None
            inner = command.commands if isinstance(command, click.Group) else {}
            for word, each in inner.items() or [("", command)]:
                yield from command_section(f"{name} {word}".strip(), each, context)


def command_section(name: str, command: click.Command, parent: click.Context) -> Iterator[str]:
    with command.make_context(name, [], parent=parent, resilient_parsing=True) as context:
        yield f"## {name}\n"
        yield f"`{' '.join(context.get_usage().split()).removeprefix('Usage: ')}`\n"
        yield f"{inspect.cleandoc(command.help or '')}\n"
        yield table(("option", "meaning"), option_rows(command, context))
        examples = getattr(command, "examples", ())
        yield "\n".join(("```sh", *examples, "```\n"))


def option_rows(command: click.Command, context: click.Context) -> Iterator[Iterable[str]]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and isinstance(parameter, click.Option):
            yield f"`{one_line(record[0])}`", one_line(record[1])


GROUPS = {
    POLICIES: "Policies",
    MODELS: "Models that are made of others",
    PARTS: "Parts of policies",
}
"""The entry point groups of what a config file can declare, and their headings."""


def policies() -> Iterator[str]:
    """Write the policies, and what else a config file can declare, with their parameters."""
    for group, heading in GROUPS.items():
        yield f"## {heading}\n"
        for name in sorted(installed_types(group)):
            made = factory(name, group=group)
            documentation = parse(made.__doc__ or "")
            yield f"### {name}\n"
            link = f"[`{made.__name__}`](api/resilience.md#chatmodels.resilience.{made.__name__})"
            yield f"{link}: {one_line(documentation.short_description or '')}\n"
            meanings = attributes(documentation)
            rows = [
                (
                    f"`{each.name}`",
                    shown_value(list[each.type] if each.kind == "variadic" else each.type),
                    "yes" if each.required else "",
                    meanings.get(each.name, ""),
                )
                for each in parameters(made)
                if is_declarable(each.type)
            ]
            head = ("parameter", "value", "required", "meaning")
            yield table(head, rows) if rows else "It has no parameters.\n"


def shown_value(hint: Any) -> str:
    """Write the type of a parameter as a file has its values."""
    origin, members = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        shown = (shown_value(each) for each in members if is_declarable(each))
        return " or ".join(dict.fromkeys(each for each in shown if each))
    if origin is Literal:
        return ", ".join(f'`"{word}"`' for word in members)
    if hint in VALUES:
        return VALUES[hint]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"a table, each {shown_value(members[1])}"
    if isinstance(origin, type):
        return f"an array, each {shown_value(members[0])}"
    return f"a part, `{hint.__name__}`"


VALUES: dict[Any, str] = {
    types.NoneType: "",
    object: "any value",
    bool: "true or false",
    int: "an integer",
    float: "a number",
    Decimal: "a number",
    str: "a text",
    CallableModel: "a model",
    ErrorCode: "a code",
}


def schema() -> str:
    """Return the JSON Schema of the config file with all providers and policies."""
    return json.dumps(registry.config_schema(), indent=1) + "\n"


def address(metadata: ProviderMetadata) -> str:
    known = f" The default `base_url` is `{metadata.base_url}`." if metadata.base_url else ""
    reference = metadata.documentation_url
    return known + (f" See the [vendor's reference]({reference})." if reference else "")


def option_row(option: OptionSpec) -> Iterable[str]:
    variables = ", ".join(f"`{variable}`" for variable in option.env)
    required = "yes" if option.required else ""
    return f"`{option.name}`", variables, required, one_line(option.description)


def attributes(documentation: Docstring) -> dict[str, str]:
    """Return what a docstring states about attributes, by name."""
    return {
        param.arg_name: one_line(param.description or "").removesuffix(".")
        for param in documentation.params
    }


def one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def shown(hint: Any) -> str:
    """Write a type as a reader of the page should see it."""
    if get_origin(hint) is Literal:
        return ", ".join(f"`{word}`" for word in get_args(hint))
    if get_origin(hint) in {Union, types.UnionType}:
        members = [member for member in get_args(hint) if member is not types.NoneType]
        return " or ".join(shown(member) for member in members)
    text = hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint)
    return f"`{re.sub(r'[a-z_.]+[.](?=[A-Z])', '', text)}`"


PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "settings.md": settings,
    "events.md": events,
    "command-line.md": command_line,
    "options.md": options,
    "providers.md": providers,
    "policies.md": policies,
}

SCHEMA = REFERENCE / "chatmodels.schema.json"


def page(name: str) -> str:
    """Return a page as it should be: its introduction, and the generated tables."""
    introduction = (REFERENCE / name).read_text("utf-8").partition(BEGINNING)[0]
    return "\n".join((introduction + BEGINNING, *PAGES[name]()))


if __name__ == "__main__":
    for name in PAGES:
        (REFERENCE / name).write_text(page(name), "utf-8", newline="\n")
    SCHEMA.write_text(schema(), "utf-8", newline="\n")
